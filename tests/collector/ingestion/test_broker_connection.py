"""One connection's socket: whatever number it has, and a broker that is there and takes nothing."""

import fcntl
import os
import resource
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.ingestion import broker_connection
from collector.ingestion.broker_connection import BrokerConnection, ConnectionEnded
from collector.ingestion.packets import ConnectionAnswer
from groundwork.broker_settings import BrokerSettings
from tests.collector.examples import CLINIC

_ANSWERED = bytes((0x20, 3, 0, 0, 0))  # CONNACK, no properties


@pytest.fixture
def pair() -> Iterator[tuple[BrokerConnection, socket.socket]]:
    """Return a connection and what stands for the broker, without TLS."""
    nowhere = BrokerSettings(
        host="127.0.0.1", port=1, certificate=Path("no.crt"), key=Path("no.key"), authority=Path("no.crt")
    )
    connection = BrokerConnection(nowhere, CLINIC, ssl.create_default_context())
    mine, its = socket.socketpair()
    mine.setblocking(False)
    connection._socket = mine
    with mine, its:
        yield connection, its


@pytest.fixture
def high() -> Iterator[int]:
    """Return a number that no descriptor has and select() does not take."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2048), max(before[1], 2048)))
    yield 1500
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_descriptors_have_any_number(pair: tuple[BrokerConnection, socket.socket], high: int) -> None:
    """Breaks when a collector with a thousand files and sockets open takes nothing in any more."""
    connection, its = pair
    assert connection._socket is not None
    moved = socket.socket(fileno=fcntl.fcntl(connection._socket.fileno(), fcntl.F_DUPFD, high))
    moved.setblocking(False)
    assert moved.fileno() >= high
    reading, writing = os.pipe()
    beside = fcntl.fcntl(reading, fcntl.F_DUPFD, high)
    connection._socket = moved
    try:
        with moved:
            its.sendall(_ANSWERED)
            connection.turn(10.0)
            assert connection._connected
            assert its.recv(1000), "the subscription"
            os.write(writing, b"decided")
            connection.turn(10.0, beside=beside)
    finally:
        for one in (reading, writing, beside):
            os.close(one)


def test_what_is_beside_ends_the_wait(pair: tuple[BrokerConnection, socket.socket]) -> None:
    """Breaks when a decided batch lies there until the broker says something, or the wait is over."""
    connection, _its = pair
    reading, writing = os.pipe()
    connection._answer_due_s = float("inf")
    os.write(writing, b"decided")
    try:
        connection.turn(3600.0, beside=reading)
    finally:
        os.close(reading)
        os.close(writing)


def turn_for_ever(connection: BrokerConnection) -> None:
    """Turn until it ends, and a minute at most."""
    for _ in range(1200):
        connection.turn(0.05)


def test_a_broker_that_takes_nothing_is_left(
    pair: tuple[BrokerConnection, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a dead broker is not noticed because receipts wait for it, before which no ping is sent."""
    monkeypatch.setattr(broker_connection, "_TAKES_WITHIN_S", 0.2)
    connection, its = pair
    connection._hear(ConnectionAnswer(0, 20, None, None))
    connection.subscribed = True
    connection._outgoing += bytes(4_000_000)
    connection.turn(0.05)
    waits = len(connection._outgoing)
    assert 0 < waits < 4_000_000
    taken = 0
    while taken < 1_000_000:  # slowly, but it takes: the time begins anew
        taken += len(its.recv(1_000_000))
        connection.turn(0.05)
    assert len(connection._outgoing) < waits
    with pytest.raises(ConnectionEnded, match="takes nothing for"):
        turn_for_ever(connection)


def test_a_commit_that_takes_long_is_not_the_broker_s_fault(
    pair: tuple[BrokerConnection, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a slow disk ends the connection to a broker that would have taken what waits."""
    monkeypatch.setattr(broker_connection, "_TAKES_WITHIN_S", 0.2)
    connection, its = pair
    connection._hear(ConnectionAnswer(0, 20, None, None))
    connection.subscribed = True
    connection._outgoing += bytes(1_000_000)
    connection.turn(0)
    assert connection._stuck_since_s is not None
    connection._stuck_since_s -= 3600.0  # so long the owner did something else
    assert its.recv(1_000_000)
    connection.turn(0)
