"""The usual way to lay one picture on another, as a peer of guidance: OpenCV's ORB corners, matched, with RANSAC."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

BASELINE_UM = 20.0
"""Scale of the reduced picture that a clinic sends."""
_CORNERS = 1500
_RATIO = 0.8
_REACH_PX = 4.0
_LEAST_INLIERS = 12
_MOST_SCALE = 0.06


class OrbPeer:
    """The baseline's picture, its corners described once.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        Of the baseline.
    um_per_px : float
        Its scale.
    """

    def __init__(self, picture: NDArray[np.uint8], um_per_px: float) -> None:
        # lower than the usual 20: a preview is soft
        self._orb = cv2.ORB_create(nfeatures=_CORNERS, fastThreshold=7)  # type: ignore[attr-defined]
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
        small = _at_scale(picture, um_per_px)
        self._middle = (np.asarray(small.shape[::-1]) - 1) / 2
        self._corners, self._described = self._orb.detectAndCompute(small, None)

    def look(self, frame: NDArray[np.uint8], um_per_px: float) -> tuple[float, float, float] | None:
        """Give right and down in mm and the turn in degrees, as a guide does; None where too few corners agree."""
        small = _at_scale(frame, um_per_px)
        corners, described = self._orb.detectAndCompute(small, None)
        if described is None or self._described is None or len(corners) < 2 or len(self._corners) < 2:
            return None
        pairs = [
            two[0]
            for two in self._matcher.knnMatch(self._described, described, k=2)
            if len(two) == 2 and two[0].distance < _RATIO * two[1].distance
        ]
        if len(pairs) < _LEAST_INLIERS:
            return None
        middle = (np.asarray(small.shape[::-1]) - 1) / 2
        of_baseline = np.array([self._corners[pair.queryIdx].pt for pair in pairs]) - self._middle
        of_frame = np.array([corners[pair.trainIdx].pt for pair in pairs]) - middle
        affine, inliers = cv2.estimateAffinePartial2D(of_baseline, of_frame, ransacReprojThreshold=_REACH_PX)
        if int(np.count_nonzero(inliers)) < _LEAST_INLIERS:
            return None
        scale = float(np.hypot(affine[0, 0], affine[1, 0]))
        if abs(scale - 1.0) > _MOST_SCALE:
            return None
        right, down = (float(shift) * BASELINE_UM / 1000.0 / scale for shift in affine[:, 2])
        return right, down, float(np.rad2deg(np.arctan2(affine[1, 0], affine[0, 0])))


def _at_scale(picture: NDArray[np.uint8], um_per_px: float) -> NDArray[np.uint8]:
    shrink = um_per_px / BASELINE_UM
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
