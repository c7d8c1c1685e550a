"""The camera: one protocol, three parts behind it, chosen by the settings and by nothing else.

A camera that fails stays failed: there is no falling back to another kind, least of all to the simulated one.
"""

from __future__ import annotations

from typing import assert_never

from device.camera.errors import (
    CameraClosed,
    CameraError,
    CameraGivenUp,
    CameraMissing,
    CameraRecovering,
    CameraStackBroken,
    CameraTimeout,
    CameraUnavailable,
    CaptureFailed,
    DngUnavailable,
    OutOfPictures,
    PictureRefused,
    RawUnavailable,
    SettingsNotHonoured,
    SettingsRefused,
)
from device.camera.protocol import (
    Aim,
    Camera,
    CameraDescription,
    Frame,
    FrameMetadata,
    HeldTo,
    Pattern,
    RawStill,
    Still,
    StillSettings,
    TargetAim,
    TargetKind,
)
from device.camera.settings import CameraSettings, FolderSettings, Picamera2Settings, SimulatedSettings

__all__ = [
    "Aim",
    "Camera",
    "CameraClosed",
    "CameraDescription",
    "CameraError",
    "CameraGivenUp",
    "CameraMissing",
    "CameraRecovering",
    "CameraSettings",
    "CameraStackBroken",
    "CameraTimeout",
    "CameraUnavailable",
    "CaptureFailed",
    "DngUnavailable",
    "FolderSettings",
    "Frame",
    "FrameMetadata",
    "HeldTo",
    "OutOfPictures",
    "Pattern",
    "Picamera2Settings",
    "PictureRefused",
    "RawStill",
    "RawUnavailable",
    "SettingsNotHonoured",
    "SettingsRefused",
    "SimulatedSettings",
    "Still",
    "StillSettings",
    "TargetAim",
    "TargetKind",
    "open_camera",
]


def open_camera(settings: CameraSettings, usual: StillSettings | None = None) -> Camera:
    """Return the camera that the settings name; entering its context opens it.

    Each kind is imported when it is chosen: an instrument needs neither the phantom nor, without its camera, picamera2.

    Parameters
    ----------
    settings
        The `[camera]` table.
    usual
        What a still is taken with, as calibrated; None for what the table says. A folder takes no settings.
    """
    match settings:
        case Picamera2Settings():
            from device.camera.pi_camera import PiCamera  # noqa: PLC0415

            return PiCamera(settings, usual)
        case SimulatedSettings():
            from device.camera.simulated import SimulatedCamera  # noqa: PLC0415

            return SimulatedCamera(settings, usual)
        case FolderSettings():
            from device.camera.folder import FolderCamera  # noqa: PLC0415

            return FolderCamera(settings)
        case _:
            assert_never(settings)
