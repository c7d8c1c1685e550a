"""A PACS: dcmtk's ``storescp``, which writes what it receives as it came."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.free_ports import free_port

_STARTS_WITHIN_S = 20.0


@contextmanager
def storescp(folder: Path, *options: str) -> Iterator[int]:
    """Run one that stores into a folder, and give its port."""
    tool, port = shutil.which("storescp"), free_port()
    assert tool is not None, "storescp is not installed: tools/prepare says which package holds it"
    arguments: list[str | Path] = [tool, "--bit-preserving", "--output-directory", folder, *options, f"{port}"]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            _answers(port, running)
            yield port
        finally:
            running.terminate()


def _answers(port: int, running: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while running.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError("storescp did not start")
