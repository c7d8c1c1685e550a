"""A camera over a drawn world: heads whose every hair is known, and calibration targets.

The only part of the instrument that knows the phantom; no other kind of camera imports it.
"""

from pathlib import Path

from device.camera.simulated.camera import SimulatedCamera
from device.camera.simulated.lens import DISTANCE_MM

__all__ = ["CERTIFICATES", "DISTANCE_MM", "SimulatedCamera"]

CERTIFICATES = Path(__file__).parent / "certificates"
"""Folder with the certificates of the targets that this camera draws."""
