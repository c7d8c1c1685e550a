"""Fitting bars: exact profiles give back what they were made of, and what cannot be told is said to be unsure."""

from __future__ import annotations

from math import erf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.bar_fits import Bars, Profiles, fit

T = np.linspace(-24, 24, 40)
SECTIONS = 12


def edge(x: float) -> float:
    """Integral of the normal density."""
    return (1 + erf(x / np.sqrt(2))) / 2


def bar(centre: float, width: float, sigma: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """One blurred bar of depth 1 at T."""
    return np.array([edge((t - centre + width / 2) / sigma) - edge((t - centre - width / 2) / sigma) for t in T])


def profiles(
    shape: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    rough_px: float,
    *,
    noise: float = 0.0,
    beside: tuple[tuple[float, float], ...] = (),
) -> Profiles:
    """The same profile on a slope, as so many sections with noise of their own; `beside` as (place, width)."""
    contrasts = np.tile(shape + 0.01 + 0.001 * T, (SECTIONS, 1))
    contrasts = contrasts + np.random.default_rng(8).normal(0, noise, contrasts.shape)
    return Profiles(
        offsets_px=np.tile(T, (SECTIONS, 1)),
        contrasts=contrasts,
        counts=np.ones(contrasts.shape, bool),
        rough_widths_px=np.full(SECTIONS, rough_px),
        noise=np.full(SECTIONS, 0.03),
        rim=np.full(SECTIONS, 0.15),
        beside_px=np.tile([place for place, _ in beside], (SECTIONS, 1)).reshape(SECTIONS, -1),
        beside_widths_px=np.tile([width for _, width in beside], (SECTIONS, 1)).reshape(SECTIONS, -1),
    )


def width_px(bars: Bars) -> float:
    """Median over the sections."""
    return float(np.median(bars.widths_px))


@settings(max_examples=30)
@given(st.floats(0.7, 2.2), st.floats(3.5, 8.0), st.floats(0.6, 1.4), st.floats(-1.5, 1.5))
def test_a_known_blur_gives_the_width_back(sigma: float, widths: float, off: float, centre: float) -> None:
    """A bias with the blur, the rough width or the line's place would be read as a change of the hair."""
    width = widths * sigma
    bars = fit(profiles(bar(centre, width, sigma), off * width), sigma)
    assert width_px(bars) == pytest.approx(width, abs=0.1)
    assert np.median(bars.centres_px) == pytest.approx(centre, abs=0.05)


@pytest.mark.parametrize("width", [5.0, 8.0, 14.0])
def test_noise_is_neither_bias_nor_understated(width: float) -> None:
    """A noisy sensor would show treatment effects, or a fit would claim more than it knows."""
    bars = fit(profiles(bar(0.3, width, 1.2), width, noise=0.03), 1.2)
    assert bars.widths_px.mean() == pytest.approx(width, abs=0.2)
    scatter = bars.widths_px.std(ddof=1)
    assert 0.4 * scatter < np.median(bars.widths_sd_px) < 2.5 * scatter


@pytest.mark.parametrize("gap", [1.5, 3.0, 6.0])
def test_a_shaft_beside_is_fitted_along(gap: float) -> None:
    """Two hairs of one unit lie side by side over their whole length: both would go without a diameter."""
    place = 6.0 + gap + 4.0
    both = bar(0.0, 12.0, 1.0) + 0.8 * bar(place, 8.0, 1.0)
    bars = fit(profiles(both, 10.0, noise=0.01, beside=((place + 1.0, 10.0),)), 1.0)
    assert width_px(bars) == pytest.approx(12.0, abs=0.3)
    assert np.median(bars.gaps_px) == pytest.approx(gap, abs=0.4)


def test_two_shafts_without_skin_between_are_unsure() -> None:
    """Where no edge is seen between two shafts, any split of their common width would be made up."""
    both = bar(-5.0, 10.0, 1.0) + bar(5.0, 10.0, 1.0)
    line = profiles(both[::1], 10.0, noise=0.02, beside=((10.0, 10.0),))
    shifted = Profiles(
        line.offsets_px + 5.0, line.contrasts, line.counts, line.rough_widths_px, line.noise, line.rim,
        line.beside_px, line.beside_widths_px,
    )  # fmt: skip
    apart = fit(profiles(bar(0.0, 10.0, 1.0) + bar(14.0, 10.0, 1.0), 10.0, noise=0.02, beside=((14.0, 10.0),)), 1.0)
    fused = fit(shifted, 1.0)
    assert np.median(fused.widths_sd_px) > 4 * np.median(apart.widths_sd_px)
    assert np.median(fused.gaps_px) < 0.5


@pytest.mark.parametrize("strength", [0.3, 0.6])
def test_a_line_of_light_leaves_the_outer_width(strength: float) -> None:
    """A glossy shaft would be split, or measured to its highlight only."""
    light = strength * np.exp(-(((T / 7 - 0.25) / 0.22) ** 2) / 2)
    bars = fit(profiles(bar(0.0, 14.0, 0.9) - light, 11.0, noise=0.01), 0.9)
    assert width_px(bars) == pytest.approx(14.0, abs=0.3)


def test_a_pale_shaft_is_measured_over_its_dark_rims() -> None:
    """A middle as light as the skin, between darker rims, is one shaft: else its rims would be two."""
    out = np.clip(T / 7, -1, 1)
    rims = bar(0.0, 14.0, 0.9) * (2.2 * out**2 - 0.8)
    pale = profiles(rims, 11.0, noise=0.02)
    pale.rim[:] = 2.0
    assert width_px(fit(pale, 0.9)) == pytest.approx(14.0, abs=0.8)


@pytest.mark.parametrize("sigma", [0.8, 1.5, 2.4])
def test_a_free_blur_is_found(sigma: float) -> None:
    """An uncalibrated picture's diameters hang on this estimate."""
    bars = fit(profiles(bar(0.2, 15.0, sigma), 13.0, noise=0.01), 1.5, sigma_free=True)
    assert np.median(bars.sigmas_px) == pytest.approx(sigma, rel=0.06)
    assert width_px(bars) == pytest.approx(15.0, abs=0.2)


def test_samples_that_do_not_count_do_not_count() -> None:
    """A crossing hair is masked, and must not pull the edge beside it."""
    spoiled = profiles(bar(0.0, 10.0, 1.0) + 2.0 * (T > 9), 10.0, noise=0.01)
    spoiled.counts[:, T > 9] = False
    assert width_px(fit(spoiled, 1.0)) == pytest.approx(10.0, abs=0.2)


def test_nothing_to_see_still_ends() -> None:
    """One hair outside the picture must not stop the measurement of all."""
    blind = profiles(np.zeros_like(T), 10.0)
    blind.counts[:] = False
    bars = fit(blind, 1.0)
    assert np.isfinite(bars.widths_px).all()
    assert (bars.widths_sd_px < np.inf).all()
