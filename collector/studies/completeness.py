"""Whether a study is complete: who was taken where and when, who is missing, and how good what is there is.

Nothing here knows of arms: it is the same however patients were allocated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from collector.statistics.agreement import agreement
from collector.statistics.change import GroupChange, group_change
from collector.statistics.given import FiguresUnusable
from collector.studies.plan import StudyPlan
from collector.studies.takes import Taken, changed_between
from contract import InstrumentChange, Verdict


@dataclass(frozen=True)
class Cell:
    """One site of one visit, over all patients.

    Parameters
    ----------
    visit_number, site
        Which.
    taken
        Patients with a capture that counts.
    measured
        Of these, with the study's figure.
    rejected
        Takes that somebody rejected.
    """

    visit_number: int
    site: str
    taken: int
    measured: int
    rejected: int


@dataclass(frozen=True)
class Attendance:
    """One visit, over all patients: with every site of the plan, with some of them, with none."""

    visit_number: int
    whole: int
    partly: int
    none: int


@dataclass(frozen=True)
class OfPatient:
    """One patient: how many of the plan's sites were taken at each of its visits, and whether they left."""

    patient_code: str
    sites_taken: tuple[int, ...]
    dropped_out: bool


@dataclass(frozen=True)
class Completeness:
    """Who was taken where and when.

    Parameters
    ----------
    patients
        In the study.
    cells, visits
        By visit and site, and by visit, in the plan's order.
    with_change
        Patients with the study's figure at a treated site both at the baseline and at the end point.
    dropped_out
        Patients with a figure of a treated site at the baseline and none at the end point.
    expected, taken
        Captures that the plan asks for, and of these how many there are.
    """

    patients: int
    cells: tuple[Cell, ...]
    visits: tuple[Attendance, ...]
    with_change: int
    dropped_out: int
    expected: int
    taken: int

    def cell(self, visit_number: int, site: str) -> Cell:
        """Return the counts of one site of one visit."""
        return next(one for one in self.cells if (one.visit_number, one.site) == (visit_number, site))


def completeness(plan: StudyPlan, patients: Sequence[str], taken: Taken) -> Completeness:
    """Count who was taken where and when."""
    there: Counter[tuple[int, str]] = Counter()
    measured: Counter[tuple[int, str]] = Counter()
    rejected = Counter((take.visit_number, take.site) for take in taken.rejected)
    for place, take in taken.counted.items():
        there[place.visit_number, place.site] += 1
        measured[place.visit_number, place.site] += take.value is not None
    of_patients = [of_patient(plan, code, taken) for code in patients]
    return Completeness(
        patients=len(patients),
        cells=tuple(
            Cell(visit, site, there[visit, site], measured[visit, site], rejected[visit, site])
            for visit in plan.visits
            for site in plan.all_sites
        ),
        visits=tuple(
            _attendance(visit, [one.sites_taken[at] for one in of_patients], len(plan.all_sites))
            for at, visit in enumerate(plan.visits)
        ),
        with_change=sum(has_change(plan, code, taken) for code in patients),
        dropped_out=sum(one.dropped_out for one in of_patients),
        expected=len(patients) * len(plan.visits) * len(plan.all_sites),
        taken=len(taken.counted),
    )


def of_patient(plan: StudyPlan, code: str, taken: Taken) -> OfPatient:
    """Count what was taken of one patient."""
    counts = tuple(sum(taken.at(code, visit, site) is not None for site in plan.all_sites) for visit in plan.visits)
    return OfPatient(code, counts, dropped_out(plan, code, taken))


def has_change(plan: StudyPlan, code: str, taken: Taken) -> bool:
    """Whether a patient has the figure of a treated site at baseline and end point: then they count for the change."""
    return any(
        taken.value(code, plan.baseline, site) is not None and taken.value(code, plan.end_point, site) is not None
        for site in plan.sites
    )


def dropped_out(plan: StudyPlan, code: str, taken: Taken) -> bool:
    """Whether a patient has a figure of a treated site at the baseline and none at the end point."""

    def measured(visit: int) -> bool:
        return any(taken.value(code, visit, site) is not None for site in plan.sites)

    return measured(plan.baseline) and not measured(plan.end_point)


@dataclass(frozen=True)
class Quality:
    """How good what was taken is.

    Parameters
    ----------
    counted
        Captures that count; of these:
    warned, refused
        By the gate at the chair; refused ones count as a person let them through, or nobody rejected them.
    corrected
        By hand.
    not_measurable
        Without the study's figure.
    rejected, earlier, left_out
        Takes that do not count: rejected by a person, taken again later, of the other kind of instrument.
    pairs, changed
        Sites with a capture at baseline and end point, and of these those whose instrument changed between, by what
        changed.
    donor
        Change of the donor control from baseline to end point over all patients, who are not treated there; None
        without a donor control, or where nobody has both.
    smallest_change
        By the donor control, the change of one site that noise alone exceeds in 5 of 100; None where that is not known.
    """

    counted: int
    warned: int
    refused: int
    corrected: int
    not_measurable: int
    rejected: int
    earlier: int
    left_out: int
    pairs: int
    changed: tuple[tuple[InstrumentChange, int], ...]
    changed_pairs: int
    donor: GroupChange | None
    smallest_change: float | None


def quality(plan: StudyPlan, patients: Sequence[str], taken: Taken) -> Quality:
    """Say how good a study's captures are."""
    counted = taken.counted.values()
    verdicts = Counter(take.verdict for take in counted)
    ends = [
        (before, after)
        for code in patients
        for site in plan.all_sites
        if (before := taken.at(code, plan.baseline, site)) and (after := taken.at(code, plan.end_point, site))
    ]
    changes = [changed_between(before, after) for before, after in ends]
    by_kind = Counter(kind for kinds in changes for kind in kinds)
    donor = donor_pairs(plan, patients, taken)
    return Quality(
        counted=len(counted),
        warned=verdicts[Verdict.WARN],
        refused=verdicts[Verdict.REFUSE],
        corrected=sum(take.corrected for take in counted),
        not_measurable=sum(take.value is None for take in counted),
        rejected=len(taken.rejected),
        earlier=len(taken.earlier),
        left_out=len(taken.left_out),
        pairs=len(ends),
        changed=tuple((kind, by_kind[kind]) for kind in InstrumentChange if by_kind[kind]),
        changed_pairs=sum(bool(kinds) for kinds in changes),
        donor=group_change([before for before, _ in donor], [after for _, after in donor]) if donor else None,
        smallest_change=_smallest(donor),
    )


def donor_pairs(plan: StudyPlan, patients: Sequence[str], taken: Taken) -> list[tuple[float, float]]:
    """Return the donor control's figures at baseline and end point, of who has both."""
    if plan.donor is None:
        return []
    both = (
        (taken.value(code, plan.baseline, plan.donor), taken.value(code, plan.end_point, plan.donor))
        for code in patients
    )
    return [(before, after) for before, after in both if before is not None and after is not None]


def _smallest(donor: Sequence[tuple[float, float]]) -> float | None:
    try:
        return agreement(donor).smallest_detectable_change.value
    except FiguresUnusable:
        return None


def _attendance(visit: int, sites_taken: Sequence[int], sites: int) -> Attendance:
    whole, none = sum(count == sites for count in sites_taken), sum(count == 0 for count in sites_taken)
    return Attendance(visit, whole, len(sites_taken) - whole - none, none)
