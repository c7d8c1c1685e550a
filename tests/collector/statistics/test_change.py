"""Change of a site and of a group: against published data, hand reckoning and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.measurement import Interval
from analysis.noise.floor import Call, Difference, NoiseFloor, Source
from collector.statistics.change import group_change, site_change
from collector.statistics.given import FiguresUnusable, TooFewFigures
from tests.collector.statistics.coverage import as_often_as_stated

STUDENT_FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
STUDENT_SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
"""Student 1908, Biometrika 6:1: hours of sleep gained with two drugs, ten patients; R's data set `sleep`."""

densities = st.floats(20, 400).map(lambda value: round(value, 2))


def test_students_own_patients() -> None:
    """Breaks when the paired interval is another than R's: t.test(second, first, paired = TRUE) on `sleep`."""
    change = group_change(STUDENT_FIRST, STUDENT_SECOND)
    assert change.interval is not None
    assert change.patients == 10
    assert change.mean == pytest.approx(1.58)
    assert (change.interval.low, change.interval.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert change.p == pytest.approx(0.002833, abs=1e-6)
    assert change.sd == pytest.approx(1.58 / 4.0621 * np.sqrt(10), rel=1e-4)
    assert change.standardised_response_mean == pytest.approx(4.0621 / np.sqrt(10), rel=1e-4)
    assert (change.before_mean, change.after_mean) == pytest.approx((0.75, 2.33))


def test_the_interval_of_a_group_holds_the_truth_as_often_as_it_says() -> None:
    """Breaks when the quantile, its degrees of freedom or the standard error is wrong: eight patients show a z."""
    rng = np.random.default_rng(88)
    held = 0
    for _ in range(1000):
        before = rng.normal(150, 30, 8)
        interval = group_change(before, before + rng.normal(11.5, 10, 8)).interval
        assert interval is not None
        held += 11.5 in interval
    assert as_often_as_stated(held, 1000)


@given(st.lists(st.tuples(densities, densities), min_size=2, max_size=12), st.floats(-100, 100), st.floats(0.01, 100))
def test_units_and_order_of_patients_do_not_matter(
    pairs: list[tuple[float, float]], shift: float, scale: float
) -> None:
    """Breaks when a figure's unit or the order of patients gets into the answer."""
    one = group_change(*zip(*pairs, strict=True))
    turned = np.array(pairs[::-1]) * scale + shift
    other = group_change(turned[:, 0], turned[:, 1])
    assert other.mean == pytest.approx(scale * one.mean, abs=1e-6 * scale)
    if one.interval is None or other.interval is None:
        assert np.ptp(np.diff(np.array(pairs), axis=1)) < 1e-6
        return
    assert other.interval.high == pytest.approx(scale * one.interval.high, rel=1e-6, abs=1e-6 * scale)
    assert other.p == pytest.approx(one.p, rel=1e-4, abs=1e-9)


def test_one_patient_has_a_change_but_no_interval() -> None:
    """Breaks when one patient's change passes for a group's, or ends a page in an error."""
    change = group_change([150.0], [160.0])
    assert (change.mean, change.interval, change.sd, change.p) == (10.0, None, None, None)


def test_changes_that_are_all_alike_have_no_interval() -> None:
    """Breaks when figures without scatter are shown as known without any doubt."""
    change = group_change([150.1, 90.3, 70.7], [160.1, 100.3, 80.7])
    assert (change.interval, change.sd, change.standardised_response_mean) == (None, 0.0, None)
    assert change.mean == pytest.approx(10.0)
    assert group_change([0.0, 0.0], [0.0, 0.0]).interval is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([1.0, float("nan")], [1.0, 2.0], "not numbers"),
        ([1.0, float("inf")], [1.0, 2.0], "not numbers"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "3 first and 2 second"),
        ([1.0, None], [1.0, 2.0], "not numbers"),
        ([1.0, "x"], [1.0, 2.0], "not all of them are numbers"),
        ([[1.0, 2.0]], [1.0, 2.0], "not a table"),
        ([1e200, 2.0], [1.0, 2.0], "no measurement"),
        (np.zeros(200_001), np.zeros(200_001), "too many"),
    ],
)
def test_what_is_no_figure_is_refused(before: list[float], after: list[float], said: str) -> None:
    """Breaks when a missing figure becomes a NaN on a page, or a list too long stops the service."""
    with pytest.raises(FiguresUnusable, match=said):
        group_change(before, after)


def test_nobody_is_too_few() -> None:
    """Breaks when an empty study ends in a division by 0."""
    with pytest.raises(TooFewFigures, match="1 are needed"):
        group_change([], [])


def test_a_sites_change_puts_both_intervals_together() -> None:
    """Breaks when an interval's sides are swapped: the change is least sure upwards where the later figure is."""
    found = site_change(Interval(100, 97, 108), Interval(120, 116, 132), None, "Hair density", "hairs/cm2")
    assert found.change.value == 20
    assert found.change.low == pytest.approx(20 - np.hypot(4, 8))
    assert found.change.high == pytest.approx(20 + np.hypot(12, 3))
    assert found.judgement.call is Call.INCREASE
    assert "noise floor not yet known" in found.judgement.sentence


def test_a_sites_change_is_held_against_the_noise_floor() -> None:
    """Breaks when statistics call a change what the report calls noise."""
    floor = NoiseFloor("hair_density_per_cm2", Difference.COUNTED, Source.PLACEMENT, 15.0, 20.0, 10)
    before, after = Interval(100, 96, 104), Interval(120, 116, 124)
    found = site_change(before, after, floor, "Hair density", "hairs/cm2")
    assert 0 not in found.change
    assert floor.smallest_detectable_change > found.change.value
    assert found.judgement.call is Call.NO_CHANGE
    larger = site_change(before, Interval(160, 156, 164), floor, "Hair density", "hairs/cm2")
    assert larger.judgement.call is Call.INCREASE


def test_the_interval_of_a_site_holds_the_truth_as_often_as_it_says() -> None:
    """Breaks when two intervals are added up in full (too wide) or only one of them counts (too narrow)."""
    rng = np.random.default_rng(7)
    held = 0
    reach = stats.norm.ppf(0.975) * np.array([5.0, 8.0])
    for _ in range(1000):
        before, after = rng.normal([150.0, 161.5], [5.0, 8.0])
        first, second = (Interval(value, value - r, value + r) for value, r in zip((before, after), reach, strict=True))
        held += 11.5 in site_change(first, second, None, "Hair density", "hairs/cm2").change
    assert as_often_as_stated(held, 1000)
