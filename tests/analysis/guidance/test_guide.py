"""Guidance: the way to the baseline's place from drawn frames whose place is known, and no way from any other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import analysis
from analysis import Interval
from analysis.guidance import Guidance, Guide, Lost, Placement, sentence
from analysis.guidance.guide import THERE_MM, overlap_share
from analysis.guidance.hairiness import hairiness
from benchmarks.preview_frames import Place, Preview, preview
from phantom import Optics, Pose, ScalpSettings, grow, photograph

WIDTH_PX = 400


def look(at: Place, taken: Preview) -> Guidance:
    """Look at a frame, with no knowledge of any before."""
    return Guide(at.baseline, preview_um_per_px=taken.um_per_px).look(taken.frame)


@pytest.mark.parametrize(
    ("shift_share", "turn_deg"), [(0.0, 0.0), (0.04, -3.0), (0.2, 28.0), (0.35, -30.0), (0.5, 10.0)]
)
def test_the_way_is_right_from_near_and_far(here: Place, shift_share: float, turn_deg: float) -> None:
    """Breaks when the technician is led past the place: the hairs were clipped anew, some are new, some lost."""
    taken = preview(here, shift_share, turn_deg, np.random.default_rng(3), width_px=WIDTH_PX)
    guidance = look(here, taken)
    assert guidance.move_mm is not None
    assert guidance.turn_deg is not None
    near = shift_share < 0.05
    assert guidance.move_mm == pytest.approx(taken.shift_mm, abs=0.1 if near else 0.2)
    assert guidance.turn_deg == pytest.approx(turn_deg, abs=0.5 if near else 1.0)
    assert guidance.there == (shift_share == 0.0)
    assert guidance.confidence > 0.9


def test_the_directions_are_those_of_the_picture() -> None:
    """Breaks when an arrow points the other way round: the pose is drawn by the phantom's own geometry."""
    scalp = grow(ScalpSettings(size_mm=(7.5, 6.5), direction_deg=20.0), seed=5)
    still = photograph(scalp, Optics(um_per_px=10.0, size_px=(600, 480)), seed=1).picture
    # the scalp lies to the right, and higher, and is turned from x to y: clockwise as seen
    pose = Pose(shift_mm=(0.5, -0.3), turn_deg=8.0)
    frame = photograph(scalp, Optics(um_per_px=15.0, size_px=(400, 320)), pose=pose, seed=2).picture
    guidance = Guide(analysis.measure(still, 10.0), preview_um_per_px=15.0).look(frame)
    assert guidance.move_mm == pytest.approx((0.5, -0.3), abs=0.05)
    assert guidance.turn_deg == pytest.approx(8.0, abs=0.3)
    assert sentence(guidance).startswith("Move the camera 0.5 mm right and 0.3 mm up, and turn it 8 degrees clockwise")


def test_a_frame_of_another_place_gets_no_arrow(here: Place, elsewhere: Place) -> None:
    """Breaks when chance is taken for the place: someone would photograph another one for certain."""
    rng = np.random.default_rng(6)
    for turn_deg in (-20.0, 0.0, 20.0):
        guidance = look(here, preview(elsewhere, 0.2, turn_deg, rng, width_px=WIDTH_PX, spoilt=turn_deg > 0))
        assert not guidance.found
        assert (guidance.move_mm, guidance.turn_deg, guidance.overlap_share) == (None, None, None)
        assert guidance.lost is Lost.ANOTHER_PLACE
        assert sentence(guidance).startswith("Place not found: ")


@pytest.mark.parametrize("name", ["black", "white", "noise", "stripes", "dots"])
def test_a_frame_of_nothing_gets_no_arrow(here: Place, name: str) -> None:
    """Breaks when a cap, a card, a target or the table is taken for the place, or ends in a warning."""
    rows, columns = np.mgrid[0:300, 0:WIDTH_PX]
    frames = {
        "black": np.zeros((300, WIDTH_PX)),
        "white": np.full((300, WIDTH_PX), 255.0),
        "noise": np.random.default_rng(2).uniform(0, 255, (300, WIDTH_PX)),
        "stripes": 128 + 100 * np.sign(np.sin((columns + 0.4 * rows) / 5.0)),
        "dots": 220.0 - 180.0 * ((rows % 30 < 5) & (columns % 30 < 5)),
    }
    guide = Guide(here.baseline, preview_um_per_px=16.5)
    assert not guide.look(frames[name].astype(np.uint8)).found


