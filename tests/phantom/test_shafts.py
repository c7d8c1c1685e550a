"""A shaft is drawn as wide, as long and where it is said to be, to a hundredth of a pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from phantom.colour import hair_opacity, hair_pigment
from phantom.shafts import Shaft, draw_shaft

GROUND = 0.75
SIDE = 240


def _coverage_of(shaft: Shaft, side: int = SIDE) -> NDArray[np.float64]:
    """How much of every pixel a black shaft covers, read back from a drawing on even ground."""
    canvas = np.full((side, side, 3), GROUND, np.float32)
    draw_shaft(canvas, shaft, highlight=0.0)
    full = hair_opacity(1.0, shaft.diameter_um) * (GROUND - float(hair_pigment(1.0)[1]))
    return np.asarray((GROUND - canvas[:, :, 1].astype(float)) / full)


def _straight(middle: tuple[float, float], angle: float, length: float, width: float) -> Shaft:
    along = np.linspace(-0.5, 0.5, 12)[:, None] * length * np.array([np.cos(angle), np.sin(angle)])
    return Shaft(np.asarray(middle) + along, np.full(12, width), 70.0, 1.0, 0)


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(118.0, 122.0),
    y=st.floats(118.0, 122.0),
    angle=st.floats(0.0, 2 * np.pi),
    diameter_um=st.floats(20.0, 100.0),
    um_per_px=st.sampled_from([2.65, 5.3]),
)
def test_drawn_width_is_the_diameter(x: float, y: float, angle: float, diameter_um: float, um_per_px: float) -> None:
    """Darkness summed over the shaft is width times length: off by a tenth of a pixel, every diameter would lie."""
    width, length = diameter_um / um_per_px, 120.0
    coverage = _coverage_of(_straight((x, y), angle, length, width))
    assert coverage.sum() / length == pytest.approx(width, abs=0.02)
    rows, columns = np.indices(coverage.shape)
    off_x, off_y = ((coverage * (at - wanted)).sum() / coverage.sum() for at, wanted in ((columns, x), (rows, y)))
    assert off_y * np.cos(angle) - off_x * np.sin(angle) == pytest.approx(0.0, abs=0.01)
    # a shaft nearly along the rows beats with them: its width comes and goes by 0.01 px, and its weight shifts along
    assert off_x * np.cos(angle) + off_y * np.sin(angle) == pytest.approx(0.0, abs=0.16 * 0.01 / width * length)


@pytest.mark.parametrize("width", [3.8, 7.25, 13.2, 18.9])
def test_every_cross_section_has_the_width(width: float) -> None:
    """The sum over the whole shaft could be right with a shaft that swells and pinches between its pieces."""
    coverage = _coverage_of(_straight((300.3, 120.4), 0.0, 560.0, width), side=600)
    assert np.abs(coverage[:, 40:560].sum(axis=0) - width).max() < 0.01


@settings(max_examples=30, deadline=None)
@given(radius=st.floats(60.0, 400.0), turn=st.floats(0.3, 1.6), width=st.floats(3.0, 20.0))
def test_a_bent_shaft_is_drawn_once_and_whole(radius: float, turn: float, width: float) -> None:
    """Pieces that overlap would print dark joints, pieces that gape light ones: both look like hair ends."""
    length = min(turn * radius, 180.0)
    angle = np.linspace(0.0, length / radius, 60)
    line = np.column_stack([20.0 + radius * np.sin(angle), 30.0 + radius * (1 - np.cos(angle))])
    coverage = _coverage_of(Shaft(line, np.linspace(width, 0.8 * width, 60), 70.0, 1.0, 0))
    assert coverage.max() < 1.0 + 1e-3
    assert coverage.sum() / length == pytest.approx(0.9 * width, rel=0.004)


def test_long_and_short_pieces_join_without_a_seam() -> None:
    """A hair longer than one piece must not show where its pieces meet."""
    angle = np.linspace(0.0, 2.2, 400)
    line = np.column_stack([300.0 + 260.0 * np.cos(angle), 300.0 + 260.0 * np.sin(angle)])
    coverage = _coverage_of(Shaft(line, np.full(400, 9.0), 70.0, 1.0, 0), side=620)
    rows, columns = np.indices(coverage.shape)
    bearing = np.arctan2(rows - 300.0, columns - 300.0)
    inner = (np.abs(np.hypot(rows - 300.0, columns - 300.0) - 260.0) < 2.5) & (bearing > 0.05) & (bearing < 2.15)
    assert coverage[inner].min() > 0.99
    assert coverage.max() < 1.0 + 1e-3


def test_nothing_is_drawn_away_from_the_shaft() -> None:
    """A shaft that touches far pixels would change the skin's statistics everywhere."""
    coverage = _coverage_of(_straight((120.0, 120.0), 0.7, 100.0, 10.0))
    rows, columns = np.indices(coverage.shape)
    across = np.abs((rows - 120.0) * np.cos(0.7) - (columns - 120.0) * np.sin(0.7))
    along = np.abs((rows - 120.0) * np.sin(0.7) + (columns - 120.0) * np.cos(0.7))
    assert coverage[(across > 8.0) | (along > 53.0)].max() == 0.0


