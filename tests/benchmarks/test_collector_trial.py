"""The simulated trial in a short form: its intervals hold the truth as often as they say, and its pictures are real."""

from dataclasses import replace

import pytest

from benchmarks.collector.trial_coverage import covered
from benchmarks.collector.trial_patients import ARMS, Going, recruit
from benchmarks.collector.trial_pictures import drawn
from contract import Verdict


def test_intervals_of_differences_hold_the_population_s_and_tell_arms_apart() -> None:
    """Breaks when a study's intervals are too narrow, its arms are mixed up, or what counts shifts a difference."""
    found = covered(24, 90, processes=1)
    for arm in ARMS[1:]:
        assert min(found.population[arm.code].values()) >= found.least
        assert min(found.own[arm.code].values()) >= found.least
    assert found.donor >= found.least
    assert found.told["A"] > found.told["B"], "the larger effect is told apart more often"
    assert found.told["A"] >= 0.5


def test_patients_are_in_arms_of_equal_size_and_change_as_planted() -> None:
    """Breaks when the trial is another than it says: arms, effects, or a donor control that changes."""
    patients = recruit(1200, 4)
    for arm in ARMS:
        treated, donor = zip(*(one.heads for one in patients if one.arm == arm), strict=True)
        assert len(treated) == 400
        changes = [head.after_per_cm2 - head.before_per_cm2 for head in treated]
        assert sum(changes) / 400 == pytest.approx(arm.change_per_cm2, abs=3 * 8 / 20)
        assert all(head.after_per_cm2 == head.before_per_cm2 for head in donor)
        leaving = sum(one.leaves for one in patients if one.arm == arm) / 400
        assert leaving == pytest.approx(arm.leaving, abs=0.05)


def test_a_shaken_picture_is_refused_and_one_of_the_wrong_place_is_not() -> None:
    """Breaks when the drawn trial's faults are none: the gate must see the one, and a person the other."""
    head = replace(recruit(1, 4)[0].heads[1], goings=(Going.SHAKEN, Going.LOST))
    shaken, again = drawn(head, 1).takes
    assert shaken.quality.verdict is Verdict.REFUSE
    assert again.quality.verdict is not Verdict.REFUSE
    (misplaced,) = drawn(head, 2).takes
    assert misplaced.misplaced
    assert misplaced.quality.verdict is not Verdict.REFUSE
    assert misplaced.true_hairs < 0.8 * again.true_hairs
    assert len(again.measurement.hairs) == pytest.approx(again.true_hairs, rel=0.15)
