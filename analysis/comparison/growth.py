"""Growth: how hair that was not cut between two pictures a few days apart grew on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.figures import Z
from analysis.measurement import Interval

Array = NDArray[np.float64]

LENGTH_SD_MM = 0.05
"""Of one hair's visible length seen twice: tip and root are each placed to about 0.03 mm."""
LONGER_MM = 3 * LENGTH_SD_MM
LEAST_UM_PER_DAY = 140.0
"""Half of what the slowest population grows (280+-50, African; Loussouarn): telogen hair does not grow at all."""
SHORTEST_DAYS, LONGEST_DAYS = 1.0, 10.0
"""Below, growth is hardly more than the lengths' own error; beyond, hair is clipped anew before the picture."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Share of hairs that grew, and how fast these did."""

    anagen_share: Interval
    um_per_day: Interval | None


def grown(changes_mm: Array, days: float | None, scale_rsd: float) -> Growth | None:
    """Tell growing hair from resting hair by the change of its length.

    Parameters
    ----------
    changes_mm : ndarray, shape (hairs,)
        Later less earlier length of each kept hair.
    days : float or None
        Between the pictures.
    scale_rsd : float
        Relative standard uncertainty of lengths that all hairs share.

    Returns
    -------
    Growth or None
        None where the pictures are not a few days apart, the hair was cut in between, or there is none.
    """
    if days is None or not SHORTEST_DAYS <= days <= LONGEST_DAYS or not len(changes_mm):
        return None
    if float(np.median(changes_mm)) < -LENGTH_SD_MM:
        return None
    grew = changes_mm > max(LONGER_MM, LEAST_UM_PER_DAY * days / 1000.0)
    share = _share(int(grew.sum()), len(grew))
    if grew.sum() < 2:
        return Growth(share, None)
    rates = changes_mm[grew] * 1000.0 / days
    mean = float(rates.mean())
    sd = float(np.hypot(rates.std(ddof=1) / np.sqrt(len(rates)), scale_rsd * mean))
    return Growth(share, Interval(mean, mean - Z * sd, mean + Z * sd))


def _share(count: int, of: int) -> Interval:
    """Wilson's interval of a proportion (Wilson 1927, J Am Stat Assoc 22:209)."""
    share = count / of
    middle = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z / (1 + Z**2 / of) * np.sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    return Interval(share, float(min(middle - half, share)), float(max(middle + half, share)))
