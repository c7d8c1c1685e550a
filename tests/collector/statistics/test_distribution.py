"""What box plots are drawn from: against R's documented example, and by definition."""

from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.statistics.distribution import box
from collector.statistics.given import FiguresUnusable, TooFewFigures

values = st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=1, max_size=40)


def test_rs_own_example() -> None:
    """Breaks when hinges are another kind of quartile: R's ?boxplot.stats, x <- c(1:100, 1000)."""
    found = box([*range(1, 101), 1000])
    assert (found.lowest_whisker, found.lower_hinge, found.median) == (1, 26, 51)
    assert (found.upper_hinge, found.highest_whisker) == (76, 100)
    assert (found.outliers, found.count) == ((1000,), 101)


def test_hinges_of_an_even_number() -> None:
    """Breaks when halves share a figure that they must not: R's fivenum(1:10) is 1 3 5.5 8 10."""
    found = box(range(10, 0, -1))
    assert (found.lower_hinge, found.median, found.upper_hinge) == (3, 5.5, 8)
    assert found.mean == 5.5


@given(values)
def test_a_box_is_in_order_and_loses_nobody(figures: list[float]) -> None:
    """Breaks when a patient is drawn twice, or not at all, or a whisker points inwards."""
    found = box(figures)
    parts = [found.lowest_whisker, found.lower_hinge, found.median, found.upper_hinge, found.highest_whisker]
    assert parts[1:4] == sorted(parts[1:4])
    assert found.median == median(figures)
    reach = 1.5 * (found.upper_hinge - found.lower_hinge)
    inside = [one for one in figures if found.lower_hinge - reach <= one <= found.upper_hinge + reach]
    assert (found.lowest_whisker, found.highest_whisker) == (min(inside), max(inside))
    assert sorted([*found.outliers, *inside]) == sorted(figures)


@given(values, st.randoms(use_true_random=False))
def test_the_order_of_figures_does_not_matter(figures: list[float], chance: Random) -> None:
    """Breaks when a box depends on who came first."""
    turned = figures.copy()
    chance.shuffle(turned)
    one, other = box(figures), box(turned)
    assert (one.median, one.outliers, one.upper_hinge) == (other.median, other.outliers, other.upper_hinge)


def test_one_figure_is_a_box_of_its_own() -> None:
    """Breaks when an arm with one patient ends a page in an error."""
    found = box([150.0])
    assert found.lowest_whisker == found.median == found.highest_whisker == 150.0


def test_nothing_and_no_numbers_are_refused() -> None:
    """Breaks when an empty arm, or a missing figure, is drawn as a box."""
    with pytest.raises(TooFewFigures, match="1 are needed"):
        box([])
    with pytest.raises(FiguresUnusable, match="1 of them are not numbers"):
        box([1.0, float("nan")])
