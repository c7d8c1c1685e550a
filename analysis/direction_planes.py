"""Reading planes of directions between their pixels: what both finders step along shafts by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.picture import Plane

Array = NDArray[np.float64]


def between(scores: Plane, k: NDArray[np.intp], x: Array, y: Array) -> Array:
    """Scores (directions, rows, columns) of direction k at (x, y) by bilinear interpolation."""
    j, i = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, down = x - j, y - i
    above = scores[k, i, j] * (1 - right) + scores[k, i, j + 1] * right
    below = scores[k, i + 1, j] * (1 - right) + scores[k, i + 1, j + 1] * right
    return np.asarray(above * (1 - down) + below * down, float)


def peak(before: Array, here: Array, after: Array) -> Array:
    """Where between -1 and 1 a parabola through three values has its maximum."""
    bend = before - 2 * here + after
    slope = (before - after) / 2
    return np.where(bend < 0, np.clip(slope / np.minimum(bend, -1e-6), -1, 1), -np.sign(slope))
