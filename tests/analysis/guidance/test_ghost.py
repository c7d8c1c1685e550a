"""The ghost: the baseline's hairs where they will appear, or where they are."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.guidance import Placement, ghost
from analysis.overlay import TERMINAL_BGR
from benchmarks.preview_frames import Place

SIZE_PX, UM_PER_PX = (660, 500), 10.0


def root_px(at: Place, index: int, placement: Placement) -> tuple[int, int]:
    """Where a hair's root lies in the ghost."""
    baseline = at.baseline
    middle = (np.asarray(baseline.picture_px) - 1) / 2
    mm = (np.asarray(baseline.hairs[index].root_px) - middle) * baseline.um_per_px / 1000.0
    x, y = placement.to_frame_mm(mm[None])[0] * 1000.0 / UM_PER_PX + (np.asarray(SIZE_PX) - 1) / 2
    return round(x), round(y)


@pytest.mark.parametrize("placement", [Placement((0.0, 0.0), 0.0), Placement((0.8, -0.5), 12.0, 1.01)])
def test_the_hairs_lie_where_they_are_said_to_be(here: Place, placement: Placement) -> None:
    """Breaks when the ghost leads the eye elsewhere than the arrow does."""
    drawn = ghost(here.baseline, SIZE_PX, UM_PER_PX, placement)
    assert drawn.shape == (SIZE_PX[1], SIZE_PX[0], 4)
    assert drawn.dtype == np.uint8
    seen = 0
    for index, hair in enumerate(here.baseline.hairs):
        x, y = root_px(here, index, placement)
        if hair.kind == "terminal" and 3 <= x < SIZE_PX[0] - 3 and 3 <= y < SIZE_PX[1] - 3:
            seen += 1
            assert tuple(drawn[y, x, :3]) == TERMINAL_BGR
            assert drawn[y, x, 3] > 200
    assert seen >= 10


def test_the_live_picture_is_seen_through_it(here: Place) -> None:
    """Breaks when the ghost hides the hairs that are to be brought under it."""
    drawn = ghost(here.baseline, SIZE_PX, UM_PER_PX)
    assert float((drawn[..., 3] == 0).mean()) > 0.75


def test_the_goal_is_what_is_drawn_by_itself(here: Place) -> None:
    """Breaks when the page's still ghost and the arrow's nought part."""
    goal = ghost(here.baseline, SIZE_PX, UM_PER_PX)
    assert np.array_equal(goal, ghost(here.baseline, SIZE_PX, UM_PER_PX, Placement((0.0, 0.0), 0.0)))


def test_the_mark_is_ringed(here: Place) -> None:
    """Breaks when the one thing that the eye finds at once is left out, or covered."""
    middle = tuple((side - 1) / 2 for side in here.baseline.picture_px)
    without = ghost(here.baseline, SIZE_PX, UM_PER_PX)
    drawn = ghost(here.baseline, SIZE_PX, UM_PER_PX, mark_px=(middle[0], middle[1]))
    changed = np.argwhere((drawn != without).any(axis=2))
    assert np.abs(changed.mean(axis=0) - (np.asarray(SIZE_PX[::-1]) - 1) / 2).max() < 1.0
    assert 20 < len(changed) < 3000
    assert np.array_equal(drawn[SIZE_PX[1] // 2, SIZE_PX[0] // 2], without[SIZE_PX[1] // 2, SIZE_PX[0] // 2])
