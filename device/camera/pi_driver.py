"""Driving the real `picamera2.Picamera2`, from one thread.

What its makers' issue threads teach, and what follows here:

- Controls set just before a mode switch are lost; so they are part of each configuration.
- Frames show old settings for a while; so a still is believed only when its own metadata agree.
- A frame that is not given back stalls the camera; so it is given back on every path, that of errors included.
- `capture_request` may never return (#1086); so every wait has a limit, and the caller's wait has one of its own.
- Opening and closing leak (#887, #958), and big buffers use up the memory that is in one piece (#1102): one
  long-lived Picamera2, one buffer for stills, and a raw stream only while raw values are asked for.
"""

from __future__ import annotations

import atexit
import io
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from device.camera.belief import disagreement
from device.camera.errors import (
    CameraMissing,
    CameraStackBroken,
    CameraTimeout,
    CameraUnavailable,
    CaptureFailed,
    DngUnavailable,
    RawUnavailable,
    SettingsNotHonoured,
    innermost_text,
)
from device.camera.pi_configuration import Configuration, Modes, configure
from device.camera.protocol import CameraDescription, Frame, FrameMetadata, HeldTo, RawStill, Still, StillSettings
from device.camera.raw_frames import raw_still
from device.camera.settings import Picamera2Settings

Answer = TypeVar("Answer")

#: A job that ended just when its time was up still hands over its frame within this.
_HAND_OVER_S = 0.5
#: Metadata say where the lens was told to stand; the glass is at rest there a frame later.
_FRAMES_WHILE_THE_LENS_SETTLES = 1


