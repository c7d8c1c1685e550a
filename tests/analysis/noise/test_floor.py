"""The noise floor, and that nothing inside of it is ever called a change."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.comparison.change import Change
from analysis.figure_words import FIGURES
from analysis.measurement import Interval, Measurement
from analysis.noise.agreement import Spread
from analysis.noise.floor import (
    CHANGES,
    Call,
    Difference,
    NoiseFloor,
    Source,
    describe_change,
    floor_in_force,
    floor_of_bursts,
    floor_of_changes,
    floor_of_repeats,
)

DENSITY = "hair_density_per_cm2"

sizes = st.floats(-300, 300)
widths = st.floats(0, 200)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Draw changes with intervals about them, symmetric or not."""
    value, down, up = draw(sizes), draw(widths), draw(widths)
    return Interval(value, value - down, value + up)


@st.composite
def floors(draw: st.DrawFn) -> NoiseFloor:
    """Draw floors of any width and source, some from a handful of repeats."""
    return NoiseFloor(
        DENSITY,
        draw(st.sampled_from(Difference)),
        draw(st.sampled_from(Source)),
        draw(st.floats(1e-6, 100)),
        draw(st.floats(1, 500)),
        draw(st.integers(1, 50)),
    )


def floor(source: Source, difference_sd: float, degrees: float) -> NoiseFloor:
    """Return a counted floor of hair density."""
    return NoiseFloor(DENSITY, Difference.COUNTED, source, difference_sd, degrees, 5)


@given(intervals(), st.none() | floors())
def test_nothing_inside_the_noise_is_called_a_change(change: Interval, of: NoiseFloor | None) -> None:
    """A patient would be told that a treatment works, or fails, by the instrument's noise."""
    judged = describe_change(change, of, "hair density", "hairs/cm2")
    inside = 0 in change or (of is not None and abs(change.value) <= of.called_from)
    assert (judged.call in {Call.INCREASE, Call.DECREASE}) is not inside
    if not inside:
        assert (judged.call is Call.INCREASE) is (change.value > 0)


@given(intervals(), st.none() | floors())
def test_the_sentence_says_what_was_called(change: Interval, of: NoiseFloor | None) -> None:
    """People read the sentence: it must not say increase where none was called, nor hide that no floor is known."""
    judged = describe_change(change, of, "Hair density", "hairs/cm2")
    assert judged.sentence.startswith("Hair density: ")
    words = {
        Call.INCREASE: "increase",
        Call.DECREASE: "decrease",
        Call.NO_CHANGE: "no change",
        Call.CANNOT_TELL: "cannot tell",
    }
    assert {call for call, word in words.items() if word in judged.sentence} == {judged.call}
    assert ("noise floor not yet known for this device" in judged.sentence) is (of is None)
    assert ("from bursts only" in judged.sentence) is (of is not None and of.source is Source.BURST)


@given(intervals(), floors())
def test_no_change_is_said_only_where_a_larger_one_would_have_shown(change: Interval, of: NoiseFloor) -> None:
    """An interval far wider than the floor hides changes: it says nothing of there being none."""
    call = describe_change(change, of, "hair density", "hairs/cm2").call
    if call is Call.NO_CHANGE:
        assert abs(change.value) <= of.called_from
        assert max(-change.low, change.high) <= 2 * of.called_from


def test_each_case_has_its_sentence() -> None:
    """The words stand in one place; a change to them is seen here, and read by a person."""
    twenty = floor(Source.PLACEMENT, 20 / 1.959964 / sqrt(40 / stats.chi2.ppf(0.05, 40)), 40)
    assert twenty.called_from == pytest.approx(20)

    def said(value: float, low: float, high: float, of: NoiseFloor | None, unit: str = "hairs/cm2") -> str:
        return describe_change(Interval(value, low, high), of, "Hair density", unit).sentence

    assert said(32.2, 12.1, 52.2, twenty) == (
        "Hair density: increase by 32.2 hairs/cm2 (+12.1 to +52.2), more than the noise floor of 20.0 hairs/cm2."
    )
    assert said(-32.2, -52.2, -12.1, twenty) == (
        "Hair density: decrease by 32.2 hairs/cm2 (-52.2 to -12.1), more than the noise floor of 20.0 hairs/cm2."
    )
    assert said(12.0, 2.0, 22.0, twenty) == (
        "Hair density: no change beyond noise; +12.0 hairs/cm2 (+2.0 to +22.0) is within the noise floor of 20.0"
        " hairs/cm2."
    )
    assert said(12.0, -40.0, 64.0, twenty) == (
        "Hair density: cannot tell; +12.0 hairs/cm2 (-40.0 to +64.0) is less sure than the noise floor of 20.0"
        " hairs/cm2."
    )
    assert said(32.0, 12.0, 52.0, None) == (
        "Hair density: increase by 32.0 hairs/cm2 (+12.0 to +52.0); noise floor not yet known for this device."
    )
    assert said(2.0, -12.0, 22.0, None) == (
        "Hair density: no change beyond its own uncertainty; +2.0 hairs/cm2 (-12.0 to +22.0); noise floor not yet known"
        " for this device."
    )
    assert said(0.05, 0.02, 0.09, None, "%") == (
        "Hair density: increase by 5.0 percentage points (+2.0 to +9.0); noise floor not yet known for this device."
    )
    burst = floor(Source.BURST, 1.0, 40)
    assert "placing the instrument anew adds to it" in said(32.2, 12.1, 52.2, burst)
    nothing = describe_change(None, twenty, "Hair density", "hairs/cm2")
    assert (nothing.call, nothing.sentence) == (
        Call.CANNOT_TELL,
        "Hair density: cannot tell; the pictures do not give it.",
    )


