"""Drawn marks and wires lie where they say and are as wide as they say, however blurred."""

from __future__ import annotations

import numpy as np
import pytest

from phantom.targets.ruler import Ruler
from phantom.targets.wires import Wire, Wires
from tests.phantom.targets.drawn import blurred_by_hand, dark_middle, looked_at


@pytest.mark.parametrize(("y_mm", "marks"), [(0.0, 21), (0.4, 5), (0.65, 3), (0.8, 0)])
def test_every_fifth_mark_is_longer_and_every_tenth_longest(y_mm: float, marks: int) -> None:
    """Their lengths tell which spacing is looked at."""
    row = looked_at(Ruler(), (0.0, y_mm), 2.06, 1e-4, side=1030)[515]
    assert int((np.diff((row < 0.5).astype(int)) == 1).sum()) == marks


def test_marks_lie_where_they_say() -> None:
    """Truth and picture must not part."""
    seen = looked_at(Ruler(division_mm=0.1), (1.2, 0.0), 0.09, 0.004)
    assert dark_middle(seen, 0.09)[0] == pytest.approx(0.0, abs=2e-5)
    dark = float((0.9 - seen).mean() / (0.9 - 0.04)) * 0.09
    assert dark == pytest.approx(0.02, rel=0.01)


@pytest.mark.parametrize("blur_mm", [0.003, 0.01])
def test_blurred_marks_of_a_hundredth_add_up(blur_mm: float) -> None:
    """Where the marks run into each other, what is left of them is what aliasing and fits see."""
    ruler = Ruler(division_mm=0.01, mark_mm=0.003)
    off = np.abs(looked_at(ruler, (0.48, 0.3), 0.1, blur_mm) - blurred_by_hand(ruler, (0.48, 0.3), 0.1, blur_mm))
    assert off.max() < 0.01


def test_a_wires_darkness_is_its_area() -> None:
    """Its diameter is the truth of the instrument's diameters."""
    wire = Wire((0.05, -0.02), 27.0, 0.4, 50.0)
    for blur_mm in (0.002, 0.02):
        seen = looked_at(Wires((wire,)), (0.0, 0.0), 0.8, blur_mm)[:, :, 0]
        assert float((0.9 - seen).mean() / (0.9 - 0.03)) * 0.64 == pytest.approx(0.4 * 0.05, rel=2e-3)
        assert dark_middle(seen, 0.8) == pytest.approx((0.05, -0.02), abs=1e-4)


def test_a_wire_lies_along_its_angle() -> None:
    """Clockwise as seen, from x to y, like the pose."""
    seen = looked_at(Wires((Wire((0.0, 0.0), 30.0, 0.6, 40.0),)), (0.0, 0.0), 0.8, 0.002)[:, :, 0]
    rows, columns = np.nonzero(seen < 0.4)
    along = np.polyfit(columns - columns.mean(), rows - rows.mean(), 1)[0]
    assert np.rad2deg(np.arctan(along)) == pytest.approx(30.0, abs=1.0)


def test_wires_out_of_view_change_nothing() -> None:
    """Only the part of the picture that a wire touches is drawn: none must be missed or left over."""
    near, far = Wire((0.1, 0.1), 0.0, 0.2, 30.0), Wire((9.0, 0.0), 0.0, 0.2, 30.0)
    both, one = (looked_at(Wires(wires), (0.0, 0.0), 0.6, 0.01) for wires in ((near, far), (near,)))
    assert (both == one).all()
    assert float(both.min()) < 0.2
