"""Parting: one line over two shafts is two."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.classical.evidence import Evidence
from analysis.classical.identity import Found
from analysis.classical.lines import Line
from analysis.classical.parting import part

UM_PER_PX = 10.6
USUAL = 70


class _Scale:
    """All of the evidence that parting asks for."""

    um_per_px = UM_PER_PX


SEEN = cast("Evidence", _Scale())


def course(*legs: tuple[int, float]) -> NDArray[np.float64]:
    """Return points one pixel apart along legs of so many pixels, each in its direction (degrees)."""
    ways = np.concatenate([np.full(count, np.deg2rad(degrees)) for count, degrees in legs])
    steps = np.column_stack([np.cos(ways), np.sin(ways)])
    return np.cumsum(steps, axis=0) + 100.0


def found(points: NDArray[np.float64]) -> Found:
    """Return a line of even evidence."""
    return Found(Line(points, score=float(len(points)), core=0.5, width_px=6.0), 1.0, 20.0)


def usual(count: int = 12) -> list[Found]:
    """Return clipped hairs, their lengths a little different."""
    return [found(course((USUAL + k % 5 - 2, 30.0 * k))) for k in range(count)]


@pytest.mark.parametrize(("first", "second", "turn"), [(70, 70, 40.0), (60, 75, -25.0), (75, 58, 15.0)])
def test_a_line_over_two_shafts_is_parted_where_it_turns(first: int, second: int, turn: float) -> None:
    """Two hairs, one at the other's tip, would be one of double length."""
    both = found(course((first, 10.0), (second, 10.0 + turn)))
    parted = part([*usual(), both], SEEN)
    assert len(parted) == 14
    one, other = (shaft.line for shaft in parted[-2:])
    assert abs(len(one.points_px) - first) <= 3
    np.testing.assert_array_equal(np.concatenate([one.points_px, other.points_px]), both.line.points_px)
    assert one.score + other.score == pytest.approx(both.line.score)


def test_usual_hair_stays_as_it_is() -> None:
    """Every bent hair would be counted twice."""
    bent = found(course((40, 0.0), (50, 60.0)))
    lines = [*usual(), bent]
    assert part(lines, SEEN) == lines


def test_where_lengths_differ_long_hair_is_not_parted() -> None:
    """Hair that grew on for days, a part of it in anagen, would be cut in two."""
    grown = [found(course((count, 10.0), (count, 20.0))) for count in (20, 30, 45, 60, 25, 70, 35, 50, 80, 40, 65, 90)]
    assert part(grown, SEEN) == grown


@given(st.lists(st.integers(8, 400), max_size=12), st.floats(-80.0, 80.0))
def test_nothing_is_lost_and_no_part_is_short(lengths: list[int], turn: float) -> None:
    """A part of a hair would vanish, or a stub be counted."""
    lines = [found(course((count // 2, 0.0), (count - count // 2, turn))) for count in lengths]
    parted = part(lines, SEEN)
    assert sum(len(one.line.points_px) for one in parted) == sum(lengths)
    least = 0.5 * float(np.median(lengths)) - 1 if lengths else 0.0
    new = [one for one in parted if one not in lines]
    assert all(len(one.line.points_px) >= least for one in new)
