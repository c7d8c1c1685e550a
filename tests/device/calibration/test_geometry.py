"""Scale, tilt and distortion from points, and how sure they are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from device.calibration.geometry import Geometry, fit
from device.calibration.plane_fit import GeometryUnfit
from device.calibration.ruler_scale import fit_ruler
from device.calibration.targets.dot_grid import find_dot_grid
from device.calibration.targets.points import RulerMarks, TargetPoints
from device.calibration.targets.ruler import find_ruler
from phantom import Optics, Pose
from phantom.optics import to_ideal_px, to_scalp_mm
from phantom.targets.dot_grid import DotGrid
from phantom.targets.ruler import Ruler
from tests.device.calibration.targets.shots import DISTANCE_MM, GRID, OPTICS, RULER, UM_PER_PX, shot, true_um_per_px

LENS = Optics(um_per_px=5.3, size_px=(2028, 1520), k1=0.02, distance_mm=DISTANCE_MM)
POSE = Pose(shift_mm=(0.3, -0.2), turn_deg=37.0, tilt_deg=(3.0, -1.5))
STRAIGHT = Pose(tilt_deg=POSE.tilt_deg)
PLACES_PX = np.array([[1013.5, 759.5], [0.0, 0.0], [2027.0, 1519.0], [100.0, 1400.0]])


def seen(noise_px: float, seed: int, optics: Optics = LENS, pose: Pose = POSE, pitch_mm: float = 0.5) -> TargetPoints:
    """Points as a finder gives them, a twentieth of them wrong where there is noise."""
    rng = np.random.default_rng(seed)
    lattice = np.array([[column, row] for row in range(-16, 17) for column in range(-16, 17)]) * pitch_mm
    px = optics.distort(to_ideal_px(lattice, optics, pose))
    inside = ((px > 0) & (px < np.array(optics.size_px) - 1)).all(axis=1)
    lattice, px = lattice[inside], px[inside] + noise_px * rng.standard_normal((inside.sum(), 2))
    if noise_px:
        px[::20] += rng.uniform(-3, 3, px[::20].shape)
    return points_of(px, lattice)


def points_of(px: NDArray[np.float64], mm: NDArray[np.float64], relative_pitch_sd: float = 0.0) -> TargetPoints:
    """Wrap bare arrays."""
    return TargetPoints(px, mm, relative_pitch_sd, "T", "dot-grid", 0, 1.0, None, 1.0)


@pytest.fixture(scope="module")
def exact() -> Geometry:
    """A fit to points without noise."""
    return fit(seen(0.0, 0), LENS.size_px, DISTANCE_MM)


def test_what_was_drawn_is_found(exact: Geometry) -> None:
    """Every sign and unit: a tilt the wrong way round would be doubled by the correction."""
    assert exact.k1 == pytest.approx(0.02, abs=1e-6)
    assert exact.tilt is not None
    assert (exact.tilt.about_x_deg, exact.tilt.about_y_deg) == pytest.approx(POSE.tilt_deg, abs=1e-4)
    assert exact.tilt.total_deg == pytest.approx(np.hypot(*POSE.tilt_deg), rel=0.01)
    assert exact.um_per_px_at(PLACES_PX) == pytest.approx(true_um_per_px(PLACES_PX, LENS, POSE), rel=1e-4)
    assert exact.um_per_px == pytest.approx(float(exact.um_per_px_at(PLACES_PX)[0]), rel=1e-9)
    assert exact.residual_rms_um < 1e-3


def test_millimetres_lie_as_the_picture_does(exact: Geometry) -> None:
    """The corrected picture has to show the skin as it lay, not turned with the target."""
    assert exact.to_mm(PLACES_PX) == pytest.approx(to_scalp_mm(PLACES_PX, LENS, STRAIGHT), abs=1e-4)
    assert exact.to_px(exact.to_mm(PLACES_PX)) == pytest.approx(PLACES_PX, abs=1e-6)


def test_stated_uncertainty_is_that_of_repeats() -> None:
    """An uncertainty that is too small makes a change of the scalp out of a change of the scale."""
    off, stated = [], []
    truth = true_um_per_px(PLACES_PX, LENS, POSE)
    for seed in range(60):
        geometry = fit(seen(0.4, seed), LENS.size_px, DISTANCE_MM)
        assert geometry.tilt is not None
        tilts = np.array([geometry.tilt.about_x_deg, geometry.tilt.about_y_deg]) - POSE.tilt_deg
        off.append([*(geometry.um_per_px_at(PLACES_PX) - truth), geometry.k1 - 0.02, *tilts])
        stated.append(
            [*geometry.um_per_px_sd_at(PLACES_PX), geometry.k1_sd, geometry.tilt.sd_deg, geometry.tilt.sd_deg]
        )
    ratio = np.sqrt(np.mean(np.square(off), axis=0)) / np.mean(stated, axis=0)
    # 60 runs know a standard deviation to 9 %; the tilt's is the larger component's
    assert (ratio[:5] > 0.7).all()
    assert (ratio < 1.3).all()


def test_the_certificates_uncertainty_is_carried() -> None:
    """A grid certified to 0.1 % makes no scale better than 0.1 %, however many dots there are."""
    begun = seen(0.1, 1)
    geometry = fit(points_of(begun.points_px, begun.points_mm, 1e-3), LENS.size_px, None)
    assert geometry.um_per_px_sd == pytest.approx(1e-3 * geometry.um_per_px, rel=0.01)
    assert geometry.um_per_px_sd_at(PLACES_PX) == pytest.approx(1e-3 * geometry.um_per_px_at(PLACES_PX), rel=0.1)
    assert geometry.tilt is None


def test_outliers_are_left_out_and_counted() -> None:
    """Dirty dots that slipped through must not pull the plane."""
    geometry = fit(seen(0.05, 2), LENS.size_px, DISTANCE_MM)
    assert geometry.left_out >= 10
    assert geometry.residual_rms_um == pytest.approx(0.05 * np.sqrt(2) * 5.3, rel=0.15)
    assert geometry.um_per_px == pytest.approx(true_um_per_px(PLACES_PX[:1], LENS, POSE)[0], rel=5e-5)


def test_points_of_no_plane_are_refused() -> None:
    """A target that is bent, or moved while it was read, makes no scale."""
    points = seen(0.0, 3)
    bent = points.points_px + 8 * np.sin(points.points_px[:, ::-1] / 90)
    with pytest.raises(GeometryUnfit, match="flat"):
        fit(points_of(bent, points.points_mm), LENS.size_px, DISTANCE_MM)
    with pytest.raises(GeometryUnfit, match="Only 12"):
        fit(points_of(points.points_px[:12], points.points_mm[:12]), LENS.size_px, DISTANCE_MM)


def test_it_is_kept_as_json(exact: Geometry) -> None:
    """A record that reads back as another geometry corrects pictures otherwise than it says."""
    again = Geometry.model_validate_json(exact.model_dump_json())
    assert again == exact
    assert again.to_mm(PLACES_PX) == pytest.approx(exact.to_mm(PLACES_PX), abs=1e-12)


def test_from_a_picture_of_a_grid() -> None:
    """Finder and fit together: a disc's outline moves a little otherwise than its middle."""
    optics = Optics(um_per_px=UM_PER_PX, size_px=(1014, 760), k1=-0.02, blur_sigma_px=1.0, distance_mm=DISTANCE_MM)
    pose = Pose(turn_deg=-12.0, tilt_deg=(-2.0, 2.0))
    geometry = fit(find_dot_grid(shot(DotGrid(), pose, optics=optics), GRID, UM_PER_PX), (1014, 760), DISTANCE_MM)
    places = PLACES_PX / 2
    truth = true_um_per_px(places, optics, pose)
    assert geometry.um_per_px_at(places) == pytest.approx(truth, rel=1e-4)
    assert (np.abs(geometry.um_per_px_at(places) - truth) < 3 * geometry.um_per_px_sd_at(places)).all()
    assert geometry.k1 == pytest.approx(-0.02, abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_a_ruler_tells_the_scale_and_what_it_does_not_know(seed: int) -> None:
    """Away from the ruler its scale is a guess, which has to be said."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi)
    optics = Optics(um_per_px=UM_PER_PX, size_px=(1014, 760), k1=0.02 * (-1) ** seed, distance_mm=DISTANCE_MM)
    pose = Pose(turn_deg=rng.uniform(-20, 20), tilt_deg=(3 * np.cos(angle), 3 * np.sin(angle)), shift_mm=(0.0, 0.5))
    geometry = fit_ruler(find_ruler(shot(Ruler(), pose, optics=optics), RULER, UM_PER_PX), (1014, 760), DISTANCE_MM)
    places = PLACES_PX / 2
    truth = true_um_per_px(places, optics, pose)
    assert geometry.um_per_px == pytest.approx(truth[0], rel=0.003)
    assert (np.abs(geometry.um_per_px_at(places) - truth) < 2.5 * geometry.um_per_px_sd_at(places)).all()
    assert geometry.um_per_px_sd_at(places)[1] > 10 * geometry.um_per_px_sd
    assert geometry.scale_only
    assert geometry.tilt is None


def test_marks_that_are_not_even_are_refused() -> None:
    """A ruler that slipped while it was read makes no scale."""
    rng = np.random.default_rng(0)
    along = np.array([0.1 * mark for mark in range(40)])
    px = np.column_stack([100 + along * 94 + rng.uniform(-6, 6, 40), np.full(40, 300.0)])
    with pytest.raises(GeometryUnfit, match="evenly"):
        fit_ruler(RulerMarks(px, along, 0.0, "R", 100.0), OPTICS.size_px, None)
    with pytest.raises(GeometryUnfit, match="Only 3"):
        fit_ruler(RulerMarks(px[:3], along[:3], 0.0, "R", 100.0), OPTICS.size_px, None)