def test_a_change_must_exceed_the_floor_s_bound_and_not_only_its_estimate() -> None:
    """Three repeats that happen to agree would else make every later wobble a change."""
    few, many = floor(Source.PLACEMENT, 10.0, 2), floor(Source.PLACEMENT, 10.0, 200)
    assert few.smallest_detectable_change == many.smallest_detectable_change == pytest.approx(19.6, abs=0.01)
    assert few.sd == pytest.approx(10 / sqrt(2))
    change = Interval(30.0, 10.0, 50.0)
    assert describe_change(change, few, "", "").call is not Call.INCREASE
    assert describe_change(change, many, "", "").call is Call.INCREASE


@pytest.mark.parametrize("repeats", [2, 4])
def test_clinics_keep_to_five_in_a_hundred(repeats: int) -> None:
    """The bound's promise: at most one clinic in twenty calls more than 5 % of unchanged patients changed."""
    rng = np.random.default_rng(5)
    worse = 0
    for _ in range(800):
        found = floor_of_repeats(DENSITY, rng.normal(150, 7, (8, repeats)).tolist(), Source.PLACEMENT)
        assert found is not None
        worse += 2 * stats.norm.sf(found.called_from / (sqrt(2) * 7)) > 0.05
    assert 0.03 <= worse / 800 <= 0.07


def test_repeats_give_the_smallest_detectable_change_of_the_field() -> None:
    """1.96 sqrt(2) SD, or the floor compares with nobody's."""
    found = floor_of_repeats(DENSITY, [[10.0, 12.0], [20.0, 24.0], [5.0]], Source.PLACEMENT)
    assert found is not None
    sd = sqrt((2 + 8) / 2)
    assert (found.sd, found.degrees, found.subjects) == pytest.approx((sd, 2, 2))
    assert found.smallest_detectable_change == pytest.approx(1.96 * sqrt(2) * sd, rel=1e-4)
    assert floor_of_repeats(DENSITY, [[1.0], [2.0]], Source.DONOR) is None


def test_counts_that_agree_by_chance_are_no_floor() -> None:
    """A pair of pictures in which no hair came or went would make a change of every later hair."""
    assert floor_of_repeats(DENSITY, [[120.1, 120.1, 120.1], [90.7, 90.7, 90.7]], Source.PLACEMENT) is None
    assert floor_of_changes(DENSITY, [0.0, 0.0], Source.DONOR) is None
    assert floor_of_bursts(DENSITY, [Spread(0.0, 2)]) is None
    with pytest.raises(ValueError, match="above 0"):
        floor(Source.DONOR, 0.0, 5)


def test_matched_changes_are_a_difference_already() -> None:
    """Taken as repeats of one picture they would count twice; with their mean taken out, a drift would be no error."""
    found = floor_of_changes(DENSITY, [3.0, 3.0, -3.0], Source.DONOR)
    assert found is not None
    assert (found.difference, found.degrees) == (Difference.MATCHED, 3)
    assert found.smallest_detectable_change == pytest.approx(1.959964 * 3)
    assert floor_of_changes(DENSITY, [], Source.DONOR) is None


def test_bursts_are_pooled() -> None:
    """One burst of three stills has two degrees of freedom; a day of them is a floor."""
    found = floor_of_bursts(DENSITY, [Spread(1.0, 2)] * 20)
    assert found is not None
    assert found.source is Source.BURST
    assert (found.sd, found.degrees) == pytest.approx((1.0, 40.0))
    assert floor_of_bursts(DENSITY, []) is None


def test_the_widest_honest_floor_is_in_force() -> None:
    """A floor that leaves out the placing would make changes of it; one from two visits would hide all changes."""
    burst, placement, donor = floor(Source.BURST, 9, 60), floor(Source.PLACEMENT, 5, 40), floor(Source.DONOR, 6, 20)
    hasty, scarce = floor(Source.DONOR, 8, 1), floor(Source.PLACEMENT, 5, 4)

    def in_force(*known: NoiseFloor) -> NoiseFloor | None:
        return floor_in_force(known, DENSITY, Difference.COUNTED)

    assert in_force(burst) == burst
    assert in_force(burst, placement, donor) == donor
    assert in_force(burst, placement, hasty) == placement
    assert in_force(hasty, scarce, burst) == scarce
    assert in_force() is None
    assert floor_in_force([burst, donor], DENSITY, Difference.MATCHED) is None
    assert floor_in_force([burst, donor], "mean_diameter_um", Difference.COUNTED) is None


def test_floors_are_of_figures_that_there_are() -> None:
    """A renamed figure would lose its floor, and every change of it be called by its interval alone."""
    assert set(FIGURES) <= {one.name for one in fields(Measurement)}
    assert set(CHANGES) <= {one.name for one in fields(Change)}
    assert {figure for figure, _ in CHANGES.values()} <= set(FIGURES)
    with pytest.raises(ValueError, match="known figure"):
        NoiseFloor("hairs", Difference.COUNTED, Source.DONOR, 1.0, 3.0, 2)
    with pytest.raises(ValueError, match="spread"):
        NoiseFloor(DENSITY, Difference.COUNTED, Source.DONOR, float("nan"), 3.0, 2)


def test_a_floor_is_json_ready() -> None:
    """The report and the message carry it."""
    as_dict = json.loads(json.dumps(floor(Source.DONOR, 6.0, 20.0).as_dict()))
    assert as_dict["source"] == "donor"
    assert as_dict["called_from"] > as_dict["smallest_detectable_change"] > as_dict["sd"]


def test_the_clinic_s_service_needs_no_opencv_for_it() -> None:
    """The collector words changes on a machine without OpenCV."""
    program = (
        "import sys; sys.modules['cv2'] = None; import analysis.noise.floor, analysis.noise.repeat_study; print('ok')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr
