"""Where the scalp's points appear in the picture, and what lies under every pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phantom import Light, Optics, Pose, SettingError
from phantom.optics import magnified, scalp_maps_mm, to_ideal_px, to_scalp_mm

k1s = st.floats(-0.1, 0.3)
tilts = st.floats(-5, 5)
poses = st.builds(Pose, st.tuples(st.floats(-3, 3), st.floats(-3, 3)), st.floats(-180, 180), st.tuples(tilts, tilts))


@settings(deadline=None)
@given(k1=k1s, x=st.floats(-400, 1400), y=st.floats(-400, 1200))
def test_undistort_undoes_distort(k1: float, x: float, y: float) -> None:
    """Skin is drawn by the one and hair by the other: a difference would slide the hairs over the skin."""
    optics = Optics(size_px=(1000, 800), k1=k1)
    assert optics.undistort(optics.distort(np.array([[x, y]]))) == pytest.approx(np.array([[x, y]]), abs=1e-5)


@settings(deadline=None)
@given(k1=k1s, pose=poses, x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_millimetres_and_pixels_round_trip(k1: float, pose: Pose, x: float, y: float) -> None:
    """The pose turns and moves one way for truth and the other way for skin."""
    optics = Optics(size_px=(1000, 800), k1=k1)
    place = np.array([[x, y]])
    assert to_scalp_mm(optics.distort(to_ideal_px(place, optics, pose)), optics, pose) == pytest.approx(place, abs=1e-6)


def test_pose_turns_clockwise_and_moves_to_the_right() -> None:
    """The sign convention of the pose is what a registration is compared with."""
    optics = Optics(um_per_px=10.0, size_px=(101, 101))
    seen = to_ideal_px(np.array([[0.1, 0.0]]), optics, Pose(shift_mm=(0.2, 0.0), turn_deg=90.0))
    assert seen == pytest.approx(np.array([[50.0 + 20.0, 50.0 + 10.0]]))


def test_the_far_side_of_a_tilted_plane_looks_smaller() -> None:
    """A tilt that only squeezed one direction would hide what it does to the scale across the picture."""
    optics, pose = Optics(um_per_px=10.0, size_px=(1001, 1001), distance_mm=40.0), Pose(tilt_deg=(0.0, 3.0))
    x = to_ideal_px(np.array([[-4.0, 0.0], [0.0, 0.0], [4.0, 0.0]]), optics, pose)[:, 0] - 500.0
    depth_mm = 4.0 * np.sin(np.deg2rad(3.0))
    flat_px = 400.0 * np.cos(np.deg2rad(3.0))
    assert x == pytest.approx([-flat_px * 40 / (40 - depth_mm), 0.0, flat_px * 40 / (40 + depth_mm)])
    assert magnified(np.array([[4.0, 0.0]]), optics, pose) == pytest.approx([40 / (40 + depth_mm)])


@settings(deadline=None)
@given(k1=k1s, x=st.floats(0, 999), y=st.floats(0, 799), angle=st.floats(0, np.pi))
def test_a_shafts_width_is_distorted_as_the_picture_is(k1: float, x: float, y: float, angle: float) -> None:
    """Two near parallel lines are drawn as far apart as the stretch says: else corners get wrong diameters."""
    optics = Optics(size_px=(1000, 800), k1=k1)
    place, tangent = np.array([[x, y]]), np.array([[np.cos(angle), np.sin(angle)]])
    step, side = 1e-3 * tangent, 1e-3 * np.array([[-np.sin(angle), np.cos(angle)]])
    origin, ahead, beside = (optics.distort(place + offset)[0] for offset in (0 * step, step, side))
    drawn_tangent = (ahead - origin) / np.hypot(*(ahead - origin))
    apart = abs(drawn_tangent[0] * (beside - origin)[1] - drawn_tangent[1] * (beside - origin)[0])
    assert optics.stretch_across(place, tangent)[0] == pytest.approx(apart / 1e-3, rel=1e-3)


@pytest.mark.parametrize("size_px", [(160, 120), (1000, 801)])
@pytest.mark.parametrize("k1", [-0.1, 0.0, 0.12])
def test_maps_agree_with_the_geometry_at_every_pixel(size_px: tuple[int, int], k1: float) -> None:
    """The maps are solved on a coarse grid: between its nodes and at the edges they must stay true."""
    optics, pose = Optics(size_px=size_px, k1=k1), Pose((0.4, -0.3), 17.0)
    x_mm, y_mm = scalp_maps_mm(optics, pose)
    assert x_mm.shape == y_mm.shape == (size_px[1], size_px[0])
    rows, columns = np.indices(x_mm.shape)
    exact = to_scalp_mm(np.column_stack([columns.ravel(), rows.ravel()]), optics, pose)
    error_mm = np.hypot(x_mm.ravel() - exact[:, 0], y_mm.ravel() - exact[:, 1])
    # a small picture bends as much over fewer pixels, so the same grid is coarser for it
    assert error_mm.max() * 1000 / optics.um_per_px < 12.0 / size_px[0]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Optics, {"k1": -0.5}),
        (Optics, {"blur_sigma_px": 0.2}),
        (Optics, {"jpeg_quality": 101}),
        (Optics, {"um_per_px": 0.0}),
        (Light, {"level": -1.0}),
        (Optics, {"field_mm": 0.0}),
        (Optics, {"field_rim_mm": 0.0}),
        (Optics, {"gamma": 0.0}),
        (Optics, {"sharpening": -1.0}),
        (Light, {"glare": 2.0}),
        (Light, {"wet": 1.1}),
    ],
)
def test_optics_and_light_refuse_by_name(kind: type[Optics] | type[Light], wrong: dict[str, float]) -> None:
    """A folded or negative picture would be believed."""
    with pytest.raises(SettingError, match=next(iter(wrong))):
        kind(**wrong)  # type: ignore[arg-type]
