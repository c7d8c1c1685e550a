"""A stage micrometer's marks are found at any angle, or the picture is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from device.calibration.targets.refusals import (
    AnotherTarget,
    HalfOutOfView,
    NoTarget,
    Saturated,
    TargetRefused,
    TooBlurred,
    WrongPitch,
)
from device.calibration.targets.ruler import find_ruler
from phantom import Optics, Pose
from phantom.optics import to_ideal_px
from phantom.targets.dirt import Dirty, strewn
from phantom.targets.dot_grid import DotGrid
from phantom.targets.plane import Target
from phantom.targets.ruler import Ruler
from tests.device.calibration.targets.shots import OPTICS, RULER, UM_PER_PX, Card, blurred, shot

FINER = Optics(um_per_px=5.3, size_px=(1014, 760), blur_sigma_px=1.2)


@pytest.mark.parametrize("turn_deg", [3.0, 64.0, 180.0])
def test_marks_are_placed(turn_deg: float) -> None:
    """Marks placed or counted wrongly are a wrong scale."""
    pose = Pose(shift_mm=(0.3, -0.4), turn_deg=turn_deg)
    dust = strewn(np.random.default_rng(4).uniform(-4, 4, (8, 2)), share=1.0, size_mm=0.1, pitch_mm=0.3, seed=4)
    marks = find_ruler(shot(Dirty(Ruler(), dust), pose), RULER, UM_PER_PX * 1.02)
    assert len(marks.along_mm) > 60
    assert marks.spacing_um == 100
    seen = np.hypot(*(marks.points_px - marks.points_px[0]).T)
    assert seen == pytest.approx(marks.along_mm * 1000 / UM_PER_PX, abs=0.4)
    # on the ruler's own line
    ends = to_ideal_px(np.array([[-1.0, 0.0], [1.0, 0.0]]), OPTICS, pose)
    along = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    beside = (marks.points_px - ends[0]) @ np.array([-along[1], along[0]])
    assert np.abs(beside).max() < 6


def test_hundredths_of_a_millimetre_are_read_by_their_longer_marks() -> None:
    """10 um are 1.9 px here: to count them would be chance; the twentieths are told apart."""
    certificate = RULER.model_copy(update={"division_um": 10.0, "mark_um": 3.0})
    fine = Ruler(division_mm=0.01, mark_mm=0.003)
    marks = find_ruler(shot(fine, Pose(turn_deg=10.0), optics=FINER), certificate, 5.3)
    assert marks.spacing_um in {50.0, 100.0}
    seen = np.hypot(*(marks.points_px[-1] - marks.points_px[0]))
    assert 1000 * marks.along_mm[-1] / seen == pytest.approx(5.3, rel=0.003)


REFUSED: dict[str, tuple[Target, Pose, type[TargetRefused]]] = {
    "nothing": (Card(), Pose(), NoTarget),
    "dots": (DotGrid(), Pose(), AnotherTarget),
    "wider divisions": (Ruler(division_mm=0.12), Pose(), WrongPitch),
    "half out": (Ruler(), Pose(shift_mm=(7.5, 0)), HalfOutOfView),
    "a piece": (Ruler(divisions=20), Pose(), HalfOutOfView),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason(name: str) -> None:
    """A technician who is told the wrong thing corrects the wrong thing; what is accepted makes a wrong scale."""
    target, pose, expected = REFUSED[name]
    with pytest.raises(TargetRefused) as refused:
        find_ruler(shot(target, pose), RULER, UM_PER_PX)
    assert type(refused.value) is expected
    assert str(refused.value).endswith(".")


def test_saturation_and_gross_blur_are_refused() -> None:
    """Saturation thins the marks, and blurred ones run into each other."""
    with pytest.raises(Saturated):
        find_ruler(shot(Ruler(), level=1.7), RULER, UM_PER_PX)
    with pytest.raises(TooBlurred):
        find_ruler(blurred(shot(Ruler()), 6.0), RULER, UM_PER_PX)
