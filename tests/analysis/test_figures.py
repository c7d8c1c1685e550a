"""Figures: values with intervals that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from analysis import Interval
from analysis.figures import density, mean, share, total_per_area

sure = arrays(float, st.integers(0, 300), elements=st.floats(0.05, 1.0))
areas = st.floats(0.05, 1.5)


@given(sure, areas)
def test_the_interval_of_a_density_holds_its_value_and_is_never_negative(p: np.ndarray, area_cm2: float) -> None:
    """A negative density, or one outside of its own interval, would be shown to a patient."""
    figure = density(p, area_cm2)
    assert figure.value == pytest.approx(len(p) / area_cm2)
    assert 0 <= figure.low <= figure.value <= figure.high


@given(sure, areas)
def test_doubt_about_hairs_widens_the_interval(p: np.ndarray, area_cm2: float) -> None:
    """An interval that forgets the doubt says more than is known."""
    certain = density(np.ones_like(p), area_cm2)
    doubtful = density(p, area_cm2)
    assert doubtful.high >= certain.high
    assert doubtful.low <= certain.low


@pytest.mark.parametrize("truth", [4, 30, 120])
def test_the_interval_of_a_count_covers_the_truth_in_95_of_100(truth: int) -> None:
    """An interval of the wrong width makes chance look like treatment, or treatment like chance."""
    counts = np.arange(0, 10 * truth)
    chance = stats.poisson.pmf(counts, truth)
    covered = np.array([truth in density(np.ones(n), 1.0) for n in counts])
    assert (chance * covered).sum() == pytest.approx(0.95, abs=0.02)


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_share_lies_in_its_interval_between_0_and_1(part: int, more: int) -> None:
    """A share above one or an interval of no width at none of ten would be nonsense."""
    figure = share(part, part + more)
    if part + more == 0:
        assert figure is None
        return
    assert figure is not None
    assert 0 <= figure.low <= figure.value <= figure.high <= 1
    assert figure.high > figure.low


def test_a_share_is_wilsons() -> None:
    """10 of 40: the interval of the textbook, not the plain normal one."""
    figure = share(10, 40)
    assert figure is not None
    wilson = stats.binomtest(10, 40).proportion_ci(method="wilson")
    assert (figure.low, figure.high) == pytest.approx((wilson.low, wilson.high), abs=1e-6)


def test_a_mean_has_its_standard_error_and_one_value_has_none() -> None:
    """The spread of one hair is unknown: an interval would be made up."""
    figure = mean(np.array([60.0, 70.0, 80.0]))
    assert figure is not None
    assert figure.value == 70
    assert figure.high - figure.value == pytest.approx(1.959964 * 10 / np.sqrt(3))
    assert mean(np.array([70.0])) is None
    assert mean(np.zeros(0)) is None


@given(arrays(float, 20, elements=st.floats(0.01, 0.1)), areas)
def test_total_thickness_grows_as_the_sum(values: np.ndarray, area_cm2: float) -> None:
    """Cumulative thickness is the figure of treatment that joins number and width."""
    figure = total_per_area(values, np.ones(20), area_cm2)
    assert figure.value == pytest.approx(values.sum() / area_cm2)
    assert 0 <= figure.low < figure.value < figure.high


numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers, numbers, numbers)
def test_an_interval_is_in_order_or_refused(a: float, b: float, c: float, d: float) -> None:
    """An interval the wrong way round contains nothing and would pass no check silently."""
    low, value, high = sorted((a, b, c))
    interval = Interval(value, low, high)
    assert (d in interval) == (low <= d <= high)
    assert set(interval.as_dict(2)) == {"value", "low", "high"}
    if low < high:
        with pytest.raises(ValueError, match="finite low <= value <= high"):
            Interval(value, high, low)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_interval_that_is_not_finite_is_refused(bad: float) -> None:
    """NaN is not JSON, and the collector would quarantine the capture."""
    with pytest.raises(ValueError, match="finite"):
        Interval(1.0, 0.0, bad)
