"""A ChArUco board is found where it lies, or refused by name."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from device.calibration.targets.charuco import find_charuco
from device.calibration.targets.refusals import (
    AnotherTarget,
    FaceDown,
    HalfOutOfView,
    NoTarget,
    OpenCVTooOld,
    Saturated,
    TargetRefused,
    TooBlurred,
    WrongPitch,
)
from phantom import Optics, Pose
from phantom.optics import to_ideal_px
from phantom.targets.charuco import Charuco
from phantom.targets.dirt import Dirty, strewn
from phantom.targets.dot_grid import DotGrid
from phantom.targets.plane import Target
from tests.device.calibration.targets.shots import BOARD, DISTANCE_MM, UM_PER_PX, Card, blurred, shot

READS_MARKERS = hasattr(getattr(cv2, "aruco", None), "ArucoDetector")
needs_markers = pytest.mark.skipif(not READS_MARKERS, reason="OpenCV before 4.7 reads no markers")
HARD = Optics(um_per_px=UM_PER_PX, size_px=(1014, 760), k1=-0.02, blur_sigma_px=1.5, distance_mm=DISTANCE_MM)


@pytest.mark.skipif(READS_MARKERS, reason="this OpenCV reads markers")
def test_an_old_opencv_is_named() -> None:
    """An AttributeError would not tell the technician to take the dot grid."""
    with pytest.raises(OpenCVTooOld, match="dot grid"):
        find_charuco(shot(DotGrid()), BOARD, UM_PER_PX)


@needs_markers
@pytest.mark.parametrize("turn_deg", [-7.0, 95.0, 180.0])
def test_corners_are_placed_and_counted_as_printed(turn_deg: float) -> None:
    """A corner placed wrongly bends the scale; one counted wrongly, the whole plane."""
    board = Charuco()
    dirty = Dirty(board, strewn(board.corners_mm, share=0.1, size_mm=0.15, pitch_mm=0.6, seed=2))
    pose = Pose(shift_mm=(0.2, -0.1), turn_deg=turn_deg, tilt_deg=(-2.0, 2.2))
    points = find_charuco(shot(dirty, pose, optics=HARD), BOARD, UM_PER_PX * 0.98)
    off = np.hypot(*(points.points_px - HARD.distort(to_ideal_px(points.points_mm, HARD, pose))).T)
    assert np.median(off) < 0.02
    assert np.quantile(off, 0.9) < 0.1
    assert points.turn_deg == pytest.approx((turn_deg + 180) % 360 - 180, abs=0.5)
    assert points.coverage > 0.9
    assert points.dirty > 3
    assert len(points.points_px) > 150
    assert points.edge_sigma_px == pytest.approx(1.5, rel=0.2)


@needs_markers
@pytest.mark.parametrize("squares", [(12, 9), (11, 8), (11, 9)])
def test_markers_lie_as_on_opencvs_own_board(squares: tuple[int, int]) -> None:
    """Boards that are bought are printed by OpenCV's layout: another numbering would refuse them all."""
    aruco = cv2.aruco
    dictionary = aruco.getPredefinedDictionary(aruco.DICT_4X4_250)
    board = aruco.CharucoBoard(squares, 1.0, 0.7, dictionary)
    drawn = np.asarray(board.generateImage((squares[0] * 80, squares[1] * 80)), np.uint8)
    certificate = BOARD.model_copy(update={"squares_x": squares[0], "squares_y": squares[1]})
    picture = np.where(drawn > 127, 225, 40).astype(np.uint8)
    points = find_charuco(blurred(picture, 1.0), certificate, 600 / 80)
    assert len(points.points_px) == (squares[0] - 1) * (squares[1] - 1)
    assert points.points_px + 0.5 == pytest.approx(points.points_mm / 0.6 * 80 + 40 * np.array(squares), abs=0.6)


REFUSED: dict[str, tuple[Callable[[], Target], Pose, type[TargetRefused]]] = {
    "nothing": (Card, Pose(), NoTarget),
    "dots": (DotGrid, Pose(), AnotherTarget),
    "another dictionary": (lambda: Charuco(dictionary="DICT_5X5_250"), Pose(), AnotherTarget),
    "another layout": (lambda: Charuco(squares_x=21), Pose(), AnotherTarget),
    "face down": (lambda: Charuco(mirrored=True), Pose(turn_deg=50), FaceDown),
    "larger squares": (lambda: Charuco(square_mm=0.64, marker_mm=0.448), Pose(), WrongPitch),
    "larger markers": (lambda: Charuco(marker_mm=0.49), Pose(), WrongPitch),
    "half out": (Charuco, Pose(shift_mm=(6.5, 0)), HalfOutOfView),
}


@needs_markers
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason(name: str) -> None:
    """A technician who is told the wrong thing corrects the wrong thing; what is accepted makes a wrong scale."""
    made, pose, expected = REFUSED[name]
    with pytest.raises(TargetRefused) as refused:
        find_charuco(shot(made(), pose), BOARD, UM_PER_PX)
    assert type(refused.value) is expected
    assert str(refused.value).endswith(".")


@needs_markers
def test_saturation_and_gross_blur_are_refused() -> None:
    """Saturation moves the edges, and of a smooth picture corners are guessed."""
    with pytest.raises(Saturated):
        find_charuco(shot(Charuco(), level=1.7), BOARD, UM_PER_PX)
    with pytest.raises(TooBlurred):
        find_charuco(blurred(shot(Charuco()), 6.0), BOARD, UM_PER_PX)
