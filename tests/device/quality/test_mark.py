"""The gate's word on the mark: where it is, off the middle, not found; on the pictures that the gate looks at."""

import re

import cv2
import numpy as np
import pytest

from analysis.mark import find_mark
from contract import Verdict
from device.quality import judge
from phantom import Pose
from tests.device.quality.drawn import SIZE_PX, UM_PER_PX, named, picture, value_of


@pytest.mark.parametrize("skin_type", ["I", "III", "V"])
@pytest.mark.parametrize("mark_mm", [0.3, 0.5])
def test_the_mark_is_found_where_it_is(skin_type: str, mark_mm: float) -> None:
    """Breaks when the technician centres on something else."""
    taken = picture(skin_type=skin_type, mark_mm=mark_mm, hair_density_per_cm2=120.0, pose=Pose(shift_mm=(0.7, -0.4)))
    found = find_mark(taken, UM_PER_PX)
    assert found is not None
    assert found.from_middle_mm(SIZE_PX, UM_PER_PX) == pytest.approx((0.7, -0.4), abs=0.05)
    assert found.diameter_mm == pytest.approx(mark_mm, abs=0.12)


def test_black_ink_is_found_in_a_grey_picture() -> None:
    """Breaks when ink without blue, or a monochrome sensor, has no mark."""
    taken = picture(hair_density_per_cm2=60.0)
    y, x = np.ogrid[: taken.shape[0], : taken.shape[1]]
    taken[(x - 400) ** 2 + (y - 300) ** 2 < (200 / UM_PER_PX) ** 2] = 30
    grey = np.asarray(cv2.cvtColor(cv2.cvtColor(taken, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    found = find_mark(grey, UM_PER_PX)
    assert found is not None
    assert found.from_middle_mm(SIZE_PX, UM_PER_PX) == pytest.approx((0.124, 0.093), abs=0.05)


def test_a_missing_mark_is_said_only_where_one_is_expected() -> None:
    """Breaks when sites without a tattoo cannot be photographed, or a missed mark goes through."""
    without = picture()
    assert named(judge(without, UM_PER_PX), "mark").verdict is Verdict.PASS
    assert named(judge(without, UM_PER_PX, mark_expected=True), "mark").verdict is Verdict.WARN


def test_a_mark_off_the_middle_is_said_with_its_side() -> None:
    """Breaks when the technician is sent the wrong way."""
    off = judge(picture(mark_mm=0.4, pose=Pose(shift_mm=(-1.2, 0.5))), UM_PER_PX, mark_expected=True)
    assert named(off, "mark").verdict is Verdict.WARN
    assert re.search(r"1\.[12] mm left, 0\.[45] mm down", named(off, "mark").sentence)
    assert value_of(off, "mark-right") == pytest.approx(-1.2, abs=0.12)
    assert value_of(off, "mark-down") == pytest.approx(0.5, abs=0.12)
