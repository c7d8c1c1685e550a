"""Likeness: how much likelier two shafts at a place are one hair seen twice than two hairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.comparison.courses import COMPARED_MM, Courses

Array = NDArray[np.float64]

NEAR_MM = 0.35
"""Roots farther apart are not asked about: a root may be placed along its shaft by up to this much wrong."""
OFF_SD_MM, ALONG_SD_MM = 0.012, 0.03
"""Of a root seen twice, across and along its shaft, beside what registration leaves (drawn scalps: 0.005 and 0.007)."""
TURN_SD_RAD = 0.06
STRAY_SHARE, STRAY = 0.1, 5.0
"""One root in ten is placed worse, by this factor: hair that crosses it, or the streak under the skin."""
WIDTH_SD = 0.2
"""Of the logarithm of the diameters' ratio: hairs do thicken and thin between visits, and one in ten by far."""
OTHERS_PER_MM2, OTHERS_TURN_RAD, OTHERS_WIDTH_SD = 4.0, 0.8, 0.6
"""Of other hairs near a root: those of its unit stand within 0.2 mm of it."""


def log_ratios(baseline: Courses, followup: Courses, widths_um: tuple[Array, Array], left_over_mm: float) -> Array:
    """Give the logarithm of the likelihood ratio, shape (baseline, followup).

    Parameters
    ----------
    baseline, followup : Courses
        In the same millimetres.
    widths_um : (ndarray, ndarray)
        Diameters of the hairs of each; NaN where unknown.
    left_over_mm : float
        Root mean square distance that registration leaves.
    """
    if not len(baseline.lines_mm) or not len(followup.lines_mm):
        return np.full((len(baseline.lines_mm), len(followup.lines_mm)), -np.inf)
    apart = followup.roots_mm[None] - baseline.roots_mm[:, None]
    first = [courses.first_parts(np.full(len(courses.lines_mm), COMPARED_MM)) for courses in (baseline, followup)]
    ways = [np.unwrap(np.arctan2(*(part[:, -1] - part[:, 0]).T[::-1])) for part in first]
    turn = np.angle(np.exp(1j * (ways[1][None] - ways[0][:, None])))
    middle = np.angle(np.exp(1j * ways[0]))[:, None] + turn / 2
    along = np.abs(apart[..., 0] * np.cos(middle) + apart[..., 1] * np.sin(middle))
    across = np.abs(apart[..., 1] * np.cos(middle) - apart[..., 0] * np.sin(middle))
    with np.errstate(divide="ignore"):
        wider = np.log(widths_um[1][None] / widths_um[0][:, None])
    same = (
        _strayed(across, np.hypot(OFF_SD_MM, left_over_mm))
        + _strayed(along, np.hypot(ALONG_SD_MM, left_over_mm))
        + _strayed(turn, TURN_SD_RAD)
        + np.where(np.isfinite(wider), _strayed(np.nan_to_num(wider), WIDTH_SD), 0.0)
    )
    others = (
        np.log(OTHERS_PER_MM2)
        + _normal(turn, OTHERS_TURN_RAD)
        + np.where(np.isfinite(wider), _normal(np.nan_to_num(wider), OTHERS_WIDTH_SD), 0.0)
    )
    near = np.hypot(*np.moveaxis(apart, -1, 0)) < NEAR_MM
    return np.asarray(np.where(near, same - others, -np.inf))


def _strayed(off: Array, sd: float) -> Array:
    """Log density of a normal law with a wider share."""
    usual = np.log1p(-STRAY_SHARE) + _normal(off, sd)
    return np.asarray(np.logaddexp(usual, np.log(STRAY_SHARE) + _normal(off, STRAY * sd)))


def _normal(off: Array, sd: float) -> Array:
    return np.asarray(-0.5 * (off / sd) ** 2 - np.log(sd * np.sqrt(2 * np.pi)))
