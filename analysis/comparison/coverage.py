"""Coverage: whether a line of the other picture runs along a hair that has no partner there.

Two shafts that touch, or one that another lies on, are sometimes drawn as one line, or from another's root on.  The
hair is there all the same: the line lies on it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.comparison.courses import COMPARED_MM, POINTS, Courses

Array = NDArray[np.float64]

ASIDE_MM = 0.03
"""A line this near runs along the hair; half a terminal shaft, while hairs of a unit lie 0.1 mm apart."""
TURN_RAD = 0.3


def covered_shares(hairs: Courses, lines: Courses, left_over_mm: float) -> Array:
    """Give the share of each hair's first part along which each line runs, shape (hairs, lines).

    Parameters
    ----------
    hairs, lines : Courses
        In the same millimetres; the sense of a line does not matter.
    left_over_mm : float
        Root mean square distance that registration leaves.
    """
    shares = np.zeros((len(hairs.lines_mm), len(lines.lines_mm)))
    if not shares.size:
        return shares
    points = hairs.first_parts(np.full(len(hairs.lines_mm), COMPARED_MM))
    ways = np.gradient(points, axis=1)
    ways /= np.maximum(np.hypot(ways[..., 0], ways[..., 1])[..., None], 1e-9)
    reach = ASIDE_MM + 2 * left_over_mm
    for j, line in enumerate(lines.lines_mm):
        low, high = line.min(axis=0) - reach, line.max(axis=0) + reach
        near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=2).any(axis=1))
        if len(near):
            shares[near, j] = _along(points[near], ways[near], line, reach).mean(axis=1)
    return shares


def _along(points: Array, ways: Array, line: Array, reach: float) -> NDArray[np.bool_]:
    """Whether a line passes each point within reach, in its direction; shape (hairs, POINTS)."""
    starts, course = line[:-1], np.diff(line, axis=0)
    length = np.maximum(np.hypot(*course.T), 1e-9)
    flat = points.reshape(-1, 1, 2)
    share = ((flat - starts) * course).sum(-1) / length**2
    nearest = starts + np.clip(share, 0.0, 1.0)[..., None] * course
    distance = np.hypot(*np.moveaxis(flat - nearest, -1, 0))
    at = distance.argmin(axis=1)
    cosine = np.abs((ways.reshape(-1, 2) * (course / length[:, None])[at]).sum(axis=1))
    passed = (distance.min(axis=1) < reach) & (cosine > np.cos(TURN_RAD))
    return np.asarray(passed.reshape(-1, POINTS))
