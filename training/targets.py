"""What the network shall say of a drawn picture: planes at half its size, made from the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.learned.evidence import COVER, DIRECTIONS, PLANES, ROOT, TIP, WIDEST_UM, WIDTH
from phantom import TruthHair

CENTRELINE_SIGMA_PX, END_SIGMA_PX = 1.1, 1.7
"""Spread of a centreline and of a root in the planes: narrow enough that a vellus hair beside a terminal one, 40 um
away, stands apart."""
DIRECTION_SIGMA_RAD = np.deg2rad(9.0)
NEAR_MIDDLE = 0.4
"""A shaft's width is told where its centreline's Gaussian is above this: within 1.5 px of its middle."""
_REACH_PX = 4
_STEP_PX = 0.5
_OFFSETS = np.stack(np.meshgrid(*[np.arange(-_REACH_PX, _REACH_PX + 1)] * 2), axis=-1).reshape(-1, 2)


def planes(hairs: tuple[TruthHair, ...], covered: NDArray[np.bool_], magnified: float) -> NDArray[np.uint8]:
    """Draw what the network shall give.

    Parameters
    ----------
    hairs : tuple of TruthHair
        All of which a part is in the picture.
    covered : ndarray of bool, shape (2 * rows, 2 * columns)
        Where the picture hides the skin.
    magnified : float
        How much larger than at the network's own scale the shafts are.

    Returns
    -------
    ndarray of uint8, shape (PLANES, rows, columns)
        0 to 255 for 0 to 1.
    """
    rows, columns = covered.shape[0] // 2, covered.shape[1] // 2
    drawn = np.zeros((PLANES, rows, columns), np.float32)
    for hair in hairs:
        line = (hair.centreline_px - 0.5) / 2
        points = _resampled(line)
        course = np.gradient(points, axis=0)
        angle = np.arctan2(course[:, 1], course[:, 0])
        for k in range(DIRECTIONS):
            off = (angle - np.pi * k / DIRECTIONS + np.pi / 2) % np.pi - np.pi / 2
            near = np.abs(off) < 2.5 * DIRECTION_SIGMA_RAD
            if near.any():
                weight = np.exp(-0.5 * (off[near] / DIRECTION_SIGMA_RAD) ** 2)
                _splat(drawn[k], points[near], weight, CENTRELINE_SIGMA_PX)
        near = _splat(np.zeros_like(drawn[WIDTH]), points, np.ones(len(points)), CENTRELINE_SIGMA_PX)
        drawn[WIDTH][near > NEAR_MIDDLE] = min(hair.diameter_um * magnified / WIDEST_UM, 1.0)
        _splat(drawn[ROOT], line[:1], np.ones(1), END_SIGMA_PX)
        _splat(drawn[TIP], line[-1:], np.ones(1), END_SIGMA_PX)
    quarters = covered[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2).mean(axis=(1, 3))
    drawn[COVER] = quarters
    return np.asarray(np.rint(drawn * 255), np.uint8)


def _resampled(line: NDArray[np.float64]) -> NDArray[np.float64]:
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    steps = np.linspace(0, along[-1], max(3, round(along[-1] / _STEP_PX) + 1))
    return np.column_stack([np.interp(steps, along, line[:, axis]) for axis in (0, 1)])


def _splat(
    plane: NDArray[np.float32], points: NDArray[np.float64], weight: NDArray[np.float64], sigma_px: float
) -> NDArray[np.float32]:
    """Raise a plane to the nearest point's Gaussian."""
    cells = np.rint(points).astype(int)[:, None] + _OFFSETS
    squared = ((cells - points[:, None]) ** 2).sum(axis=-1)
    value = (weight[:, None] * np.exp(-0.5 * squared / sigma_px**2)).astype(np.float32)
    x, y = cells[..., 0], cells[..., 1]
    inside = (x >= 0) & (y >= 0) & (x < plane.shape[1]) & (y < plane.shape[0])
    np.maximum.at(plane, (y[inside], x[inside]), value[inside])
    return plane
