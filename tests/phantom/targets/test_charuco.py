"""A drawn ChArUco board has its corners where it says, and OpenCV reads its markers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from phantom import Optics, SettingError
from phantom.targets.charuco import Charuco
from phantom.targets.plane import photograph_target
from tests.phantom.targets.drawn import blurred_by_hand, looked_at

READS_MARKERS = hasattr(getattr(cv2, "aruco", None), "ArucoDetector")
needs_markers = pytest.mark.skipif(not READS_MARKERS, reason="OpenCV before 4.7 draws no markers")


@pytest.mark.skipif(READS_MARKERS, reason="this OpenCV draws markers")
def test_an_old_opencv_is_named() -> None:
    """A machine with an old OpenCV needs a sentence, not an AttributeError."""
    with pytest.raises(SettingError, match=r"4\.7"):
        Charuco()


@needs_markers
def test_opencv_reads_all_markers_in_their_order() -> None:
    """Markers numbered or turned otherwise are another board."""
    board = Charuco(squares_x=8, squares_y=6)
    picture = photograph_target(board, Optics(um_per_px=8.0, size_px=(640, 480))).picture
    aruco = cv2.aruco
    finder = aruco.ArucoDetector(aruco.getPredefinedDictionary(aruco.DICT_4X4_250), aruco.DetectorParameters())
    outlines, numbers, _ = finder.detectMarkers(picture)
    found = {int(n): np.reshape(o, (4, 2)) for n, o in zip(np.ravel(numbers), outlines, strict=True)}
    assert sorted(found) == list(range(24))
    # the first marker lies in the second square of the first row, its own first corner at the top left
    side = 0.42 / 0.008
    middle = (np.array([1.5, 0.5]) - (4, 3)) * 75 + (319.5, 239.5)
    expected = middle + 0.5 * side * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    assert found[0] == pytest.approx(expected, abs=1.5)


@needs_markers
def test_corners_lie_where_they_say() -> None:
    """Truth and picture must not part: about a corner the picture is its own half turn."""
    board = Charuco(scatter_mm=0.003, seed=2)
    corner = board.corners_mm[5, 7]
    nominal = (np.array([8, 6]) - (12, 9)) * 0.6
    assert 0 < np.hypot(*(corner - nominal)) < 0.015
    seen = looked_at(board, (corner[0], corner[1]), 0.14, 0.01)
    assert seen == pytest.approx(seen[::-1, ::-1], abs=2e-3)
    assert seen[0, 0] == pytest.approx(seen[-1, -1], abs=1e-3)
    assert abs(seen[0, 0] - seen[0, -1]) > 0.8


@needs_markers
@pytest.mark.parametrize("middle_mm", [(0.3, 0.9), (-7.2, -5.4)])
def test_blur_is_a_gaussians(middle_mm: tuple[float, float]) -> None:
    """In a marker, and at the board's own corner: positions are judged to a hundredth of a pixel."""
    board = Charuco()
    off = np.abs(looked_at(board, middle_mm, 0.5, 0.02) - blurred_by_hand(board, middle_mm, 0.5, 0.02))
    assert off.max() < 0.02
    assert off.mean() < 0.003


@needs_markers
def test_a_dictionary_too_small_is_refused() -> None:
    """A board with a marker twice tells nothing."""
    with pytest.raises(SettingError, match="50 markers"):
        Charuco(dictionary="DICT_4X4_50")
