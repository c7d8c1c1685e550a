"""The Raspberry Pi's camera for many callers: one thread owns it, everybody waits in turn and for a limited time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

from device.camera.errors import CameraClosed, CameraTimeout, SettingsRefused
from device.camera.owner_thread import OwnerThread
from device.camera.pi_driver import PiDriver
from device.camera.protocol import CameraDescription, Frame, HeldTo, RawStill, Still, StillSettings
from device.camera.settings import Picamera2Settings

Answer = TypeVar("Answer")

#: Beyond the driver's own limits: a job that ended just when its time was up still hands over its frame within this.
_HAND_OVER_S = 0.5
_OPENING_LIMIT_S = 30.0


class PiCamera:
    """A Raspberry Pi camera with fixed exposure, gains and focus.

    Parameters
    ----------
    settings
        Which camera, and the settings that its stills have to show.
    usual
        Settings that were calibrated, in place of those.
    """

    def __init__(self, settings: Picamera2Settings, usual: StillSettings | None = None) -> None:
        self._settings = settings
        self._usual = usual if usual is not None else settings.asked
        self._owner: OwnerThread | None = None
        self._driver = PiDriver(settings, self._usual)
        self._description: CameraDescription | None = None
        self._stuck = False

    def __enter__(self) -> Self:
        """Open the camera and start its preview.

        Raises
        ------
        CameraStackBroken, CameraMissing, CameraUnavailable, SettingsRefused, CameraTimeout
        """
        self._owner = OwnerThread(f"camera {self._settings.camera_number}")
        self._driver, self._stuck = PiDriver(self._settings, self._usual), False
        try:
            self._description = self._ask(self._driver.open, _OPENING_LIMIT_S)
        except BaseException:
            self._end_owner()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop and close the camera.

        Raises
        ------
        CameraTimeout
            When the camera's software does not let go. Should it do so later, the camera is closed then.
        """
        try:
            if not self._stuck:
                self._ask(self._driver.close, self.asking_limit_s())
        finally:
            ended = self._end_owner()
        if not ended:
            raise self._timeout(_HAND_OVER_S)

    @property
    def usual(self) -> StillSettings:
        """What a still has to show unless something else is asked for."""
        return self._usual

    def describe(self) -> CameraDescription:
        """Say which camera this is.

        Raises
        ------
        CameraClosed
        """
        if self._description is None:
            raise _closed()
        return self._description

    def preview(self, aim: HeldTo | None) -> Frame:
        """Return the next small frame of the still's field of view.

        Raises
        ------
        CameraClosed, CameraTimeout, CaptureFailed
        """
        return self._ask(lambda: self._driver.next_frame(aim), self.asking_limit_s())

    def still(self, aim: HeldTo | None, asked: StillSettings | None = None) -> Still:
        """Take a still, and believe it only when its metadata show the settings asked for.

        Raises
        ------
        CameraClosed, CameraTimeout, SettingsNotHonoured, SettingsRefused, CaptureFailed
        """
        (taken,) = self.burst(aim, (asked or self._usual,))
        return taken

    def burst(self, aim: HeldTo | None, asked: Sequence[StillSettings]) -> tuple[Still, ...]:
        """Take stills in one stay in the still mode, each believed only when its metadata show what it was asked for.

        Settings that differ by less than belief can tell apart (1 % of exposure, 0.05 dioptres) may come out as one.

        Raises
        ------
        CameraClosed, CameraTimeout, SettingsNotHonoured, SettingsRefused, CaptureFailed
        """
        wanted = tuple(asked)
        if not wanted:
            raise SettingsRefused("A burst of no stills was asked for", "Ask for one still at least")
        return self._ask(lambda: self._driver.stills(aim, wanted), self.asking_limit_s(len(wanted)))

    def raw(self, aim: HeldTo | None, asked: StillSettings | None = None) -> RawStill:
        """Take the sensor's own values, and believe them only when their metadata show the settings asked for.

        Raises
        ------
        CameraClosed, CameraTimeout, SettingsNotHonoured, SettingsRefused, CaptureFailed, RawUnavailable
        """
        wanted = asked or self._usual
        return self._ask(lambda: self._driver.raw(aim, wanted), self.asking_limit_s())

    def dng(self, aim: HeldTo | None, asked: StillSettings | None = None) -> bytes:
        """Take the sensor's own values as the content of a DNG file, written by picamera2.

        Raises
        ------
        CameraClosed, CameraTimeout, SettingsNotHonoured, SettingsRefused, CaptureFailed, DngUnavailable
        """
        del aim
        wanted = asked or self._usual
        return self._ask(lambda: self._driver.dng(wanted), self.asking_limit_s())

    def asking_limit_s(self, still_count: int = 1) -> float:
        """Say within what time a picture, or a burst, comes or fails.

        A still takes its limit, and that again for the way back to the preview; another may be before it.

        Parameters
        ----------
        still_count
            Stills of the burst.
        """
        return (3 + still_count) * self._settings.time_limit_s + _HAND_OVER_S

    def _ask(self, task: Callable[[], Answer], time_limit_s: float) -> Answer:
        if self._owner is None:
            raise _closed()
        try:
            answer = self._owner.ask(task, time_limit_s)
        except TimeoutError as error:
            self._stuck = True
            raise self._timeout(time_limit_s) from error
        self._stuck = False
        return answer

    def _timeout(self, time_limit_s: float) -> CameraTimeout:
        return CameraTimeout(
            f"Camera {self._settings.camera_number} did not answer within {time_limit_s:g} s",
            "Restart the instrument's service; if that does not help, switch the instrument off and on",
        )

    def _end_owner(self) -> bool:
        """End the thread, closing the camera first, as late as the call that it may be in lets it."""
        owner, self._owner, self._description = self._owner, None, None
        return owner is None or owner.end(_HAND_OVER_S, last=self._driver.close)


def _closed() -> CameraClosed:
    return CameraClosed("The camera is not open", "Use it inside `with open_camera(settings) as camera:`")
