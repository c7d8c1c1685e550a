"""A clinic of real processes, in a folder of its own, on free ports."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from device.demo.clinic import Clinic, Ports


def free_ports() -> Ports:
    """Return ports that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    numbers = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return Ports(broker=numbers[0], pictures=numbers[1], page=numbers[2], chair=numbers[3])


@pytest.fixture
def make_clinic(tmp_path: Path) -> Callable[[str], Clinic]:
    """Return a maker of clinics by the kind of their broker; nothing runs in them yet."""

    def make(broker_kind: str) -> Clinic:
        folder = tmp_path / "clinic"
        folder.mkdir()
        return Clinic(folder, free_ports(), broker_kind, seed=3)

    return make


@pytest.fixture
def free_port() -> int:
    """Return one port that nothing listens on."""
    return free_ports().page
