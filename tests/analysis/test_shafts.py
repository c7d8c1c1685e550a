"""Shafts: known widths come back from drawn pictures and phantoms, and what cannot be told is said to be so."""

from __future__ import annotations

from functools import cache
from math import erf

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.picture import Picture, read
from analysis.shafts import RESOLVED_SIGMAS, Shafts, measure_shafts
from phantom import Light, Optics, ScalpSettings, grow, photograph
from tests.analysis.drawn import HAIR_BGR, SKIN_BGR, UM_PER_PX, developed, skin

Line = NDArray[np.float64]


def down(x: float, top: float = 130.0, bottom: float = 270.0) -> Line:
    """A line down the picture, from root to tip."""
    y = np.arange(top, bottom + 1)
    return np.column_stack([np.full(len(y), x), y])


def drawn(*shafts: tuple[float, float], blur_px: float = 1.0, degrees: float = 90.0) -> Picture:
    """Shafts (x, width in um) through the middle of a picture, 140 px long, their edges error functions.

    Filled polygons would be a um too wide: they cover the pixels that they touch.
    """
    y, x = np.mgrid[:400, :400].astype(float)
    turn = np.deg2rad(degrees)
    along = (x - 200) * np.cos(turn) + (y - 200) * np.sin(turn)
    across = -(x - 200) * np.sin(turn) + (y - 200) * np.cos(turn)
    picture = np.tile(np.array(SKIN_BGR, float), (400, 400, 1))
    lengthwise = step((along + 70) / blur_px) - step((along - 70) / blur_px)
    for place, width_um in shafts:
        half, d = width_um / UM_PER_PX / 2, across + place - 200
        share = (step((d + half) / blur_px) - step((d - half) / blur_px)) * lengthwise
        picture += share[..., None] * (np.array(HAIR_BGR, float) - SKIN_BGR)
    return read(np.rint(picture.clip(0, 255)).astype(np.uint8), UM_PER_PX, "bgr")


