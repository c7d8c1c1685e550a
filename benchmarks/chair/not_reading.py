"""What a watcher costs that stops reading: frames of the camera, and memory of the instrument."""

from __future__ import annotations

import base64
import json
import os
import socket
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from benchmarks.chair.browsing import chair
from benchmarks.chair.program import PATIENT, SITE, VISIT
from benchmarks.targets import Bound
from device.page.live_message import unpacked
from tests.free_ports import free_port

Row: TypeAlias = tuple[str, str, str, str]

KEPT = Bound("share", "frames of the camera, of those without it", low=0.9, digits=0, unit="%")
HELD = Bound("MB", "memory more", high=8.0, digits=1, unit="MB")
STOPPED = 6
_SETTLING_S = 3.0
_ADDRESS = f"/live?patient={PATIENT}&visit={VISIT}&site={SITE}"


@dataclass(frozen=True)
class Cost:
    """Camera frames a second and memory, before and while others do not read."""

    before_per_s: float
    beside_per_s: float
    more_mb: float


def rows(runs: int) -> list[Row]:
    """Watch for `runs` seconds without and with them, and word what is asked and reached."""
    with tempfile.TemporaryDirectory() as folder:
        cost = measure(Path(folder), runs)
    share = cost.beside_per_s / cost.before_per_s
    return [
        (
            f"{STOPPED} watchers that stop reading: {KEPT.words}",
            KEPT.asked(),
            f"{KEPT.shown(share)} ({cost.before_per_s:.1f} /s before, {cost.beside_per_s:.1f} /s beside them)",
            KEPT.verdict(share),
        ),
        (
            f"{STOPPED} watchers that stop reading, after {runs} s: {HELD.words}",
            HELD.asked(),
            HELD.shown(cost.more_mb),
            HELD.verdict(cost.more_mb),
        ),
    ]


def measure(folder: Path, for_s: float) -> Cost:
    """Measure it."""
    port = free_port()
    with chair(folder, port) as program, ExitStack() as stopped:
        address = f"ws://127.0.0.1:{port}{_ADDRESS}"
        with connect(address, origin=Origin(f"http://127.0.0.1:{port}"), compression=None) as watcher:
            _camera_per_s(watcher, _SETTLING_S)
            before_per_s = _camera_per_s(watcher, for_s)
            before_mb = _memory_mb(program.process.pid)
            for _ in range(STOPPED):
                stopped.enter_context(_not_reading(port))
            beside_per_s = _camera_per_s(watcher, for_s)
            more_mb = _memory_mb(program.process.pid) - before_mb
    return Cost(before_per_s, beside_per_s, more_mb)


def _camera_per_s(watcher: ClientConnection, for_s: float) -> float:
    """Count the camera's frames by the numbers of those that a good watcher is shown."""
    numbers: list[tuple[int, float]] = []
    end_s = time.monotonic() + for_s
    while time.monotonic() < end_s:
        message = watcher.recv(10.0)
        header, _ = unpacked(message if isinstance(message, bytes) else message.encode())
        if (frame := header.get("frame")) is not None:
            numbers.append((frame["number"], time.monotonic()))
            watcher.send(json.dumps({"shown": frame["number"]}))
    (first, began_s), (last, ended_s) = numbers[0], numbers[-1]
    return (last - first) / (ended_s - began_s)


def _not_reading(port: int) -> socket.socket:
    """Begin to watch, and read not one byte of what comes."""
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asking.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    asking.sendall(
        f"GET {_ADDRESS} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return asking


def _memory_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
