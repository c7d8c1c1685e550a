"""What changed: a figure of one site between two visits, and of a group of patients.

Sources: the interval of a difference of two figures from the intervals of each: Zou & Donner 2008, Stat Med 27:1693
(equation 6; also Newcombe 1998, Stat Med 17:873); the paired t interval: Student 1908, as in Altman 1991, Practical
Statistics for Medical Research, 9.4; the standardised response mean: Liang, Fossel & Larson 1990, Med Care 28:632.
What is called a change is decided by :func:`analysis.noise.floor.describe_change` alone (docs/decisions/0018).
"""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.measurement import Interval
from analysis.noise.floor import Judgement, NoiseFloor, describe_change
from collector.statistics.given import alike, paired

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class SiteChange:
    """Change of one figure at one patient's site.

    Parameters
    ----------
    change
        Later less earlier, in the figure's unit, with its 95 % interval.
    judgement
        What is said of it, by its interval and the noise floor.
    """

    change: Interval
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class GroupChange:
    """Change of one figure over a group of patients, in the figure's unit.

    Parameters
    ----------
    patients
        Pairs behind it.
    before_mean, after_mean, mean
        Over patients; `mean` is of the differences, later less earlier.
    interval
        Of the mean difference, 95 %, by Student's t; None for one patient, and where all changed by the same number:
        figures that come out alike show their steps, not their scatter.
    sd
        Standard deviation of the differences; None for one patient.
    standardised_response_mean
        Mean difference over its standard deviation; None where that is 0 or not known.
    p
        Two-sided, of no change; None where there is no interval.
    """

    patients: int
    before_mean: float
    after_mean: float
    mean: float
    interval: Interval | None
    sd: float | None
    standardised_response_mean: float | None
    p: float | None


def site_change(before: Interval, after: Interval, floor: NoiseFloor | None, what: str, unit: str) -> SiteChange:
    """Give the change between two figures that were measured each by itself.

    The two intervals are put together as if their errors were independent, each side for itself, so that skew ones
    stay skew.  An interval is for the scalp around the site: of one place measured twice this is wider than need be,
    and where hairs were matched one by one the comparison's own change is the one to show.

    Parameters
    ----------
    before, after
        The figure at the earlier and the later visit with its 95 % interval.
    floor
        Of this figure as counted, by `analysis.noise.floor.floor_in_force`; None where it is not known.
    what
        What changed, in words that begin a sentence.
    unit
        Of the figure; "%" for a share given as 0 to 1.
    """
    value = after.value - before.value
    change = Interval(
        value,
        value - hypot(after.value - after.low, before.high - before.value),
        value + hypot(after.high - after.value, before.value - before.low),
    )
    return SiteChange(change, describe_change(change, floor, what, unit))


def group_change(before: ArrayLike, after: ArrayLike) -> GroupChange:
    """Give the mean change over patients.

    Parameters
    ----------
    before, after
        One figure a patient, in the same order, shape (patients,).

    Raises
    ------
    FiguresUnusable
        If a figure is no number, or the lists differ in length; `TooFewFigures` if they are empty.
    """
    first, second = paired(before, after)
    differences = second - first
    patients, mean = len(differences), float(differences.mean())
    before_mean, after_mean = float(first.mean()), float(second.mean())
    if patients == 1:
        return GroupChange(patients, before_mean, after_mean, mean, None, None, None, None)
    if alike(differences, of=max(float(np.abs(first).max()), float(np.abs(second).max()))):
        return GroupChange(patients, before_mean, after_mean, mean, None, 0.0, None, None)
    sd = float(differences.std(ddof=1))
    error = sd / sqrt(patients)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, patients - 1)) * error
    return GroupChange(
        patients=patients,
        before_mean=before_mean,
        after_mean=after_mean,
        mean=mean,
        interval=Interval(mean, mean - reach, mean + reach),
        sd=sd,
        standardised_response_mean=mean / sd,
        p=float(2 * stats.t.sf(abs(mean) / error, patients - 1)),
    )
