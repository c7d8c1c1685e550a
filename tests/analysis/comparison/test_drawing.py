"""The drawn comparison: what is drawn, where and in which colour."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.comparison import compare
from analysis.comparison.change import Change, Fate, HairChange, Thickness
from analysis.comparison.drawing import draw_change
from analysis.overlay import FRAME_BGR, TERMINAL_BGR, VELLUS_BGR
from analysis.registration.transform import Transform
from tests.analysis.comparison.sights import hair, measurement

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 400, 300
UM_PER_PX = 4.0
RIGHT_PX, DOWN_PX = 40, 24
COLOURS = {Fate.KEPT: FRAME_BGR, Fate.NEW: VELLUS_BGR, Fate.LOST: TERMINAL_BGR}
PLACES = {Fate.KEPT: (90, 80), Fate.NEW: (200, 160), Fate.LOST: (300, 220)}


def skin(width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Return bare skin."""
    return np.full((height, width, 3), (150, 170, 200), np.uint8)


def one_of_each(thickness: Thickness | None = None) -> tuple[HairChange, ...]:
    """Return a kept, a new and a lost hair."""
    return tuple(
        HairChange(
            fate=fate,
            probability=0.99,
            baseline=None if fate is Fate.NEW else 0,
            followup=None if fate is Fate.LOST else 0,
            baseline_px=(float(x), float(y)),
            followup_px=(float(x + RIGHT_PX), float(y + DOWN_PX)),
            thickness=thickness if fate is Fate.KEPT else None,
        )
        for fate, (x, y) in PLACES.items()
    )


@cache
def nothing() -> Change:
    """Return the comparison of two bare places."""
    return compare(measurement(), measurement())


def change(thickness: Thickness | None = None) -> Change:
    """Return a comparison whose follow-up lies right and down of the baseline."""
    shift = Transform(0.0, (RIGHT_PX * UM_PER_PX / 1000.0, DOWN_PX * UM_PER_PX / 1000.0))
    return replace(nothing(), transform=shift, hairs=one_of_each(thickness), um_per_px=(UM_PER_PX, UM_PER_PX))


def near(drawn: Picture, place: tuple[int, int], bgr: tuple[int, int, int], reach: int = 24) -> int:
    """Count the pixels of a colour around a place."""
    x, y = place
    part = drawn[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].astype(int)
    return int((np.abs(part - bgr).max(axis=-1) < 30).sum())


def test_marks_stand_where_the_hairs_are_in_their_colours() -> None:
    """A reader would be shown another hair, or take a lost one for new."""
    baseline, followup = skin(), skin()
    drawn = draw_change(baseline, followup, change())
    assert drawn.shape == (HEIGHT, 2 * WIDTH, 3)
    on_left, on_right = {Fate.KEPT, Fate.LOST}, {Fate.KEPT, Fate.NEW}
    for fate, (x, y) in PLACES.items():
        for other, bgr in COLOURS.items():
            assert (near(drawn, (x, y), bgr) > 8) == (fate is other and fate in on_left), (fate, other, "left")
            assert (near(drawn, (x + WIDTH, y), bgr) > 8) == (fate is other and fate in on_right), (fate, other)
    assert (baseline == skin()).all()
    assert (followup == skin()).all()


def test_shapes_tell_the_fates_apart_without_colour() -> None:
    """One reader in twelve would not see what was lost."""
    drawn = draw_change(skin(), skin(), change())
    shapes = []
    for fate, (x, y) in PLACES.items():
        left = x + (WIDTH if fate is Fate.NEW else 0)
        part = drawn[y - 24 : y + 25, left - 24 : left + 25].astype(int)
        shapes.append(np.abs(part - COLOURS[fate]).max(axis=-1) < 60)
    for k, one in enumerate(shapes):
        for other in shapes[:k]:
            assert (one & other).sum() < 0.6 * max(one.sum(), other.sum())


