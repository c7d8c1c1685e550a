"""What a study's charts draw: axes that hold their values, boxes where their figures are."""

import re

from hypothesis import given
from hypothesis import strategies as st

from analysis.measurement import Interval
from collector.page.charts.box_plot import DrawnBox, Group, box_plot, decimals_of, even_ticks
from collector.page.charts.forest import Block, Line, Mark, forest
from collector.statistics.distribution import box

_VALUES = st.floats(-1e4, 1e4)


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}"


@given(one=_VALUES, other=_VALUES)
def test_ticks_hold_their_span_and_are_told_apart(one: float, other: float) -> None:
    """Breaks when a value lies beyond the axis, ticks crowd, or two are written alike."""
    low, high = min(one, other), max(one, other)
    ticks = even_ticks(low, high)
    room = 1e-8 * max(1.0, abs(low), abs(high))
    assert ticks[0] <= low + room
    assert ticks[-1] >= high - room
    assert 2 <= len(ticks) <= 8
    if ticks[1] - ticks[0] > 1e-9:
        assert len({_number(tick, decimals_of(ticks)) for tick in ticks}) == len(ticks)


def test_a_box_is_drawn_at_its_figures() -> None:
    """Breaks when hinges, median or whiskers are drawn at other values than the axis says."""
    shown = box([100.0, 110.0, 120.0, 130.0, 140.0, 400.0])
    ticks = [0.0, 100.0, 200.0, 300.0, 400.0]
    drawn = str(box_plot([Group("Visit 1", [DrawnBox(shown, "P", 1, "words")])], ticks, title="t", number=_number))
    grid = [float(one) for one in re.findall(r'class="grid" d="M[\d.]+ ([\d.]+)H', drawn)]
    per_unit = (grid[0] - grid[-1]) / 400
    found = re.search(r'class="box" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn)
    assert found is not None
    top, height = float(found[1]), float(found[2])
    assert abs((grid[0] - top) / per_unit - shown.upper_hinge) < 1
    assert abs(height / per_unit - (shown.upper_hinge - shown.lower_hinge)) < 1
    median = re.search(r'class="median" d="M[\d.]+ ([\d.]+)h', drawn)
    assert median is not None
    assert abs((grid[0] - float(median[1])) / per_unit - 125.0) < 1
    assert drawn.count('class="outlier"') == len(shown.outliers) == 1


def test_a_difference_left_of_none_is_drawn_left_of_the_line() -> None:
    """Breaks when less and more change sides."""
    line = Line("Adjusted", Mark.SQUARE, Interval(-4.0, -7.0, -1.0), "-4 (-7 to -1)")
    drawn = str(forest([Block("Arm", 0, [line])], title="t", less="less", more="more", number=_number))
    zero = re.search(r'class="zero" d="M([\d.]+) ', drawn)
    reach = re.search(r'class="reach" d="M([\d.]+) [\d.]+H([\d.]+)', drawn)
    assert zero is not None
    assert reach is not None
    assert float(reach[1]) < float(reach[2]) < float(zero[1])
    assert ">less<" in drawn
    assert ">more<" not in drawn  # no room right of the line
