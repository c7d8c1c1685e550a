"""Distractors: they change what is seen and nothing of what is true."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.learned.evidence import ROOT
from tests.training.drawn import picture_of, planes_of, straight
from training import distractors
from training.distractors import disturb

SIDE_PX = 128
ENDS = ((40.5, 60.5), (90.5, 70.5))
RELIEF = np.log(picture_of(*ENDS, SIDE_PX).astype(np.float32) / 200)
PLANES = planes_of(straight(*ENDS), side_px=SIDE_PX)
SEEDS = range(40)


def test_the_truth_and_the_lesson_itself_stay_as_they_are() -> None:
    """A lesson is used hundreds of times: what one crop does to it would pile up."""
    relief, planes = RELIEF.copy(), PLANES.copy()
    relief.setflags(write=False)
    planes.setflags(write=False)
    for seed in SEEDS:
        seen = disturb(relief, planes, np.random.default_rng(seed))
        assert seen.shape == relief.shape
        assert seen.dtype == np.float32
        assert np.isfinite(seen).all()
    assert np.array_equal(relief, RELIEF)
    assert np.array_equal(planes, PLANES)


def test_the_same_chance_lays_the_same_distractors() -> None:
    """A network could not be made again."""
    for seed in SEEDS:
        first, again = (disturb(RELIEF, PLANES, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(first, again)


def test_some_crops_are_left_plain_and_most_are_not() -> None:
    """Hair without anything beside it must be learned too."""
    plain = sum(np.array_equal(disturb(RELIEF, PLANES, np.random.default_rng(seed)), RELIEF) for seed in range(200))
    share = 0.5 * 0.55 * 0.7 * 0.65
    assert plain / 200 == pytest.approx(share, abs=4 * (share * (1 - share) / 200) ** 0.5)


def test_hair_under_the_skin_lies_near_roots_and_is_darkest_in_red() -> None:
    """A veil anywhere, or black, would be learned as a shaft's own colour."""
    dark = np.zeros(RELIEF.shape[:2])
    for seed in SEEDS:
        dark -= distractors._veils(PLANES[ROOT], RELIEF.shape[:2], np.random.default_rng(seed))
    at = np.argwhere(dark > 0.5 * dark.max())
    assert np.hypot(*(at - np.array(ENDS[0])[::-1]).T).max() < 50
    blue, green, red = distractors._SCATTERED_BGR
    assert blue < green < red


def test_no_shadow_is_laid_where_no_root_is() -> None:
    """The veil is the hair's own: without one the skin is clear."""
    veil = distractors._veils(np.zeros_like(PLANES[ROOT]), RELIEF.shape[:2], np.random.default_rng(1))
    assert not veil.any()
