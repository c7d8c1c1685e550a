"""The roots of a measurement as a constellation: their places in millimetres, and which way the hairs leave them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Hair, Measurement

HEADING_REACH_MM = 0.35
"""Of a shaft, from its root, that tells its heading: clipping to 0.5 mm leaves it, and a wave has hardly begun."""
_LEAST_SHAFT_MM = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Constellation:
    """Roots and headings of one picture.

    Parameters
    ----------
    roots_mm : ndarray, shape (n, 2)
        (x, y), x right, y down, origin at the centre of the top-left pixel.
    headings_rad : ndarray, shape (n,)
        Direction in which the hair leaves its root, from x to y; NaN where too little of it is seen.
    frame_mm : (float, float, float, float)
        Edges x0, y0, x1, y1 of the counting frame.
    """

    roots_mm: NDArray[np.float64]
    headings_rad: NDArray[np.float64]
    frame_mm: tuple[float, float, float, float]

    @classmethod
    def of(cls, measurement: Measurement) -> Constellation:
        """Take the constellation of a measurement's counted hairs, in their order."""
        mm_per_px = measurement.um_per_px / 1000.0
        roots = np.array([hair.root_px for hair in measurement.hairs], np.float64).reshape(-1, 2)
        headings = np.array([_heading_rad(hair, mm_per_px) for hair in measurement.hairs], np.float64)
        x0, y0, x1, y1 = (float(edge) * mm_per_px for edge in measurement.frame_px)
        return cls(roots * mm_per_px, headings, (x0, y0, x1, y1))

    @property
    def middle_mm(self) -> NDArray[np.float64]:
        """The frame's middle, shape (2,)."""
        x0, y0, x1, y1 = self.frame_mm
        return np.array([0.5 * (x0 + x1), 0.5 * (y0 + y1)])

    @property
    def sides_mm(self) -> NDArray[np.float64]:
        """The frame's width and height, shape (2,)."""
        x0, y0, x1, y1 = self.frame_mm
        return np.array([x1 - x0, y1 - y0])

    def frame_holds(self, points_mm: NDArray[np.float64], guard_mm: float = 0.0) -> NDArray[np.bool_]:
        """Tell for each point (..., 2) whether it lies in the frame, farther than `guard_mm` from its edges."""
        inside = np.abs(points_mm - self.middle_mm) <= 0.5 * self.sides_mm - guard_mm
        return np.asarray(inside.all(axis=-1))


def _heading_rad(hair: Hair, mm_per_px: float) -> float:
    """Heading of the chord over the shaft's first ``HEADING_REACH_MM``, to the tip where that is nearer."""
    from_root = (np.asarray(hair.centreline_px, np.float64).reshape(-1, 2) - np.asarray(hair.root_px)) * mm_per_px
    away = np.hypot(from_root[:, 0], from_root[:, 1])
    beyond = np.flatnonzero(away >= HEADING_REACH_MM)
    if len(beyond):
        x, y = from_root[beyond[0]]
    else:
        x, y = (np.asarray(hair.tip_px) - np.asarray(hair.root_px)) * mm_per_px
    return float(np.arctan2(y, x)) if np.hypot(x, y) >= _LEAST_SHAFT_MM else float("nan")
