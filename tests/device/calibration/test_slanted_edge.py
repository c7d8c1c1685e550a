"""One edge: its width, its place, its transfer."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from device.calibration.slanted_edge import EdgeUnfit, fit_edge
from phantom.targets.plane import step

SIZE_PX = (120, 100)


def drawn(sigma_px: float, slant_deg: float = 5.0, noise: float = 0.0, seed: int = 0) -> NDArray[np.float32]:
    """Draw a nearly vertical edge through (60, 50), light on the right."""
    x, y = np.meshgrid(np.arange(SIZE_PX[0], dtype=np.float32), np.arange(SIZE_PX[1], dtype=np.float32))
    turn = np.deg2rad(slant_deg)
    across = (x - 60) * np.cos(turn) + (y - 50) * np.sin(turn)
    light = 0.06 + 0.6 * step(np.asarray(across / sigma_px, np.float32))
    return np.asarray(light + noise * np.random.default_rng(seed).standard_normal(light.shape), np.float32)


def ends(slant_deg: float = 5.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give two points on the edge, a pixel and a half off."""
    along = np.array([-np.sin(np.deg2rad(slant_deg)), np.cos(np.deg2rad(slant_deg))])
    return np.array([61.5, 50.0]) - 38 * along, np.array([61.2, 50.0]) + 38 * along


@pytest.mark.parametrize("sigma_px", [0.7, 1.5, 5.0])
def test_width_and_place(sigma_px: float) -> None:
    """A width that is off by a twentieth makes every diameter of a thin hair wrong."""
    edge = fit_edge(drawn(sigma_px), *ends(), 35.0)
    assert edge.sigma_px == pytest.approx(sigma_px, rel=0.003)
    assert edge.normal_deg == pytest.approx(5.0, abs=1e-3)
    assert edge.across_x
    turn = np.deg2rad(5.0)
    assert (edge.x_px - 60) * np.cos(turn) + (edge.y_px - 50) * np.sin(turn) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("sigma_px", [0.7, 2.0, 5.0])
def test_transfer_of_a_gaussian(sigma_px: float) -> None:
    """MTF50 left without its corrections reads too low at sharp edges, too high at wide ones."""
    edge = fit_edge(drawn(sigma_px), *ends(), 35.0)
    assert edge.mtf50_per_px == pytest.approx(np.sqrt(2 * np.log(2)) / (2 * np.pi * sigma_px), rel=0.004)


def test_dark_on_the_other_side() -> None:
    """An edge taken for its negative would give no width."""
    start, end = (np.array([119.0, 0.0]) + np.array([-1.0, 1.0]) * one for one in ends())
    edge = fit_edge(drawn(1.2)[:, ::-1], start, end, 35.0)
    assert edge.sigma_px == pytest.approx(1.2, rel=0.003)
    assert abs(edge.normal_deg) > 170


def test_dirt_on_the_edge_counts_nothing() -> None:
    """A fibre across the edge would widen it."""
    light = drawn(1.2, noise=0.004)
    light[40:52, 61:75] = 0.03
    light[60:70, 40:58] = 0.5
    assert fit_edge(light, *ends(), 35.0).sigma_px == pytest.approx(1.2, rel=0.015)


def test_stated_uncertainty_is_the_scatter() -> None:
    """A field of widths is weighted by what the fits say of themselves."""
    edges = [fit_edge(drawn(1.5, noise=0.01, seed=seed), *ends(), 25.0) for seed in range(40)]
    scatter = np.std([edge.sigma_px for edge in edges])
    assert np.mean([edge.sigma_sd_px for edge in edges]) == pytest.approx(scatter, rel=0.35)


def test_no_edge_is_said() -> None:
    """Noise fitted as an edge would enter the field of blur."""
    noise = 0.3 + 0.01 * np.random.default_rng(1).standard_normal((100, 120)).astype(np.float32)
    with pytest.raises(EdgeUnfit):
        fit_edge(noise, *ends(), 35.0)
    with pytest.raises(EdgeUnfit, match="out of the picture"):
        fit_edge(noise, np.array([300.0, 10.0]), np.array([300.0, 90.0]), 20.0)