@pytest.mark.parametrize("thickness", [Thickness.THICKER, Thickness.THINNER])
def test_a_second_ring_tells_thicker_and_thinner(thickness: Thickness) -> None:
    """Hairs that changed would look as those that stayed."""
    plain = draw_change(skin(), skin(), change(Thickness.SAME))
    ringed = draw_change(skin(), skin(), change(thickness))
    at = PLACES[Fate.KEPT]
    inside, all_round = (near(ringed, at, FRAME_BGR, r) - near(plain, at, FRAME_BGR, r) for r in (8, 30))
    assert all_round > 40
    assert (inside > 20) == (thickness is Thickness.THINNER)


def test_the_later_picture_is_laid_as_the_baseline() -> None:
    """Both sides would show other skin, and nothing could be compared by eye."""
    followup = skin()
    y, x = 160 + DOWN_PX, 120 + RIGHT_PX
    followup[y - 3 : y + 4, x - 3 : x + 4] = 0
    drawn = draw_change(skin(), followup, replace(change(), hairs=()))
    dark = np.argwhere((drawn[:, WIDTH:] < 40).all(axis=-1) & (np.indices((HEIGHT, WIDTH))[1] < WIDTH - RIGHT_PX - 2))
    dark = dark[dark[:, 0] < HEIGHT - DOWN_PX - 2]
    np.testing.assert_allclose(dark.mean(axis=0), [160, 120], atol=0.5)
    assert (drawn[:, :WIDTH] == skin()).all()


def test_pictures_of_two_scales_and_sizes_are_drawn_in_the_baselines() -> None:
    """A follow-up by another camera would be drawn twice as large."""
    finer = skin(2 * WIDTH + 10, 2 * HEIGHT + 30)
    finer[318:323, 238:243] = 0
    drawn = draw_change(
        skin(), finer, replace(change(), transform=Transform(0.0, (0.0, 0.0)), um_per_px=(4.0, 2.0), hairs=())
    )
    assert drawn.shape == (HEIGHT, 2 * WIDTH, 3)
    dark = np.argwhere((drawn[:, WIDTH:] < 60).all(axis=-1))
    np.testing.assert_allclose(dark.mean(axis=0), [160, 120], atol=0.7)


def test_another_place_is_shown_as_it_is() -> None:
    """Marks would be drawn where nothing was compared."""
    drawn = draw_change(skin(), skin(WIDTH, HEIGHT - 60), nothing())
    assert (drawn[:, :WIDTH] == skin()).all()
    assert (drawn[: HEIGHT - 60, WIDTH:] == skin(WIDTH, HEIGHT - 60)).all()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_can_be_measured_can_be_drawn(depth: type) -> None:
    """A grey or 16-bit picture would be compared, and its overlay end in a traceback."""
    grey: NDArray[np.generic] = (skin()[..., 1].astype(int) * (257 if depth is np.uint16 else 1)).astype(depth)
    drawn = draw_change(grey, grey, change())
    assert drawn.dtype == np.uint8
    assert near(drawn, PLACES[Fate.LOST], TERMINAL_BGR) > 8


def test_matched_hairs_are_marked_at_their_roots() -> None:
    """The whole way from two measurements to marks would be off."""
    places = np.stack(np.meshgrid(np.arange(5) * 140.0 + 60.0, np.arange(5) * 140.0 + 60.0), -1).reshape(-1, 2)
    places += np.random.default_rng(2).uniform(0.0, 60.0, places.shape)
    picture = measurement(
        [hair([(x, y), (x + 20.0, y + 40.0)]) for x, y in places], picture_px=(800, 800), um_per_px=UM_PER_PX
    )
    drawn = draw_change(skin(800, 800), skin(800, 800), compare(picture, picture))
    for x, y in places:
        assert near(drawn, (round(x), round(y)), FRAME_BGR) > 40
        assert near(drawn, (round(x) + 800, round(y)), FRAME_BGR) > 40
    assert near(drawn, (400, 400), FRAME_BGR, 400) < 1.2 * 25 * np.pi * (4 * 28), "one ring of 14 px a hair"
