"""The Raspberry Pi's camera, through the real `picamera2.Picamera2`.

What its makers' issue threads teach, and what follows here:

- Controls set just before a mode switch are lost; so they are part of each configuration.
- Frames show old settings for a while; so a still is believed only when its own metadata agree.
- A frame that is not given back stalls the camera; so it is given back on every path, that of errors included.
- `capture_request` may never return (#1086); so every wait has a limit, and the caller's wait has one of its own.
- Opening and closing leak (#887, #958), and big buffers use up the memory that is in one piece (#1102): one
  long-lived Picamera2, one buffer for stills, no raw stream.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from types import TracebackType
from typing import Any, Self, TypeVar

from device.camera.belief import disagreement
from device.camera.errors import (
    CameraClosed,
    CameraMissing,
    CameraStackBroken,
    CameraTimeout,
    CameraUnavailable,
    CaptureFailed,
    SettingsNotHonoured,
    innermost_text,
)
from device.camera.owner_thread import OwnerThread
from device.camera.pi_configuration import configure
from device.camera.protocol import Aim, CameraDescription, Frame, FrameMetadata, Still
from device.camera.settings import Picamera2Settings

Answer = TypeVar("Answer")

#: A job that ended just when its time was up still hands over its frame within this.
_HAND_OVER_S = 0.5
_OPENING_LIMIT_S = 30.0


class PiCamera:
    """A Raspberry Pi camera with fixed exposure, gains and focus.

    Parameters
    ----------
    settings
        Which camera, and the settings that its stills have to show.
    """

    def __init__(self, settings: Picamera2Settings) -> None:
        self._settings = settings
        self._owner: OwnerThread | None = None
        self._description: CameraDescription | None = None
        self._picamera2: Any = None
        self._preview_configuration: dict[str, Any] = {}
        self._still_configuration: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Open the camera and start its preview.

        Raises
        ------
        CameraStackBroken, CameraMissing, CameraUnavailable, SettingsRefused, CameraTimeout
        """
        self._owner = OwnerThread(f"camera {self._settings.camera_number}")
        try:
            self._ask(self._open, _OPENING_LIMIT_S)
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
            When the camera's software does not let go.
        """
        try:
            self._ask(self._close, _OPENING_LIMIT_S)
        finally:
            self._end_owner()

    def describe(self) -> CameraDescription:
        """Say which camera this is.

        Raises
        ------
        CameraClosed
        """
        if self._description is None:
            raise _closed()
        return self._description

    def preview(self, aim: Aim | None) -> Frame:
        """Return the next small frame of the still's field of view.

        Raises
        ------
        CameraClosed, CameraTimeout, CaptureFailed
        """
        return self._ask(lambda: self._next_frame(aim), self._asking_limit_s)

    def still(self, aim: Aim | None) -> Still:
        """Take a still, and believe it only when its metadata show the settings asked for.

        Raises
        ------
        CameraClosed, CameraTimeout, SettingsNotHonoured, CaptureFailed
        """
        return self._ask(lambda: self._take_still(aim), self._asking_limit_s)

    @property
    def _asking_limit_s(self) -> float:
        """A still takes its limit, and that again for the way back to the preview; another may be before it."""
        return 4 * self._settings.time_limit_s + _HAND_OVER_S

    def _ask(self, task: Callable[[], Answer], time_limit_s: float) -> Answer:
        if self._owner is None:
            raise _closed()
        try:
            return self._owner.ask(task, time_limit_s)
        except TimeoutError as error:
            raise CameraTimeout(
                f"Camera {self._settings.camera_number} did not answer within {time_limit_s:g} s",
                "Restart the instrument's service; if that does not help, switch the instrument off and on",
            ) from error

    def _end_owner(self) -> None:
        owner, self._owner, self._description = self._owner, None, None
        if owner is not None:
            owner.end(_HAND_OVER_S)

    # From here on, everything runs on the owner's thread.

    def _open(self) -> None:
        picamera2_class = _picamera2_class()
        number = self._settings.camera_number
        connected = picamera2_class.global_camera_info()
        if number >= len(connected):
            models = ", ".join(camera["Model"] for camera in connected) or "none"
            raise CameraMissing(
                f"There is no camera {number}; connected: {models}",
                "Switch off, check the camera's ribbon cable at both ends, and see `rpicam-hello --list-cameras`",
            )
        try:
            self._picamera2 = picamera2_class(number)
            self._still_configuration, self._preview_configuration = configure(self._picamera2, self._settings)
            self._picamera2.start()
        except BaseException as error:
            self._close()
            if not isinstance(error, RuntimeError):
                raise
            raise CameraUnavailable(
                f"Camera {number} ({connected[number]['Model']}) does not open ({innermost_text(error)})",
                "End any other program that uses it; if none does, switch the instrument off and on",
            ) from error
        self._description = CameraDescription(
            model=connected[number]["Model"], identity=connected[number]["Id"], simulated=False
        )

    def _close(self) -> None:
        picamera2, self._picamera2 = self._picamera2, None
        if picamera2 is not None:
            picamera2.close()

    def _next_frame(self, aim: Aim | None) -> Frame:
        request = self._next_request(time.monotonic() + self._settings.time_limit_s)
        try:
            return Frame(request.make_array("main"), _frame_metadata(request.get_metadata()), aim)
        finally:
            request.release()

    def _take_still(self, aim: Aim | None) -> Still:
        deadline_s = time.monotonic() + self._settings.time_limit_s
        try:
            self._switch_to(self._still_configuration, deadline_s)
            return self._believed_still(aim, deadline_s)
        finally:
            self._switch_to(self._preview_configuration, time.monotonic() + self._settings.time_limit_s)

    def _believed_still(self, aim: Aim | None, deadline_s: float) -> Still:
        """Let frames go by until one shows the settings asked for."""
        rows = self._picamera2.camera_configuration()["sensor"]["output_size"][1]
        doubt: SettingsNotHonoured | None = None
        frame_count = 0
        while doubt is None or time.monotonic() < deadline_s:
            try:
                request = self._next_request(deadline_s)
            except CameraTimeout as timeout:
                # Frames that came and were not believed say more than that time ran out on the next one.
                raise (doubt or timeout) from None
            frame_count += 1
            try:
                metadata = _frame_metadata(request.get_metadata())
                differs = disagreement(self._settings.asked, metadata, rows)
                if differs is None:
                    return Still(request.make_array("main"), metadata, aim)
            finally:
                request.release()
            doubt = SettingsNotHonoured(
                differs.setting, differs.asked, differs.got, frame_count, self._settings.time_limit_s
            )
        raise doubt

    def _switch_to(self, configuration: dict[str, Any], deadline_s: float) -> None:
        self._finish(self._picamera2.switch_mode(configuration, wait=False), deadline_s)

    def _next_request(self, deadline_s: float) -> Any:  # noqa: ANN401 - picamera2 has no types
        """Return the next completed request, which the caller has to release."""
        return self._finish(self._picamera2.capture_request(wait=False), deadline_s)

    def _finish(self, job: Any, deadline_s: float) -> Any:  # noqa: ANN401 - picamera2 has no types
        """Wait for a job of picamera2, and let nothing of it stay behind when it is late.

        `capture_request(wait=seconds)` would leave its job in the queue when the time is up: the next frame would then
        be handed to nobody and never given back. So the job is asked for without a wait, waited for with a limit, and
        cancelled; if it ended meanwhile, its result is taken after all.
        """
        try:
            try:
                return self._picamera2.wait(job, timeout=max(0.0, deadline_s - time.monotonic()))
            except TimeoutError:
                self._picamera2.cancel_all_and_flush()
                return self._picamera2.wait(job, timeout=_HAND_OVER_S)
        except (TimeoutError, CancelledError):
            raise CameraTimeout(
                f"No frame came from camera {self._settings.camera_number} within {self._settings.time_limit_s:g} s",
                "Check the camera's ribbon cable; if it sits well, switch the instrument off and on",
            ) from None
        except (RuntimeError, OSError) as error:
            raise CaptureFailed(
                f"The camera's software failed while taking a picture ({innermost_text(error)})",
                "Take it again; if it fails again, restart the instrument's service",
            ) from error


def _picamera2_class() -> Any:  # noqa: ANN401 - picamera2 has no types
    """Import picamera2 now and not before, so that a device with another camera does without.

    Raises
    ------
    CameraStackBroken
    """
    try:
        from picamera2 import Picamera2  # noqa: PLC0415 - see above
    except (ImportError, AttributeError, ValueError) as error:
        # An AttributeError is a picamera2 that expects another libcamera (#1362), a ValueError a numpy of the virtual
        # environment over parts that apt built for another (#1170).
        raise CameraStackBroken(
            f"The camera's software does not load ({error})",
            "Bring its parts to versions that fit, all from apt and none from pip: sudo apt update && "
            "sudo apt install python3-libcamera python3-picamera2 python3-numpy",
        ) from error
    return Picamera2


def _frame_metadata(metadata: dict[str, Any]) -> FrameMetadata:
    gains = metadata.get("ColourGains")
    return FrameMetadata(
        exposure_us=metadata.get("ExposureTime"),
        analogue_gain=metadata.get("AnalogueGain"),
        digital_gain=metadata.get("DigitalGain"),
        colour_gains=None if gains is None else (gains[0], gains[1]),
        lens_position_dioptres=metadata.get("LensPosition"),
        frame_duration_us=metadata.get("FrameDuration"),
        sensor_timestamp_ns=metadata.get("SensorTimestamp"),
    )


def _closed() -> CameraClosed:
    return CameraClosed("The camera is not open", "Use it inside `with open_camera(settings) as camera:`")
