"""Figures: densities, shares, means and medians with 95 % intervals.

What an interval is about: the scalp around the site, of which the frame is a sample.  What is drawn at a time is a
follicular unit with all its hairs, so figures are summed by unit and the spread between units gives the interval.  To
it come the doubt about each hair found (p(1-p)), the hairs expected to be missed, and what all hairs share: the scale
of the optics and the blur.  What it is not about: the change of place between visits, which is the comparison's.

Units do not stand by chance (Poisson) but apart: see ``spacing_index``.  So counts of hairs vary less than by chance
where units are alike, and more where they are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Interval

Z = 1.959964
"""95 % of a normal distribution lie within this many standard deviations."""
PRIOR_UNITS, PRIOR_MEAN, PRIOR_VARIANCE = 5.0, 1.74, 0.69
"""Hairs per unit of a donor area (units of 1, 2, 3, 4 hairs as 45:42:7:6; science.md), taken as if this many units of
it had been seen too: a handful of units that happen to be alike does not prove that all are."""
USUAL_UNITS_PER_CM2 = 50.0
"""Down to here units were seen to stand apart as ``spacing_index`` says; sparser scalp has lost units."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What the frame drew from the scalp around it.

    Parameters
    ----------
    unit : ndarray of int, shape (hairs,)
        Number of each hair's unit, from 0.
    area_cm2 : float
        Area of the frame.
    scale_rsd : float
        Relative standard uncertainty of the scale; 0 where it is unknown.
    """

    unit: NDArray[np.intp]
    area_cm2: float
    scale_rsd: float = 0.0

    @property
    def units(self) -> int:
        """How many units were seen."""
        return int(self.unit.max()) + 1 if len(self.unit) else 0

    def by_unit(self, values: Array) -> Array:
        """Sum `values`, one a hair, over each unit."""
        return np.bincount(self.unit, values, self.units).astype(float)


def spacing_index(units: float, area_cm2: float) -> float:
    """Variance of the number of units in a frame over its mean: 1 for places taken by chance, 0 for a perfect lattice.

    Read off 187 shaved scalps annotated by hand (7.1 x 5.4 mm; 63 to 102 units per cm2 by fifths), as the variance
    within a scalp of the units counted in windows of 0.006 to 0.054 cm2 clear of seams and borders: 0.28 +- 0.02 where
    4.5 units are expected, 0.36 for 2.3, 0.45 for 1.1.  Windows opposite and diagonal, 3.5 mm apart, agree (0.25 to
    0.31), so there is no trend within a picture; the sparsest eighth (0.34 +- 0.05 at 3.4 units) lies on the same
    curve.  Units on a jittered lattice with an eighth of its places empty (the phantom's) give the same in the same
    windows (0.28, 0.37, 0.45), and 0.23, 0.19, 0.18, 0.16 where 9, 34, 69 and 99 are expected: beyond the windows the
    curve is theirs.  The hairs' own count varies less on the real scalps than independent units make it (0.49 of its
    mean at 7.5 hairs, not 0.73): there the interval of a hair density is a fifth wider than it need be.

    A scalp with fewer than ``USUAL_UNITS_PER_CM2`` is taken as such a scalp with units lost by chance.
    """
    if units <= 0:
        return 1.0
    apart = max(0.0, 0.85 - 0.27 / float(np.sqrt(units)))
    return 1.0 - apart * min(1.0, units / area_cm2 / USUAL_UNITS_PER_CM2)


def density(
    sample: Sample, probabilities: Array, counted: NDArray[np.bool_] | None = None, missed: tuple[float, float] = (0, 0)
) -> Interval:
    """Hairs per cm2: a score interval with the index of dispersion of hairs that come in units.

    Parameters
    ----------
    sample : Sample
    probabilities : ndarray, shape (hairs,)
        That each hair is one hair.
    counted : ndarray of bool, shape (hairs,), optional
        The hairs of the kind in question; all by default.
    missed : (float, float)
        Number of hairs of this kind in the frame that are expected to be missed (net of those expected to be false),
        and its standard deviation.  The interval holds them; the value is the hairs counted.
    """
    of_kind = np.ones(len(probabilities)) if counted is None else counted.astype(float)
    count = float(of_kind.sum())
    share = count / len(of_kind) if len(of_kind) else 1.0
    prior_mean, prior_variance = PRIOR_MEAN * share, PRIOR_VARIANCE * share**2 + PRIOR_MEAN * share * (1 - share)
    per_unit = sample.by_unit(of_kind)
    total = sample.units + PRIOR_UNITS
    mean_size = (count + PRIOR_UNITS * prior_mean) / total
    squares = float(((per_unit - mean_size) ** 2).sum())
    variance = (squares + PRIOR_UNITS * (prior_variance + (prior_mean - mean_size) ** 2)) / total
    spaced = spacing_index(sample.units, sample.area_cm2)
    index = variance / mean_size + spaced * mean_size if mean_size > 0 else 1.0
    doubt = float((probabilities * (1 - probabilities) * of_kind).sum()) + missed[1] ** 2
    return _score(count, count + missed[0], index, doubt, sample)


def unit_density(sample: Sample, probabilities: Array) -> Interval:
    """Follicular units per cm2; a unit is in doubt as far as its surest hair is."""
    p = np.zeros(sample.units)
    np.maximum.at(p, sample.unit, probabilities)
    index = spacing_index(sample.units, sample.area_cm2)
    return _score(sample.units, sample.units, index, float((p * (1 - p)).sum()), sample)


def total_per_area(sample: Sample, values: Array, probabilities: Array) -> Interval:
    """Sum of `values` (each proportional to the scale) per cm2, summed by unit as hair counts are."""
    value = float(values.sum())
    if not sample.units:
        return Interval(0.0, 0.0, 0.0)
    per_unit = sample.by_unit(values)
    spread = float(((per_unit - per_unit.mean()) ** 2).sum()) * sample.units / max(sample.units - 1, 1)
    spread += spacing_index(sample.units, sample.area_cm2) * sample.units * float(per_unit.mean()) ** 2
    doubt = float((values**2 * probabilities * (1 - probabilities)).sum())
    half = np.hypot(t95(sample.units - 1) * np.sqrt(spread + doubt), Z * sample.scale_rsd * value)
    return Interval(value / sample.area_cm2, max(0.0, value - half) / sample.area_cm2, (value + half) / sample.area_cm2)


def mean(sample: Sample, values: Array, *, common_sd: float = 0.0, also: tuple[float, ...] = ()) -> Interval | None:
    """Mean of what is never negative, its error read by leaving out one unit at a time; None for fewer than two values.

    Parameters
    ----------
    values : ndarray, shape (hairs,)
        NaN where unknown.  What measuring adds to each hair's own scatter is in their spread already.
    common_sd : float
        Standard uncertainty that all values share.
    also : tuple of float
        Values of a rare kind, taken into the spread as if these had been seen too: a small frame that holds none of it
        by chance does not prove that there is none (as Agresti & Coull 1998 add two of each kind to a share).
    """
    known = np.isfinite(values)
    if known.sum() < 2:
        return None
    value = float(values[known].mean())
    units = np.append(sample.unit[known], sample.units + np.arange(len(also)))
    count, total, _ = _left_out(np.append(values[known], also), units)
    half = float(np.hypot(_jackknife(total / count), Z * common_sd))
    return Interval(value, max(0.0, value - half), value + half)


def spread(sample: Sample, values: Array) -> Interval | None:
    """Give the standard deviation over hairs of `values`, each proportional to the scale; None for under four units.

    Its interval is taken in the logarithm.
    """
    known = np.isfinite(values)
    if len(np.unique(sample.unit[known])) < 4:
        return None
    away = values[known] - values[known].mean()
    value = float(np.std(away, ddof=1))
    count, total, squares = _left_out(away, sample.unit[known])
    if not value:
        return Interval(0.0, 0.0, 0.0)
    variance = (squares - total**2 / count) / (count - 1)
    half = np.hypot(_jackknife(np.log(np.maximum(variance, 1e-6 * value**2)) / 2), Z * sample.scale_rsd)
    factor = float(np.exp(half))
    return Interval(value, value / factor, value * factor)


def share(
    part: NDArray[np.bool_], unit: NDArray[np.intp] | None = None, *, doubt: float = 0.0, common_sd: float = 0.0
) -> Interval | None:
    """Share of `part` by Wilson's score interval (1927, J Am Stat Assoc 22:209); None of none.

    Parameters
    ----------
    part : ndarray of bool, shape (n,)
    unit : ndarray of int, shape (n,), optional
        Where members of one unit are alike, they count as fewer: n is divided by the design effect (Kish 1965), the
        variance between units over that of independent members, where it is above 1.
    doubt : float
        Number of members expected to be on the wrong side, as a variance.
    common_sd : float
        Standard uncertainty of the share that all members have in common.
    """
    count = len(part)
    if not count:
        return None
    p = float(part.mean())
    whole = count / (1.0 if unit is None else _design_effect(part.astype(float) - p, unit, p * (1 - p)))
    centre, half = p + Z**2 / (2 * whole), Z * np.sqrt(p * (1 - p) / whole + Z**2 / (4 * whole**2))
    low, high = (centre - half) / (1 + Z**2 / whole), (centre + half) / (1 + Z**2 / whole)
    more = Z * np.sqrt(doubt / count**2 + common_sd**2)
    low, high = p - np.hypot(p - low, more), p + np.hypot(high - p, more)
    return Interval(p, float(np.clip(low, 0, p)), float(np.clip(high, p, 1)))


def hairs_per_unit(sample: Sample) -> Interval | None:
    """Mean number of hairs of a unit; None for fewer than three units."""
    units = sample.units
    if units < 3:
        return None
    sizes = np.bincount(sample.unit)
    value = float(sizes.mean())
    factor = float(np.exp(t95(units - 1) * np.std(sizes, ddof=1) / np.sqrt(units) / value))  # sizes are skewed
    return Interval(value, max(1.0, value / factor), value * factor)


def unit_size_shares(sample: Sample) -> tuple[Interval, Interval, Interval, Interval] | None:
    """Shares of units with one, two, three, and four or more hairs; None of no unit."""
    sizes = np.bincount(sample.unit)
    one, two, three, more = share(sizes == 1), share(sizes == 2), share(sizes == 3), share(sizes >= 4)
    if one is None or two is None or three is None or more is None:
        return None
    return one, two, three, more


def median(sample: Sample, values: Array) -> Interval | None:
    """Median over hairs with the interval of order statistics; None for fewer than six values, which have none."""
    known = np.isfinite(values)
    ordered = np.sort(values[known])
    count = len(ordered)
    if count < 6:
        return None
    value = float(np.median(ordered))
    effect = _design_effect((values[known] > value).astype(float) - 0.5, sample.unit[known], 0.25)
    reach = Z * np.sqrt(count * effect) / 2
    low, high = int(np.floor((count - 1) / 2 - reach)), int(np.ceil((count - 1) / 2 + reach))
    return Interval(value, float(ordered[max(low, 0)]), float(ordered[min(high, count - 1)]))


def t95(degrees: int) -> float:
    """Two-sided 95 % quantile of Student's t, by the expansion of Abramowitz and Stegun 26.7.5 from 3 degrees on."""
    if degrees < 3:
        return (12.7062, 12.7062, 4.3027)[max(degrees, 0)]
    z, v = Z, float(degrees)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / v ** (i + 1) for i, term in enumerate(terms))


