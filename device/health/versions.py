"""Which software runs."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cv2
import numpy as np

from device import SOFTWARE_VERSION
from device.health.check import Check, State


def parts(root: Path) -> dict[str, str]:
    """Return the version of each part that figures depend on.

    Parameters
    ----------
    root
        Of the file system: ``/``.
    """
    named = {
        "trichoscope": SOFTWARE_VERSION,
        "Python": platform.python_version(),
        "OpenCV": str(cv2.__version__),
        "numpy": np.__version__,
    }
    with suppress(PackageNotFoundError):
        named["picamera2"] = version("picamera2")
    try:
        # a device tree's string ends with a zero byte
        named["board"] = (root / "proc/device-tree/model").read_text(encoding="utf-8").rstrip("\0").strip()
    except (OSError, ValueError):
        named["board"] = platform.machine()
    return named


def versions(root: Path) -> Check:
    """Say which software runs."""
    said = ", ".join(f"{name} {number}" for name, number in parts(root).items())
    return Check("versions", State.OK, f"{said}.")
