"""Ports of this machine that nothing listens on, and that nothing takes before the test does."""

import socket
from pathlib import Path

from numpy.random import default_rng

from device.demo.clinic import Ports

_FROM = 10_000
_tried = default_rng()  # of its own seed: two runs beside each other must not try the same


def free_port() -> int:
    """Return one of loopback.

    Not one that the kernel would choose (a bind to port 0): out of the same range it gives every connection its own
    end, and between two binds another test's connection may stand there.
    """
    until = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    while True:
        port = int(_tried.integers(_FROM, until))
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


def free_ports() -> Ports:
    """Return those of a whole clinic."""
    return Ports(broker=free_port(), pictures=free_port(), page=free_port(), chair=free_port())