def test_a_shaft_partly_or_wholly_outside_draws_what_is_inside() -> None:
    """Hairs cross the picture's edge in every photograph."""
    inside = _coverage_of(_straight((120.0, 0.0), np.pi / 2, 60.0, 8.0))
    assert inside.sum() == pytest.approx(8.0 * 30.5, rel=0.01)
    assert _coverage_of(_straight((-300.0, 50.0), 0.0, 60.0, 8.0)).max() == 0.0


def test_a_pale_shaft_shows_a_highlight_and_the_skin_through() -> None:
    """Fine pale hair is the hard case: were it drawn opaque, recall on it would be flattered."""
    canvas = np.full((SIDE, SIDE, 3), GROUND, np.float32)
    fine = Shaft(np.array([[20.0, 60.0], [220.0, 60.0]]), np.full(2, 4.0), 20.0, 0.5, 0)
    thick = Shaft(np.array([[20.0, 160.0], [220.0, 160.0]]), np.full(2, 16.0), 80.0, 0.5, 0)
    for shaft in (fine, thick):
        draw_shaft(canvas, shaft, highlight=0.0)
    contrast = GROUND - canvas[[60, 160], 120, 1]
    assert 0.0 < contrast[0] < 0.75 * contrast[1]
    dull = canvas.copy()
    draw_shaft(canvas, thick, highlight=0.6)
    draw_shaft(dull, thick, highlight=0.0)
    assert (canvas - dull).min() >= 0.0
    assert (canvas - dull).max() > 0.2


@pytest.mark.parametrize("seed", range(8))
def test_rough_shafts_keep_their_width_and_length(seed: int) -> None:
    """Roughness is a look: a diameter or a length that it changed would be a truth that no picture shows."""
    usual = _straight((120.3, 119.6), 0.4, 130.0, 12.0)
    smooth = _coverage_of(usual)
    rough = _coverage_of(replace(usual, glint_seed=seed, roughness=1.0, ragged_cut=1.0))
    assert rough.sum() / smooth.sum() == pytest.approx(1.0, abs=0.08)
    assert np.abs(rough - smooth).max() > 0.1
    # away from edges and ends nothing of the outline moves by more than a fifth of the width
    rows, columns = np.indices(smooth.shape)
    across = (rows - 119.6) * np.cos(0.4) - (columns - 120.3) * np.sin(0.4)
    assert np.abs(rough[np.abs(across) > 0.5 * 12.0 + 4.0]).max() < 0.02


def test_ragged_cuts_differ_and_lie_at_the_tip_only() -> None:
    """Ends all alike, or ragged roots, would be another sign than real cut hair gives."""
    usual = _straight((120.0, 120.0), 0.0, 100.0, 14.0)
    square = _coverage_of(usual)
    ends = [_coverage_of(replace(usual, glint_seed=seed, ragged_cut=1.0)) for seed in range(6)]
    for end in ends:
        assert np.abs(end - square)[:, :150].max() < 1e-6
        assert np.abs(end - square)[:, 150:].max() > 0.1
        assert end.sum() / 14.0 == pytest.approx(100.0, abs=5.0)
    assert np.abs(ends[0] - ends[1]).max() > 0.1


def test_smooth_shafts_are_drawn_as_they_were() -> None:
    """Pictures drawn before shafts could be rough are locked figures."""
    usual = _straight((120.3, 119.6), 0.4, 130.0, 12.0)
    assert (_coverage_of(usual) == _coverage_of(replace(usual, roughness=0.0, ragged_cut=0.0))).all()
    assert (_coverage_of(usual) == _coverage_of(replace(usual, glint_seed=5))).all()
