"""A study's arms against each other by change scores: plain, and adjusted for where patients began.

One change a patient: where several sites of a patient were measured twice, they are averaged first, as sites of one
head are no independent patients.  (:mod:`collector.statistics.mixed_model` keeps them apart instead.)

Sources: Welch 1947, Biometrika 34:28 (means of unequal variances); analysis of covariance as the preferred analysis of
change from baseline: Vickers & Altman 2001, BMJ 323:1123, and EMA 2015, Guideline on adjustment for baseline covariates
in clinical trials; its heteroscedasticity-consistent standard errors, HC3: MacKinnon & White 1985, J Econometrics
29:305, and Long & Ervin 2000, Am Stat 54:217.  No p is corrected for there being several arms.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import stats
from statsmodels.regression.linear_model import OLS  # type: ignore[import-untyped]

from analysis.measurement import Interval
from collector.statistics.change import CONFIDENCE, GroupChange, group_change
from collector.statistics.given import Array, FiguresUnusable, TooFewFigures, alike, codes, figures

MOST_ARMS = 12


class Way(StrEnum):
    """How several sites of a patient were dealt with."""

    ONE_SITE = "one-site"
    AVERAGED = "averaged"
    MIXED_MODEL = "mixed-model"


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """One figure of one patient's site at two visits, in the figure's unit."""

    patient: str
    arm: str
    site: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class ArmChange:
    """The change of one arm's patients."""

    arm: str
    change: GroupChange


@dataclass(frozen=True, slots=True)
class ArmDifference:
    """How much more an arm changed than the reference arm.

    Parameters
    ----------
    arm, reference
    difference
        The arm's change less the reference's, with its 95 % interval.
    p
        Two-sided, of no difference.
    degrees
        Of freedom behind the interval.
    """

    arm: str
    reference: str
    difference: Interval
    p: float
    degrees: float


@dataclass(frozen=True, slots=True)
class ArmsCompared:
    """A study's arms, in the order of their names, the reference first.

    Parameters
    ----------
    reference
        The arm the others are held against.
    way
        How several sites of a patient were dealt with: `Way.ONE_SITE` or `Way.AVERAGED`.
    patients
        With a figure at both visits.
    arms
        Each arm's change.
    differences
        By Welch's t on the changes; an arm that cannot be compared is missing, and a note says why.
    adjusted
        Likewise adjusted for the figure before (analysis of covariance, HC3).
    notes
        Whole sentences: what was done and what could not be.
    """

    reference: str
    way: Way
    patients: int
    arms: tuple[ArmChange, ...]
    differences: tuple[ArmDifference, ...]
    adjusted: tuple[ArmDifference, ...]
    notes: tuple[str, ...]


def compare_arms(pairs: Sequence[BeforeAfter], reference: str) -> ArmsCompared:
    """Compare the changes of a study's arms.

    Parameters
    ----------
    pairs
        One of each patient's sites that has both figures; a patient is in one arm.
    reference
        The arm the others are held against, such as placebo.

    Raises
    ------
    FiguresUnusable
        If a figure is no number, a patient is in two arms or a site given twice; `TooFewFigures` where the reference
        has nobody.
    """
    sites = _sites_of_patients(pairs)
    arm_of = _arm_of_patients(pairs)
    by_arm: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for patient, of_sites in sites.items():
        by_arm[arm_of[patient]].append((_mean(of_sites, 0), _mean(of_sites, 1)))
    if reference not in by_arm:
        raise TooFewFigures(f"The reference arm {reference} has no patient with figures at both visits.")
    if len(by_arm) > MOST_ARMS:
        raise FiguresUnusable(f"{len(by_arm)} arms are too many to compare; {MOST_ARMS} is the most.")
    names = [reference, *sorted(by_arm.keys() - {reference})]
    tables = {name: np.array(by_arm[name], dtype=float) for name in names}

    notes: list[str] = []
    way = Way.AVERAGED if any(len(one) > 1 for one in sites.values()) else Way.ONE_SITE
    if way is Way.AVERAGED:
        notes.append("Several sites of a patient were averaged before the arms were compared.")
    return ArmsCompared(
        reference=reference,
        way=way,
        patients=len(sites),
        arms=tuple(ArmChange(name, group_change(tables[name][:, 0], tables[name][:, 1])) for name in names),
        differences=_differences(tables, notes),
        adjusted=_adjusted_differences(tables, notes),
        notes=tuple(notes),
    )


