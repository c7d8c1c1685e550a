"""How soft the picture's edges are, one by one: the raw material of sharpness, motion and tilt.

Blurring an edge once more lowers its gradient, the more so the sharper it was: the ratio of the gradients after a
slight and a stronger blur gives the edge's own sigma (S. Zhuo, T. Sim, "Defocus map estimation from a single image",
Pattern Recognition 44, 2011).  A shaft's two edges lie so near to one another that a strong blur is read too small,
but never as a slight one: a line of no width under 6 px reads 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.quality.seen import Mask, Plane

SLIGHT_PX, STRONG_PX = 1.0, 2.0
_SCHARR_VARIANCE = 0.354
"""What Scharr's kernels add to a blur: 1/3 along the difference, 3/8 across."""
_LEAST_OF_STRONGEST = 0.3
_STRONGEST = 0.997
_NOISE_TIMES = 8.0
_LEAST_GRADIENT = 1e-5
_SOFTEST_PX = 12.0
MOST_EDGES = 20_000

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Edges of a picture, one entry each.

    Parameters
    ----------
    at_px : ndarray, shape (n, 2)
        (x, y).
    across_rad : ndarray, shape (n,)
        Direction across the edge, from dark to bright, from x to y.
    variance_px2 : ndarray, shape (n,)
        Square of the blur's sigma there; noise may bring it below 0.
    """

    at_px: Array
    across_rad: Array
    variance_px2: Array


def find(grey: Plane, usable: Mask) -> Edges:
    """Find the clearest edges.

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, columns)
    usable : ndarray of bool, shape (rows, columns)
        Where edges may lie: not at saturated light, nor at the optic's rim.
    """
    slight, strong = (_gradient(grey, sigma) for sigma in (SLIGHT_PX, STRONG_PX))
    size = np.asarray(cv2.magnitude(*slight), np.float32)
    seen = size[usable]
    if not len(seen):
        return Edges(np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    least = max(
        _LEAST_OF_STRONGEST * float(np.quantile(seen[::7], _STRONGEST)), _NOISE_TIMES * _noise_of_gradient(grey)
    )
    usable = usable.copy()
    usable[:3], usable[-3:], usable[:, :3], usable[:, -3:] = False, False, False, False
    rows, columns = np.nonzero(usable & (size >= max(least, _LEAST_GRADIENT)))
    x, y = (g[rows, columns] / size[rows, columns] for g in slight)
    step = np.rint(x).astype(int), np.rint(y).astype(int)
    before, after = (size[rows + s * step[1], columns + s * step[0]] for s in (-1, 1))
    crest = (size[rows, columns] >= before) & (size[rows, columns] > after)
    rows, columns, x, y = rows[crest], columns[crest], x[crest], y[crest]
    if len(rows) > MOST_EDGES:
        every = np.linspace(0, len(rows) - 1, MOST_EDGES).astype(int)
        rows, columns, x, y = rows[every], columns[every], x[every], y[every]
    step = np.rint(x).astype(int), np.rint(y).astype(int)
    high = _crest(size, rows, columns, step)
    low = _crest(np.asarray(cv2.magnitude(*strong), np.float32), rows, columns, step)
    fallen = (high / np.maximum(low, 1e-6)) ** 2
    # a gradient that did not fall: as soft as can be told
    narrow, wide = SLIGHT_PX**2 + _SCHARR_VARIANCE, STRONG_PX**2 + _SCHARR_VARIANCE
    told = np.maximum(fallen, (wide + _SOFTEST_PX**2) / (narrow + _SOFTEST_PX**2))
    variance = (wide - told * narrow) / (told - 1)
    return Edges(np.column_stack([columns, rows]).astype(float), np.arctan2(y, x).astype(float), variance)


def _gradient(grey: Plane, sigma_px: float) -> tuple[Plane, Plane]:
    soft = cv2.GaussianBlur(grey, (0, 0), sigma_px)
    x, y = (cv2.Scharr(soft, cv2.CV_32F, *which, scale=1 / 32) for which in ((1, 0), (0, 1)))
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _noise_of_gradient(grey: Plane) -> float:
    """Tell the standard deviation of the slightly blurred gradient's noise from the finest detail (Immerkaer 1996)."""
    detail = cv2.filter2D(grey, cv2.CV_32F, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32))
    noise = 1.4826 * float(np.median(np.abs(detail[::3, ::3]))) / 6.0
    return noise / (float(np.sqrt(8 * np.pi)) * (SLIGHT_PX**2 + _SCHARR_VARIANCE))


def _crest(
    size: Plane, rows: NDArray[np.intp], columns: NDArray[np.intp], step: tuple[NDArray[np.int_], NDArray[np.int_]]
) -> Array:
    """Height of the gradient's crest between pixels, by a parabola across it."""
    before, here, after = (size[rows + s * step[1], columns + s * step[0]].astype(float) for s in (-1, 0, 1))
    bend = np.maximum(2 * here - before - after, 1e-9)
    shift = np.clip((after - before) / (2 * bend), -1.0, 1.0)
    return np.asarray(here + 0.25 * (after - before) * shift)
