"""Step 9, figures: densities, shares and means with 95 % intervals.

What an interval is about: the hairs of this skin at this time, had the frame lain anywhere on it (Poisson), and the
doubt about each hair found (the sum of p(1-p)).  What it is not about: hairs the method cannot see at all, the scale
of the optics, and the change of place between visits; those are the calibration's and the comparison's to state.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Interval

Z = 1.959964
"""95 % of a normal distribution lie within this many standard deviations."""

Array = NDArray[np.float64]


def density(probabilities: Array, area_cm2: float) -> Interval:
    """Hairs per cm2: the score interval of a Poisson count, widened by the doubt about each hair.

    Parameters
    ----------
    probabilities : ndarray, shape (hairs,)
        That each hair counted is one hair.
    """
    count = len(probabilities)
    doubt = float((probabilities * (1 - probabilities)).sum())
    half = Z * float(np.sqrt(count + doubt + Z**2 / 4))
    low = max(0.0, count + Z**2 / 2 - half)
    return Interval(count / area_cm2, min(low, count) / area_cm2, (count + Z**2 / 2 + half) / area_cm2)


def share(part: int, whole: int) -> Interval | None:
    """`part` of `whole` by Wilson's score interval (Wilson 1927, J Am Stat Assoc 22:209); None of none."""
    if not whole:
        return None
    p = part / whole
    centre, half = p + Z**2 / (2 * whole), Z * np.sqrt(p * (1 - p) / whole + Z**2 / (4 * whole**2))
    low, high = (centre - half) / (1 + Z**2 / whole), (centre + half) / (1 + Z**2 / whole)
    return Interval(p, float(np.clip(low, 0, p)), float(np.clip(high, p, 1)))


def mean(values: Array) -> Interval | None:
    """Mean with its standard error; None for fewer than two values, whose spread nobody knows."""
    if len(values) < 2:
        return None
    half = Z * float(np.std(values, ddof=1)) / len(values) ** 0.5
    value = float(np.mean(values))
    return Interval(value, value - half, value + half)


def total_per_area(values: Array, probabilities: Array, area_cm2: float) -> Interval:
    """Sum of `values` per cm2, the count being Poisson and each hair in doubt (a compound Poisson sum)."""
    value = float(values.sum())
    half = Z * float(np.sqrt((values**2 * (1 + probabilities * (1 - probabilities))).sum()))
    return Interval(value / area_cm2, max(0.0, value - half) / area_cm2, (value + half) / area_cm2)
