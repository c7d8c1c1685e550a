"""What the camera's tests count and wait for."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.libcamera.buffers import MemfdHeap


def open_files() -> int:
    """Count this process's file descriptors, less those of selectors that picamera2 leaves to the garbage collector."""
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def until(condition: Callable[[], bool], limit_s: float = 2.0) -> bool:
    """Wait for a condition to hold."""
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        if condition():
            return True
        time.sleep(0.005)
    return False


@contextmanager
def allocations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Give the sizes of the frame buffers that are taken from here on."""
    sizes: list[int] = []
    allocate = MemfdHeap.alloc

    def recording(heap: MemfdHeap, name: str, size: int) -> object:
        sizes.append(size)
        return allocate(heap, name, size)

    with monkeypatch.context() as patched:
        patched.setattr(MemfdHeap, "alloc", recording)
        yield sizes