def _score(value: float, centre: float, index: float, doubt: float, sample: Sample) -> Interval:
    """Solve (centre - true)^2 = z^2 (index true + doubt) for what may be true of a count, and give it per cm2."""
    doubt += (2 * sample.scale_rsd * centre) ** 2  # an area goes with the square of the scale
    middle = centre + Z**2 * index / 2
    half = Z * float(np.sqrt(max(0.0, index * centre + Z**2 * index**2 / 4 + doubt)))
    low, high = max(0.0, min(middle - half, value)), max(middle + half, value)
    return Interval(value / sample.area_cm2, low / sample.area_cm2, high / sample.area_cm2)


def _left_out(values: Array, unit: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """Count, sum and sum of squares of the values that remain when each unit in turn is left out."""
    seen, unit = np.unique(unit, return_inverse=True)
    if len(seen) < 2:  # one unit says nothing of the next: its hairs stand for themselves
        unit = np.arange(len(values))
    count, total, squares = (np.bincount(unit, weights) for weights in (np.ones(len(values)), values, values**2))
    return count.sum() - count, total.sum() - total, squares.sum() - squares


def _jackknife(estimates: Array) -> float:
    """Half of the 95 % interval of an estimate, from those with one unit left out (Tukey 1958)."""
    units = len(estimates)
    variance = float(((estimates - estimates.mean()) ** 2).sum()) * (units - 1) / units
    return t95(units - 1) * float(np.sqrt(variance))


def _design_effect(away: Array, unit: NDArray[np.intp], variance: float) -> float:
    """Variance between units over that of independent members, at least 1."""
    if variance <= 0:
        return 1.0
    return max(1.0, float((np.bincount(unit, away) ** 2).sum()) / (len(away) * variance))
