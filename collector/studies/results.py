"""What came of a study's arms, once it is unlocked: changes, differences against the reference arm, and checks.

The answer is the analysis of covariance of :mod:`collector.statistics.arms` (each patient's treated sites averaged);
plain differences and the mixed model stand beside it, and show whether the answer hangs on the method.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.measurement import Interval
from collector.statistics.arms import ArmDifference, ArmsCompared, BeforeAfter, compare_arms
from collector.statistics.change import GroupChange, group_change
from collector.statistics.given import FiguresUnusable
from collector.statistics.mixed_model import Seen, StudyFit, fit_study
from collector.studies.completeness import donor_pairs, dropped_out
from collector.studies.plan import StudyPlan
from collector.studies.takes import Taken


@dataclass(frozen=True)
class OfArm:
    """One arm.

    Parameters
    ----------
    arm, title
        Its code and what it is called.
    allocated
        Patients.
    with_baseline, dropped_out
        With a figure of a treated site at the baseline, and of these without one at the end point.
    change
        Of the treated sites from baseline to end point; None where nobody has both.
    donor
        Likewise of the donor control.
    """

    arm: str
    title: str
    allocated: int
    with_baseline: int
    dropped_out: int
    change: GroupChange | None
    donor: GroupChange | None


@dataclass(frozen=True)
class Difference:
    """How much more an arm changed than the reference arm, by each method; None where a method gives none."""

    arm: str
    title: str
    adjusted: ArmDifference | None
    plain: ArmDifference | None
    mixed: Interval | None
    mixed_p: float | None

    @property
    def agree(self) -> bool | None:
        """Whether the methods' intervals all lie on one side of 0, or all hold it; None where one is missing."""
        if self.adjusted is None or self.plain is None or self.mixed is None:
            return None
        return len({_side(one) for one in (self.adjusted.difference, self.plain.difference, self.mixed)}) == 1


@dataclass(frozen=True)
class Results:
    """What came of a study.

    Parameters
    ----------
    arms, differences
        Reference first, then in the plan's order; the reference has no difference.
    compared, mixed
        What they are taken from; None where it cannot be had, as a note says.
    notes
        Whole sentences: what was done, and what could not be.
    """

    arms: tuple[OfArm, ...]
    differences: tuple[Difference, ...]
    compared: ArmsCompared | None
    mixed: StudyFit | None
    notes: tuple[str, ...]


def results(plan: StudyPlan, arm_of: Mapping[str, str], taken: Taken) -> Results:
    """Work out what came of a study's arms.

    Parameters
    ----------
    plan
        The study's.
    arm_of
        Each patient's arm.
    taken
        The captures that count.
    """
    notes: list[str] = []
    compared = mixed = None
    try:
        compared = compare_arms(_pairs(plan, arm_of, taken), plan.reference)
        notes += compared.notes
    except FiguresUnusable as unusable:
        notes.append(f"The arms cannot be compared yet. {unusable}")
    try:
        mixed = fit_study(_seen(plan, arm_of, taken), plan.reference)
        notes += mixed.notes
    except FiguresUnusable as unusable:
        notes.append(f"The mixed model cannot be had. {unusable}")
    return Results(
        arms=tuple(_of_arm(plan, arm, arm_of, taken, compared) for arm in plan.arm_codes),
        differences=tuple(_difference(plan, arm, compared, mixed) for arm in plan.arm_codes[1:]),
        compared=compared,
        mixed=mixed,
        notes=tuple(notes),
    )


def _pairs(plan: StudyPlan, arm_of: Mapping[str, str], taken: Taken) -> list[BeforeAfter]:
    return [
        BeforeAfter(code, arm, site, before, after)
        for code, arm in sorted(arm_of.items())
        for site in plan.sites
        if (before := taken.value(code, plan.baseline, site)) is not None
        and (after := taken.value(code, plan.end_point, site)) is not None
    ]


def _seen(plan: StudyPlan, arm_of: Mapping[str, str], taken: Taken) -> list[Seen]:
    """Return the figures from the baseline on: what was taken before it is no answer to the treatment."""
    return [
        Seen(code, arm, site, visit, value)
        for code, arm in sorted(arm_of.items())
        for visit in plan.visits
        if visit >= plan.baseline
        for site in plan.sites
        if (value := taken.value(code, visit, site)) is not None
    ]


def _of_arm(plan: StudyPlan, arm: str, arm_of: Mapping[str, str], taken: Taken, compared: ArmsCompared | None) -> OfArm:
    codes = [code for code, one in sorted(arm_of.items()) if one == arm]
    donor = donor_pairs(plan, codes, taken)
    change = next((one.change for one in compared.arms if one.arm == arm), None) if compared else None
    return OfArm(
        arm=arm,
        title=plan.title_of(arm),
        allocated=len(codes),
        with_baseline=sum(
            any(taken.value(code, plan.baseline, site) is not None for site in plan.sites) for code in codes
        ),
        dropped_out=sum(dropped_out(plan, code, taken) for code in codes),
        change=change,
        donor=group_change([before for before, _ in donor], [after for _, after in donor]) if donor else None,
    )


def _difference(plan: StudyPlan, arm: str, compared: ArmsCompared | None, mixed: StudyFit | None) -> Difference:
    contrast = None
    if mixed is not None and mixed.first_visit == plan.baseline:
        contrast = next((one for one in mixed.contrasts if (one.arm, one.visit) == (arm, plan.end_point)), None)
    return Difference(
        arm=arm,
        title=plan.title_of(arm),
        adjusted=next((one for one in compared.adjusted if one.arm == arm), None) if compared else None,
        plain=next((one for one in compared.differences if one.arm == arm), None) if compared else None,
        mixed=None if contrast is None else contrast.difference,
        mixed_p=None if contrast is None else contrast.p,
    )


def _side(interval: Interval) -> int:
    return (interval.low > 0) - (interval.high < 0)
