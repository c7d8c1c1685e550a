"""What can go wrong with a camera: each error says its cause in one sentence, and its cure."""

from __future__ import annotations

from device.hardware_error import HardwareError


class CameraError(HardwareError):
    """A camera did not do what it was asked."""


class CameraStackBroken(CameraError):
    """The camera's software cannot be imported: a part of it is missing, or the parts do not fit each other."""


class CameraMissing(CameraError):
    """There is no such camera."""


class CameraUnavailable(CameraError):
    """The camera is there and cannot be opened."""


class CameraClosed(CameraError):
    """A picture was asked of a camera that is not open."""


class SettingsRefused(CameraError):
    """The camera cannot do what its settings ask for, which shows before the first frame."""


class CameraTimeout(CameraError):
    """The camera did not answer within its time limit."""


class CaptureFailed(CameraError):
    """The camera's software failed while a picture was taken."""


class RawUnavailable(CameraError):
    """Raw values were asked of a camera that has none, or none that can be read."""


class DngUnavailable(CameraError):
    """A DNG file was asked of a camera, or of a board's software, that makes none."""


class CameraRecovering(CameraError):
    """The camera failed and is opened again after a pause, which is not over."""


class CameraGivenUp(CameraError):
    """The camera failed as often as it may: it is not tried again until somebody says so."""


class PictureRefused(CameraError):
    """A file in the folder is no picture that could be measured."""


class OutOfPictures(CameraError):
    """Every picture of the folder has been given out."""


class SettingsNotHonoured(CameraError):
    """Frames came, and their own metadata shows other settings than those asked for.

    Parameters
    ----------
    setting
        The setting, by its name in `FrameMetadata`.
    asked, got
        Its value as asked, and as the last frame's metadata has it.
    frame_count
        How many frames were looked at.
    time_limit_s
        The time they had.
    """

    def __init__(self, setting: str, asked: object, got: object, frame_count: int, time_limit_s: float) -> None:
        super().__init__(
            f"The still was not believed: {setting} should be {asked} and is {got} after {frame_count} frames "
            f"in {time_limit_s:g} s",
            f"Check {setting} under [camera] against what this sensor can do, then take the still again",
        )
        self.setting = setting
        self.asked = asked
        self.got = got


def innermost_text(error: BaseException) -> str:
    """Return the text of the error that the others were raised from: picamera2 wraps it in vaguer ones."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)
