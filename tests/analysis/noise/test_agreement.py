"""Agreement of repeats: against published examples, scipy, and simulated studies."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.noise.agreement import (
    WITHIN,
    Spread,
    intraclass,
    intraclass_agreement,
    limits_of_agreement,
    pooled,
    spread_within,
)

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
"""Table 2 of Shrout & Fleiss 1979: six subjects, four judges. They give ICC(1,1) 0.17 and ICC(2,1) 0.29; the intervals
(-0.13 to 0.72, 0.02 to 0.76) are those of the R package psych, whose manual works this example."""

values = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))


def test_the_example_of_shrout_and_fleiss() -> None:
    """An ICC of another form than it is called would pass for agreement."""
    one_way = intraclass(SHROUT_FLEISS.tolist())
    assert one_way is not None
    assert (one_way.value, one_way.low, one_way.high) == pytest.approx((0.166, -0.133, 0.723), abs=6e-4)
    two_way = intraclass_agreement(SHROUT_FLEISS)
    assert two_way is not None
    assert (two_way.value, two_way.low, two_way.high) == pytest.approx((0.290, 0.019, 0.761), abs=6e-4)


def test_the_spread_within_is_that_of_an_analysis_of_variance() -> None:
    """Subjects that differ in their means are no noise."""
    groups = [[1.0, 3.0], [10.0, 10.0, 13.0], [100.0]]
    spread = spread_within(groups)
    assert spread is not None
    # (1 + 1) + (1 + 1 + 4) over 1 + 2 degrees of freedom
    assert (spread.sd, spread.degrees) == pytest.approx((np.sqrt(8 / 3), 3.0))
    low, high = (np.sqrt(8 / stats.chi2.ppf(p, 3)) for p in (0.975, 0.025))
    interval = spread.interval()
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-8)
    assert spread.not_above(0.95) == pytest.approx(np.sqrt(8 / stats.chi2.ppf(0.05, 3)), rel=1e-8)


def test_spreads_are_pooled_by_their_degrees() -> None:
    """A burst of three stills says more than one of two."""
    both = pooled([Spread(1.0, 1), Spread(4.0, 3)])
    assert both is not None
    assert (both.sd, both.degrees) == pytest.approx((np.sqrt((1 + 48) / 4), 4.0))
    assert pooled([]) is None


def test_what_was_not_repeated_says_nothing() -> None:
    """A figure made of nothing would be believed."""
    assert spread_within([[1.0], [2.0]]) is None
    assert intraclass([[1.0, 2.0], [3.0]]) is None
    assert intraclass([[1.0, 1.0], [1.0, 1.0]]) is None
    assert intraclass_agreement(np.ones((3, 2))) is None
    assert intraclass_agreement(np.ones((1, 2))) is None
    assert limits_of_agreement([1.0, 2.0], [1.0, 2.0]) is None
    with pytest.raises(ValueError, match="spread"):
        Spread(-1.0, 3)


def test_repeats_without_noise_agree_wholly() -> None:
    """Where nothing scatters there is nothing to divide by."""
    whole = intraclass([[1.0, 1.0], [2.0, 2.0]])
    assert whole is not None
    assert whole.value == 1
    crossed = intraclass_agreement(np.array([[1.0, 1.0], [2.0, 2.0], [5.0, 5.0]]))
    assert crossed is not None
    assert crossed.value == 1


@given(st.lists(st.lists(values, min_size=1, max_size=4), min_size=2, max_size=6))
def test_the_interval_holds_the_correlation(groups: list[list[float]]) -> None:
    """An interval that leaves out its own value is refused by Interval: a study would end in a traceback."""
    one = intraclass(groups)
    if one is not None:
        assert one.low <= one.value <= one.high <= 1 + 1e-12


@given(st.integers(2, 5), st.integers(2, 4), st.data())
def test_the_interval_holds_the_crossed_correlation(subjects: int, raters: int, data: st.DataObject) -> None:
    """Likewise where raters cross subjects, and however badly they agree."""
    cells = data.draw(st.lists(values, min_size=subjects * raters, max_size=subjects * raters))
    one = intraclass_agreement(np.array(cells).reshape(subjects, raters))
    if one is not None:
        assert one.low <= one.value <= one.high


def test_a_rater_who_counts_more_lowers_absolute_agreement() -> None:
    """A constant offset between operators is a change to a patient who meets both."""
    rng = np.random.default_rng(3)
    subjects = rng.normal(150, 30, 30)
    alike = subjects[:, None] + rng.normal(0, 5, (30, 2))
    apart = alike + np.array([0.0, 25.0])
    a, b = intraclass_agreement(alike), intraclass_agreement(apart)
    assert a is not None
    assert b is not None
    assert a.value > 0.95
    assert b.value < 0.85


def test_limits_of_agreement_by_hand() -> None:
    """A bias with the wrong sign, or limits of the mean in place of the differences', would mislead every study."""
    limits = limits_of_agreement([10.0, 20.0, 30.0, 40.0], [11.0, 23.0, 32.0, 46.0])
    assert limits is not None
    sd = np.std([1, 3, 2, 6], ddof=1)
    assert limits.bias.value == 3.0
    assert limits.bias.high - 3.0 == pytest.approx(stats.t.ppf(0.975, 3) * sd / 2)
    assert limits.low.value == pytest.approx(3 - 1.96 * sd, rel=1e-4)
    assert limits.high.value == pytest.approx(3 + 1.96 * sd, rel=1e-4)
    assert limits.high.high - limits.high.value > limits.high.value - limits.high.low  # a spread is less sure upwards


@pytest.mark.parametrize(("pairs", "expected"), [(5, 0.972), (20, 0.955)])
def test_intervals_of_limits_cover(pairs: int, expected: float) -> None:
    """Limits from a handful of pairs are read as if they were known."""
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(1500):
        limits = limits_of_agreement([0.0] * pairs, rng.normal(1, 2, pairs).tolist())
        assert limits is not None
        covered += 1 + 1.959964 * 2 in limits.high
    assert covered / 1500 == pytest.approx(expected, abs=0.016)  # as the docstring says, to three standard errors


def test_the_study_guide_s_table_is_worked_out_right() -> None:
    """Clinics plan their studies by it."""
    page = (Path(__file__).parents[3] / "docs" / "repeatability.md").read_text()
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| x ([\d.]+) to ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    assert len(rows) > 5
    for degrees, *written in rows:
        one = Spread(1.0, int(degrees))
        above = NormalDist().inv_cdf(0.8) / WITHIN  # four of five measured changes are not below the true one by more
        expected = (one.interval().low, one.interval().high, one.not_above(), one.not_above() + above)
        assert [float(number) for number in written] == pytest.approx(expected, abs=0.0051)
