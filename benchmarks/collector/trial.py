"""A simulated trial through the whole system: what its study's page says of the arms, against the truth.

Two hundred patients, three arms, two visits, a treated site and a donor control; scalps are drawn and change as
planted, and are photographed, judged and measured as at the chair.  Some patients leave; pictures are refused by the
gate, rejected by a person, taken again, corrected.  The truth is what the drawn scalps' hairs say of all patients.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

import numpy as np

from benchmarks.collector.trial_clinic import (
    OTHERWISE,
    STUDY,
    Delivered,
    TrialClinic,
    page_of,
    results_page,
    without_what_passes,
)
from benchmarks.collector.trial_coverage import Coverage, covered
from benchmarks.collector.trial_page import ANSWER, ShownResults, results_of, tables_of
from benchmarks.collector.trial_patients import (
    ARMS,
    BASELINE,
    END_POINT,
    POPULATION,
    TREATED,
    Head,
    Patient,
    recruit,
    true_differences,
)
from benchmarks.collector.trial_pictures import Sitting, drawn, drawn_density
from benchmarks.targets import Bound
from contract import Verdict
from tests.postgresql import postgresql

Row: TypeAlias = tuple[str, str, str, str]

SEED = 2026
COVERAGE_TRIALS = 200
_PROCESSES = 2


@dataclass(frozen=True)
class Run:
    """A trial as it was run: what travelled, what the page says came of it, and whether it was blinded before."""

    delivered: Delivered
    shown: ShownResults
    blinded: bool


def rows(runs: int) -> list[Row]:
    """Draw a trial of so many patients, run it on both databases, and simulate others with its errors."""
    patients = recruit(runs, SEED)
    with ProcessPoolExecutor(_PROCESSES) as executor:
        sittings = list(executor.map(drawn, *zip(*tasks(patients), strict=True), chunksize=4))
        realised = true_differences(drawn_changes(patients))
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        of_stores = {"SQLite": None, "PostgreSQL": cluster.fresh()}
        ran = {}
        for name, url in of_stores.items():
            (place := Path(folder) / name).mkdir()
            ran[name] = run(place, patients, sittings, url)
    errors = errors_of(sittings)
    lines = [line for name, one in ran.items() for line in worded(one, realised, f"on {name}")]
    return [*_about(patients, ran["SQLite"], errors), *lines, *coverage_worded(covered(COVERAGE_TRIALS, runs, errors))]


def tasks(patients: Sequence[Patient]) -> list[tuple[Head, int]]:
    """Return every place and visit at which pictures are taken."""
    return [(head, visit) for one in patients for visit in one.visits for head in one.heads]


def drawn_changes(patients: Sequence[Patient]) -> list[tuple[str, float]]:
    """Return each patient's arm and the change of the hairs on the drawn scalp, also of who left."""
    treated = [next(head for head in one.heads if head.site == TREATED) for one in patients]
    return [
        (one.arm.code, drawn_density(head, END_POINT) - drawn_density(head, BASELINE))
        for one, head in zip(patients, treated, strict=True)
    ]


def planted_changes(patients: Sequence[Patient]) -> list[tuple[str, float]]:
    """Return each patient's arm and the change that is planted, also of who left."""
    treated = [next(head for head in one.heads if head.site == TREATED) for one in patients]
    return [
        (one.arm.code, head.after_per_cm2 - head.before_per_cm2) for one, head in zip(patients, treated, strict=True)
    ]