def step(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral of the normal density, from a table."""
    at = np.linspace(-5, 5, 2001)
    return np.interp(z, at, [(1 + erf(v / np.sqrt(2))) / 2 for v in at])


@pytest.mark.parametrize("width_um", [28.0, 45.0, 70.0, 100.0])
@pytest.mark.parametrize("degrees", [90.0, 37.0])
def test_a_drawn_shaft_is_measured_within_half_a_um(width_um: float, degrees: float) -> None:
    """Cutting, interpolating or the contrast would bias what the fit alone gets right."""
    working = drawn((200, width_um), blur_px=1.1, degrees=degrees)
    half = 70 * np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    shafts = measure_shafts(working, [np.linspace(200 - half, 200 + half, 70)], np.array([0.7 * width_um / 5.3]), 1.1)
    assert shafts.diameter_um[0] == pytest.approx(width_um, abs=0.5)
    assert not shafts.limited[0]
    assert not shafts.blur_estimated


@pytest.mark.parametrize(("off_px", "rough"), [(1.5, 1.4), (-1.5, 0.6), (0.0, 1.0)])
def test_line_and_rough_width_need_only_be_near(off_px: float, rough: float) -> None:
    """Lines come from a grid of twice the scale: their errors must not reach the diameter."""
    shafts = measure_shafts(drawn((200, 70)), [down(200 + off_px)], np.array([rough * 70 / UM_PER_PX]), 1.0)
    assert shafts.diameter_um[0] == pytest.approx(70.0, abs=0.5)


@pytest.mark.parametrize("degrees", [6.0, 9.0])
def test_a_line_askew_over_its_shaft_costs_nothing(degrees: float) -> None:
    """Lines are smoothed over bends, so that parts of them run askew: cut askew, the shaft looks wider."""
    askew = down(200.0, 165, 235)
    askew[:, 0] += np.tan(np.deg2rad(degrees)) * (askew[:, 1] - 200)
    shafts = measure_shafts(drawn((200, 100)), [askew], np.array([90 / UM_PER_PX]), 1.0)
    assert shafts.diameter_um[0] == pytest.approx(100.0, abs=0.5)


@pytest.mark.parametrize("gap_um", [15.0, 40.0])
def test_two_hairs_side_by_side_both_have_a_diameter(gap_um: float) -> None:
    """Two of five hairs have a neighbour over all their length."""
    apart = (35.0 + gap_um + 25.0) / UM_PER_PX
    working = drawn((190, 70), (190 + apart, 50))
    shafts = measure_shafts(working, [down(190), down(190 + apart)], np.array([75.0, 40.0]) / UM_PER_PX, 1.0)
    assert shafts.diameter_um == pytest.approx([70.0, 50.0], abs=1.5)
    assert not shafts.shared.any()


def test_two_hairs_without_skin_between_have_none() -> None:
    """Their common width would be split as the rough widths say: a made-up figure."""
    apart = 55 / UM_PER_PX
    working = drawn((190, 60), (190 + apart, 60))
    shafts = measure_shafts(working, [down(190), down(190 + apart)], np.full(2, 60 / UM_PER_PX), 1.0)
    assert np.isnan(shafts.diameter_um).all()
    assert np.isnan(shafts.diameter_sd_um).all()


def test_two_lines_on_one_shaft_both_have_its_width_and_say_so() -> None:
    """A hair followed twice must not go without a width, nor pass for two clean ones."""
    working = drawn((200, 80))
    shafts = measure_shafts(working, [down(199), down(201.5)], np.full(2, 80 / UM_PER_PX), 1.0)
    assert shafts.diameter_um == pytest.approx([80.0, 80.0], abs=1.0)
    assert shafts.shared.all()
    assert (shafts.diameter_sd_um > 7).all()


def test_a_shaft_below_three_sigmas_is_an_upper_limit() -> None:
    """Below, width and darkness are one quantity: a figure there would be invented."""
    shafts = measure_shafts(drawn((200, 25), blur_px=2.4), [down(200)], np.array([30 / UM_PER_PX]), 2.4)
    assert shafts.limited[0]
    assert shafts.diameter_um[0] >= RESOLVED_SIGMAS * 2.4 * UM_PER_PX
    assert np.isnan(shafts.diameter_sd_um[0])
    assert np.isnan(shafts.pigmentation.lightness[0])


@pytest.mark.parametrize("sigma_px", [0.9, 1.6, 2.4])
def test_the_blur_is_read_from_the_edges(sigma_px: float) -> None:
    """An uncalibrated picture's diameters hang on this estimate."""
    working = drawn((100, 90), (200, 80), (300, 85), blur_px=sigma_px)
    shafts = measure_shafts(working, [down(100), down(200), down(300)], np.full(3, 16.0))
    assert shafts.blur_estimated
    assert shafts.blur_sigma_px == pytest.approx(sigma_px, rel=0.05)
    assert shafts.diameter_um == pytest.approx([90, 80, 85], abs=1.5)


def test_bare_skin_has_no_diameter() -> None:
    """A line drawn by mistake must not get a width from the noise."""
    bgr = read(developed(skin()), UM_PER_PX, "bgr").bgr
    noisy = (bgr + np.random.default_rng(5).normal(0, 0.02, bgr.shape)).clip(0, 1).astype(np.float32)
    shafts = measure_shafts(Picture(noisy, UM_PER_PX, 0), [down(x) for x in (80, 160, 240, 320)], np.full(4, 12.0), 1.0)
    assert not np.isfinite(shafts.diameter_um[~shafts.limited]).any()


def test_no_hair_is_no_error() -> None:
    """A bald place is a place."""
    shafts = measure_shafts(drawn((200, 70)), [], np.zeros(0), None)
    assert len(shafts.diameter_um) == len(shafts.pigmentation.lightness) == 0
    assert shafts.blur_estimated
    known = measure_shafts(drawn((200, 70)), [], np.zeros(0), np.array([1.3]))
    assert known.blur_sigma_px == pytest.approx(1.3)
    assert not known.blur_estimated


@cache
def on_phantom(
    hair_colour: str, skin_type: str = "III", *, sigma_px: float = 0.9, highlight: float = 0.15, given: bool = True
) -> tuple[Shafts, NDArray[np.float64]]:
    """Shafts of a phantom of 0.18 cm2 and their true diameters, by its true lines, shaken smoothly by 1 px."""
    settings = ScalpSettings(size_mm=(5.1, 3.8), hair_colour=hair_colour, skin_type=skin_type)  # type: ignore[arg-type]
    optics = Optics(size_px=(940, 700), blur_sigma_px=sigma_px)
    taken = photograph(grow(settings, seed=11), optics, light=Light(highlight=highlight), seed=11)
    rng = np.random.default_rng(12)
    hairs = [hair for hair in taken.truth.hairs if hair.length_mm > 0.13]
    inside = np.array([(h.centreline_px.min() > 16) and (h.centreline_px < [924, 684]).all() for h in hairs])
    true_um = np.array([h.diameter_um for h in hairs])
    lines = [_shaken(h.centreline_px, rng) for h in hairs]
    rough = true_um / 5.3 * rng.uniform(0.6, 1.4, len(hairs))
    working = read(taken.picture, 5.3, "bgr")
    shafts = measure_shafts(working, lines, rough, sigma_px if given else None)
    return shafts, np.where(inside, true_um, np.nan)


def _shaken(line: Line, rng: np.random.Generator) -> Line:
    """Displace a line by smooth noise of 1 px."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    knots = np.arange(0, along[-1] + 25, 25.0)
    shift = np.column_stack([np.interp(along, knots, rng.normal(0, 1, len(knots))) for _ in "xy"])
    return np.asarray(line + shift)


def errors(shafts: Shafts, true_um: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of all hairs with a diameter that is no limit."""
    return np.asarray((shafts.diameter_um - true_um)[np.isfinite(shafts.diameter_um * true_um) & ~shafts.limited])


def test_dark_hair_on_a_phantom() -> None:
    """The figures the whole measurement rests on: bias, error, kinds, and how many hairs have a diameter."""
    shafts, true_um = on_phantom("dark brown")
    known = np.isfinite(shafts.diameter_um)[np.isfinite(true_um)]
    off = errors(shafts, true_um)
    assert known.mean() >= 0.85
    assert abs(off.mean()) <= 1.0
    assert np.abs(off).mean() <= 3.0
    told = np.isfinite(shafts.diameter_um * true_um)
    assert ((shafts.diameter_um >= 40) == (true_um >= 40))[told].mean() >= 0.97


def test_the_uncertainty_is_neither_boast_nor_excuse() -> None:
    """Intervals of every figure of thickness are made from it."""
    shafts, true_um = on_phantom("dark brown")
    told = np.isfinite(shafts.diameter_um * true_um) & ~shafts.limited
    score = np.abs(shafts.diameter_um - true_um)[told] / shafts.diameter_sd_um[told]
    assert 0.4 < np.percentile(score, 68) < 1.6


@pytest.mark.parametrize(
    ("hair_colour", "skin_type", "bias_um"), [("blond", "II", 1.5), ("white", "VI", 2.5), ("black", "VI", 1.5)]
)
def test_hair_of_other_colours(hair_colour: str, skin_type: str, bias_um: float) -> None:
    """A hue of its own for each shaft: none of these shows where dark hair on pale skin does."""
    shafts, true_um = on_phantom(hair_colour, skin_type)
    assert np.isfinite(shafts.diameter_um)[np.isfinite(true_um)].mean() >= 0.8
    assert abs(np.median(errors(shafts, true_um))) <= bias_um
    assert np.abs(errors(shafts, true_um)).mean() <= 3.0
    assert (np.median(shafts.lighter) == 1) == (hair_colour == "white")


def test_glossy_hair_keeps_its_width() -> None:
    """A highlight splits a wide shaft in two: each half would pass for a fine hair."""
    shafts, true_um = on_phantom("dark brown", highlight=0.5)
    off = errors(shafts, true_um)
    assert abs(np.median(off)) <= 1.0
    assert (np.abs(off) > 10).mean() <= 0.08


def test_a_soft_picture_with_the_blur_unknown() -> None:
    """Out of focus, every hair would look thicker than last time."""
    shafts, true_um = on_phantom("dark brown", sigma_px=1.8, given=False)
    assert shafts.blur_sigma_px == pytest.approx(1.8, rel=0.06)
    assert abs(np.median(errors(shafts, true_um))) <= 1.5


def test_odd_lines_harm_no_other() -> None:
    """A tracker may hand over a stump, a line of two points, or one that leaves the picture."""
    odd = [np.array([[60.0, 60.0], [60.0, 60.0]]), np.array([[320.0, 150.0], [320.0, 160.0]]), down(200) + 500]
    shafts = measure_shafts(drawn((200, 70)), [*odd, down(200)], np.full(4, 70 / UM_PER_PX), 1.0)
    assert np.isnan(shafts.diameter_um[:3]).all()
    assert shafts.diameter_um[3] == pytest.approx(70.0, abs=0.5)


def test_a_grey_picture_is_measured_like_a_coloured_one() -> None:
    """Three equal channels have no texture between them: their covariance has no inverse."""
    coloured = drawn((200, 70))
    grey = np.repeat(coloured.bgr.mean(axis=2, keepdims=True), 3, axis=2)
    shafts = measure_shafts(Picture(grey, UM_PER_PX, 0), [down(200)], np.array([70 / UM_PER_PX]), 1.0)
    assert shafts.diameter_um[0] == pytest.approx(70.0, abs=0.5)
