"""Curriculum: every lesson can be drawn, comes again, and is none of those that are measured."""

from __future__ import annotations

import numpy as np
import pytest

from training.curriculum import LESSONS, SEEDS, SIDE_PX, lesson, settings


@pytest.mark.parametrize("shaved", [False, True])
def test_settings_can_be_drawn_whatever_falls(shaved: bool) -> None:
    """One value out of range (they refuse it when made) would stop the drawing after minutes."""
    for seed in range(300):
        drawn = settings(np.random.default_rng([seed, 8]), shaved=shaved)
        seen_mm = SIDE_PX * drawn.optics.um_per_px / 1000
        assert seen_mm < min(drawn.scalp.size_mm), "the camera would see past the scalp"
        assert drawn.scalp.margin_mm >= drawn.scalp.length_mm[0] + 2 * drawn.scalp.length_mm[1]
        assert drawn.scalp.taper_per_mm * drawn.scalp.length_mm[0] <= 0.5, "the taper would end before the hair"


def test_lessons_are_as_different_as_scalps() -> None:
    """A share that is never drawn (white hair, dark skin, bald, parted) would never be learned."""
    plain = [settings(np.random.default_rng([seed, 9]), shaved=False) for seed in range(300)]
    shaved = [settings(np.random.default_rng([seed, 9]), shaved=True) for seed in range(300)]
    assert {drawn.scalp.skin_type for drawn in plain} == {"I", "II", "III", "IV", "V", "VI"}
    assert any(drawn.scalp.hair_density_per_cm2 == 0 for drawn in plain)
    assert any(drawn.scalp.parted for drawn in plain)
    assert min(float(drawn.scalp.hair_colour) for drawn in plain) < 0.05
    assert max(drawn.scalp.length_mm[0] for drawn in plain) > 10
    assert max(drawn.scalp.length_mm[0] for drawn in shaved) < 0.7
    colours = {drawn.burnt_in.colour for drawn in shaved if drawn.burnt_in is not None}
    assert colours == {"white", "black", "yellow", "red", "blue"}
    assert any(drawn.light.wet > 0 for drawn in shaved)


@pytest.mark.parametrize("number", [1199, 898])
def test_a_lesson_comes_again(number: int) -> None:
    """A drawing that was broken off could not go on."""
    first, again = lesson(number), lesson(number)
    assert np.array_equal(first.picture, again.picture)
    assert np.array_equal(first.covered, again.covered)
    assert len(first.truth.hairs) == len(again.truth.hairs)
    assert first.picture.shape == (SIDE_PX, SIDE_PX, 3)


def test_every_lesson_has_a_seed_of_its_own_among_those_of_lessons() -> None:
    """A seed beyond would be one of the benchmark's."""
    assert len(set(LESSONS)) == len(LESSONS) == 1650
    assert sum(number % 2 == 0 for number in LESSONS) == 650
    assert 0 <= min(LESSONS) <= max(LESSONS) < len(SEEDS)
    with pytest.raises(IndexError):
        lesson(len(SEEDS))
