"""A study as other systems read it: complete or not; of its arms nothing before it is unlocked."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from analysis.measurement import Interval
from collector.exports.codes import FIGURES
from collector.interface.resource import Shown
from collector.statistics.change import GroupChange
from collector.studies.completeness import Completeness
from collector.studies.reading import Reading
from collector.studies.results import Difference, OfArm, Results


class Bounds(Shown):
    """A number with its 95 % interval, in the study's unit."""

    value: float
    low: float
    high: float


class ShownArm(Shown):
    """An arm of the plan."""

    code: str
    title: str
    reference: bool = Field(description="Whether the others are held against it.")


class StudyCell(Shown):
    """One site of one visit, over all patients."""

    visit_number: int
    site: str
    taken: int = Field(description="Patients with a capture that counts.")
    measured: int = Field(description="Of these, with the study's figure.")


class StudyCompleteness(Shown):
    """Who was taken where and when: the same however patients were allocated."""

    patients: int
    expected: int = Field(description="Captures that the plan asks for.")
    taken: int = Field(description="Of these.")
    with_change: int = Field(description="Patients with the figure both at the baseline and at the end point.")
    dropped_out: int
    cells: tuple[StudyCell, ...]


class ArmResult(Shown):
    """What came of an arm."""

    arm: str
    allocated: int
    with_baseline: int
    dropped_out: int
    change: Bounds | None = Field(description="Mean change from baseline to end point; null without an interval.")
    donor_change: Bounds | None = Field(description="Likewise of the donor control, which is not treated.")


class ArmDifference(Shown):
    """How much more an arm changed than the reference arm, by the analysis of covariance."""

    arm: str
    difference: Bounds | None
    p: float | None


class StudyResults(Shown):
    """What came of an unlocked study."""

    arms: tuple[ArmResult, ...]
    differences: tuple[ArmDifference, ...]
    notes: tuple[str, ...] = Field(description="What was done, and what could not be.")


class ShownStudy(Shown):
    """A study."""

    code: str = Field(examples=["HAIR-2026"])
    title: str
    blinded: bool
    unlocked_at: datetime | None
    simulated: bool = Field(description="A rehearsal: only captures of simulated instruments count.")
    figure: str = Field(description="Code of the figure that counts.", examples=["hair-density"])
    unit: str = Field(description="Its unit, by UCUM.", examples=["{hairs}/cm2"])
    sites: tuple[str, ...]
    donor: str | None
    visits: tuple[int, ...]
    baseline: int
    end_point: int
    arms: tuple[ShownArm, ...]
    completeness: StudyCompleteness
    results: Literal["blinded", "worked-out-now", "ready"] = Field(
        description="Whether there are any; while they are worked out, ask again in some seconds."
    )
    outcome: StudyResults | None = Field(description="Null unless `results` is ready.")


def study(reading: Reading, results: Results | None) -> ShownStudy:
    """Return a study; ``results`` are given for an unlocked one alone."""
    plan, known = reading.study.plan, reading.study
    figure = FIGURES[plan.figure]
    ready = None if known.is_blinded else results
    state: Literal["blinded", "worked-out-now", "ready"] = "worked-out-now" if ready is None else "ready"
    return ShownStudy(
        code=plan.study_code,
        title=plan.title,
        blinded=known.is_blinded,
        unlocked_at=known.unlocked_at,
        simulated=plan.simulated,
        figure=figure.code,
        unit=figure.ucum,
        sites=plan.sites,
        donor=plan.donor,
        visits=plan.visits,
        baseline=plan.baseline,
        end_point=plan.end_point,
        arms=tuple(ShownArm(code=one.code, title=one.title, reference=one.code == plan.reference) for one in plan.arms),
        completeness=_completeness(reading.complete),
        results="blinded" if known.is_blinded else state,
        outcome=None if ready is None else _results(ready),
    )


def _completeness(complete: Completeness) -> StudyCompleteness:
    return StudyCompleteness(
        patients=complete.patients,
        expected=complete.expected,
        taken=complete.taken,
        with_change=complete.with_change,
        dropped_out=complete.dropped_out,
        cells=tuple(
            StudyCell(visit_number=one.visit_number, site=one.site, taken=one.taken, measured=one.measured)
            for one in complete.cells
        ),
    )


def _results(results: Results) -> StudyResults:
    return StudyResults(
        arms=tuple(map(_arm, results.arms)),
        differences=tuple(map(_difference, results.differences)),
        notes=results.notes,
    )


def _arm(arm: OfArm) -> ArmResult:
    return ArmResult(
        arm=arm.arm,
        allocated=arm.allocated,
        with_baseline=arm.with_baseline,
        dropped_out=arm.dropped_out,
        change=_mean(arm.change),
        donor_change=_mean(arm.donor),
    )


def _difference(one: Difference) -> ArmDifference:
    adjusted = one.adjusted
    return ArmDifference(
        arm=one.arm,
        difference=None if adjusted is None else _bounds(adjusted.difference),
        p=None if adjusted is None else adjusted.p,
    )


def _mean(change: GroupChange | None) -> Bounds | None:
    return None if change is None or change.interval is None else _bounds(change.interval)


def _bounds(interval: Interval) -> Bounds:
    return Bounds(value=interval.value, low=interval.low, high=interval.high)
