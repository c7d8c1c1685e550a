"""How well repeats agree: intraclass correlations, standard error of measurement, smallest detectable change, limits.

What :mod:`analysis.noise.agreement` has already is taken from there; here stand the forms that a clinic's statistician
asks for beside it.

Sources: Shrout & Fleiss 1979, Psychol Bull 86:420 (the three forms, their notation); McGraw & Wong 1996, Psychol
Methods 1:30 (table 7: intervals); Weir 2005, J Strength Cond Res 19:231 (SEM and smallest detectable change); Bland &
Altman 1986, Lancet 327:307 and 1999, Stat Methods Med Res 8:135 (bias and limits); Zou 2013, Stat Methods Med Res
22:630 (the limits' intervals: skew as a spread's is, where Bland & Altman's are symmetric); Hyslop & White 2009, Ann
Clin Biochem 46:508 (within-subject coefficient of variation as a root mean square).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.measurement import Interval
from analysis.noise.agreement import (
    WITHIN,
    Limits,
    intraclass,
    intraclass_agreement,
    limits_of_agreement,
    spread_within,
)
from collector.statistics.given import Array, FiguresUnusable, alike, paired, table


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a table of repeats says, in the figure's unit where it has one.

    Parameters
    ----------
    subjects, repeats
        Rows and columns of the table.
    icc_1_1
        One-way: repeats are anybody's, in no order.
    icc_2_1
        Two-way, absolute agreement: the same raters (placements, devices), of many; their offsets count as noise.
    icc_3_1
        Two-way, consistency: these raters only; their offsets do not count.
    sem
        Standard error of measurement: standard deviation of one measurement within subjects, offsets between columns
        included, as in the noise floor.
    sem_consistency
        Likewise without the offsets.
    smallest_detectable_change
        1.96 sqrt(2) `sem`, with the interval that follows from its.
    coefficient_of_variation
        Within subjects, as a share; None where a subject's mean is not above 0.

    Correlations are None where the figures do not give them (all alike).
    """

    subjects: int
    repeats: int
    icc_1_1: Interval | None
    icc_2_1: Interval | None
    icc_3_1: Interval | None
    sem: Interval
    sem_consistency: float
    smallest_detectable_change: Interval
    coefficient_of_variation: float | None


@dataclass(frozen=True, slots=True)
class BlandAltman:
    """Agreement of a first and a second measurement of the same subjects, in the figure's unit.

    Parameters
    ----------
    limits
        Bias (second less first) and limits of agreement, each with its 95 % interval.
    sd
        Standard deviation of the differences.
    means, differences
        Of each pair, in the order given: what the plot shows.
    """

    limits: Limits
    sd: float
    means: tuple[float, ...]
    differences: tuple[float, ...]


def agreement(repeats: ArrayLike) -> Agreement:
    """Say how well repeats agree.

    Parameters
    ----------
    repeats
        Shape (subjects, repeats), complete, two by two at least.

    Raises
    ------
    FiguresUnusable
        If a cell is missing or no number, or all figures are one number; `TooFewFigures` below two by two.
    """
    given = table(repeats, "The table of repeats")
    if alike(given.ravel()):
        raise FiguresUnusable("All repeats are one number: nothing can be said of their agreement.")
    groups = given.tolist()
    within = spread_within(groups)
    if within is None:  # cannot be: two repeats at least
        raise FiguresUnusable("Nothing was measured twice.")
    sem = within.interval()
    wide = WITHIN * sqrt(2)
    return Agreement(
        subjects=given.shape[0],
        repeats=given.shape[1],
        icc_1_1=intraclass(groups),
        icc_2_1=intraclass_agreement(given),
        icc_3_1=_intraclass_consistency(given),
        sem=sem,
        sem_consistency=sqrt(_mean_squares(given)[1]),
        smallest_detectable_change=Interval(wide * sem.value, wide * sem.low, wide * sem.high),
        coefficient_of_variation=_coefficient_of_variation(given),
    )


def bland_altman(first: ArrayLike, second: ArrayLike) -> BlandAltman:
    """Give bias and limits of agreement between two measurements.

    Parameters
    ----------
    first, second
        One figure a subject, in the same order; three subjects at least.

    Raises
    ------
    FiguresUnusable
        If a figure is no number, or the lists differ in length; `TooFewFigures` below three pairs.
    """
    one, other = paired(first, second, at_least=3)
    limits = limits_of_agreement(one.tolist(), other.tolist())
    if limits is None:  # cannot be: three pairs at least
        raise FiguresUnusable("Three pairs are needed at least.")
    differences = other - one
    return BlandAltman(
        limits=limits,
        sd=float(differences.std(ddof=1)),
        means=tuple(((one + other) / 2).tolist()),
        differences=tuple(differences.tolist()),
    )


def _mean_squares(given: Array) -> tuple[float, float]:
    """Return the mean squares between subjects, and of what subjects and columns leave."""
    subjects, repeats = given.shape
    rows, columns = given.mean(axis=1, keepdims=True), given.mean(axis=0, keepdims=True)
    between = repeats * float(rows.var(ddof=1))
    rest = float(((given - rows - columns + given.mean()) ** 2).sum()) / ((subjects - 1) * (repeats - 1))
    return between, 0.0 if sqrt(rest) <= 1e-12 * float(np.abs(given).max()) else rest


def _intraclass_consistency(given: Array) -> Interval | None:
    """ICC(3,1), McGraw & Wong's ICC(C,1), with its exact interval by F."""
    subjects, repeats = given.shape
    between, rest = _mean_squares(given)
    if not rest:
        return Interval(1.0, 1.0, 1.0) if between else None
    ratio, degrees, degrees_rest = between / rest, subjects - 1, (subjects - 1) * (repeats - 1)
    low = ratio / float(stats.f.ppf(0.975, degrees, degrees_rest))
    high = ratio * float(stats.f.ppf(0.975, degrees_rest, degrees))
    return Interval(*((one - 1) / (one + repeats - 1) for one in (ratio, low, high)))


def _coefficient_of_variation(given: Array) -> float | None:
    means = given.mean(axis=1)
    if means.min() <= 0:
        return None
    return float(np.sqrt(np.mean(given.var(axis=1, ddof=1) / means**2)))
