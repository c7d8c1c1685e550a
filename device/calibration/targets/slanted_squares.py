"""Finding the sides of a chart of slanted squares, roughly: each edge is placed and measured by its own fit later."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from device.calibration.targets.refusals import AnotherTarget, NoTarget

Picture = NDArray[np.uint8]
Point = NDArray[np.float64]

_SMALL_PX = 1000
"""The longer side of the copy that is searched."""
_LEAST_CONTRAST = 20
_MOST_SIDES, _FEW = 1.8, 20
"""Sides in view over those that squares in an endless chart have."""
_TRIMMED = 0.12
"""Of a side at either end: corners are rounded by blur and by print."""


def find_sides(picture: Picture, side_px: float, pitch_px: float) -> list[tuple[Point, Point]]:
    """Find the sides of the squares.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        BGR.
    side_px, pitch_px : float
        Of a square, and from square to square.

    Returns
    -------
    list of (ndarray of shape (2,), ndarray of shape (2,))
        (x, y) of either end of what is straight of each side, to a pixel or two. Squares that the picture's border
        cuts have what is left of their sides.

    Raises
    ------
    NoTarget
        If there is no contrast at the squares' scale.
    AnotherTarget
        If there are more straight edges than such squares have.
    """
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    shrink = min(1.0, _SMALL_PX / max(grey.shape))
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    small = cv2.medianBlur(small, 5)
    reach = np.ones((2 * int(0.5 * pitch_px * shrink) + 1,) * 2, np.uint8)
    low, high = (cv2.blur(m(small, reach).astype(np.float32), reach.shape) for m in (cv2.erode, cv2.dilate))
    if float(np.median(high - low)) < _LEAST_CONTRAST:
        raise NoTarget(
            "No dark squares on a light ground are in view: lay the slanted-edge chart under the camera, light it, and "
            "take the picture again."
        )
    dark = (small < (low + high) / 2).astype(np.uint8)
    outlines, _ = cv2.findContours(dark, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    sides = []
    for outline in outlines:
        if cv2.contourArea(outline) < 0.05 * (side_px * shrink) ** 2:
            continue
        corners = cv2.approxPolyDP(outline, 0.08 * side_px * shrink, True)[:, 0].astype(float)
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if _along_border(start, end, small.shape):
                continue
            # pixel centres of the small copy, as places in the picture
            start_px, end_px = ((point + 0.5) / shrink - 0.5 for point in (start, end))
            length = float(np.hypot(*(end_px - start_px)))
            if 0.35 * side_px <= length <= 1.25 * side_px:
                cut = _TRIMMED * side_px / length * (end_px - start_px)
                sides.append((start_px + cut, end_px - cut))
    most = _MOST_SIDES * 4 * grey.size / pitch_px**2
    if len(sides) > max(most, _FEW):
        raise AnotherTarget(
            f"{len(sides)} straight edges are in view, more than the certificate's chart has: lay the slanted-edge "
            "chart of that certificate under the camera and take the picture again."
        )
    return sides


def _along_border(start: Point, end: Point, shape: Sequence[int]) -> bool:
    """Whether a side is where the picture ends."""
    limits = np.array([shape[1] - 1, shape[0] - 1])
    return any(max(abs(start[axis] - at), abs(end[axis] - at)) <= 3 for axis in (0, 1) for at in (0, limits[axis]))
