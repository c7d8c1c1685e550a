"""The shared frame: its area by geometry, whichever of two pictures is the earlier."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.comparison.shared_frame import EDGE_MM, SharedFrame
from analysis.measurement import Measurement
from analysis.registration.transform import Transform
from tests.analysis.comparison.sights import GUARD_PX, SIDE_PX, UM_PER_PX, measurement

SIDE_MM = (SIDE_PX - 2 * GUARD_PX) * UM_PER_PX / 1000.0
MIDDLE_MM = SIDE_PX / 2 * UM_PER_PX / 1000.0
INNER_MM = SIDE_MM - 2 * EDGE_MM
STEP_CM2 = 4 * SIDE_MM * 0.05 / 100.0
"""Of a grid of 0.05 mm along all four sides: more than that an area may not be off."""


def about_the_middle(
    shift_mm: tuple[float, float] = (0.0, 0.0), turn_deg: float = 0.0, scale: float = 1.0
) -> Transform:
    """Return a transform whose turn and scale are about the picture's middle."""
    return Transform(turn_deg, shift_mm, scale, middle_mm=(MIDDLE_MM, MIDDLE_MM))


def frame(
    transform: Transform, baseline: Measurement | None = None, followup: Measurement | None = None
) -> SharedFrame:
    """Return the shared frame of two pictures of `SIDE_PX`."""
    return SharedFrame(baseline or measurement(), followup or measurement(), transform)


@settings(max_examples=40)
@given(st.floats(-7.0, 7.0), st.floats(-7.0, 7.0))
def test_a_shift_leaves_what_both_show(right: float, down: float) -> None:
    """Densities would be taken over more skin, or less, than was compared."""
    expected_cm2 = (INNER_MM - abs(right)) * (INNER_MM - abs(down)) / 100.0
    assert frame(about_the_middle(shift_mm=(right, down))).area_cm2 == pytest.approx(expected_cm2, abs=STEP_CM2)


def test_a_turn_leaves_an_octagon() -> None:
    """Corners that only one picture shows would count as shared."""
    eighth = frame(about_the_middle(turn_deg=45.0)).area_cm2
    assert eighth == pytest.approx(2 * (np.sqrt(2) - 1) * INNER_MM**2 / 100.0, abs=STEP_CM2)
    assert frame(about_the_middle(turn_deg=90.0)).area_cm2 == pytest.approx(INNER_MM**2 / 100.0, abs=STEP_CM2)


@settings(max_examples=25)
@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(-180.0, 180.0), st.floats(0.97, 1.03))
def test_the_area_is_the_same_from_either_picture(right: float, down: float, turn_deg: float, scale: float) -> None:
    """Which visit was first would decide how much hair there is."""
    there = about_the_middle(shift_mm=(right, down), turn_deg=turn_deg, scale=scale)
    ((x, y),) = there.to_baseline_mm(np.array([[MIDDLE_MM, MIDDLE_MM]]))
    back = about_the_middle(shift_mm=(x - MIDDLE_MM, y - MIDDLE_MM), turn_deg=-turn_deg, scale=1 / scale)
    places = np.random.default_rng(0).uniform(0.0, 8.0, (50, 2))
    np.testing.assert_allclose(back.to_followup_mm(there.to_followup_mm(places)), places, atol=1e-9)
    assert frame(there).area_cm2 == pytest.approx(frame(back).area_cm2 / scale**2, abs=STEP_CM2)
    assert frame(there).holds(places).tolist() == frame(back).holds(there.to_followup_mm(places)).tolist()


@pytest.mark.parametrize("side", [0, 1])
def test_what_does_not_count_in_either_picture_is_not_shared(side: int) -> None:
    """Hairs under glare would be lost ones, and the ground beside them as bare as it looks."""
    rows, columns = measurement().cells
    assert (rows, columns) == (78, 78)
    hidden = measurement(uncounted_cells=tuple((row, 20, 30) for row in range(10, 30)))
    sides = [measurement(), measurement()]
    sides[side] = hidden
    shared = SharedFrame(sides[0], sides[1], about_the_middle())
    cell_mm = SIDE_MM / 78
    assert shared.area_cm2 == pytest.approx((INNER_MM**2 - 20 * 30 * cell_mm**2) / 100.0, abs=STEP_CM2)
    x0 = GUARD_PX * UM_PER_PX / 1000.0
    inside = np.array([[x0 + 35 * cell_mm, x0 + 20 * cell_mm], [x0 + 20 * cell_mm, x0 + 35 * cell_mm]])
    assert shared.holds(inside).tolist() == [False, True]


def test_pictures_of_other_scales_share_by_millimetres() -> None:
    """A picture of twice as many pixels would seem to show another place."""
    finer = measurement(
        um_per_px=UM_PER_PX / 2,
        picture_px=(2 * SIDE_PX, 2 * SIDE_PX),
        frame_px=(2 * GUARD_PX, 2 * GUARD_PX, 2 * (SIDE_PX - GUARD_PX), 2 * (SIDE_PX - GUARD_PX)),
    )
    assert frame(about_the_middle(), followup=finer).area_cm2 == pytest.approx(INNER_MM**2 / 100.0, abs=STEP_CM2)


def test_frames_that_do_not_meet_share_nothing() -> None:
    """An area of none would become a density without end."""
    apart = frame(about_the_middle(shift_mm=(SIDE_MM + 0.1, 0.0)))
    assert apart.area_cm2 == 0.0
