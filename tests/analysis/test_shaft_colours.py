"""Shaft colours: each shaft is seen along its own difference from the skin."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.cross_sections import Sections, cut
from analysis.picture import read
from analysis.shaft_colours import Colours, masked_quantile, observe
from tests.analysis.drawn import HAIR_BGR, SKIN_BGR, UM_PER_PX, add_shaft, developed, skin

BLOND_BGR = (85, 140, 180)
WHITE_BGR = (225, 225, 225)
WIDTH_UM = 70.0


def textured(strength: float = 4.0) -> NDArray[np.float32]:
    """Skin whose brightness varies from place to place, the same in all channels, as light and relief do."""
    fine = skin()
    noise = np.random.default_rng(3).normal(0, 1, (50, 50)).astype(np.float32)
    return fine + strength * np.kron(noise, np.ones((32, 32), np.float32))[..., None]


def three_shafts() -> tuple[Sections, Colours]:
    """A dark, a blond and a white shaft side by side, far from one another."""
    fine = textured()
    for x, bgr in ((100, HAIR_BGR), (200, BLOND_BGR), (300, WHITE_BGR)):
        add_shaft(fine, (x, 130), (x, 270), WIDTH_UM, bgr)
    working = read(developed(fine), UM_PER_PX, "bgr")
    lines = [np.column_stack([np.full(141, x), np.arange(130.0, 271)]) for x in (100.0, 200.0, 300.0)]
    rough = np.full(3, 0.8 * WIDTH_UM / UM_PER_PX)
    sections = cut(working, lines, rough)
    return sections, observe(sections, rough)


def test_every_shaft_stands_out_in_its_own_colour() -> None:
    """With one hue for all, blond and white hair among dark would have no edges."""
    sections, colours = three_shafts()
    profiles = colours.profiles(sections, np.arange(len(sections.hair)))
    middle = np.abs(sections.offsets_px) < 0.2 * WIDTH_UM / UM_PER_PX
    flank = np.abs(sections.offsets_px) > 0.8 * WIDTH_UM / UM_PER_PX
    for hair in range(3):
        of = (sections.hair == hair)[:, None]
        assert np.median(profiles[middle & of]) == pytest.approx(1.0, abs=0.15)
        assert np.median(profiles[flank & of]) == pytest.approx(0.0, abs=0.1)
        assert colours.noise[hair] < 0.25
    assert colours.difference_bgr[0].max() < 0 < colours.difference_bgr[2].min()


def test_blond_shows_by_blue_against_the_others() -> None:
    """The skin's brightness varies; the step in blue against red is the blond shaft's alone."""
    _, colours = three_shafts()
    blue, _, red = -colours.direction_bgr[1] / np.abs(colours.direction_bgr[1]).max()
    assert blue == 1.0
    assert red < 0.3


def test_the_skin_beside_is_found() -> None:
    """Contrast and level hang on it."""
    _, colours = three_shafts()
    assert colours.skin_bgr == pytest.approx(np.tile(np.array(SKIN_BGR) / 255.0, (3, 1)), abs=0.02)


def test_a_pale_shaft_may_have_rims_and_a_black_one_not() -> None:
    """Rims allowed on black hair would loosen its edges for nothing."""
    _, colours = three_shafts()
    assert colours.rim[0] < 0.3 < colours.rim[1]


def test_a_shaft_outside_the_picture_harms_no_other() -> None:
    """Its colours are unknown, not infinite."""
    working = read(developed(textured()), UM_PER_PX, "bgr")
    lines = [np.column_stack([np.full(141, x), np.arange(130.0, 271)]) for x in (-80.0, 200.0)]
    rough = np.full(2, 10.0)
    colours = observe(cut(working, lines, rough), rough)
    assert np.isfinite(colours.direction_bgr).all()
    assert (colours.noise <= 1).all()


def test_the_masked_quantile_is_numpys() -> None:
    """A mask read the wrong way round would take hair for skin."""
    rng = np.random.default_rng(2)
    values, mask = rng.random((3, 51, 2), np.float32), rng.random((3, 51)) < 0.5
    mask[2] = False
    result = masked_quantile(values, mask, 0.5)
    for row in range(2):
        assert result[row] == pytest.approx(np.quantile(values[row][mask[row]], 0.5, axis=0), abs=0.05)
    assert np.isnan(result[2]).all()