def _differences(tables: Mapping[str, Array], notes: list[str]) -> tuple[ArmDifference, ...]:
    reference, *others = tables
    against = tables[reference][:, 1] - tables[reference][:, 0]
    found = []
    for arm in others:
        changes = tables[arm][:, 1] - tables[arm][:, 0]
        if min(len(changes), len(against)) < 2:
            notes.append(f"Arms {arm} and {reference}: no difference is given, as one of them has a single patient.")
        elif alike(changes, of=_size(tables[arm])) and alike(against, of=_size(tables[reference])):
            notes.append(
                f"Arms {arm} and {reference}: no difference is given, as the changes within each are all alike."
            )
        else:
            test = stats.ttest_ind(changes, against, equal_var=False)
            low, high = test.confidence_interval(CONFIDENCE)
            value = float(changes.mean() - against.mean())
            interval = Interval(value, float(low), float(high))
            found.append(ArmDifference(arm, reference, interval, float(test.pvalue), float(test.df)))
    return tuple(found)


def _adjusted_differences(tables: Mapping[str, Array], notes: list[str]) -> tuple[ArmDifference, ...]:
    """Regress the change on arm and figure before: the arms' coefficients are those of the figure after."""
    enough = [name for name, one in tables.items() if len(one) > 1]
    reference = next(iter(tables))
    if reference not in enough or len(enough) < 2:
        return ()
    stacked = np.concatenate([tables[name] for name in enough])
    before, change = stacked[:, 0] - stacked[:, 0].mean(), stacked[:, 1] - stacked[:, 0]
    arm_of_row = np.repeat(np.arange(len(enough)), [len(tables[name]) for name in enough])
    in_arms = [(arm_of_row == number).astype(float) for number in range(1, len(enough))]
    spread = float(before.std())
    columns = np.column_stack([np.ones(len(before)), *in_arms, before / (spread or 1.0)])
    degrees = len(before) - columns.shape[1]
    if np.linalg.matrix_rank(columns) < columns.shape[1] or degrees < 1 or _leverages(columns).max() > 1 - 1e-9:
        notes.append(
            "No difference adjusted for the figures before is given: they are too few, or do not vary within arms."
        )
        return ()
    scale = float(change.std())
    if not scale:
        return ()
    fitted = OLS(change / scale, columns).fit(cov_type="HC3", use_t=True)
    lows_highs, ps = np.asarray(fitted.conf_int(1 - CONFIDENCE)) * scale, np.asarray(fitted.pvalues)
    coefficients = np.asarray(fitted.params) * scale
    if not np.isfinite(lows_highs).all() or np.asarray(fitted.bse)[1 : len(enough)].min() < 1e-10:
        notes.append("No difference adjusted for the figures before is given: these foretell each change exactly.")
        return ()
    return tuple(
        ArmDifference(
            arm, reference, Interval(*(float(v) for v in (coefficients[k], *lows_highs[k]))), float(ps[k]), degrees
        )
        for k, arm in enumerate(enough[1:], start=1)
    )


def _leverages(columns: Array) -> Array:
    basis: Array = np.linalg.qr(columns)[0]
    return np.asarray((basis**2).sum(axis=1))


def _sites_of_patients(pairs: Sequence[BeforeAfter]) -> dict[str, dict[str, BeforeAfter]]:
    """Return each patient's sites, patients and sites in the order of their codes."""
    figures([one.before for one in pairs], "The figures before")
    figures([one.after for one in pairs], "The figures after")
    codes([one.patient for one in pairs], "A patient's code")
    codes([one.arm for one in pairs], "An arm")
    sites: dict[str, dict[str, BeforeAfter]] = defaultdict(dict)
    for one in sorted(pairs, key=lambda pair: (pair.patient, pair.site)):
        if one.site in sites[one.patient]:
            raise FiguresUnusable(
                f"Patient {one.patient}, site {one.site}: two changes were given. Choose one capture a visit."
            )
        sites[one.patient][one.site] = one
    return sites


def _arm_of_patients(pairs: Sequence[BeforeAfter]) -> dict[str, str]:
    arm_of: dict[str, str] = {}
    for one in pairs:
        if arm_of.setdefault(one.patient, one.arm) != one.arm:
            raise FiguresUnusable(
                f"Patient {one.patient} is in two arms, {arm_of[one.patient]} and {one.arm}. Correct the study's list."
            )
    return arm_of


def _mean(of_sites: Mapping[str, BeforeAfter], which: int) -> float:
    return float(np.mean([(one.before, one.after)[which] for one in of_sites.values()]))


def _size(rows: Array) -> float:
    return float(np.abs(rows).max())
