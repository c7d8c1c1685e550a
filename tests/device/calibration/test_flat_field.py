"""The flat field, from drawn white cards with dust."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.tone import to_bytes, to_light
from device.calibration.dark import DarkFrame, measure_dark
from device.calibration.flat_field import Evener, FlatField, measure_flat_field, unevenness
from device.calibration.targets.refusals import HalfOutOfView, Saturated, TargetRefused, TooDark
from device.calibration.targets.white_card import Textured
from phantom import Light
from phantom.targets.cards import Dark, WhiteCard
from tests.device.calibration.cards import picture_of

SLOPED = Light(gradient=(0.2, -0.15), tint=(0.8, 1.0, 0.7))


@pytest.mark.parametrize("vignette", [0.1, 0.6])
def test_another_picture_of_the_card_comes_out_even(vignette: float) -> None:
    """More than 1 % left uneven, colour and exposure depend on where a hair stands."""
    first = picture_of(WhiteCard(dust_per_cm2=150, seed=1), light=SLOPED, vignette=vignette, seed=1)
    flat = measure_flat_field(first, "crossed", dark=measure_dark(picture_of(Dark())))
    second = picture_of(WhiteCard(dust_per_cm2=150, seed=2), light=SLOPED, vignette=vignette, seed=2)
    assert unevenness(second, flat) < 0.01
    noiseless = to_light(picture_of(WhiteCard(), light=SLOPED, vignette=vignette, full_well_e=1e8))
    before = float(np.std(noiseless[:, :, 1]) / np.mean(noiseless[:, :, 1]))
    Evener(flat).even(noiseless)
    left = noiseless / noiseless.mean(axis=(0, 1)) - 1
    assert np.sqrt(np.mean(left**2)) < 0.01 < 0.2 * before
    # outer corners too, but for the one where the card was darkest and codes are coarse
    assert np.abs(left[:20, -20:].mean()) < 0.02


def test_fall_off_is_the_drawn_one() -> None:
    """The figure that the technician judges a light by would be wrong."""
    flat = measure_flat_field(picture_of(WhiteCard(), vignette=0.3, seed=4), "crossed")
    # the outer cells' middles lie half a cell within the corner
    assert flat.fall_off == pytest.approx(0.3, abs=0.015)
    assert flat.level[1] == pytest.approx(0.8, rel=0.01)


def test_strips_make_the_whole() -> None:
    """A seam would run across every picture of 12 MP."""
    picture = picture_of(WhiteCard(dust_per_cm2=100), light=SLOPED)
    evener = Evener(
        measure_flat_field(picture, "crossed"), DarkFrame(level=(0.01,) * 3, noise=0.001, hot_px=((5, 100),))
    )
    whole = to_light(picture)
    evener.even(whole)
    for top in range(0, len(picture), 90):
        strip = to_light(picture[top : top + 90])
        evener.even(strip, top)
        rows = np.ones(len(strip), bool)
        rows[[0, 1, -2, -1]] = False  # a hot pixel at a seam has fewer neighbours
        assert np.abs(strip[rows] - whole[top : top + 90][rows]).max() < 1e-6


def test_hot_pixels_are_mended() -> None:
    """A hot pixel would be a glint in each picture, and its hair would have a hole."""
    picture = picture_of(WhiteCard())
    flat = measure_flat_field(picture, "crossed")
    hot = picture.copy()
    hot[100, 50] = 0
    light = to_light(hot)
    Evener(flat, DarkFrame(level=(0.0,) * 3, noise=0.001, hot_px=((50, 100),))).even(light)
    assert light[100, 50] == pytest.approx(light[95:106, 45:56].mean(axis=(0, 1)), rel=0.05)


def test_dark_level_is_taken_away_first() -> None:
    """Corners, where there is least light, would be raised by what is no light, and dark hair with them."""
    level = 0.05
    x, y = np.meshgrid(np.linspace(-1, 1, 400), np.linspace(-1, 1, 300))
    light = np.repeat((0.8 * (1 - 0.3 * (x * x + y * y)))[:, :, None], 3, axis=2) + level
    dark = DarkFrame(level=(level,) * 3, noise=0.001, hot_px=())
    flat = measure_flat_field(to_bytes(light), "crossed", dark=dark)
    hair = (0.1 * (light - level) + level).astype(np.float32)
    Evener(flat, dark).even(hair)
    assert np.abs(hair / 0.08 - 1).max() < 0.02


def test_wrong_size_is_said() -> None:
    """A flat field of another mode of the sensor would be laid on askew."""
    evener = Evener(measure_flat_field(picture_of(WhiteCard()), "crossed"))
    with pytest.raises(ValueError, match="flat field is for"):
        evener.even(np.zeros((100, 500, 3), np.float32))


def test_record_comes_back_from_json() -> None:
    """A calibration that cannot be kept whole is lost with the process."""
    flat = measure_flat_field(picture_of(WhiteCard()), "crossed")
    assert FlatField.model_validate_json(flat.model_dump_json()) == flat
    assert len(flat.model_dump_json()) < 200_000


@pytest.mark.parametrize(
    ("wanted", "card", "light"),
    [
        (Saturated, WhiteCard(), Light(level=1.3)),
        (TooDark, WhiteCard(), Light(level=0.05)),
        (Textured, WhiteCard(texture=0.08), Light()),
        (Textured, WhiteCard(texture=0.15, texture_period_mm=0.1), Light()),
        (HalfOutOfView, WhiteCard(size_mm=(2.5, 20.0)), Light()),
        (HalfOutOfView, WhiteCard(size_mm=(3.05, 20.0), around=0.5), Light()),
    ],
)
def test_bad_cards_are_refused_by_name(wanted: type[TargetRefused], card: WhiteCard, light: Light) -> None:
    """A fault of the card would be laid on every picture, turned round."""
    with pytest.raises(wanted, match="take it again"):
        measure_flat_field(picture_of(card, light=light), "crossed")


def test_noise_is_no_texture() -> None:
    """A short exposure of a good card would be refused."""
    assert measure_flat_field(picture_of(WhiteCard(), full_well_e=500), "crossed").bridged < 0.01
