"""The linear mixed model of a study: figure by arm and visit, and site, with a random part for each patient.

Patients with missing visits count with what they have: the answer is unbiased where their absence depends on nothing
but what was seen of them (Rubin 1976, Biometrika 63:581).  Effects and their contrasts: Laird & Ware 1982, Biometrics
38:963; Fitzmaurice, Laird & Ware 2011, Applied Longitudinal Analysis, chapters 5 and 8; the fit itself:
:mod:`collector.statistics.variance_components`.

Intervals are by Student's t with as many degrees of freedom as there are patients seen at two visits or more, less the
arms: exact for two complete visits of one site, and on the safe side elsewhere (the between-within rule of Schluchter &
Elashoff 1990, J Stat Comput Simul 37:69, counts rows, which several sites of one patient would inflate).

What it assumes: scatter alike in all arms and visits; patients' answers that grow evenly with the visits' numbers, or
differ from visit to visit by chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import stats

from analysis.measurement import Interval
from collector.statistics.arms import Way
from collector.statistics.change import CONFIDENCE
from collector.statistics.given import Array, FiguresUnusable
from collector.statistics.study_design import Design, Seen, design
from collector.statistics.variance_components import Fitted, fit

__all__ = ["ArmChangeAt", "ArmContrast", "Effect", "Seen", "StudyFit", "fit_study"]


@dataclass(frozen=True, slots=True)
class Effect:
    """A fixed effect of the model, by its column's name, in the figure's unit with its 95 % interval."""

    name: str
    estimate: Interval
    p: float


@dataclass(frozen=True, slots=True)
class ArmChangeAt:
    """An arm's change from the first visit to another, in the figure's unit."""

    arm: str
    visit: int
    change: Interval
    p: float


@dataclass(frozen=True, slots=True)
class ArmContrast:
    """How much more an arm changed from the first visit to another than the reference arm, in the figure's unit."""

    arm: str
    reference: str
    visit: int
    difference: Interval
    p: float


@dataclass(frozen=True, slots=True)
class StudyFit:
    """What the model says of a study.

    Parameters
    ----------
    way
        `Way.MIXED_MODEL`: several sites of a patient stay apart, as parts of one patient.
    patients, figures
        Behind it.
    reference, first_visit
        What arms and visits are held against.
    contrasts
        The arms' differences of change, arm by arm and visit by visit.
    changes
        Each arm's change since the first visit.
    effects
        All fixed effects.
    variances
        Of "patient", of "trend" (patients' own change from the first to the last visit), "site" and "visit" within
        patients, and "residual", in the figure's unit squared; 0 where a part came out as nothing, missing where the
        figures cannot carry it.
    degrees
        Of freedom behind the intervals.
    simpler
        Whether the answer is a simpler model's than the one that was asked for.
    convergence
        In a sentence.
    notes
        Whole sentences: what was left out.
    """

    way: Way
    patients: int
    figures: int
    reference: str
    first_visit: int
    contrasts: tuple[ArmContrast, ...]
    changes: tuple[ArmChangeAt, ...]
    effects: tuple[Effect, ...]
    variances: Mapping[str, float]
    degrees: int
    simpler: bool
    convergence: str
    notes: tuple[str, ...]


_PARTS = {
    "patient": "patients",
    "trend": "patients' trends",
    "site": "sites of a patient",
    "visit": "visits of a patient",
}


def fit_study(seen: Sequence[Seen], reference: str) -> StudyFit:
    """Fit the mixed model of a study.

    At most 10,000 figures and 120 columns; two patients an arm, seen at two visits, at least.

    Parameters
    ----------
    seen
        One figure a patient's site and visit; visits may be missing.
    reference
        The arm that the others are held against, such as placebo.

    Raises
    ------
    FiguresUnusable
        If a figure is no number, one is given twice, there are too many, or they do not scatter; `TooFewFigures` where
        there are too few patients.
    """
    planned = design(seen, reference)
    fitted = fit(planned.figures, planned.columns, planned.patients, planned.components)
    degrees = planned.patients_twice - len(planned.arms)
    if degrees < 1 or not np.isfinite(fitted.covariance).all():  # cannot be by what the design refuses
        raise FiguresUnusable("The model gives no intervals for these figures. Compare the arms' changes instead.")
    later = planned.visits[1:]
    return StudyFit(
        way=Way.MIXED_MODEL,
        patients=len(np.unique(planned.patients)),
        figures=len(planned.figures),
        reference=reference,
        first_visit=planned.visits[0],
        contrasts=tuple(
            ArmContrast(arm, reference, visit, *_estimate(fitted, planned.more_than_reference(arm, visit), degrees))
            for arm in planned.arms[1:]
            for visit in later
        ),
        changes=tuple(
            ArmChangeAt(arm, visit, *_estimate(fitted, planned.change(arm, visit), degrees))
            for arm in planned.arms
            for visit in later
        ),
        effects=tuple(
            Effect(name, *_estimate(fitted, weights, degrees))
            for name, weights in zip(planned.names, np.eye(len(planned.names)), strict=True)
        ),
        variances=_variances(planned, fitted),
        degrees=degrees,
        simpler=bool(fitted.left_out),
        convergence=_convergence(fitted),
        notes=planned.notes,
    )


def _estimate(fitted: Fitted, weights: Array, degrees: int) -> tuple[Interval, float]:
    """Return a weighted sum of the effects with its interval, and the p of its being 0."""
    value = float(weights @ fitted.coefficients)
    error = sqrt(float(weights @ fitted.covariance @ weights))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, degrees)) * error
    return Interval(value, value - reach, value + reach), float(2 * stats.t.sf(abs(value) / error, degrees))


def _variances(planned: Design, fitted: Fitted) -> dict[str, float]:
    return {name: fitted.variances.get(name, 0.0) for name in planned.components} | {
        "residual": fitted.residual_variance
    }


def _convergence(fitted: Fitted) -> str:
    *others, last = [words for name, words in _PARTS.items() if name in fitted.left_out] or [""]
    without = f"{', '.join(others)} and {last}" if others else last
    if not fitted.settled:
        return (
            f"The model did not settle; this is the answer of a simpler one, without a part for {without}."
            if without
            else "The model did not settle: hold its answer against the arms' plain differences."
        )
    if not without:
        return "The model settled."
    return f"The model settled on a simpler one: {without} differ by no more than chance, and have no part in it."