def run(folder: Path, patients: Sequence[Patient], sittings: Sequence[Sitting], store_url: str | None = None) -> Run:
    """Run a trial in a clinic of real processes.

    Parameters
    ----------
    folder
        An existing, empty folder.
    patients, sittings
        Of the trial.
    store_url
        Of the collector's database; None for SQLite.
    """
    clinic = TrialClinic(folder, store_url)
    with clinic.running():
        clinic.plan(patients)
        delivered = clinic.deliver(sittings)
        with clinic.monitor() as browser:
            blinded = all(
                without_what_passes(page_of(browser, f"/studies/{STUDY}{part}"))
                == without_what_passes(page_of(browser, f"/studies/{OTHERWISE}{part}"))
                for part in ("", "/patients")
            ) and not any("Arm" in table.heads for table in tables_of(page_of(browser, f"/studies/{STUDY}")))
            clinic.unlock()
            shown = results_of(results_page(browser))
    return Run(delivered, shown, blinded)


def errors_of(sittings: Sequence[Sitting]) -> list[float]:
    """Return the errors of single pictures that a person would let stand, without their mean, hairs/cm2."""
    errors = [
        take.measurement.hair_density_per_cm2.value - sitting.true_per_cm2
        for sitting in sittings
        for take in sitting.takes
        if not take.misplaced and take.quality.verdict is not Verdict.REFUSE
    ]
    return [error - fmean(errors) for error in errors]


def worded(ran: Run, realised: dict[str, float], where: str) -> list[Row]:
    """Word one run: each arm's difference against the truth, the donor control, the blinding."""
    lines: list[Row] = []
    for arm in ARMS[1:]:
        shown, truth = ran.shown.differences[arm.code], realised[arm.code]
        asked = f"holds {truth:+.1f}, the drawn scalps' (population {POPULATION[arm.code]:+.1f})"
        said = "met" if shown[ANSWER].holds(truth) else f"**misses {truth:+.1f}**"
        others = "; ".join(f"{name.lower()} {one}" for name, one in shown.items() if name != ANSWER)
        lines += [
            (f"{arm.title} against placebo, hairs/cm2, {where}", asked, str(shown[ANSWER]), said),
            (f"the same, {where}, by the other methods", "-", others, "stated"),
        ]
    drift = ran.shown.donor
    by_arm = "; ".join(f"{code} {one.donor}" for code, one in ran.shown.arms.items())
    same = ("yes", "met") if ran.blinded else ("no", "**they tell arms**")
    return [
        *lines,
        (f"donor control, all arms, {where}", "holds 0", str(drift), "met" if drift.holds(0.0) else "**drifts**"),
        (f"donor control by arm, {where}", "-", by_arm, "stated"),
        (f"blinded pages are the same under another allocation, {where}", "yes", *same),
    ]


def coverage_worded(found: Coverage) -> list[Row]:
    """Word how often intervals held the truth."""

    def held(share: float, words: str, beside: str = "") -> Row:
        bound = Bound("held", words, low=found.least, digits=1, unit="%")
        return (
            f"{words}, of {found.trials} trials",
            bound.asked(),
            f"{bound.shown(share)}{beside}",
            bound.verdict(share),
        )

    lines = []
    for arm in ARMS[1:]:
        for method, share in found.population[arm.code].items():
            beside = f" (that of the trial's own patients: {100 * found.own[arm.code][method]:.1f} %)"
            lines.append(held(share, f"{arm.title}, {method.lower()}: the interval holds the population's", beside))
        told = f"{100 * found.told[arm.code]:.1f} %"
        lines.append((f"{arm.title}: told from placebo, of {found.trials} trials", "-", told, "stated"))
    return [*lines, held(found.donor, "donor control: the interval holds 0")]


def _about(patients: Sequence[Patient], ran: Run, errors: Sequence[float]) -> list[Row]:
    sent, left = ran.delivered, sum(one.leaves for one in patients)
    travelled = (
        f"{sent.captures} captures, {sent.rejected} rejected by a person, {sent.corrected} corrected;"
        f" {sent.held} held back by the gate"
    )
    return [
        ("patients, and of these left before the end", "-", f"{len(patients)}, {left}", "stated"),
        ("what was taken and travelled", "-", travelled, "stated"),
        ("error of one picture's density, SD", "-", f"{np.std(errors):.1f} hairs/cm2", "stated"),
    ]
