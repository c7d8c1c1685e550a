"""Diameters: the blurred bar gives back the width that was drawn."""

from __future__ import annotations

from math import erf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import diameters
from analysis.diameters import Profiles, diameters_px, estimate_sigma_px, fit
from analysis.evidence import Hue, background
from analysis.picture import read
from tests.analysis.drawn import UM_PER_PX, add_shaft, developed, lone_shaft, skin

OFFSETS = np.arange(-26, 26.5, 0.5)


def profiles(width_px: float, sigma_px: float, *, noise: float = 0.0, guess_px: float | None = None) -> Profiles:
    """Exact profiles of one shaft, off the centre by a third of a pixel, on a slope."""
    root2 = np.sqrt(2) * sigma_px
    t = OFFSETS - 0.33
    bar = np.array([(erf((v + width_px / 2) / root2) - erf((v - width_px / 2) / root2)) / 2 for v in t])
    depths = np.broadcast_to(0.6 * bar + 0.01 + 0.001 * t, (1, diameters.SECTIONS, len(t)))
    depths = depths + np.random.default_rng(8).normal(0, noise, depths.shape)
    return Profiles(OFFSETS, depths, np.ones_like(depths), np.array([guess_px or width_px]))


@settings(max_examples=40, deadline=None)
@given(st.floats(0.7, 2.5), st.floats(3.2, 8.0), st.floats(0.8, 1.3))
def test_a_known_blur_gives_the_width_back(sigma_px: float, widths: float, off: float) -> None:
    """A bias with the blur would make every hair thicker on a worse focused day."""
    width_px = widths * sigma_px
    exact = profiles(width_px, sigma_px, guess_px=off * width_px)
    measured, limited = diameters_px(fit(exact, sigma_px), sigma_px)
    assert measured[0] == pytest.approx(width_px, abs=0.02)
    assert not limited[0]


@pytest.mark.parametrize("width_px", [5.0, 8.0, 14.0])
def test_noise_does_not_bias_the_width(width_px: float) -> None:
    """A noisy sensor would show treatment effects."""
    measured, _ = diameters_px(fit(profiles(width_px, 1.2, noise=0.02), 1.2), 1.2)
    assert measured[0] == pytest.approx(width_px, abs=0.15)


def test_a_shaft_below_three_sigmas_is_an_upper_limit() -> None:
    """Below, width and darkness are one quantity: a figure there would be invented."""
    measured, limited = diameters_px(fit(profiles(3.0, 2.0), 2.0), 2.0)
    assert limited[0]
    assert measured[0] == 6.0


def test_a_section_beside_a_neighbour_is_not_clean() -> None:
    """The neighbour's edge would be taken for the shaft's own."""
    touching = profiles(10.0, 1.2)
    touching.weights[:, :, OFFSETS > 4.0] = 0
    measured, _ = diameters_px(fit(touching, 1.2), 1.2)
    assert np.isnan(measured[0])


@pytest.mark.parametrize("sigma_px", [0.9, 1.5, 2.2])
def test_the_blur_is_read_from_the_edges(sigma_px: float) -> None:
    """An uncalibrated picture's diameters hang on this estimate."""
    assert estimate_sigma_px(profiles(14.0, sigma_px, noise=0.005)) == pytest.approx(sigma_px, rel=0.05)


def test_no_clean_edge_gives_no_blur() -> None:
    """A blur made up from noise would be worse than none."""
    noise = profiles(14.0, 1.0)
    noise.depths[:] = np.random.default_rng(9).normal(0, 0.3, noise.depths.shape)
    assert estimate_sigma_px(noise) is None


@pytest.mark.parametrize("width_um", [28.0, 45.0, 70.0, 100.0])
@pytest.mark.parametrize("degrees", [0.0, 37.0])
def test_a_drawn_shaft_is_measured_within_two_um(width_um: float, degrees: float) -> None:
    """Cutting, interpolating or the contrast would bias what the fit alone gets right."""
    sigma_px = 1.1
    working = read(lone_shaft(width_um, sigma_px, degrees), UM_PER_PX, "bgr")
    half = 70 * np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    centreline = np.linspace(200 - half, 200 + half, 70)
    bare = background(working.bgr, UM_PER_PX, Hue.DARK)
    cut = diameters.cross_sections(working, bare, Hue.DARK, [centreline], np.array([width_um / UM_PER_PX]))
    measured, _ = diameters_px(fit(cut, sigma_px), sigma_px)
    assert measured[0] * UM_PER_PX == pytest.approx(width_um, abs=2.0)


def test_the_neighbour_is_masked_where_it_begins() -> None:
    """Two shafts 30 um apart: each one's profile must end before the other."""
    fine = skin()
    add_shaft(fine, (190, 130), (190, 270), 70)
    add_shaft(fine, (209, 130), (209, 270), 70)
    working = read(developed(fine), UM_PER_PX, "bgr")
    lines = [np.column_stack([np.full(141, x), np.arange(130.0, 271)]) for x in (190.0, 209.0)]
    bare = background(working.bgr, UM_PER_PX, Hue.DARK)
    cut = diameters.cross_sections(working, bare, Hue.DARK, lines, np.full(2, 70 / UM_PER_PX))
    # the lines run down the picture, so that offsets grow to the left
    assert (cut.weights[0][:, cut.offsets_px < -13.5] == 0).all()
    assert (cut.weights[1][:, cut.offsets_px > 13.5] == 0).all()
    assert (cut.weights[:, :, np.abs(cut.offsets_px) < 8] == 1).all()


@given(st.lists(st.floats(-6, 6), min_size=1, max_size=20))
def test_the_error_function_is_the_textbooks(xs: list[float]) -> None:
    """A wrong digit in the polynomial would bias every width a little."""
    assert diameters._erf(np.array(xs)) == pytest.approx([erf(x) for x in xs], abs=2e-7)
