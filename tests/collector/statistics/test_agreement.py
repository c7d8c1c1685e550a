"""Agreement of repeats: against Shrout & Fleiss 1979, Bland & Altman 1986, and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measurement import Interval
from collector.statistics.agreement import agreement, bland_altman
from collector.statistics.given import FiguresUnusable, TooFewFigures
from tests.collector.statistics.coverage import as_often_as_stated

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
"""Table 2 of Shrout & Fleiss 1979: six subjects, four judges."""

WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
WRIGHT_AGAIN = [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
MINI_AGAIN = [525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443]
"""Table 1 of Bland & Altman 1986: peak expiratory flow, l/min, of 17 subjects by two meters, twice each."""


def bounds(interval: Interval | None) -> tuple[float, float, float]:
    """Return what an interval holds."""
    assert interval is not None
    return interval.value, interval.low, interval.high


def test_the_example_of_shrout_and_fleiss() -> None:
    """Breaks when an ICC is of another form than it is called: 0.17, 0.29, 0.71; intervals as R's psych gives them."""
    found = agreement(SHROUT_FLEISS)
    assert bounds(found.icc_1_1) == pytest.approx((0.17, -0.13, 0.72), abs=0.005)
    assert bounds(found.icc_2_1) == pytest.approx((0.29, 0.02, 0.76), abs=0.005)
    assert bounds(found.icc_3_1) == pytest.approx((0.71, 0.34, 0.95), abs=0.005)
    # their table 3: mean squares within targets 6.26, residual 1.02
    assert found.sem.value**2 == pytest.approx(6.26, abs=0.005)
    assert found.sem_consistency**2 == pytest.approx(1.02, abs=0.005)
    assert found.smallest_detectable_change.value == pytest.approx(1.96 * np.sqrt(2 * 6.264), rel=1e-3)
    assert (found.subjects, found.repeats) == (6, 4)


def test_the_peak_flows_of_bland_and_altman() -> None:
    """Breaks when bias, limits or their intervals are others than published: -2.1 (-22.0 to 17.8), SD 38.8 l/min."""
    found = bland_altman(MINI, WRIGHT)
    assert found.limits.bias.value == pytest.approx(-2.1, abs=0.05)
    assert (found.limits.bias.low, found.limits.bias.high) == pytest.approx((-22.0, 17.8), abs=0.1)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    # published with 2 for 1.96: -79.7 and 75.5, each with a symmetric interval of 34.6 either side
    assert found.limits.low.value == pytest.approx(-2.1 - 1.96 * 38.8, abs=0.1)
    assert found.limits.high.value == pytest.approx(-2.1 + 1.96 * 38.8, abs=0.1)
    for limit in (found.limits.low, found.limits.high):
        # as wide as theirs within a sixth, and skew outwards, as a spread's interval is and theirs is not
        assert limit.high - limit.low == pytest.approx(2 * 34.6, rel=1 / 6)
    assert found.limits.high.high - found.limits.high.value > found.limits.high.value - found.limits.high.low
    assert found.differences[0] == -18
    assert found.means[0] == 503


def test_the_repeatability_of_the_two_meters() -> None:
    """Breaks when the standard error of measurement is not the one within subjects: 15.3 and 19.9 l/min (1999)."""
    large = agreement(np.column_stack([WRIGHT, WRIGHT_AGAIN]))
    mini = agreement(np.column_stack([MINI, MINI_AGAIN]))
    assert large.sem.value == pytest.approx(15.3, abs=0.05)
    assert mini.sem.value == pytest.approx(19.9, abs=0.05)


def test_the_interval_of_consistency_holds_the_truth_as_often_as_it_says() -> None:
    """Breaks when F's degrees of freedom are swapped; offsets of the columns must not matter to it."""
    rng = np.random.default_rng(31)
    held = 0
    for _ in range(1000):
        subjects = rng.normal(150, 30, 12)[:, None]
        interval = agreement(subjects + rng.normal(0, 15, (12, 3)) + np.array([0.0, 5.0, -9.0])).icc_3_1
        assert interval is not None
        held += 30**2 / (30**2 + 15**2) in interval
    assert as_often_as_stated(held, 1000)


@given(st.integers(2, 6), st.integers(2, 4), st.data())
def test_units_and_order_of_subjects_do_not_matter(subjects: int, repeats: int, data: st.DataObject) -> None:
    """Breaks when a correlation depends on the figure's unit or on who came first."""
    cells = data.draw(
        st.lists(st.integers(500, 40_000), min_size=subjects * repeats, max_size=subjects * repeats, unique=True)
    )
    given_table = np.array(cells).reshape(subjects, repeats) / 100
    one = agreement(given_table)
    other = agreement(given_table[::-1] * 7.0)
    assert other.sem.value == pytest.approx(7 * one.sem.value)
    assert other.coefficient_of_variation == pytest.approx(one.coefficient_of_variation)
    for name in ("icc_1_1", "icc_2_1", "icc_3_1"):
        first, second = getattr(one, name), getattr(other, name)
        assert (first is None) == (second is None)
        if first is not None:
            assert bounds(second) == pytest.approx(bounds(first), abs=1e-6)


def test_an_offset_counts_for_agreement_and_not_for_consistency() -> None:
    """Breaks when a device that always counts more passes for one that agrees."""
    rng = np.random.default_rng(3)
    alike = rng.normal(150, 30, 40)[:, None] + rng.normal(0, 5, (40, 2))
    apart = agreement(alike + np.array([0.0, 25.0]))
    assert bounds(apart.icc_3_1) == pytest.approx(bounds(agreement(alike).icc_3_1))
    assert bounds(apart.icc_2_1)[0] < bounds(agreement(alike).icc_2_1)[0] - 0.1
    assert apart.sem.value > 2 * apart.sem_consistency


def test_the_coefficient_of_variation_by_hand() -> None:
    """Breaks when spreads are averaged in place of their squares, or divided by the grand mean."""
    found = agreement([[90.0, 110.0], [200.0, 200.0]])
    assert found.coefficient_of_variation == pytest.approx(np.sqrt((200 / 100**2 + 0) / 2))
    assert agreement([[-1.0, 1.0], [3.0, 4.0]]).coefficient_of_variation is None


def test_repeats_without_noise_agree_wholly() -> None:
    """Breaks when nothing to divide by ends a study in an error."""
    found = agreement([[1.0, 1.0], [2.0, 2.0], [5.0, 5.0]])
    assert bounds(found.icc_1_1)[0] == bounds(found.icc_2_1)[0] == bounds(found.icc_3_1)[0] == 1
    assert found.sem.value == 0


@pytest.mark.parametrize(
    ("given_table", "said"),
    [
        ([[1.0, 2.0], [3.0, float("nan")]], "not numbers"),
        ([[1.0, 2.0], [3.0]], "same number of repeats"),
        ([1.0, 2.0], "a table is needed"),
        ([[5.0, 5.0], [5.0, 5.0]], "one number"),
        (np.zeros((100_001, 2)), "too many"),
    ],
)
def test_what_is_no_table_is_refused(given_table: list[list[float]], said: str) -> None:
    """Breaks when a correlation is made of holes, or of a constant."""
    with pytest.raises(FiguresUnusable, match=said):
        agreement(given_table)


def test_too_few_repeats_and_pairs_are_refused() -> None:
    """Breaks when limits are drawn from two patients, or a correlation from one."""
    with pytest.raises(TooFewFigures, match="1 subjects by 3 repeats"):
        agreement([[1.0, 2.0, 3.0]])
    with pytest.raises(TooFewFigures, match="3 are needed"):
        bland_altman([1.0, 2.0], [1.0, 2.0])
