"""A grid of dots is found where it lies, or refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.tone import to_light
from device.calibration.targets.dot_grid import find_dot_grid
from device.calibration.targets.refusals import (
    AnotherTarget,
    FaceDown,
    HalfOutOfView,
    NoTarget,
    Saturated,
    TargetRefused,
    TooBlurred,
    TooDark,
    WrongPitch,
)
from phantom import Optics, Pose
from phantom.optics import to_ideal_px
from phantom.targets.dirt import Dirty, strewn
from phantom.targets.dot_grid import DotGrid
from phantom.targets.plane import Target
from phantom.targets.ruler import Ruler
from tests.device.calibration.targets.shots import DISTANCE_MM, GRID, OPTICS, UM_PER_PX, Card, blurred, shot

HARD = Optics(um_per_px=UM_PER_PX, size_px=(1014, 760), k1=0.02, blur_sigma_px=1.8, distance_mm=DISTANCE_MM)


def dirty_grid(seed: int) -> Dirty:
    """A tenth of the dots is dirty."""
    grid = DotGrid()
    return Dirty(grid, strewn(grid.places_mm, share=0.1, size_mm=0.25, pitch_mm=0.5, seed=seed))


@pytest.mark.parametrize("turn_deg", [4.0, 100.0, 183.0])
def test_dots_are_placed_and_counted_as_printed(turn_deg: float) -> None:
    """A dot placed wrongly bends the scale; one counted wrongly, the whole plane."""
    pose = Pose(shift_mm=(0.2, -0.1), turn_deg=turn_deg, tilt_deg=(2.0, -2.2))
    points = find_dot_grid(shot(dirty_grid(3), pose, optics=HARD), GRID, UM_PER_PX * 1.02)
    truly = HARD.distort(to_ideal_px(points.points_mm, HARD, pose))
    off = np.hypot(*(points.points_px - truly).T)
    assert np.median(off) < 0.03
    assert np.quantile(off, 0.95) < 0.15
    assert points.turn_deg == pytest.approx((turn_deg + 180) % 360 - 180, abs=0.5)
    assert points.coverage > 0.9
    assert 3 <= points.dirty <= 40
    assert len(points.points_px) > 250
    assert points.edge_sigma_px == pytest.approx(1.8, rel=0.2)


def test_linear_light_is_read_like_coded_bytes() -> None:
    """A picture linearised by the camera's own response must not be linearised again."""
    picture = shot(DotGrid())
    coded, linear = (find_dot_grid(p, GRID, UM_PER_PX) for p in (picture, to_light(picture)))
    assert linear.points_px == pytest.approx(coded.points_px, abs=1e-6)


def test_a_plain_grid_is_read_without_saying_how_it_lies() -> None:
    """Grids without larger dots are sold too; inventing a turn for them would be a lie."""
    plain = GRID.model_copy(update={"fiducials": (), "fiducial_diameter_um": None})
    points = find_dot_grid(shot(DotGrid(fiducials=())), plain, UM_PER_PX)
    assert points.turn_deg is None
    assert len(points.points_px) > 280


REFUSED: dict[str, tuple[Target, Pose, type[TargetRefused]]] = {
    "nothing": (Card(), Pose(), NoTarget),
    "away": (DotGrid(), Pose(shift_mm=(30, 0)), NoTarget),
    "ruler": (Ruler(), Pose(), AnotherTarget),
    "other larger dots": (DotGrid(fiducials=((10, 12), (12, 9), (20, 13))), Pose(), AnotherTarget),
    "no larger dots": (DotGrid(fiducials=()), Pose(), AnotherTarget),
    "face down": (DotGrid(mirrored=True), Pose(turn_deg=-100), FaceDown),
    "wider pitch": (DotGrid(pitch_mm=0.53, dot_mm=0.265), Pose(), WrongPitch),
    "half the pitch": (DotGrid(pitch_mm=0.25, dot_mm=0.125, fiducial_mm=0.18, columns=61, rows=49), Pose(), WrongPitch),
    "smaller dots": (DotGrid(dot_mm=0.2, fiducial_mm=0.29), Pose(), WrongPitch),
    "half out": (DotGrid(), Pose(shift_mm=(6.5, 0)), HalfOutOfView),
    "a corner": (DotGrid(), Pose(shift_mm=(5, -5)), HalfOutOfView),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason(name: str) -> None:
    """A technician who is told the wrong thing corrects the wrong thing; what is accepted makes a wrong scale."""
    target, pose, expected = REFUSED[name]
    with pytest.raises(TargetRefused) as refused:
        find_dot_grid(shot(target, pose), GRID, UM_PER_PX)
    assert type(refused.value) is expected
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(("level", "expected"), [(1.7, Saturated), (0.015, TooDark)])
def test_light_is_refused_at_both_ends(level: float, expected: type[TargetRefused]) -> None:
    """Saturation shrinks the dots; in the dark there are none."""
    with pytest.raises(expected):
        find_dot_grid(shot(DotGrid(), level=level), GRID, UM_PER_PX)


def test_gross_blur_is_refused() -> None:
    """Dots that are blurred into each other have no edge to be placed by."""
    with pytest.raises(TooBlurred):
        find_dot_grid(blurred(shot(DotGrid()), 6.0), GRID, UM_PER_PX)


def test_one_lost_larger_dot_does_not_mislead() -> None:
    """A tenth of the dots is dirty: with six larger ones every second picture has one of them so."""
    grid = DotGrid()
    column, row = GRID.fiducials[0]
    lost = Dirty(grid, strewn(grid.places_mm[row, column][None], share=1.0, size_mm=0.4, pitch_mm=0.5, seed=1))
    points = find_dot_grid(shot(lost), GRID, UM_PER_PX)
    assert points.turn_deg == pytest.approx(0.0, abs=0.1)
    assert OPTICS.distort(to_ideal_px(points.points_mm, OPTICS, Pose())) == pytest.approx(points.points_px, abs=1.0)
