"""A short simulated trial through the whole system: what its study's page says is what was planted, and was blinded."""

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from benchmarks.collector.trial import planted_changes, run, tasks
from benchmarks.collector.trial_page import ANSWER
from benchmarks.collector.trial_patients import ARMS, TREATED, Going, Patient, PlantedArm, recruit, true_differences
from benchmarks.collector.trial_pictures import Sitting, modelled
from contract import Verdict

_PATIENTS, _SEED = 30, 1


def test_a_trial_goes_from_the_chair_to_its_arms_differences(tmp_path: Path) -> None:
    """Breaks when a study's page counts what must not count, mixes up arms, drifts, or tells arms while blinded."""
    patients = _with_every_going(recruit(_PATIENTS, _SEED))
    sittings = [modelled(head, visit) for head, visit in tasks(patients)]
    ran = run(tmp_path, patients, sittings)

    takes = [take for one in sittings for take in one.takes]
    assert ran.delivered.held == sum(take.quality.verdict is Verdict.REFUSE for take in takes) > 0
    assert ran.delivered.captures == len(takes) - ran.delivered.held
    assert ran.delivered.rejected == sum(take.misplaced for take in takes) > 0
    assert ran.delivered.corrected > 0

    assert ran.blinded
    truth = true_differences(planted_changes(patients))
    for code, difference in truth.items():
        assert ran.shown.differences[code][ANSWER].holds(difference)
    assert ran.shown.donor.holds(0.0)
    assert all(one.donor.holds(0.0) for one in ran.shown.arms.values())

    in_arm = {one.code: one.arm for one in patients}
    for arm in ARMS:
        shown, changes = ran.shown.arms[arm.code], _changes(sittings, in_arm, arm)
        assert shown.allocated == sum(one.arm == arm for one in patients)
        assert shown.analysed == len(changes)
        assert shown.change.value == pytest.approx(fmean(changes), abs=0.051)


def _with_every_going(patients: list[Patient]) -> list[Patient]:
    """Have everything happen at the treated site of somebody who stays: chance alone may spare it."""
    stay = (place for place, one in enumerate(patients) if not one.leaves)
    for going, place in zip([*Going, *Going], stay, strict=False):
        treated, donor = patients[place].heads
        patients[place] = replace(patients[place], heads=(replace(treated, goings=(Going.WELL, going)), donor))
    return patients


def _changes(sittings: list[Sitting], in_arm: dict[str, PlantedArm], arm: PlantedArm) -> list[float]:
    """Return the changes of the treated site of an arm's patients, by the pictures that must count and they alone."""
    figures: dict[tuple[str, int], float] = {}
    for one in sittings:
        if one.head.site != TREATED or in_arm[one.head.patient_code] != arm:
            continue
        if one.head.goings[one.visit - 1] is not Going.LOST:
            take = one.takes[-1]
            measured = take.measurement.hair_density_per_cm2.value
            corrected = take.true_hairs / take.measurement.area_cm2
            figures[one.head.patient_code, one.visit] = corrected if take.to_correct else measured
    return [
        figures[code, 2] - before for (code, visit), before in figures.items() if visit == 1 and (code, 2) in figures
    ]
