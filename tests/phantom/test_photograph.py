"""Picture and truth agree on where the hairs are, how wide, and how many, in any pose and through any optics."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from phantom import (
    Hair,
    Light,
    Optics,
    OutsideScalpError,
    Photograph,
    Pose,
    Scalp,
    ScalpSettings,
    Truth,
    TruthHair,
    grow,
    photograph,
)
from phantom.colour import hair_opacity, hair_pigment
from phantom.optics import scalp_maps_mm

EVEN = Light(glare=0.0, highlight=0.0)
QUIET = Optics(size_px=(480, 400), um_per_px=5.3, vignette=0.0, full_well_e=1e9, read_noise=0.0, blur_sigma_px=0.8)
BARE = ScalpSettings(
    hair_density_per_cm2=0.0, skin_type="I", size_mm=(3.0, 2.6), margin_mm=2.0, pores_per_cm2=0.0, flakes_per_cm2=0.0
)
FURRY = replace(BARE, hair_density_per_cm2=200.0)


def _one_hair(
    diameter_um: float, direction_rad: float, root_mm: tuple[float, float], bend_per_mm: float = 0.0
) -> Scalp:
    """A bare scalp with one black hair; what the hair leaves under the skin lies behind its root."""
    hair = Hair(0, 0, root_mm, direction_rad, bend_per_mm, 0.0, 3.0, 0.0, 1.2, diameter_um, 0.0, 1.0)
    return replace(grow(BARE, 3), hairs=(hair,), next_hair_id=1, next_unit_id=1)


def _coverage(scalp: Scalp, optics: Optics, pose: Pose) -> tuple[NDArray[np.float64], TruthHair]:
    """How much of every pixel the only hair covers, from a picture with it and one without."""
    with_hair = photograph(scalp, optics, pose=pose, light=EVEN)
    without = photograph(replace(scalp, hairs=()), optics, pose=pose, light=EVEN)
    (hair,) = with_hair.truth.hairs
    bare, seen = (p.picture[:, :, 2].astype(float) for p in (without, with_hair))
    full = hair_opacity(1.0, hair.diameter_um) * (bare - 255.0 * float(hair_pigment(1.0)[2]))
    return (bare - seen) / full, hair


@settings(max_examples=25, deadline=None)
@given(
    diameter_um=st.floats(20.0, 100.0),
    direction=st.floats(0.0, 2 * np.pi),
    turn_deg=st.floats(-180.0, 180.0),
    shift=st.tuples(st.floats(-0.4, 0.4), st.floats(-0.3, 0.3)),
    k1=st.sampled_from([-0.08, 0.0, 0.1]),
    bend=st.floats(-0.4, 0.4),
)
def test_the_dark_line_lies_on_the_truth_and_is_as_wide(
    *, diameter_um: float, direction: float, turn_deg: float, shift: tuple[float, float], k1: float, bend: float
) -> None:
    """Truth that lies beside the hair, or is not as wide, would grade every measurement wrongly."""
    optics, pose = replace(QUIET, k1=k1), Pose(shift, turn_deg)
    start = -0.6 * np.array([np.cos(direction), np.sin(direction)])
    scalp = _one_hair(diameter_um, direction, (float(start[0]), float(start[1])), bend)
    coverage, hair = _coverage(scalp, optics, pose)
    line = hair.centreline_px
    offsets = np.arange(-16.0, 16.01, 0.25)
    for index in range(len(line) // 3, len(line) - 5, 2):
        tangent = line[index + 1] - line[index - 1]
        tangent /= np.hypot(*tangent)
        section = line[index] + offsets[:, None] * np.array([-tangent[1], tangent[0]])
        if (section < 2).any() or (section > np.array(optics.size_px) - 3).any():
            continue
        seen = cv2.remap(
            coverage.astype(np.float32),
            section[:, 0].astype(np.float32),
            section[:, 1].astype(np.float32),
            cv2.INTER_LINEAR,
        ).ravel()
        width = diameter_um / 5.3 * optics.stretch_across(optics.undistort(line[index : index + 1]), tangent[None])[0]
        assert 0.25 * seen.sum() == pytest.approx(width, abs=0.12)
        assert (seen * offsets).sum() / seen.sum() == pytest.approx(0.0, abs=0.06)


@settings(max_examples=12, deadline=None)
@given(turn_deg=st.floats(-180.0, 180.0), shift=st.tuples(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9)))
def test_truth_moves_as_the_pose_says(turn_deg: float, shift: tuple[float, float]) -> None:
    """A registration is graded by the pose: the truth must have moved by exactly that."""
    scalp, optics = grow(replace(FURRY, margin_mm=3.0), 4), replace(QUIET, size_px=(120, 100), um_per_px=21.0)
    still, moved = (photograph(scalp, optics, pose=pose).truth for pose in (Pose(), Pose(shift, turn_deg)))
    before, after = ({h.hair_id: h for h in truth.hairs} for truth in (still, moved))
    assert len(before.keys() & after.keys()) > 5
    angle = np.deg2rad(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for hair_id in before.keys() & after.keys():
        line = (before[hair_id].centreline_px - optics.middle_px) @ turn.T + optics.middle_px
        assert after[hair_id].centreline_px == pytest.approx(line + np.array(shift) * 1000 / 21.0, abs=1e-6)
        assert after[hair_id].diameter_um == before[hair_id].diameter_um


def test_the_skin_moves_with_the_hair() -> None:
    """Skin that stayed in the frame while the hair moved would let a registration cheat, or fail for no reason."""
    scalp = grow(replace(FURRY, margin_mm=3.0, pores_per_cm2=100.0, flakes_per_cm2=60.0), 5)
    pose = Pose((0.35, -0.2), 12.0)
    still, moved = (photograph(scalp, QUIET, pose=p, light=EVEN).picture for p in (Pose(), pose))
    middle, to_px = QUIET.middle_px, 1000 / QUIET.um_per_px
    shift = np.array(pose.shift_mm) * to_px + middle - pose.turn @ middle
    back = cv2.warpAffine(
        moved, np.column_stack([pose.turn, shift]), QUIET.size_px, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    both = (slice(100, 300), slice(120, 360))
    assert np.abs(back[both].astype(float) - still[both]).mean() < 2.0
    assert np.abs(moved[both].astype(float) - still[both]).mean() > 10.0


@pytest.mark.parametrize("k1", [-0.08, 0.1])
def test_a_mark_is_distorted_as_the_truth_is(k1: float) -> None:
    """Skin and hair come to the picture by two ways: far from the middle they must still meet."""
    optics, pose = replace(QUIET, k1=k1), Pose((0.9, -0.7), 40.0)
    bare = replace(BARE, margin_mm=3.0)
    marked, plain = (
        photograph(grow(replace(bare, mark_mm=size), 3), optics, pose=pose, light=EVEN).picture for size in (0.1, None)
    )
    ink = (plain.astype(float) - marked).sum(axis=2)
    rows, columns = np.indices(ink.shape)
    seen = [(ink * columns).sum() / ink.sum(), (ink * rows).sum() / ink.sum()]
    wanted = optics.distort(optics.middle_px + np.array([pose.shift_mm]) * 1000 / 5.3)[0]
    assert seen == pytest.approx(wanted, abs=0.2)


def _boundary_case() -> tuple[Photograph, Optics]:
    optics = Optics(size_px=(300, 200), um_per_px=10.0)
    return photograph(grow(replace(FURRY, size_mm=(3.0, 2.0), length_mm=(1.0, 0.1)), 6), optics), optics


def test_truth_holds_the_hairs_of_which_any_part_is_seen() -> None:
    """A hair that reaches in from outside is seen and must not count as invented; one out of view not as missed."""
    shot, optics = _boundary_case()
    scalp = grow(replace(FURRY, size_mm=(3.0, 2.0), length_mm=(1.0, 0.1)), 6)
    seen = {h.hair_id for h in shot.truth.hairs}
    for hair in scalp.hairs:
        line = optics.middle_px + hair.centreline_mm * 100.0
        inside = ((line > -0.5) & (line < np.array([299.5, 199.5]))).all(axis=1)
        reach = 0.5 * hair.diameter_um / 10.0 + 1.0
        near = ((line > -0.5 - reach) & (line < np.array([299.5, 199.5]) + reach)).all(axis=1)
        assert (hair.hair_id in seen) >= inside.any()
        assert (hair.hair_id in seen) <= near.any()
    assert 0 < sum(h.root_inside for h in shot.truth.hairs) < len(shot.truth.hairs)
    assert [h.hair_id for h in shot.truth.hairs] == sorted(seen)


def test_figures_count_roots_in_the_frame() -> None:
    """Counting what touches the frame over-counts; the instrument is judged by roots."""
    shot, _ = _boundary_case()
    truth = shot.truth
    frame = (50.0, 40.0, 250.0, 160.0)
    rooted = [h for h in truth.hairs if 50 <= h.root_px[0] < 250 and 40 <= h.root_px[1] < 160]
    assert 0 < len(rooted) < sum(h.root_inside for h in truth.hairs)
    assert truth.area_cm2(frame) == pytest.approx(0.2 * 0.12, rel=1e-9)
    assert truth.density_per_cm2(frame) == pytest.approx(len(rooted) / 0.024)
    assert truth.mean_diameter_um(frame) == pytest.approx(np.mean([h.diameter_um for h in rooted]))
    assert truth.density_per_cm2() == pytest.approx(sum(h.root_inside for h in truth.hairs) / 0.06)
    assert np.isnan(Truth(truth.optics, ()).mean_diameter_um())


@pytest.mark.parametrize(
    ("root_px", "inside"),
    [
        ((50.0, 40.0), True),
        ((49.9, 60.0), False),
        ((60.0, 39.9), False),
        ((250.0, 60.0), False),
        ((60.0, 160.0), False),
    ],
)
def test_a_root_belongs_to_one_of_two_frames_side_by_side(root_px: tuple[float, float], inside: bool) -> None:
    """A root on the edge must count once: in the frame that begins there."""
    hair = TruthHair(0, 0, root_px, (100.0, 100.0), np.array([root_px, (100.0, 100.0)]), 60.0, 1.0, "terminal", True)
    assert (Truth(QUIET, (hair,)).rooted_in((50.0, 40.0, 250.0, 160.0)) == (hair,)) == inside


@pytest.mark.parametrize("k1", [-0.1, 0.15])
def test_area_is_that_of_the_scalp_seen(k1: float) -> None:
    """Through a distorting lens the frame sees more or less skin than its pixels times the scale."""
    optics = Optics(size_px=(300, 200), um_per_px=10.0, k1=k1)
    x_mm, y_mm = scalp_maps_mm(optics, Pose())
    determinant = np.gradient(x_mm, axis=1) * np.gradient(y_mm, axis=0) - np.gradient(x_mm, axis=0) * np.gradient(
        y_mm, axis=1
    )
    assert Truth(optics, ()).area_cm2() == pytest.approx(determinant.sum() / 100.0, rel=0.005)
    assert (Truth(optics, ()).area_cm2() > 0.06) == (k1 < 0)


def test_truth_is_written_as_json() -> None:
    """The simulated camera lays the truth beside the picture as JSON."""
    shot, _ = _boundary_case()
    told = json.loads(json.dumps(shot.truth.as_dict()))
    assert told["um_per_px"] == 10.0
    assert told["size_px"] == [300, 200]
    for written, hair in zip(told["hairs"], shot.truth.hairs, strict=True):
        assert written["hair_id"] == hair.hair_id
        assert written["unit_id"] == hair.unit_id
        assert written["kind"] == hair.kind
        assert written["root_px"] == pytest.approx(hair.root_px, abs=0.006)
        assert np.array(written["centreline_px"]) == pytest.approx(hair.centreline_px, abs=0.06)
        assert written["diameter_um"] == pytest.approx(hair.diameter_um, abs=0.006)


def test_one_seed_gives_one_picture() -> None:
    """A picture that depends on what else the program drew cannot be tested against."""
    scalp, optics = grow(FURRY, 1), replace(QUIET, bayer=True, jpeg_quality=90, read_noise=1.0)
    light = Light(glare=0.5)
    first = photograph(scalp, optics, light=light, seed=3).picture
    np.random.seed(7)  # noqa: NPY002 (another part of the program does this)
    assert (photograph(scalp, optics, light=light, seed=3).picture == first).all()
    assert (photograph(scalp, optics, light=light, seed=4).picture != first).any()
    assert first.shape == (400, 480, 3)
    assert first.dtype == np.uint8


def test_looking_past_the_scalp_is_refused() -> None:
    """Beyond the grown scalp there is no hair: a picture of it would have a true density that is too low."""
    with pytest.raises(OutsideScalpError, match="margin_mm"):
        photograph(grow(FURRY, 1), QUIET, pose=Pose((3.0, 0.0)))


def test_a_narrow_piece_of_a_wide_picture_is_the_same_scalp() -> None:
    """The skin is painted only where it is seen: what is seen must not depend on that."""
    scalp = grow(FURRY, 9)
    wide, narrow = (
        photograph(scalp, replace(QUIET, size_px=size), light=EVEN).picture for size in ((480, 400), (280, 200))
    )
    assert np.abs(wide[110:290, 110:370].astype(int) - narrow[10:190, 10:270]).max() <= 1
