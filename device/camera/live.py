"""The preview for any number of watchers: one thread takes the frames, and the newest is all there is.

A slow watcher gets fewer frames, never older ones, and never slows the camera or another watcher.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from device.camera.errors import CameraClosed, CameraError, CameraTimeout, CaptureFailed
from device.camera.protocol import Camera, Frame, HeldTo

#: After an error the camera is left alone for this long: a camera that fails at once would be asked without a rest.
_REST_AFTER_ERROR_S = 0.25


@dataclass(frozen=True, eq=False)
class LiveState:
    """How the preview stands.

    Parameters
    ----------
    frame
        The newest; None before the first.
    frame_number
        How many there were: counted from 1.
    error
        Why there is no newer one; None while frames come.
    """

    frame: Frame | None
    frame_number: int
    error: CameraError | None


class LivePreview:
    """The newest preview frame of a camera, for as long as its context lasts.

    Parameters
    ----------
    camera
        Open; it is used by this thread while others take stills.
    aim
        What it is held to.
    most_frames_per_s
        Frames are taken no faster: stills wait for the frame before them, and eyes see no more.
    """

    def __init__(self, camera: Camera, aim: HeldTo | None = None, *, most_frames_per_s: float = 25.0) -> None:
        self._camera = camera
        self._aim = aim
        self._least_interval_s = 1.0 / most_frames_per_s
        self._changed = threading.Condition()
        self._state = LiveState(None, 0, None)
        self._watcher_count = 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to take frames."""
        self._ending.clear()
        self._state = LiveState(None, 0, None)
        self._thread = threading.Thread(target=self._take_frames, name="live preview", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take no more frames; watchers that wait are told so. Ends with the frame that is being taken."""
        self._ending.set()
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    @property
    def aim(self) -> HeldTo | None:
        """What the camera is held to; set, it goes for the next frame on."""
        return self._aim

    @aim.setter
    def aim(self, aim: HeldTo | None) -> None:
        self._aim = aim

    @property
    def state(self) -> LiveState:
        """How the preview stands now."""
        with self._changed:
            return self._state

    @property
    def watcher_count(self) -> int:
        """How many watch."""
        with self._changed:
            return self._watcher_count

    def watch(self) -> Watch:
        """Return a watch on this preview; entering its context begins it."""
        return Watch(self)

    def _take_frames(self) -> None:
        due_s = time.monotonic()
        while not self._ending.wait(max(0.0, due_s - time.monotonic())):
            due_s = time.monotonic() + self._least_interval_s
            try:
                frame = self._camera.preview(self._aim)
            except CameraError as error:
                self._fail(error)
                due_s = time.monotonic() + _REST_AFTER_ERROR_S
            except Exception as error:  # noqa: BLE001 - watchers learn of it; the thread lives on
                self._fail(CaptureFailed(f"The preview failed ({error!r})", "Restart the instrument's service"))
                due_s = time.monotonic() + _REST_AFTER_ERROR_S
            else:
                self._tell(LiveState(frame, self._state.frame_number + 1, None))

    def _fail(self, error: CameraError) -> None:
        # Kept for as long as it lasts, without the frames of the calls that it came through.
        self._tell(LiveState(self._state.frame, self._state.frame_number, error.with_traceback(None)))

    def _tell(self, state: LiveState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _newer_than(self, frame_number: int, told: CameraError | None, time_limit_s: float) -> LiveState:
        """Wait for a frame after the one of that number, or for an error other than the one already told.

        Raises
        ------
        CameraTimeout, CameraClosed
        """
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._thread is None
                    or self._state.frame_number > frame_number
                    or (self._state.error is not None and self._state.error is not told)
                ),
                time_limit_s,
            )
            state, running = self._state, self._thread is not None
        if not running:
            raise CameraClosed("The live preview has ended", "Begin it again")
        if state.frame_number > frame_number or state.error is not None:
            return state
        raise CameraTimeout(
            f"No preview frame came within {time_limit_s:g} s", "Wait; the camera may be taking a still"
        )

    def _count(self, more: int) -> None:
        with self._changed:
            self._watcher_count += more


class Watch:
    """One watcher's place in the preview: what it has seen already. For one thread.

    Parameters
    ----------
    preview
        What is watched.
    """

    def __init__(self, preview: LivePreview) -> None:
        self._preview = preview
        self._seen = 0
        self._told: CameraError | None = None

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._preview._count(1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Watch no longer."""
        self._preview._count(-1)

    def next(self, time_limit_s: float) -> Frame:
        """Return the newest frame that this watcher has not had, at once where there is one.

        Parameters
        ----------
        time_limit_s
            How long to wait for it.

        Raises
        ------
        CameraError
            Why the camera gives no frame; asked again, the watcher waits for whether it still does not.
        CameraTimeout
            When none came in time.
        CameraClosed
            When the preview has ended.
        """
        state = self._preview._newer_than(self._seen, self._told, time_limit_s)
        if state.frame is not None and state.frame_number > self._seen:
            self._seen = state.frame_number
            return state.frame
        self._told = state.error
        raise state.error or CameraTimeout("There is no newer frame", "Wait for it")
