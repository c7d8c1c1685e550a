"""How well repeated measurements agree: spread within subjects, intraclass correlations, limits of agreement.

A subject is what is measured again and again without having changed: a site on one head.  All here is plain statistics
of numbers; which figures of a scalp they are, and what follows for a change, stands in :mod:`analysis.noise.floor`.

Sources: ISO 5725-2:2019 (repeatability); Bland & Altman 1996, BMJ 312:1654 and 1999, Stat Methods Med Res 8:135; Shrout
& Fleiss 1979, Psychol Bull 86:420; McGraw & Wong 1996, Psychol Methods 1:30; Thomas & Hultquist 1978, Ann Stat 6:582;
Zou 2013, Stat Methods Med Res 22:630.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Interval
from analysis.noise.quantiles import chi_square, f_ratio, student

Array = NDArray[np.float64]

WITHIN = 1.959964
"""95 % of a normal distribution lie within this many standard deviations."""

_ROUNDING = 1e-9
"""Relative to the figures: spreads below are what adding up leaves of numbers that are alike."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A standard deviation and what it rests on.

    Parameters
    ----------
    sd : float
        Not negative.
    degrees : float
        Of freedom.

    Raises
    ------
    ValueError
        If there is none of either.
    """

    sd: float
    degrees: float

    def __post_init__(self) -> None:
        if not (0 <= self.sd < np.inf and 0 < self.degrees < np.inf):
            raise ValueError(f"a spread needs a finite sd and degrees above 0, not {self.sd} and {self.degrees}")

    def interval(self) -> Interval:
        """Give the 95 % interval of the standard deviation, by chi-square."""
        low, high = (self.sd * np.sqrt(self.degrees / chi_square(p, self.degrees)) for p in (0.975, 0.025))
        return Interval(self.sd, float(low), float(high))

    def not_above(self, confidence: float = 0.95) -> float:
        """Give the one-sided bound that the true standard deviation keeps with `confidence`."""
        return float(self.sd * np.sqrt(self.degrees / chi_square(1 - confidence, self.degrees)))


@dataclass(frozen=True, slots=True)
class Limits:
    """Bland and Altman's limits of agreement between a first and a second measurement, second less first.

    Parameters
    ----------
    pairs : int
        Subjects measured twice.
    bias : Interval
        Mean difference: what the second has more than the first.
    low, high : Interval
        Limits between which 95 % of differences lie.
    """

    pairs: int
    bias: Interval
    low: Interval
    high: Interval


def spread_within(groups: Sequence[Sequence[float]]) -> Spread | None:
    """Pool the spread of repeats over subjects: the repeatability standard deviation, of one measurement.

    Parameters
    ----------
    groups : sequence of sequences of float
        The measurements of each subject; subjects measured once say nothing and may be there.

    Returns
    -------
    Spread or None
        None where no subject was measured twice.
    """
    arrays = [np.asarray(group, dtype=float) for group in groups if len(group) > 1]
    degrees = sum(len(one) - 1 for one in arrays)
    if not degrees:
        return None
    squares = sum(float(((one - one.mean()) ** 2).sum()) for one in arrays)
    if squares <= degrees * (_ROUNDING * max(float(np.abs(one).max()) for one in arrays)) ** 2:
        squares = 0.0
    return Spread(float(np.sqrt(squares / degrees)), degrees)


def pooled(spreads: Sequence[Spread]) -> Spread | None:
    """Pool spreads that were taken apart; None of none."""
    degrees = sum(one.degrees for one in spreads)
    if not degrees:
        return None
    return Spread(float(np.sqrt(sum(one.degrees * one.sd**2 for one in spreads) / degrees)), degrees)


def intraclass(groups: Sequence[Sequence[float]]) -> Interval | None:
    """ICC(1,1): the share of the variance of single measurements that is between subjects.

    One-way random effects; exact for equal numbers of repeats (Shrout & Fleiss 1979), for unequal ones by the harmonic
    mean and the variance of the means (Thomas & Hultquist 1978), which is the same where they are equal.  Below 0 where
    subjects differ less than repeats do.

    Returns
    -------
    Interval or None
        None for fewer than two subjects measured twice, and where all measurements are one number.
    """
    repeated = [np.asarray(group, dtype=float) for group in groups if len(group) > 1]
    within = spread_within(groups)
    if len(repeated) < 2 or within is None:
        return None
    repeats = float(len(repeated) / sum(1 / len(one) for one in repeated))
    between = repeats * float(np.var([one.mean() for one in repeated], ddof=1))
    if not within.sd:
        return Interval(1.0, 1.0, 1.0) if between else None
    ratio, degrees = between / within.sd**2, len(repeated) - 1
    low = ratio / f_ratio(0.975, degrees, within.degrees)
    high = ratio * f_ratio(0.975, within.degrees, degrees)
    return Interval(*((one - 1) / (one + repeats - 1) for one in (ratio, low, high)))


def intraclass_agreement(table: Array) -> Interval | None:
    """ICC(A,1), Shrout and Fleiss' ICC(2,1): as `intraclass`, where the same raters measured every subject once.

    Two-way random effects, absolute agreement: raters who differ systematically agree less.  The interval is
    McGraw & Wong's (1996, table 7), with Satterthwaite's degrees of freedom.

    Parameters
    ----------
    table : ndarray, shape (subjects, raters)

    Returns
    -------
    Interval or None
        None for fewer than two subjects or raters, where all measurements are one number, and where two raters of two
        subjects contradict one another wholly.
    """
    subjects, raters = table.shape
    if subjects < 2 or raters < 2:
        return None
    middle = table.mean()
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    by_subject = raters * float(((rows - middle) ** 2).sum()) / (subjects - 1)
    by_rater = subjects * float(((columns - middle) ** 2).sum()) / (raters - 1)
    rest = table - rows[:, None] - columns + middle
    error = float((rest**2).sum()) / ((subjects - 1) * (raters - 1))
    if not by_rater and not error:
        return Interval(1.0, 1.0, 1.0) if by_subject else None

    whole = by_subject + (raters - 1) * error + raters * (by_rater - error) / subjects
    if whole <= 0:
        return None
    value = (by_subject - error) / whole
    if value >= 1:
        return Interval(1.0, 1.0, 1.0)
    odds = raters * max(value, 0.0) / (subjects * (1 - value))  # below 0 the weights would no longer be ones
    a, b = odds * by_rater, (1 + odds * (subjects - 1)) * error
    parts = a**2 / (raters - 1) + b**2 / ((subjects - 1) * (raters - 1))
    degrees = (a + b) ** 2 / parts if parts else raters - 1
    f_low, f_high = f_ratio(0.975, subjects - 1, degrees), f_ratio(0.975, degrees, subjects - 1)
    spare = raters * by_rater + (raters * subjects - raters - subjects) * error
    low = subjects * (by_subject - f_low * error) / (f_low * spare + subjects * by_subject)
    high = subjects * (f_high * by_subject - error) / (spare + subjects * f_high * by_subject)
    return Interval(value, min(low, value), max(high, value))


def limits_of_agreement(first: Sequence[float], second: Sequence[float]) -> Limits | None:
    """Bland and Altman's bias and limits of agreement with their 95 % intervals; None for fewer than three pairs.

    The limits' intervals are put together from those of mean and spread (Zou 2013).  With few pairs they are a little
    wide: they cover 97 % with five, 96 % with twelve (20,000 simulated studies each).

    Parameters
    ----------
    first, second : sequences of float, of one length
        By subject.
    """
    differences = np.subtract(second, first)
    pairs = len(differences)
    if pairs < 3:
        return None
    bias, spread = float(differences.mean()), Spread(float(np.std(differences, ddof=1)), pairs - 1)
    half = student(0.975, pairs - 1) * spread.sd / float(np.sqrt(pairs))
    around = spread.interval()
    reach = WITHIN * spread.sd
    outward = float(np.hypot(half, WITHIN * (around.high - spread.sd)))
    inward = float(np.hypot(half, WITHIN * (spread.sd - around.low)))
    return Limits(
        pairs=pairs,
        bias=Interval(bias, bias - half, bias + half),
        low=Interval(bias - reach, bias - reach - outward, bias - reach + inward),
        high=Interval(bias + reach, bias + reach - inward, bias + reach + outward),
    )
