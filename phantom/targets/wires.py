"""Straight wires of known diameter on a white ground: what a diameter is proved by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantom.settings import require_between
from phantom.targets.plane import Plane, step
from phantom.targets.window import Finder

_SIGMAS = 5.0


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire, opaque, with square ends.

    Parameters
    ----------
    middle_mm : (float, float)
    angle_deg : float
        Of its length, from x to y.
    length_mm, diameter_um : float
    """

    middle_mm: tuple[float, float]
    angle_deg: float
    length_mm: float
    diameter_um: float

    def __post_init__(self) -> None:
        require_between("length_mm", self.length_mm, 0.001, 100.0)
        require_between("diameter_um", self.diameter_um, 0.1, 5000.0)


@dataclass(frozen=True, slots=True)
class Wires:
    """Wires on a plain ground; where two cross, they hide as much together as both do one behind the other.

    Parameters
    ----------
    wires : tuple of Wire
    ink, ground : (float, float, float)
        Linear share of light that wires and the ground send back, B, G, R.
    """

    wires: tuple[Wire, ...]
    ink: tuple[float, float, float] = (0.03, 0.03, 0.03)
    ground: tuple[float, float, float] = (0.9, 0.9, 0.9)

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Give the share of light sent back, blurred exactly; see `phantom.targets.plane.Target`."""
        finder = Finder(x_mm, y_mm)
        bare = np.ones_like(x_mm)
        widest_blur = float(blur_mm.max())
        for wire in self.wires:
            reach = 0.5 * float(np.hypot(wire.length_mm, wire.diameter_um / 1000)) + _SIGMAS * widest_blur
            window = finder.window(wire.middle_mm, reach)
            if window is not None:
                bare[window] *= 1 - _cover(wire, x_mm[window], y_mm[window], blur_mm[window])
        ink, ground = np.asarray(self.ink, np.float32), np.asarray(self.ground, np.float32)
        return np.asarray(ink + (ground - ink) * bare[:, :, None], np.float32)


def _cover(wire: Wire, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
    angle = np.deg2rad(wire.angle_deg)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    right, down = x_mm - np.float32(wire.middle_mm[0]), y_mm - np.float32(wire.middle_mm[1])
    cover = np.ones_like(x_mm)
    for off, width_mm in (
        (right * cosine + down * sine, wire.length_mm),
        (down * cosine - right * sine, wire.diameter_um / 1000),
    ):
        half = np.float32(width_mm / 2)
        cover = cover * (step((off + half) / blur_mm) - step((off - half) / blur_mm))
    return np.asarray(cover, np.float32)
