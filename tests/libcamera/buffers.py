"""Frame buffers and requests of the stand-in libcamera, and the memory behind them.

The bindings pass frames in dma-buf memory from a kernel heap. Here that memory is an anonymous file (memfd): it has a
file descriptor, can be mapped by both sides, and needs no device.
"""

from __future__ import annotations

import enum
import os
import types
import weakref

from tests.libcamera.control_ids import ControlId
from tests.libcamera.streams import Stream


class FrameMetadata:
    """What is known of one filled buffer."""

    class Status(enum.Enum):
        """Whether the buffer holds a frame."""

        Success = 0
        Error = 1
        Cancelled = 2

    def __init__(self) -> None:
        self.status = FrameMetadata.Status.Success
        self.sequence = 0
        self.timestamp = 0
        self.planes: list[types.SimpleNamespace] = []


class FrameBuffer:
    """The memory of one frame of one stream."""

    class Plane:
        """A part of the memory. It keeps its own copy of the file descriptor, as libcamera's SharedFD does."""

        def __init__(self) -> None:
            self._fd = -1
            self.offset = 0
            self.length = 0

        @property
        def fd(self) -> int:
            """The plane's own file descriptor."""
            return self._fd

        @fd.setter
        def fd(self, value: int) -> None:
            self._fd = os.dup(value)
            weakref.finalize(self, os.close, self._fd)

    def __init__(self, planes: list[Plane]) -> None:
        self.planes = planes
        self.metadata = FrameMetadata()
        self.cookie = 0


class Request:
    """A frame that was asked for: its buffers and controls on the way in, its metadata on the way out."""

    class Status(enum.Enum):
        """How far the request is."""

        Pending = 0
        Complete = 1
        Cancelled = 2

    def __init__(self, cookie: int) -> None:
        self.cookie = cookie
        self.status = Request.Status.Pending
        self.sequence = 0
        self.buffers: dict[Stream, FrameBuffer] = {}
        self.metadata: dict[ControlId, object] = {}
        self._controls: dict[ControlId, object] = {}

    def add_buffer(self, stream: Stream, buffer: FrameBuffer) -> None:
        """Give the request the buffer that one stream's frame goes to."""
        self.buffers[stream] = buffer

    def set_control(self, control: ControlId, value: object) -> None:
        """Ask for a control's value with this frame."""
        self._controls[control] = value

    def reuse(self) -> None:
        """Make the request ready to be queued again, with the same buffers."""
        self.status = Request.Status.Pending
        self.metadata = {}
        self._controls = {}


class _OwnedFd:
    """A file descriptor in the wrapper that `picamera2.dma_heap` returns."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def get(self) -> int:
        return self._fd

    def isValid(self) -> bool:  # noqa: N802 - the spelling of picamera2.dma_heap.UniqueFD
        return self._fd >= 0


class MemfdHeap:
    """Frame memory from memfd, in place of `picamera2.dma_heap.DmaHeap`."""

    #: Allocations that fail, as when the kernel's contiguous memory is used up. A test sets it.
    failures_to_come = 0

    def alloc(self, name: str, size: int) -> _OwnedFd:
        """Return new memory of `size` bytes."""
        if MemfdHeap.failures_to_come:
            MemfdHeap.failures_to_come -= 1
            raise OSError(12, "Cannot allocate memory")
        fd = os.memfd_create(name)
        os.ftruncate(fd, size)
        return _OwnedFd(fd)

    def close(self) -> None:
        """Nothing is held between allocations."""


def no_ioctl(_fd: int, _request: int, _argument: object) -> int:
    """Stand in for the dma-buf cache synchronisation, which memfd neither has nor needs."""
    return 0
