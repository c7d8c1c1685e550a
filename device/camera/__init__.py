"""The camera: one protocol, three parts behind it, chosen by the settings and by nothing else.

A camera that fails stays failed: there is no falling back to another kind, least of all to the simulated one.
"""

from __future__ import annotations

from typing import assert_never

from device.camera.errors import (
    CameraClosed,
    CameraError,
    CameraMissing,
    CameraStackBroken,
    CameraTimeout,
    CameraUnavailable,
    CaptureFailed,
    OutOfPictures,
    PictureRefused,
    SettingsNotHonoured,
    SettingsRefused,
)
from device.camera.protocol import Aim, Camera, CameraDescription, Frame, FrameMetadata, Still, StillSettings
from device.camera.settings import CameraSettings, FolderSettings, Picamera2Settings, SimulatedSettings

__all__ = [
    "Aim",
    "Camera",
    "CameraClosed",
    "CameraDescription",
    "CameraError",
    "CameraMissing",
    "CameraSettings",
    "CameraStackBroken",
    "CameraTimeout",
    "CameraUnavailable",
    "CaptureFailed",
    "FolderSettings",
    "Frame",
    "FrameMetadata",
    "OutOfPictures",
    "Picamera2Settings",
    "PictureRefused",
    "SettingsNotHonoured",
    "SettingsRefused",
    "SimulatedSettings",
    "Still",
    "StillSettings",
    "open_camera",
]


def open_camera(settings: CameraSettings) -> Camera:
    """Return the camera that the settings name; entering its context opens it.

    Each kind is imported when it is chosen: an instrument needs neither the phantom nor, without its camera, picamera2.

    Parameters
    ----------
    settings
        The `[camera]` table.
    """
    match settings:
        case Picamera2Settings():
            from device.camera.pi_camera import PiCamera  # noqa: PLC0415

            return PiCamera(settings)
        case SimulatedSettings():
            from device.camera.simulated import SimulatedCamera  # noqa: PLC0415

            return SimulatedCamera(settings)
        case FolderSettings():
            from device.camera.folder import FolderCamera  # noqa: PLC0415

            return FolderCamera(settings)
        case _:
            assert_never(settings)
