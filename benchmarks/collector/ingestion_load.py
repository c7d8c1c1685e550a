"""Captures of 10 kB and whoever publishes them; a mosquitto in the plain, as the peers need; a collector to measure."""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import IO, Self

from benchmarks.delivery.captures import composer, picture
from collector import authority, broker
from collector.ingestion import packets
from contract import Channel, Topic, new_message_id
from tests.free_ports import free_port

CLINIC, DEVICE = "riverside", "chair-1"
TOPIC = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))
EVERYTHING = "trichoscope/#"
_WINDOW = 100
_IN_FLIGHT = 400
_PATIENTS = 300
_WITHIN_S = 60.0
_LOOK_S = 0.005


def captures(number: int) -> list[bytes]:
    """Return so many valid captures of 10 kB, each with an id of its own."""
    shown, _ = picture(1, 20_000)
    of_patients = [
        composer(shown, patient, 1, clinic_id=CLINIC, device_id=DEVICE)(1).encode() for patient in range(_PATIENTS)
    ]
    return [_renamed(of_patients[place % _PATIENTS], place + 1) for place in range(number)]


def renewed(capture: bytes, sequence: int) -> bytes:
    """Return a capture under a new id."""
    return _renamed(capture, sequence)


def _renamed(capture: bytes, sequence: int) -> bytes:
    named = re.sub(rb'"message_id":"[^"]+"', b'"message_id":"%s"' % str(new_message_id()).encode(), capture, count=1)
    return re.sub(rb'"sequence":\d+', b'"sequence":%d' % sequence, named, count=1)


class PlainBroker:
    """A mosquitto for anybody on loopback, and over TLS beside it for holders of a certificate."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        self.certificates = folder / "certificates"
        authority.ensure_authority(self.certificates)
        authority.ensure_server(self.certificates, [])
        authority.ensure_client(self.certificates, broker.COLLECTOR_USER)
        certificates = self.certificates
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"listener {self.tls_port} 127.0.0.1",
            f"cafile {certificates / authority.AUTHORITY}.crt",
            f"certfile {certificates / authority.SERVER}.crt",
            f"keyfile {certificates / authority.SERVER}.key",
            "require_certificate true",
            "allow_anonymous true",
            f"max_inflight_messages {_IN_FLIGHT}",
            "max_queued_messages 0",
            "set_tcp_nodelay true",
            "log_dest stderr",
            *(f"log_type {kind}" for kind in ("error", "warning", "notice", "subscribe")),
            f"user {getuser()}",
        ]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def __enter__(self) -> Self:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            raise RuntimeError("mosquitto is not installed (apt-get install mosquitto)")
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen([program, "-c", self.folder / "mosquitto.conf"], stderr=self._log)
        await_true(self._listens, "mosquitto listens")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(_WITHIN_S)
        self._log.close()

    def subscriptions(self, what: str) -> int:
        """Return how often somebody has subscribed to what has this in its filter."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace").count(what)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def await_true(condition: Callable[[], bool], what: str, within_s: float = _WITHIN_S) -> None:
    """Wait until a condition holds."""
    end_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end_s:
            raise RuntimeError(f"not within {within_s:.0f} s: {what}")
        time.sleep(_LOOK_S)


class Publisher:
    """Publishes at QoS 1 over a bare socket, at most 100 unacknowledged, in a thread of its own."""

    def __init__(self, port: int, messages: Sequence[bytes] | Iterator[bytes]) -> None:
        self._port, self._messages = port, iter(messages)
        self._thread = threading.Thread(target=self._publish)
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(20 * _WITHIN_S)
        if self._error is not None:
            raise self._error

    def _publish(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self._port)) as bare:
                bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                hello = packets.connect(
                    "publisher", keep_alive_s=600, session_expiry_s=0, receive_maximum=10, most_bytes=1000
                )
                bare.sendall(hello)
                with bare.makefile("rb") as answers:
                    _answer(answers)
                    self._blast(bare, answers)
        except Exception as error:  # noqa: BLE001  raised again where the block ends
            self._error = error

    def _blast(self, bare: socket.socket, answers: IO[bytes]) -> None:
        under_way = number = 0
        for message in self._messages:
            number = number % 65_000 + 1
            bare.sendall(packets.publish(number, TOPIC, message, b""))
            under_way += 1
            while under_way >= _WINDOW:
                under_way -= _answer(answers)
        while under_way:
            under_way -= _answer(answers)


def _answer(answers: IO[bytes]) -> bool:
    first, length = struct.unpack("BB", answers.read(2))
    answers.read(length)
    return bool(first == 0x40)


@contextmanager
def collector(
    port: int,
    place: Path | str,
    log: Path,
    *,
    certificates: Path | None = None,
    group: str | None = None,
    member: str = "collector",
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a collector's ingestion in a process of its own; over TLS where certificates are given."""
    process = start_collector(port, place, log, certificates=certificates, group=group, member=member)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(_WITHIN_S)


def start_collector(
    port: int,
    place: Path | str,
    log: Path,
    *,
    certificates: Path | None = None,
    group: str | None = None,
    member: str = "collector",
) -> subprocess.Popen[bytes]:
    """Start a collector's ingestion."""
    words = [str(port), str(place), str(certificates or ""), group or "", member, str(log.with_suffix(".taken"))]
    with log.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.collector.ingestion_collector", *words],
            stderr=said,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
