"""Motion during the exposure: as long and as wide as was asked for, and nothing moves from its place."""

from __future__ import annotations

import numpy as np
import pytest

from phantom import Motion, ScalpSettings, SettingError, grow, photograph
from phantom.motion import smear
from phantom.optics import Optics

QUIET = Optics(size_px=(160, 120), full_well_e=1e9, read_noise=0.0, vignette=0.0)
SCALP = grow(ScalpSettings(size_mm=(1.5, 1.2)), 3)


@pytest.mark.parametrize("direction_deg", [0.0, 30.0, 90.0, 160.0])
def test_a_straight_motion_has_its_length_along_its_direction(direction_deg: float) -> None:
    """Breaks when the gate's length of motion is held against something else."""
    kernel = Motion.straight(106.0, direction_deg).kernel(5.3).astype(float)
    y, x = np.mgrid[: kernel.shape[0], : kernel.shape[1]] - (kernel.shape[0] - 1) / 2
    angle = np.deg2rad(direction_deg)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    assert (kernel * along).sum() == pytest.approx(0.0, abs=1e-3)
    # an even motion over 20 px has a twelfth of its square as variance; sharing between pixels adds up to 1/4
    assert (kernel * along**2).sum() == pytest.approx(400 / 12, abs=0.4)
    assert (kernel * across**2).sum() < 0.3


def test_a_point_is_smeared_along_the_path_and_not_against_it() -> None:
    """Breaks when a bent path is drawn turned by half a circle."""
    point = np.zeros((41, 41, 3), np.float32)
    point[20, 20] = 1.0
    hook = Motion(((0.0, 0.0), (100.0, 0.0), (100.0, 40.0)))
    smear(point, hook, 10.0)
    rows, columns = np.nonzero(point[..., 1] > 0.02)
    assert rows.max() - rows.min() == pytest.approx(4, abs=1)
    assert columns[rows == rows.max()].mean() == pytest.approx(columns.max(), abs=1.0)
    assert columns[rows == rows.min()].mean() < columns.max() - 3


def test_a_tremor_has_its_reach_and_its_seed() -> None:
    """Breaks when the same tremor differs, or reaches farther than asked."""
    way = np.array(Motion.tremor(30.0, 4).path_um)
    assert np.sqrt((way**2).sum(axis=1).mean()) == pytest.approx(30.0)
    assert Motion.tremor(30.0, 4) == Motion.tremor(30.0, 4) != Motion.tremor(30.0, 5)


def test_a_photograph_moves_only_when_told_to() -> None:
    """Breaks when older phantoms change, or motion is not handed on."""
    still, moved = (photograph(SCALP, QUIET, motion=m).picture for m in (None, Motion.straight(60.0, 20.0)))
    assert np.array_equal(still, photograph(SCALP, QUIET).picture)
    assert np.abs(np.diff(moved.astype(int), axis=1)).mean() < np.abs(np.diff(still.astype(int), axis=1)).mean()
    assert moved.mean() == pytest.approx(still.mean(), abs=1.0)


@pytest.mark.parametrize("path", [((0.0, 0.0),), ((0.0, 0.0), (6000.0, 0.0)), ((0.0, 0.0), (float("nan"), 0.0))])
def test_a_path_that_cannot_be_drawn_is_refused(path: tuple[tuple[float, float], ...]) -> None:
    """Breaks when a kernel of a hundred thousand pixels is made."""
    with pytest.raises(SettingError, match="path_um"):
        Motion(path)
