"""Changes: the figures that follow from matched hairs, with their 95 % intervals.

What an interval is about: this very place.  The same hairs are seen twice, so nothing of it is sampling; what is left
is the doubt about each hair without a partner, and the error of each diameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf

import numpy as np
from numpy.typing import NDArray

from analysis.comparison.fates import UNSEEN_SHARE
from analysis.comparison.matching import Matching
from analysis.figures import Z
from analysis.measurement import Hair, Interval, Measurement

Array = NDArray[np.float64]

UNSEEN_AT_LEAST = 2.0
"""Hairs that come or go on any place while nothing seems to: what is unseen of them is never nothing."""
USUAL_DIAMETER_SD_UM = 1.0
"""Of a diameter that does not say how sure it is."""
BLUR_ESTIMATED_SD_UM = 0.5
"""What all diameters of a picture share where its blur was read from the shafts' own edges (``analysis.chain``)."""
CLEARLY = 3.0
"""Standard deviations from which one hair counts as thicker or thinner: of a hundred hairs that stay as they are, less
than one is called so."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Hairs that came and went, as expected numbers.

    Parameters
    ----------
    kept, new, lost : float
    variance : float
        Of ``new - lost``.
    """

    kept: float
    new: float
    lost: float
    variance: float

    def density_change_per_cm2(self, area_cm2: float) -> Interval:
        """Give the change of density over the shared area."""
        return _interval((self.new - self.lost) / area_cm2, np.sqrt(self.variance) / area_cm2)

    def density_per_cm2(self, area_cm2: float) -> tuple[float, float]:
        """Give the density at baseline and at follow-up over the shared area."""
        return (self.kept + self.lost) / area_cm2, (self.kept + self.new) / area_cm2


def counted(matching: Matching) -> Counts:
    """Count what came and what went."""
    lost, new = (posterior.gone for posterior in matching.posteriors)
    without = max(float(posterior.there.sum()) for posterior in matching.posteriors)
    gone = float(lost.sum() + new.sum())
    doubt = float((lost * (1 - lost)).sum() + (new * (1 - new)).sum())
    return Counts(
        kept=len(matching.pairs) + without,
        new=float(new.sum()) / (1 - UNSEEN_SHARE),
        lost=float(lost.sum()) / (1 - UNSEEN_SHARE),
        variance=doubt + UNSEEN_SHARE * (gone + UNSEEN_AT_LEAST),
    )


def counted_terminal(matching: Matching, baseline: Measurement, followup: Measurement) -> Counts:
    """Count the terminal hairs that came and went, those that crossed the cut-off among them."""
    was = np.array([_terminal(baseline, int(i)) for i in matching.pairs[:, 0]])
    now = np.array([_terminal(followup, int(j)) for j in matching.pairs[:, 1]])
    lost, new = (
        posterior.gone * [_terminal(side, int(i)) for i in alone]
        for posterior, alone, side in zip(matching.posteriors, matching.alone, (baseline, followup), strict=True)
    )
    doubt = sum(float((share * (1 - share)).sum()) for share in (lost, new, was, now))
    gone = float(lost.sum() + new.sum())
    crossed = now - was
    return Counts(
        kept=float(np.minimum(was, now).sum()),
        new=float(new.sum()) / (1 - UNSEEN_SHARE) + float(crossed.clip(0).sum()),
        lost=float(lost.sum()) / (1 - UNSEEN_SHARE) - float(crossed.clip(None, 0).sum()),
        variance=doubt + UNSEEN_SHARE * (gone + UNSEEN_AT_LEAST),
    )


