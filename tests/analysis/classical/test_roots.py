"""Roots: which end of a shaft is in the skin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.classical.lines import Line
from analysis.classical.roots import orient

UM_PER_PX = 10.0


def line(start: tuple[float, float], end: tuple[float, float]) -> Line:
    """A straight shaft of contrast 0.7."""
    points = np.linspace(start, end, 60)
    return Line(points, 10.0, 0.7, 6.0)


def bare() -> np.ndarray:
    """A plane without streaks."""
    return np.zeros((300, 300), np.float32)


def test_the_root_is_where_the_streak_goes_on() -> None:
    """Without the streak, a root is a coin's toss."""
    veiled = bare()
    veiled[60:98, 148:153] = 0.3
    streak_above = [line((150, 100), (150, 160)), line((150, 160), (150, 100))]
    assert orient(streak_above, veiled, UM_PER_PX).tolist() == [False, True]


def test_neighbours_settle_what_the_streak_leaves_open() -> None:
    """A hair without a streak leaves the skin as its neighbours do."""
    veiled = bare()
    sure = [line((x, 100), (x + 5, 160)) for x in (100.0, 200.0)]
    for shaft in sure:
        x = int(shaft.points_px[0, 0])
        veiled[60:98, x - 4 : x + 3] = 0.4
    assert orient([*sure, line((155, 160), (150, 100))], veiled, UM_PER_PX).tolist() == [False, False, True]


def test_a_far_neighbour_does_not_overrule_a_hairs_own_streak() -> None:
    """Two hairs at opposite ends of a picture may point anywhere, as on a whorl."""
    veiled = np.zeros((300, 900), np.float32)
    veiled[60:98, 97:103] = 0.5
    veiled[162:200, 797:803] = 0.2
    far = [line((100, 100), (100, 160)), line((800, 160), (800, 100))]
    assert orient(far, veiled, UM_PER_PX).tolist() == [False, False]


def test_a_shaft_cut_by_the_border_has_no_streak_there() -> None:
    """The shaft's own darkness repeated beyond the border would pass for a streak and turn the hair around."""
    veiled = bare()
    veiled[240:, 147:154] = 0.9
    veiled[200:238, 147:154] = 0.2
    assert orient([line((150, 240), (150, 299))], veiled, UM_PER_PX).tolist() == [False]


@pytest.mark.parametrize("count", [0, 1])
def test_few_hairs_are_oriented_too(count: int) -> None:
    """No hair or one hair has no neighbours to divide by."""
    assert orient([line((150, 100), (150, 160))] * count, bare(), UM_PER_PX).tolist() == [False] * count


def test_a_darker_shaft_at_its_end_is_no_streak() -> None:
    """The tip of a thin hair that touches a terminal one would be taken for its root."""
    veiled = bare()
    sure = line((100, 100), (105, 160))
    veiled[60:98, 96:103] = 0.4
    veiled[162:240, 145:165] = 0.9
    thin = line((150, 100), (155, 160))
    assert orient([sure, thin], veiled, UM_PER_PX).tolist() == [False, True]
    assert orient([sure, replace(thin, beside_darker=True)], veiled, UM_PER_PX).tolist() == [False, False]
