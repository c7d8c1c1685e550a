"""Cards as they are drawn: white, dark, coloured."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from phantom import SettingError
from phantom.targets.cards import ColourChart, Dark, WhiteCard
from phantom.targets.plane import Target


def looked_at(card: Target, size_mm: float = 4.0, blur_mm: float = 0.01, side: int = 400) -> NDArray[np.float32]:
    """Look at a card about its middle."""
    along = ((np.arange(side) + 0.5) / side - 0.5).astype(np.float32) * np.float32(size_mm)
    x, y = np.meshgrid(along, along)
    return card.reflectance(x, y, np.full_like(x, blur_mm))


def test_the_dark_is_dark_and_white_is_even() -> None:
    """Light in the dark, or shade on the card, would be the phantom's and not the camera's."""
    assert not looked_at(Dark()).any()
    assert np.unique(looked_at(WhiteCard(white=0.9))).size == 1


def test_card_ends_where_it_is_said_to() -> None:
    """A card that fills the picture for certain never tests what happens when it does not."""
    sent = looked_at(WhiteCard(size_mm=(2.0, 3.0), around=0.1))
    assert sent.mean() == pytest.approx(0.1 + 0.9 * 6 / 16, abs=0.005)


def test_dust_lies_where_it_lay() -> None:
    """Two pictures of one card would show other dust, and strips of one picture would not meet."""
    card = WhiteCard(dust_per_cm2=200, seed=3)
    whole = looked_at(card)
    along = ((np.arange(400) + 0.5) / 400 - 0.5).astype(np.float32) * np.float32(4.0)
    x, y = np.meshgrid(along, along)
    blur = np.full_like(x, 0.01)
    strips = [card.reflectance(x[r : r + 90], y[r : r + 90], blur[r : r + 90]) for r in range(0, 400, 90)]
    assert np.vstack(strips) == pytest.approx(whole, abs=1e-4)
    assert 10 < (whole < 0.7).sum() < 0.05 * whole.size
    assert not np.array_equal(whole, looked_at(WhiteCard(dust_per_cm2=200, seed=4)))


def test_blur_keeps_what_dust_takes() -> None:
    """Defocus would clean the card."""
    sharp, soft = (1 - looked_at(WhiteCard(dust_per_cm2=60, seed=1), blur_mm=b) for b in (0.005, 0.04))
    assert soft.sum() == pytest.approx(sharp.sum(), rel=0.08)
    assert soft.max() < 0.5 * sharp.max()


def test_weave_fades_with_blur() -> None:
    """A texture that stays under defocus is no texture of the card."""
    card = WhiteCard(texture=0.1, texture_period_mm=0.25)
    assert np.std(looked_at(card)) == pytest.approx(0.1 * 0.5, rel=0.1)
    assert np.std(looked_at(card, blur_mm=0.1)) < 0.005


def test_patches_have_the_colours_of_their_lab() -> None:
    """The truth of every matrix that is measured on it: published sRGB values of two greys and of pure red."""
    chart = ColourChart(patches_lab=((53.389, 0.0, 0.0), (53.2408, 80.0925, 67.2032)), columns=2)
    assert chart.as_the_camera_sees()[0] == pytest.approx(np.array([[0.2140] * 3, [0.0, 0.0, 1.0]]), abs=2e-3)
    sent = looked_at(chart)
    assert sent[200, 200 - 75] == pytest.approx([0.214] * 3, abs=2e-3)
    assert sent[200, 200 + 75] == pytest.approx([0, 0, 1], abs=3e-3)
    assert sent[10, 10] == pytest.approx([0.03] * 3, abs=1e-4)


def test_camera_mixes_the_channels_and_keeps_white() -> None:
    """A matrix measured on the chart would undo another mix than was drawn."""
    mixed = ColourChart(camera=((0.8, 0.2, 0.0), (0.1, 0.8, 0.1), (0.0, 0.3, 0.7)), metamerism=0.03)
    plain = ColourChart()
    assert mixed.as_the_camera_sees()[3] == pytest.approx(plain.as_the_camera_sees()[3], abs=1e-5)
    seen = mixed.as_the_camera_sees()[:3] / (plain.as_the_camera_sees()[:3] @ np.array(mixed.camera).T)
    assert 0.005 < np.std(seen) < 0.03


def test_rows_are_full() -> None:
    """A chart with a gap would be read from beyond its end."""
    with pytest.raises(SettingError, match="rows of 5"):
        ColourChart(columns=5)
