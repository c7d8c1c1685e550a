"""What of a preview frame looks like hair: narrow and darker (or lighter) than what lies beside it, in any light."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float32]

FINE_UM = 25.0
"""Per pixel: a terminal hair is three pixels wide."""
_SMOOTH_UM = 30.0
_BESIDE_UM = 160.0
"""Sigmas: what is wider than the second is skin, a shadow or a mole."""
_EVEN_MM = 1.5
"""Over this far (sigma) contrast is made even: light, focus and skin change over the frame."""
_DARKEST = 3.0
_LIGHTEST = -1.0
_LEAST_CONTRAST = 0.004
_ADDED = 8.0


def hairiness(frame: NDArray[np.uint8], um_per_px: float, *, darker: bool) -> Plane:
    """Say for each place of a frame how much it looks like hair.

    Parameters
    ----------
    frame : ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Grey or B, G, R.
    um_per_px : float
        Its scale.
    darker : bool
        Whether hair is darker than skin.

    Returns
    -------
    ndarray of float32
        At ``FINE_UM`` per pixel, with a mean of 0 and a standard deviation of 1.
    """
    grey = frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    width, height = (max(8, round(side * um_per_px / FINE_UM)) for side in frame.shape[1::-1])
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    light = np.asarray(cv2.log(small + np.float32(_ADDED)), np.float32)
    stands_out = _blurred(light, _BESIDE_UM / FINE_UM) - _blurred(light, _SMOOTH_UM / FINE_UM)
    if not darker:
        stands_out = -stands_out
    usual = cv2.sqrt(_blurred_coarsely(stands_out * stands_out, 1000.0 * _EVEN_MM / FINE_UM)) + _LEAST_CONTRAST
    even = np.clip(stands_out / usual, _LIGHTEST, _DARKEST)
    mean, spread = cv2.meanStdDev(even)
    return np.asarray((even - float(mean[0, 0])) / max(float(spread[0, 0]), 1e-6), np.float32)


def _blurred(plane: NDArray[np.float32], sigma_px: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), np.float32)


def _blurred_coarsely(plane: NDArray[np.float32], sigma_px: float) -> Plane:
    """Blur widely, at an eighth of the size: the exact blur takes longer than all else."""
    rows, columns = plane.shape
    small = cv2.resize(plane, (max(2, columns // 8), max(2, rows // 8)), interpolation=cv2.INTER_AREA)
    soft = _blurred(np.asarray(small, np.float32), sigma_px / 8)
    return np.asarray(cv2.resize(soft, (columns, rows)), np.float32)
