"""Step 2, exclusions: where no root could be seen, so that the place counts neither for hairs nor for area."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.picture import Plane, least_of_channels

GUARD_UM = 100.0
"""Guard band at every border: a root nearer than this has too little shaft in the picture to be told from a tip."""
SATURATED = 0.985
SMALLEST_GLARE_UM = 60.0
"""Smaller glints lie within a shaft or a bubble and hide no root."""
DARK_OUTSIDE = 0.12
"""Outside the optic's round there is less than this share of the picture's usual light."""
SMALLEST_OUTSIDE_SHARE = 0.01
_RIM_PX = 5  # the rim is blurred: darkness reaches in by this much


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The counting frame at the line scale.

    Parameters
    ----------
    counts : ndarray of bool, shape (rows, columns)
        True where a root counts.
    outside : ndarray of bool, shape (rows, columns)
        True outside the round of the optic and on its blurred rim.
    glare_share : float
        Share of glare in the optic's field.
    outside_share : float
        Share of the picture outside the optic.
    """

    counts: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    glare_share: float
    outside_share: float

    @property
    def box_px(self) -> tuple[int, int, int, int]:
        """First column, first row, last column, last row of the frame."""
        columns, rows = np.flatnonzero(self.counts.any(axis=0)), np.flatnonzero(self.counts.any(axis=1))
        return (int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1]))

    def holds(self, points_px: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each (x, y) lies where roots count."""
        rows, columns = self.counts.shape
        nearest = np.rint(points_px).astype(int)
        x, y = nearest[:, 0].clip(0, columns - 1), nearest[:, 1].clip(0, rows - 1)
        return np.asarray(self.counts[y, x])


def counting_frame(bgr: Plane, um_per_px: float) -> Frame:
    """Cut from the picture its guard band, glare, and what lies outside the optic.

    Parameters
    ----------
    bgr : ndarray of float32, shape (rows, columns, 3)
        Picture at the line scale.
    """
    guard = max(2, round(GUARD_UM / um_per_px))
    counts = np.zeros(bgr.shape[:2], bool)
    counts[guard:-guard, guard:-guard] = True
    glare = _glare(bgr, um_per_px)
    outside = _outside(bgr, um_per_px)
    counts &= ~grown(outside, guard)
    return Frame(counts & ~glare, grown(outside, _RIM_PX), float(glare[~outside].mean()), float(outside.mean()))


def grown(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    """Widen a mask by `by_px` on every side."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disc(2 * by_px + 1)) > 0)


def without_outside(bgr: Plane, frame: Frame) -> Plane:
    """Replace what lies outside the optic by the usual skin, so that no shaft runs on into the black."""
    if not frame.outside.any():
        return bgr
    inside = bgr.copy()
    inside[frame.outside] = np.median(bgr[~frame.outside], axis=0)
    return inside


def _glare(bgr: Plane, um_per_px: float) -> NDArray[np.bool_]:
    saturated = (least_of_channels(bgr) >= SATURATED).astype(np.uint8)
    size = max(3, round(SMALLEST_GLARE_UM / um_per_px) | 1)
    return np.asarray(cv2.morphologyEx(saturated, cv2.MORPH_OPEN, _disc(size)) > 0)


def _outside(bgr: Plane, um_per_px: float) -> NDArray[np.bool_]:
    """Dark areas wider than any unit of hairs that reach a corner of the picture."""
    brightness = -least_of_channels(-bgr)
    dark = (brightness < DARK_OUTSIDE * float(np.percentile(brightness[::4, ::4], 90))).astype(np.uint8)
    wide = cv2.morphologyEx(dark, cv2.MORPH_OPEN, _disc(round(400 / um_per_px) | 1))
    _, labels = cv2.connectedComponents(wide)
    corners = {int(labels[i, j]) for i in (0, -1) for j in (0, -1)} - {0}
    outside = np.isin(labels, sorted(corners))
    return outside if outside.mean() > SMALLEST_OUTSIDE_SHARE else np.zeros_like(outside)


def _disc(size: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