def test_a_lost_place_is_found_again(here: Place, elsewhere: Place) -> None:
    """Breaks when what the last frame showed keeps the guide from seeing where this one lies."""
    rng = np.random.default_rng(4)
    frames = [
        preview(here, 0.1, 5.0, rng, width_px=WIDTH_PX),
        preview(here, 0.12, 7.0, rng, width_px=WIDTH_PX),
        preview(here, 0.4, -25.0, rng, width_px=WIDTH_PX),
        preview(elsewhere, 0.1, -25.0, rng, width_px=WIDTH_PX),
        preview(here, 0.3, 20.0, rng, width_px=WIDTH_PX),
    ]
    guide = Guide(here.baseline, preview_um_per_px=frames[0].um_per_px)
    seen = [guide.look(taken.frame) for taken in frames]
    assert [guidance.found for guidance in seen] == [True, True, True, False, True]
    for guidance, taken in zip(seen, frames, strict=True):
        if guidance.found:
            assert guidance.turn_deg == pytest.approx(taken.turn_deg, abs=1.0)


def test_going_where_the_arrow_points_leads_there(here: Place) -> None:
    """Breaks when way and nearness are counted differently: the technician would never be told to take the picture."""
    taken = preview(here, 0.25, 12.0, np.random.default_rng(8), width_px=WIDTH_PX)
    first = look(here, taken)
    assert first.move_mm is not None
    assert first.turn_deg is not None
    left_mm = np.subtract(taken.shift_mm, first.move_mm)
    assert float(np.hypot(*left_mm)) < THERE_MM
    second = look(
        here, preview(here, 0.0, taken.turn_deg - first.turn_deg, np.random.default_rng(9), width_px=WIDTH_PX)
    )
    assert second.there
    assert second.overlap_share is not None
    assert second.overlap_share > 0.9 > (first.overlap_share or 1.0)
    assert sentence(second).startswith("This is the place: hold still")


def test_hair_lighter_than_the_skin_guides_as_well(here: Place) -> None:
    """Breaks for white hair on dark skin: the negative of a frame, and a baseline that says so."""
    taken = preview(here, 0.1, 4.0, np.random.default_rng(5), width_px=WIDTH_PX)
    light = replace(here.baseline, shaft_contrast=Interval(-10.0, -12.0, -8.0))
    guidance = Guide(light, preview_um_per_px=taken.um_per_px).look(255 - taken.frame)
    assert guidance.move_mm == pytest.approx(taken.shift_mm, abs=0.15)


def test_a_bald_baseline_guides_nowhere(here: Place) -> None:
    """Breaks when a handful of hairs, which fit many places, makes an arrow."""
    bare = replace(here.baseline, hairs=here.baseline.hairs[:6], uncounted=())
    taken = preview(here, 0.0, 0.0, np.random.default_rng(5), width_px=WIDTH_PX)
    guidance = Guide(bare, preview_um_per_px=taken.um_per_px).look(taken.frame)
    assert guidance.lost is Lost.FEW_HAIRS
    assert "too few hairs" in sentence(guidance)


def test_grey_frames_and_other_sizes_are_taken_as_they_come(here: Place) -> None:
    """Breaks when a camera without colours, or one that changes its preview's size, stops the guide."""
    rng = np.random.default_rng(5)
    taken = preview(here, 0.1, 4.0, rng, width_px=WIDTH_PX)
    guide = Guide(here.baseline, preview_um_per_px=taken.um_per_px)
    assert guide.look(taken.frame[..., 1]).found
    assert guide.look(taken.frame[40:-20, :-30]).found


@pytest.mark.parametrize("um_per_px", [0.0, -1.0, float("nan")])
def test_a_scale_that_is_none_is_refused(here: Place, um_per_px: float) -> None:
    """Breaks when millimetres are made of nothing."""
    with pytest.raises(ValueError, match="scale"):
        Guide(here.baseline, preview_um_per_px=um_per_px)


def test_the_overlap_is_the_share_of_the_field_that_is_seen() -> None:
    """Breaks when the technician reads a wrong share: a quarter aside and half down leaves three eighths."""
    placement = Placement((2.0, -3.0), 0.0)
    assert overlap_share((8.0, 6.0), (800, 600), 10.0, placement) == pytest.approx(0.375, abs=1e-6)
    assert overlap_share((8.0, 6.0), (800, 600), 10.0, Placement((9.0, 0.0), 0.0)) == 0.0
    assert overlap_share((8.0, 8.0), (800, 800), 10.0, Placement((0.0, 0.0), 45.0)) == pytest.approx(
        2 * (np.sqrt(2) - 1), abs=1e-4
    )


def test_light_does_not_change_what_looks_like_hair(here: Place) -> None:
    """Breaks when a darker or slanting light hides the hairs from the guide."""
    taken = preview(here, 0.0, 0.0, np.random.default_rng(5), width_px=WIDTH_PX)
    even: NDArray[np.float64] = taken.frame.astype(np.float64)
    slanting = even * np.linspace(0.5, 0.9, even.shape[1])[None, :, None]
    seen, again = (
        hairiness(np.rint(light).astype(np.uint8), taken.um_per_px, darker=True) for light in (even, slanting)
    )
    assert float(seen.mean()) == pytest.approx(0.0, abs=1e-3)
    assert float(seen.std()) == pytest.approx(1.0, abs=1e-3)
    assert float(np.corrcoef(seen.ravel(), again.ravel())[0, 1]) > 0.9