class PiDriver:
    """One camera, opened once. Every method is called from the one thread that owns it.

    Parameters
    ----------
    settings
        Which camera, its sizes and its time limit.
    usual
        What it is set to while nothing else is asked for.
    """

    def __init__(self, settings: Picamera2Settings, usual: StillSettings) -> None:
        self._settings = settings
        self._usual = usual
        self._picamera2: Any = None
        self._modes = Modes({}, {}, {})
        self._in_force = usual

    def open(self) -> CameraDescription:
        """Open the camera and start its preview.

        Raises
        ------
        CameraStackBroken, CameraMissing, CameraUnavailable, SettingsRefused
        """
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
            # It would close itself at the program's end, which a call that never returns would then hold up for ever.
            atexit.unregister(self._picamera2.close)
            self._modes = configure(self._picamera2, self._settings, self._usual)
            self._picamera2.start()
        except BaseException as error:
            self.close()
            if not isinstance(error, RuntimeError):
                raise
            raise CameraUnavailable(
                f"Camera {number} ({connected[number]['Model']}) does not open ({innermost_text(error)})",
                "End any other program that uses it; if none does, switch the instrument off and on",
            ) from error
        return CameraDescription(model=connected[number]["Model"], identity=connected[number]["Id"], simulated=False)

    def close(self) -> None:
        """Close the camera; closed already, it stays so."""
        picamera2, self._picamera2 = self._picamera2, None
        if picamera2 is not None:
            picamera2.close()

    def next_frame(self, aim: HeldTo | None) -> Frame:
        """Return the next frame of the preview.

        Raises
        ------
        CameraTimeout, CaptureFailed
        """
        request = self._next_request(time.monotonic() + self._settings.time_limit_s)
        try:
            return Frame(request.make_array("main"), _frame_metadata(request.get_metadata()), aim)
        finally:
            request.release()

    def stills(self, aim: HeldTo | None, asked: Sequence[StillSettings]) -> tuple[Still, ...]:
        """Take stills in one stay in the still mode.

        Raises
        ------
        CameraTimeout, SettingsNotHonoured, SettingsRefused, CaptureFailed
        """
        for each in asked:
            self._modes.refuse_beyond(each)

        def take(each: StillSettings, deadline_s: float) -> Still:
            return self._believed(
                each, deadline_s, lambda request, shown: Still(request.make_array("main"), _frame_metadata(shown), aim)
            )

        def take_all(deadline_s: float) -> tuple[Still, ...]:
            taken = [take(asked[0], deadline_s)]
            for each in asked[1:]:
                self._set(each)
                taken.append(take(each, time.monotonic() + self._settings.time_limit_s))
            return tuple(taken)

        return self._away_from_the_preview(self._modes.still_with(asked[0]), take_all)

    def raw(self, aim: HeldTo | None, asked: StillSettings) -> RawStill:
        """Take the sensor's own values.

        Raises
        ------
        CameraTimeout, SettingsNotHonoured, SettingsRefused, CaptureFailed, RawUnavailable
        """

        def made(request: Any, shown: dict[str, Any]) -> RawStill:  # noqa: ANN401 - picamera2 has no types
            configuration = self._picamera2.camera_configuration()
            return raw_still(
                request.make_array("raw"),
                configuration["raw"],
                configuration["sensor"]["bit_depth"],
                black_levels=shown.get("SensorBlackLevels"),
                metadata=_frame_metadata(shown),
                aim=aim,
            )

        return self._believed_raw(asked, made)

    def dng(self, asked: StillSettings) -> bytes:
        """Take the sensor's own values as the content of a DNG file.

        Raises
        ------
        CameraTimeout, SettingsNotHonoured, SettingsRefused, CaptureFailed, DngUnavailable
        """

        def made(request: Any, _: dict[str, Any]) -> bytes:  # noqa: ANN401 - picamera2 has no types
            content = io.BytesIO()
            try:
                request.save_dng(content)
            except Exception as error:  # noqa: BLE001
                # picamera2 from 0.3.30 on hands PiDNG an argument that the one on PyPI does not know (a TypeError);
                # others of their misfits end in other errors, of which none is the picture's.
                reason = innermost_text(error)
            else:
                return content.getvalue()
            # Not from within: the error's frames hold on to the frame's memory, which cannot be unmapped meanwhile.
            raise DngUnavailable(
                f"The software on this board writes no DNG file ({reason})",
                "Install picamera2 and PiDNG from apt and none from pip: sudo apt install python3-picamera2",
            )

        return self._believed_raw(asked, made)

    def _believed_raw(self, asked: StillSettings, made: Callable[[Any, dict[str, Any]], Answer]) -> Answer:
        self._modes.refuse_beyond(asked)
        order = _colour_order(self._picamera2)
        return self._away_from_the_preview(
            self._modes.raw_with(asked, order), lambda deadline_s: self._believed(asked, deadline_s, made)
        )

    def _away_from_the_preview(self, configuration: Configuration, take: Callable[[float], Answer]) -> Answer:
        """Switch the mode, take what is to be taken before a deadline, and switch back, whatever happens."""
        deadline_s = time.monotonic() + self._settings.time_limit_s
        try:
            self._switch_to(configuration, deadline_s)
            return take(deadline_s)
        finally:
            self._switch_to(self._modes.preview, time.monotonic() + self._settings.time_limit_s)

    def _believed(
        self,
        asked: StillSettings,
        deadline_s: float,
        made: Callable[[Any, dict[str, Any]], Answer],
    ) -> Answer:
        """Let frames go by until one shows the settings asked for, and return what is made of it."""
        rows = self._picamera2.camera_configuration()["sensor"]["output_size"][1]
        settling = 0
        if asked.lens_position_dioptres != self._in_force.lens_position_dioptres:
            settling = _FRAMES_WHILE_THE_LENS_SETTLES
        self._in_force = asked
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
                shown = request.get_metadata()
                differs = disagreement(asked, _frame_metadata(shown), rows)
                if differs is None:
                    if settling == 0:
                        return made(request, shown)
                    settling -= 1
            finally:
                request.release()
            if differs is not None:
                doubt = SettingsNotHonoured(
                    differs.setting, differs.asked, differs.got, frame_count, self._settings.time_limit_s
                )
        raise doubt

    def _set(self, asked: StillSettings) -> None:
        """Change settings within a mode: the next request to be queued takes them along."""
        try:
            self._picamera2.set_controls(self._modes.still_with(asked)["controls"])
        except RuntimeError as error:
            raise _failed(error) from error

    def _switch_to(self, configuration: Configuration, deadline_s: float) -> None:
        self._finish(self._picamera2.switch_mode(configuration, wait=False), deadline_s)
        if configuration is self._modes.preview:
            self._in_force = self._usual

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
            raise _failed(error) from error


def _failed(error: Exception) -> CaptureFailed:
    return CaptureFailed(
        f"The camera's software failed while taking a picture ({innermost_text(error)})",
        "Take it again; if it fails again, restart the instrument's service",
    )


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


def _colour_order(picamera2: Any) -> str:  # noqa: ANN401 - picamera2 has no types
    """Return the order of the colours on the sensor, "RGGB" or another, or "R" for a sensor without.

    Raises
    ------
    RawUnavailable
    """
    # "SRGGB10_CSI2P": the letters between the S and the bits. A camera on USB has a format such as "YUYV" here.
    order = str(picamera2.sensor_format).partition("_")[0].removeprefix("S").rstrip("0123456789")
    if not order or set(order) - set("RGB"):
        raise RawUnavailable(
            f"This camera gives no raw values, but {picamera2.sensor_format}",
            "Use a camera on the board's ribbon cable",
        )
    return order


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
