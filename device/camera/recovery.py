"""A camera that comes back: after a failure it is closed, opened again with growing pauses, and given up in words.

The call that met the failure has its named error at once: a still is somebody's decision, and is not taken later in
their place. The next call finds the camera open again, or is told when it is tried next.

    open --failure--> down --the pause is over, it opens--> on trial --a picture--> open
                       ^                                        |
                       +----------- failure, pause doubled -----+--as often as it may--> given up --begin_again--> down
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from device.backoff import waiting_times_s
from device.camera.errors import (
    CameraClosed,
    CameraError,
    CameraGivenUp,
    CameraMissing,
    CameraRecovering,
    CameraTimeout,
    CameraUnavailable,
    CaptureFailed,
    SettingsNotHonoured,
)
from device.camera.owner_thread import abandoned_threads
from device.camera.protocol import Camera, CameraDescription, Frame, HeldTo, RawStill, Still, StillSettings

Answer = TypeVar("Answer")

#: After these the camera itself is in doubt. Others say that it was asked for something that it does not do.
_FAILURES = (CameraTimeout, CaptureFailed, CameraMissing, CameraUnavailable, SettingsNotHonoured)


@dataclass(frozen=True)
class Recovery:
    """How a camera is brought back.

    Parameters
    ----------
    tries
        Failures in a row, without a picture between them, after which it is given up.
    first_pause_s, longest_pause_s
        Before it is opened again: the first bound of the pause, doubled each time, up to the longest.
    most_wait_s
        How long a call waits while another is opening or closing the camera, before it is told to come again.
    """

    tries: int = 6
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    most_wait_s: float = 5.0


@dataclass(frozen=True)
class RecoveryState:
    """How the camera stands, for the health page.

    Parameters
    ----------
    is_open
        Whether it is; not open and without an error it was not tried yet.
    failures
        In a row, without a picture between them; 0 for a camera that works.
    error
        The last of them; None for a camera that works.
    given_up
        Whether it is not tried again.
    seconds_to_next_try
        Until it is opened again; 0 when the next call does.
    calls_not_returned
        Calls into the camera's software that never came back, with a thread each. Only a restart frees them.
    """

    is_open: bool
    failures: int
    error: CameraError | None
    given_up: bool
    seconds_to_next_try: float
    calls_not_returned: int


class RecoveringCamera:
    """A camera that opens itself again, to be used in place of the one within.

    Parameters
    ----------
    camera
        Not open: entering this one's context opens it. It is one that can be entered again after it was left.
    recovery
        How often and with what pauses.
    """

    def __init__(self, camera: Camera, recovery: Recovery | None = None) -> None:
        self._camera = camera
        self._recovery = recovery or Recovery()
        self._turn = threading.Condition()
        self._entered = False
        self._open = False
        self._changing = False
        self._opened_times = 0
        self._description: CameraDescription | None = None
        self._failures = 0
        self._error: CameraError | None = None
        self._next_try_s = 0.0
        self._pauses_s: Iterator[float] = iter(())

    def __enter__(self) -> Self:
        """Open the camera, or begin to try.

        A camera that does not open now is tried again by the calls that follow. What no trying mends is raised: camera
        software that does not load, or settings that the camera refuses.

        Raises
        ------
        CameraStackBroken, SettingsRefused
        """
        with self._turn:
            self._entered = True
            self._forget_failures()
        try:
            self._opening()
        except _FAILURES:
            pass
        except BaseException:
            self._entered = False
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the camera; one that does not let go is left to itself, and counted in `state`."""
        with self._turn:
            self._entered = False
            self._turn.wait_for(lambda: not self._changing)
            was_open, self._open = self._open, False
        if was_open:
            self._let_go()

    @property
    def usual(self) -> StillSettings | None:
        """As the camera within has it."""
        return self._camera.usual

    @property
    def state(self) -> RecoveryState:
        """How the camera stands."""
        with self._turn:
            return RecoveryState(
                is_open=self._open,
                failures=self._failures,
                error=self._error,
                given_up=self._given_up,
                seconds_to_next_try=max(0.0, self._next_try_s - time.monotonic()) if not self._open else 0.0,
                calls_not_returned=abandoned_threads(),
            )

    def begin_again(self) -> None:
        """Forget the failures, so that a camera that was given up, or waits, is opened by the next call."""
        with self._turn:
            self._forget_failures()

    def try_again(self) -> None:
        """Begin again at once: a picture is asked for, so that whoever wanted this learns whether it came.

        Raises
        ------
        CameraError
            As for `preview`.
        """
        self.begin_again()
        self.preview(None)

    def try_if_due(self) -> None:
        """Try a camera that is not open and whose pause is over, as the next call would: for while nobody calls.

        What comes of it stands in `state`.
        """
        with self._turn:
            rests = self._open or self._changing or self._given_up or time.monotonic() < self._next_try_s
        if rests or not self._entered:
            return
        with contextlib.suppress(CameraError):
            self.preview(None)

    def replace(self, camera: Camera) -> None:
        """Work with another camera from now on: the same one with settings that were calibrated meanwhile.

        The one before is closed; this one, not open yet, is opened by the next call.
        """
        with self._turn:
            self._turn.wait_for(lambda: not self._changing)
            was_open, self._open, self._changing = self._open, False, True
            self._forget_failures()
        try:
            if was_open:
                self._let_go()
            self._camera = camera
        finally:
            self._end_change()

    def describe(self) -> CameraDescription:
        """As the camera within said when it was opened last: true of the pictures that came, and told while it is down.

        Raises
        ------
        CameraError
            While it has not been opened.
        """
        with self._turn:
            if self._entered and self._description is not None:
                return self._description
        self._opening()
        return self.describe()

    def preview(self, aim: HeldTo | None) -> Frame:
        """As the camera within gives it.

        Raises
        ------
        CameraError
            The camera's own; CameraRecovering while it is down; CameraGivenUp when it is not tried again. Within the
            limits of the camera's own call, of closing it after a failure, and of opening it where that is due.
        """
        return self._with_camera(lambda camera: camera.preview(aim))

    def still(self, aim: HeldTo | None, asked: StillSettings | None = None) -> Still:
        """As the camera within takes it.

        Raises
        ------
        CameraError
            As for `preview`.
        """
        return self._with_camera(lambda camera: camera.still(aim, asked))

    def burst(self, aim: HeldTo | None, asked: Sequence[StillSettings]) -> tuple[Still, ...]:
        """As the camera within takes it.

        Raises
        ------
        CameraError
            As for `preview`.
        """
        return self._with_camera(lambda camera: camera.burst(aim, asked))

    def raw(self, aim: HeldTo | None, asked: StillSettings | None = None) -> RawStill:
        """As the camera within takes it.

        Raises
        ------
        CameraError
            As for `preview`.
        """
        return self._with_camera(lambda camera: camera.raw(aim, asked))

    def dng(self, aim: HeldTo | None, asked: StillSettings | None = None) -> bytes:
        """As the camera within takes it.

        Raises
        ------
        CameraError
            As for `preview`.
        """
        return self._with_camera(lambda camera: camera.dng(aim, asked))

    @property
    def _given_up(self) -> bool:
        return self._failures >= self._recovery.tries

    def _with_camera(self, task: Callable[[Camera], Answer]) -> Answer:
        """Run a task on the open camera. Only opening and closing exclude others: tasks queue in the camera itself."""
        opening = self._opening()
        try:
            answer = task(self._camera)
        except CameraClosed as error:
            # A failure in another caller's task has closed the camera under this one, or somebody from outside has.
            self._fail(error, opening)
            with self._turn:
                if self._entered:
                    raise self._why_not_now() from None
            raise
        except _FAILURES as error:
            self._fail(error, opening)
            raise
        with self._turn:
            if self._opened_times == opening:
                self._forget_failures()
        return answer

    def _opening(self) -> int:
        """Open the camera unless it is open, and say which of its openings this is.

        Raises
        ------
        CameraError
            Why it is not open, and is not opened now.
        """
        with self._turn:
            self._turn.wait_for(lambda: not self._changing, self._recovery.most_wait_s)
            if not self._entered:
                raise CameraClosed("The camera is not open", "Use it inside its context")
            if self._open:
                return self._opened_times
            if self._changing or self._given_up or time.monotonic() < self._next_try_s:
                raise self._why_not_now()
            self._changing = True
        try:
            self._camera.__enter__()
            description = self._camera.describe()
        except BaseException as error:
            if isinstance(error, CameraError):
                self._note(error)
            self._end_change()
            raise
        return self._end_change(description)

    def _end_change(self, opened: CameraDescription | None = None) -> int:
        """Say that the camera is opened or closed no longer, but open or not, and return how often it was opened."""
        with self._turn:
            self._changing = False
            if opened is not None:
                self._open, self._description = True, opened
                self._opened_times += 1
            self._turn.notify_all()
            return self._opened_times

    def _fail(self, error: CameraError, opening: int) -> None:
        """Close the camera after a failure, unless it is closed already or has been opened anew since."""
        with self._turn:
            if not self._open or self._opened_times != opening:
                return
            self._open, self._changing = False, True
        self._note(error)
        try:
            self._let_go()
        finally:
            self._end_change()

    def _let_go(self) -> None:
        # One that does not let go is counted by `abandoned_threads`; opening it again says what is wrong.
        with contextlib.suppress(CameraError):
            self._camera.__exit__(None, None, None)

    def _note(self, error: CameraError) -> None:
        with self._turn:
            if self._failures == 0:
                self._pauses_s = waiting_times_s(self._recovery.first_pause_s, self._recovery.longest_pause_s)
            self._failures += 1
            self._error = error
            self._next_try_s = time.monotonic() + next(self._pauses_s)

    def _forget_failures(self) -> None:
        self._failures, self._error, self._next_try_s = 0, None, 0.0

    def _why_not_now(self) -> CameraError:
        last = self._error.cause if self._error is not None else "another call failed"
        if not self._given_up:
            wait_s = max(0.1, self._next_try_s - time.monotonic())
            return CameraRecovering(
                f"The camera failed and is opened again ({last})", f"Take the picture again in {wait_s:.1f} s"
            )
        stuck = abandoned_threads()
        never = f"; {stuck} of its calls never returned, which only a restart of the service ends" if stuck else ""
        cure = self._error.cure if self._error is not None else "Restart the instrument's service"
        return CameraGivenUp(
            f"The camera failed {self._failures} times in a row and is not tried again ({last}{never})",
            f"{cure}; then let the instrument try again",
        )
