"""How much of the picture a target's points span."""

from __future__ import annotations

import cv2
import numpy as np

from device.calibration.targets.points import Places
from device.calibration.targets.refusals import HalfOutOfView

LEAST_COVERAGE = 0.8
"""Share of the picture: distortion is not to be guessed for much more than the border that points cannot reach."""
_SIDE = 256


def coverage(points_px: Places, pitch_px: float, size_px: tuple[int, int]) -> float:
    """Share of the picture within the points' convex hull and three quarters of a pitch about it."""
    shrink = _SIDE / max(size_px)
    columns, rows = (max(1, round(side * shrink)) for side in size_px)
    hull = cv2.convexHull((points_px * shrink).astype(np.float32)).reshape(-1, 2)
    # a drawn outline as wide as the border, whose outer half adds to the hull
    drawn = np.zeros((rows, columns), np.uint8)
    outline = np.rint(hull).astype(np.int32)
    cv2.fillConvexPoly(drawn, outline, 1)
    cv2.polylines(drawn, [outline], True, (1,), max(1, round(1.5 * pitch_px * shrink)))
    return float(drawn.mean())


def require_coverage(share: float) -> None:
    """Refuse points that span too little of the picture.

    Raises
    ------
    HalfOutOfView
    """
    if share < LEAST_COVERAGE:
        raise HalfOutOfView(
            f"The target covers {share:.0%} of the picture and {LEAST_COVERAGE:.0%} are needed: move it "
            "until it fills the "
            "whole picture."
        )
