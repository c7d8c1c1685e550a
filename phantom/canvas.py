"""A grid fixed to the scalp on which skin is painted, and what is painted with: noise, places, polygons, lines."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.scalp import Points, Scalp

Plane = NDArray[np.float32]

MAP_MM_PER_PX = 0.008
_LATTICE_MM = 0.032
_SHIFT_BITS = 4


class Canvas:
    """The grid being painted and where it lies on the scalp."""

    def __init__(self, scalp: Scalp, corner_mm: Points, shape: tuple[int, int]) -> None:
        self.scalp = scalp
        self.corner_mm = corner_mm
        self.shape = shape

    def noise(self, stream: int, pitch_mm: float, stretch: float = 1.0, turn_rad: float = 0.0) -> Plane:
        """Smooth noise of mean 0 and SD near 0.7: details of `pitch_mm`, drawn out by `stretch` along a direction."""
        rng = np.random.default_rng([self.scalp.skin_seed, 31, stream])
        pitch = np.array([pitch_mm * stretch, pitch_mm])
        turn = np.array([[np.cos(turn_rad), np.sin(turn_rad)], [-np.sin(turn_rad), np.cos(turn_rad)]])
        half = np.full(2, 0.5 * np.hypot(*self.scalp.grown_mm) + 1.0)
        lattice = rng.standard_normal(tuple((np.ceil(2 * half / pitch).astype(int) + 2)[::-1]), dtype=np.float32)
        # OpenCV 4 samples at 32nds of a pixel: a coarse lattice is refined first, lest the noise shows steps
        finer = np.maximum(1, np.rint(pitch / _LATTICE_MM)).astype(int)
        columns, rows = finer * lattice.shape[::-1]
        lattice = np.asarray(cv2.resize(lattice, (int(columns), int(rows)), interpolation=cv2.INTER_CUBIC), np.float32)
        # map pixel -> lattice position, both counted from the middle of their first element
        grid = np.column_stack([turn * MAP_MM_PER_PX, turn @ self.corner_mm + half]) * (finer / pitch)[:, None]
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(lattice, grid, self.shape[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT), np.float32
        )

    def scattered(self, stream: int, per_cm2: float, seed: int) -> tuple[Points, np.random.Generator]:
        """Places (n, 2) in mm of things over the whole scalp, and the generator that shapes them."""
        rng = np.random.default_rng([seed, 32, stream])
        width, height = self.scalp.grown_mm
        places = (rng.random((round(per_cm2 * width * height / 100.0), 2)) - 0.5) * [width, height]
        return places, rng

    def to_px(self, places_mm: Points) -> Points:
        """Scalp millimetres (n, 2) as map pixels (n, 2)."""
        return np.asarray((places_mm - self.corner_mm) / MAP_MM_PER_PX)

    def fill(self, plane: Plane, outline_mm: Points, value: float) -> None:
        """Fill a polygon on one of the map's planes."""
        fixed = np.round(self.to_px(outline_mm) * 2**_SHIFT_BITS).astype(np.int32).reshape(-1, 1, 2)
        cv2.fillPoly(plane, [fixed], value, lineType=cv2.LINE_AA, shift=_SHIFT_BITS)

    def line(self, plane: Plane, points_mm: Points, value: float, width_mm: float) -> None:
        """Draw a line on one of the map's planes."""
        fixed = np.round(self.to_px(points_mm) * 2**_SHIFT_BITS).astype(np.int32).reshape(-1, 1, 2)
        width = max(1, round(width_mm / MAP_MM_PER_PX))
        cv2.polylines(plane, [fixed], False, value, thickness=width, lineType=cv2.LINE_AA, shift=_SHIFT_BITS)

    def empty(self) -> Plane:
        """Give a plane of zeros on the grid."""
        return np.zeros(self.shape, np.float32)


def blurred(plane: Plane, sigma_mm: float) -> Plane:
    """Blur a plane of the grid."""
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma_mm / MAP_MM_PER_PX), np.float32)
