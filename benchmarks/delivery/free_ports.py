"""Ports of this machine that nothing listens on."""

import socket

from device.demo.clinic import Ports


def free_ports() -> Ports:
    """Return three of them, on loopback."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    numbers = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return Ports(broker=numbers[0], pictures=numbers[1], page=numbers[2])
