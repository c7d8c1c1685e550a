"""Coverage: how much of a hair's first part a line of the other picture runs along, by geometry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.comparison.courses import COMPARED_MM, POINTS, Courses, along
from analysis.comparison.coverage import ASIDE_MM, covered_shares

Array = NDArray[np.float64]

A_POINT = 1.0 / POINTS
HAIR = np.array([[1.0, 1.0], [1.3, 1.0], [1.6, 1.0], [2.0, 1.0]])
"""1 mm long, straight."""


def moved(right: float, down: float) -> Array:
    """Return the hair laid elsewhere."""
    return np.asarray(HAIR + np.array([right, down]))


def share(line: Array, hair: Array = HAIR, left_over_mm: float = 0.0) -> float:
    """Return the share of a hair that a line covers."""
    ((covered,),) = covered_shares(Courses.of([hair]), Courses.of([np.asarray(line, float)]), left_over_mm)
    return float(covered)


@given(st.floats(0.0, 1.0))
def test_a_line_along_a_part_covers_that_part(part: float) -> None:
    """A hair drawn from its neighbour's root on would pass for gone, or a gone one for there."""
    line = np.array([[1.0, 1.0], [1.0 + part * COMPARED_MM + 1e-6, 1.0]])
    assert share(line) == pytest.approx(part, abs=A_POINT + ASIDE_MM / COMPARED_MM)


def test_what_lies_past_the_first_part_does_not_count() -> None:
    """Hair cut shorter than before would look half gone."""
    assert share(HAIR[:3]) == 1.0
    assert share(np.array([[1.7, 1.0], [2.0, 1.0]])) == 0.0


@pytest.mark.parametrize(
    "line",
    [
        [[1.3, 0.5], [1.3, 1.5]],
        [[1.0, 1.1], [2.0, 1.1]],
        [[1.1, 0.8], [1.5, 1.2]],
    ],
    ids=["crosses", "beside by 0.1 mm", "crosses slantwise"],
)
def test_a_line_that_crosses_or_lies_beside_covers_nothing(line: list[list[float]]) -> None:
    """Every lost hair of a unit would be there still, because its neighbours are."""
    assert share(np.array(line)) == 0.0


@given(st.floats(-np.pi, np.pi), st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.booleans())
def test_coverage_does_not_hang_on_where_the_picture_lies(turn: float, x: float, y: float, backwards: bool) -> None:
    """A camera held otherwise would change what became of a hair."""
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    line = np.array([[0.97, 1.01], [1.35, 1.005], [1.36, 1.4]])
    laid = (line[::-1] if backwards else line) @ turned + (x, y)
    assert share(laid, HAIR @ turned + (x, y)) == pytest.approx(share(line))
    assert 0.3 < share(line) < 0.8


def test_what_registration_leaves_widens_the_reach() -> None:
    """Where the skin moved by 30 um between the pictures, every hair would look uncovered."""
    beside = moved(0.0, ASIDE_MM + 0.02)
    assert (share(beside), share(beside, left_over_mm=0.02)) == (0.0, 1.0)


def test_each_hair_is_held_against_each_line() -> None:
    """The shares of hairs and lines would be mixed up."""
    hairs = [HAIR, moved(0.0, 1.0), moved(3.0, 0.0)]
    lines = [moved(3.0, 0.0), HAIR]
    assert covered_shares(Courses.of(hairs), Courses.of(lines), 0.0).tolist() == [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    assert covered_shares(Courses.of([]), Courses.of(lines), 0.0).shape == (0, 2)
    assert covered_shares(Courses.of(hairs), Courses.of([]), 0.0).shape == (3, 0)


def test_points_along_a_line_are_where_they_are() -> None:
    """Hairs that bend would be compared at other places than straight ones."""
    bent = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(along(bent, np.array([0.0, 1.5, 3.0, 5.0, 7.0, 9.0]))[:, 0], [0, 1.5, 3, 3, 3, 3])
    np.testing.assert_allclose(along(bent, np.array([0.0, 1.5, 3.0, 5.0, 7.0, 9.0]))[:, 1], [0, 0, 0, 2, 4, 4])
    courses = Courses.of([bent, HAIR])
    np.testing.assert_allclose(courses.lengths_mm, [7.0, 1.0])
    np.testing.assert_allclose(courses.roots_mm, [[0.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(courses.moved(lambda line: 2.0 * line).lengths_mm, [14.0, 2.0])
    np.testing.assert_allclose(courses.first_parts(np.array([3.0, 9.0]))[:, -1], [[3.0, 0.0], [2.0, 1.0]])
