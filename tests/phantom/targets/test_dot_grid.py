"""A drawn grid of dots has its dots where it says, as large as it says."""

from __future__ import annotations

import numpy as np
import pytest

from phantom import SettingError
from phantom.targets.dirt import Dirty, Smear, strewn
from phantom.targets.dot_grid import FIDUCIALS, DotGrid
from tests.phantom.targets.drawn import blurred_by_hand, dark_middle, looked_at


@pytest.mark.parametrize(("column", "row"), [(0, 0), (17, 3), (30, 24)])
def test_dots_lie_where_they_say(column: int, row: int) -> None:
    """Truth and picture must not part: the finder's error is judged by it."""
    grid = DotGrid(scatter_mm=0.004, seed=3)
    place = grid.places_mm[row, column]
    nominal = (np.array([column, row]) - (15, 12)) * 0.5
    assert 0 < np.hypot(*(place - nominal)) < 0.02
    seen = looked_at(grid, (nominal[0], nominal[1]), 0.5, 0.01)
    assert dark_middle(seen, 0.5) == pytest.approx(tuple(place - nominal), abs=1e-4)


def test_larger_dots_are_the_named_ones() -> None:
    """They tell how the target lies."""
    grid = DotGrid()
    areas = {}
    for place in [*FIDUCIALS, (10, 10), (20, 20)]:
        at = grid.places_mm[place[1], place[0]]
        areas[place] = float((looked_at(grid, (at[0], at[1]), 0.5, 1e-4) < 0.5).mean()) * 0.25
    assert [areas[place] for place in FIDUCIALS] == pytest.approx([np.pi * 0.18**2] * len(FIDUCIALS), rel=0.01)
    assert areas[10, 10] == areas[20, 20] == pytest.approx(np.pi * 0.125**2, rel=0.01)


@pytest.mark.parametrize("blur_mm", [0.008, 0.012, 0.04])
def test_a_blurred_disc_is_near_the_integral(blur_mm: float) -> None:
    """The closed form is an approximation: its error is to stay what its docstring says."""
    grid = DotGrid()
    off = np.abs(looked_at(grid, (0.0, 0.5), 0.4, blur_mm) - blurred_by_hand(grid, (0.0, 0.5), 0.4, blur_mm))
    assert off.max() < (0.02 if blur_mm > 0.02 else 0.01)


def test_face_down_is_mirrored() -> None:
    """What the finder has to refuse."""
    up, down = (looked_at(DotGrid(mirrored=mirrored), (0.0, 0.0), 8.0, 0.01) for mirrored in (False, True))
    assert down == pytest.approx(up[:, ::-1], abs=1e-3)
    assert np.abs(down - up).max() > 0.5


def test_dirt_covers_what_it_is_strewn_on() -> None:
    """Benchmarks say how many dots are dirty."""
    grid = DotGrid()
    dirt = strewn(grid.places_mm, share=0.1, size_mm=0.25, pitch_mm=0.5, seed=1)
    assert len(dirt) == round(0.1 * 31 * 25)
    clean, dirty = looked_at(grid, (0, 0), 8, 0.01), looked_at(Dirty(grid, dirt), (0, 0), 8, 0.01)
    changed = np.abs(dirty - clean) > 0.1
    assert 0.005 < changed.mean() < 0.1


def test_a_smear_runs_from_end_to_end() -> None:
    """Dirt that is drawn beside its place would leave the dots clean."""
    grid = DotGrid()
    smear = Smear((-0.2, 0.25), (0.2, 0.25), 0.1, 0.05)
    seen = looked_at(Dirty(grid, (smear,)), (0.0, 0.25), 0.8, 1e-4)
    dark = seen[190:210] < 0.3
    assert dark.mean() == pytest.approx(0.5 / 0.8, abs=0.01)


def test_settings_that_cannot_be_drawn_are_refused() -> None:
    """Dots that overlap are no dots."""
    with pytest.raises(SettingError):
        DotGrid(pitch_mm=0.5, dot_mm=0.6)