@dataclass(frozen=True, slots=True, eq=False)
class DiameterChanges:
    """Change of the pairs' diameters, one entry each; NaN where either is not known.

    Parameters
    ----------
    changes_um, sd_um : ndarray, shape (pairs,)
        Later less earlier, and its standard uncertainty.
    common_sd_um : float
        Standard uncertainty that all share.
    """

    changes_um: Array
    sd_um: Array
    common_sd_um: float

    @property
    def mean_um(self) -> Interval | None:
        """Mean change of the pairs whose diameters are known; None with fewer than two."""
        known = self.changes_um[np.isfinite(self.changes_um)]
        if len(known) < 2:
            return None
        return _interval(float(known.mean()), np.hypot(known.std(ddof=1) / np.sqrt(len(known)), self.common_sd_um))

    @property
    def clearly_changed(self) -> NDArray[np.bool_]:
        """Which pairs changed by more than their diameters' uncertainty leaves open."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(self.changes_um) > CLEARLY * np.hypot(self.sd_um, self.common_sd_um))


def diameter_changes(matching: Matching, baseline: Measurement, followup: Measurement, scale: float) -> DiameterChanges:
    """Compare the pairs' diameters.

    Parameters
    ----------
    matching : Matching
    baseline, followup : Measurement
    scale : float
        Length in the follow-up over length in the baseline: as far as it is off 1, one of the two is not right, or the
        skin was stretched; diameters share that doubt.
    """
    was, now = [baseline.hairs[i] for i in matching.pairs[:, 0]], [followup.hairs[j] for j in matching.pairs[:, 1]]
    changes = np.array([_change_um(a, b) for a, b in zip(was, now, strict=True)], float)
    sd = np.array([np.hypot(_sd_um(a), _sd_um(b)) for a, b in zip(was, now, strict=True)], float)
    known = [hair.diameter_um for hair in was if hair.diameter_um is not None]
    estimated = sum("blur-estimated" in side.flags for side in (baseline, followup))
    usual_um = float(np.mean(known)) if known else 0.0
    common = np.hypot(abs(scale - 1) * usual_um / np.sqrt(3), BLUR_ESTIMATED_SD_UM * np.sqrt(estimated))
    return DiameterChanges(changes, sd, float(common))


def thickness_change_mm_per_cm2(
    matching: Matching, diameters: DiameterChanges, baseline: Measurement, followup: Measurement, area_cm2: float
) -> Interval | None:
    """Give the change of the cumulative hair thickness: of what was kept, less what went, more what came."""
    mean_um = diameters.mean_um
    if mean_um is None:
        return None
    pairs = len(matching.pairs)
    lost, new = (
        (posterior.gone, np.array([_width_um(side, int(i)) for i in alone]))
        for posterior, alone, side in zip(matching.posteriors, matching.alone, (baseline, followup), strict=True)
    )
    came_um, went_um = float((new[0] * new[1]).sum()), float((lost[0] * lost[1]).sum())
    doubt = sum(float((share * (1 - share) * width**2).sum()) for share, width in (lost, new))
    sd_um = np.hypot(pairs * (mean_um.high - mean_um.low) / (2 * Z), np.sqrt(doubt))
    return _interval((pairs * mean_um.value + came_um - went_um) / 1000 / area_cm2, sd_um / 1000 / area_cm2)


def counted_change_per_cm2(baseline: Measurement, followup: Measurement) -> Interval:
    """Give the difference of two densities that were counted separately."""
    was, now = baseline.hair_density_per_cm2, followup.hair_density_per_cm2
    value = now.value - was.value
    low = value - float(np.hypot(now.value - now.low, was.high - was.value))
    high = value + float(np.hypot(now.high - now.value, was.value - was.low))
    return Interval(value, low, high)


def _terminal(measurement: Measurement, i: int) -> float:
    """Probability that a hair is terminal."""
    hair = measurement.hairs[i]
    if hair.diameter_um is None:
        return float(hair.kind == "terminal")
    away = (hair.diameter_um - measurement.terminal_from_um) / _sd_um(hair)
    return 0.5 + 0.5 * erf(away / 2**0.5)


def _change_um(was: Hair, now: Hair) -> float:
    known = was.diameter_um is not None and now.diameter_um is not None
    if not known or was.diameter_limited or now.diameter_limited:
        return float("nan")
    return float(now.diameter_um or 0.0) - float(was.diameter_um or 0.0)


def _sd_um(hair: Hair) -> float:
    return USUAL_DIAMETER_SD_UM if hair.diameter_sd_um is None else max(hair.diameter_sd_um, 0.1)


def _width_um(measurement: Measurement, i: int) -> float:
    hair = measurement.hairs[i]
    if hair.diameter_um is not None:
        return hair.diameter_um
    known = [other.diameter_um for other in measurement.hairs if other.diameter_um is not None]
    return float(np.median(known)) if known else 0.0


def _interval(value: float, sd: float) -> Interval:
    return Interval(float(value), float(value - Z * sd), float(value + Z * sd))
