"""A camera that does what a test tells it, for what stands around cameras."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import numpy as np

from device.camera import (
    CameraClosed,
    CameraDescription,
    CameraError,
    CaptureFailed,
    Frame,
    FrameMetadata,
    HeldTo,
    RawStill,
    Still,
    StillSettings,
)


def broken(words: str = "The cable is loose") -> CaptureFailed:
    """A failure of the camera."""
    return CaptureFailed(words, "Push it in")


class ScriptedCamera:
    """A camera whose next errors a test sets; every frame is one step brighter than the one before."""

    def __init__(self) -> None:
        self.open = False
        self.opened_times = 0
        self.opening_errors: list[CameraError] = []
        self.errors: list[CameraError] = []
        self.closing_error: CameraError | None = None
        self.shown = 0
        self.aims: list[HeldTo | None] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.may_open = threading.Event()
        self.may_open.set()

    def __enter__(self) -> Self:
        self.may_open.wait(10)
        if self.opening_errors:
            raise self.opening_errors.pop(0)
        self.open = True
        self.opened_times += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.open = False
        if self.closing_error is not None:
            raise self.closing_error

    @property
    def usual(self) -> None:
        return None

    def describe(self) -> CameraDescription:
        self._answer()
        return CameraDescription("scripted", f"opening {self.opened_times}", simulated=True)

    def preview(self, aim: HeldTo | None) -> Frame:
        self._fail_as_told()
        self.aims.append(aim)
        self.shown += 1
        return Frame(np.full((2, 2, 3), self.shown % 256, np.uint8), FrameMetadata(), aim)

    def still(self, aim: HeldTo | None, asked: StillSettings | None = None) -> Still:
        del asked
        self._fail_as_told()
        return Still(np.zeros((2, 2, 3), np.uint8), FrameMetadata(), aim)

    def burst(self, aim: HeldTo | None, asked: Sequence[StillSettings]) -> tuple[Still, ...]:
        return tuple(self.still(aim, each) for each in asked)

    def raw(self, aim: HeldTo | None, asked: StillSettings | None = None) -> RawStill:
        raise NotImplementedError

    def dng(self, aim: HeldTo | None, asked: StillSettings | None = None) -> bytes:
        raise NotImplementedError

    def _answer(self) -> None:
        if not self.open:
            raise CameraClosed("The camera is not open", "Open it")

    def _fail_as_told(self) -> None:
        self._answer()
        self.may_go_on.wait(10)
        self._answer()
        if self.errors:
            raise self.errors.pop(0)
