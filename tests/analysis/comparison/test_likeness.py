"""Likeness: one hair seen twice against two hairs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.comparison.courses import Courses
from analysis.comparison.likeness import NEAR_MM, log_ratios

Array = NDArray[np.float64]

UNKNOWN = np.array([np.nan])


def line(x: float = 1.0, y: float = 1.0, turn_rad: float = 0.0, length_mm: float = 0.8) -> Array:
    """Return a straight hair from a root."""
    return np.array([[x, y], [x + length_mm * np.cos(turn_rad), y + length_mm * np.sin(turn_rad)]])


def ratio(was: Array, now: Array, widths_um: tuple[float, float] = (70.0, 70.0), left_over_mm: float = 0.0) -> float:
    """Return how much likelier one hair is than two."""
    widths = (np.array(widths_um[:1]), np.array(widths_um[1:]))
    ((logarithm,),) = log_ratios(Courses.of([was]), Courses.of([now]), widths, left_over_mm)
    return float(logarithm)


def test_the_same_hair_is_likelier_one_than_two() -> None:
    """No hair would be found again."""
    assert ratio(line(), line()) > 4.0
    assert ratio(line(), line(x=1.02, y=1.01, turn_rad=0.05)) > 3.0
    assert ratio(line(), line(length_mm=0.6)) > 4.0, "hair is cut anew between visits"


@pytest.mark.parametrize(
    "others",
    [
        [line(y=1.0 + off) for off in (0.0, 0.02, 0.05, 0.1, 0.2, 0.34)],
        [line(x=1.0 + off) for off in (0.0, 0.04, 0.1, 0.2, 0.34)],
        [line(turn_rad=turn) for turn in (0.0, 0.1, 0.3, 0.6)],
        [line(turn_rad=-turn) for turn in (0.0, 0.1, 0.3, 0.6)],
    ],
    ids=["aside", "along", "turned", "turned back"],
)
def test_the_farther_off_the_less_likely(others: list[Array]) -> None:
    """A hair would be paired with its unit's other hair rather than with itself."""
    ratios = [ratio(line(), other) for other in others]
    assert ratios == sorted(ratios, reverse=True)
    assert len(set(ratios)) == len(ratios)


def test_what_lies_aside_counts_for_more_than_what_lies_along() -> None:
    """A root placed too far along its shaft, as half hidden ones are, would lose its hair."""
    assert ratio(line(), line(x=1.08)) > ratio(line(), line(y=1.08)) + 1.0


def test_another_width_speaks_against_and_an_unknown_one_not_at_all() -> None:
    """A vellus hair would be taken for the terminal hair beside it, or a hair without diameter for none."""
    assert ratio(line(), line(), (70.0, 75.0)) > ratio(line(), line(), (70.0, 110.0)) > ratio(line(), line(), (70, 20))
    assert ratio(line(), line(), (70.0, float("nan"))) > 4.0
    assert ratio(line(), line(), (float("nan"), float("nan"))) > 4.0


def test_hairs_too_far_apart_are_not_asked_about() -> None:
    """Knots would grow to the whole picture."""
    assert ratio(line(), line(x=1.0 + NEAR_MM + 0.01)) == -np.inf


def test_what_registration_leaves_makes_it_lenient() -> None:
    """Where the skin moved, hairs would be lost and new at once."""
    aside = line(y=1.06)
    assert ratio(line(), aside, left_over_mm=0.04) > ratio(line(), aside) + 1.0


def test_likeness_is_the_same_from_either_picture() -> None:
    """Which visit was first would decide which hairs belong together."""
    chance = np.random.default_rng(3)
    was, now = (
        [line(chance.uniform(1.0, 1.4), chance.uniform(1.0, 1.4), chance.uniform(-3.1, 3.1)) for _ in range(count)]
        for count in (9, 7)
    )
    widths = (chance.uniform(20.0, 90.0, 9), chance.uniform(20.0, 90.0, 7))
    widths[0][2] = np.nan
    there = log_ratios(Courses.of(was), Courses.of(now), widths, 0.01)
    back = log_ratios(Courses.of(now), Courses.of(was), widths[::-1], 0.01)
    np.testing.assert_allclose(there, back.T)


@pytest.mark.parametrize(("was", "now"), [(0, 0), (0, 2), (2, 0)])
def test_pictures_without_hair_have_no_likeness(was: int, now: int) -> None:
    """An empty scalp would end the comparison."""
    widths = (np.full(was, 70.0), np.full(now, 70.0))
    assert log_ratios(Courses.of([line()] * was), Courses.of([line()] * now), widths, 0.0).shape == (was, now)
