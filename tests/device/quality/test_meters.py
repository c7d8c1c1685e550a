"""The live meters: they follow the focus, hold its peak, and are quick."""

import time

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device.quality import Meters
from phantom import Depth, Pose
from tests.device.quality.drawn import BLUR_UM_PER_MM, UM_PER_PX, picture

SHARP = picture(mark_mm=0.4, pose=Pose(shift_mm=(0.6, 0.3)))
SCALE_UM = UM_PER_PX * SHARP.shape[1] / 640


def _frame(taken: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(taken, (640, 480), interpolation=cv2.INTER_AREA), np.uint8)


def test_focus_rises_to_best_focus_and_falls_after_it() -> None:
    """Breaks when the technician turns the ring past the best focus and sees nothing."""
    meters = Meters(SCALE_UM)
    offsets = np.linspace(-1.4, 1.4, 11)
    frames = [_frame(picture(depth=Depth(BLUR_UM_PER_MM, offset_mm=float(offset)))) for offset in offsets]
    readings = [meters.read(frame) for frame in frames]
    focus = np.array([reading.focus for reading in readings])
    assert int(focus.argmax()) == 5
    assert (np.diff(focus[:6]) > 0).all()
    assert (np.diff(focus[5:]) < 0).all()
    assert readings[5].focus_trend == 1
    assert readings[-1].focus_trend == -1
    assert readings[-1].focus_peak == focus.max()
    meters.reset()
    assert meters.read(frames[0]).focus_peak == pytest.approx(focus[0])


def test_an_unmoved_focus_is_steady() -> None:
    """Breaks when noise alone makes the trend jump."""
    meters = Meters(SCALE_UM)
    rng = np.random.default_rng(3)
    frame = _frame(SHARP).astype(float)
    trends = {
        meters.read(np.clip(frame + rng.normal(0, 2.0, frame.shape), 0, 255).astype(np.uint8)).focus_trend
        for _ in range(12)
    }
    assert trends == {0}


def test_a_frame_without_anything_reads_zero() -> None:
    """Breaks when a capped lens ends the preview with a division by zero."""
    reading = Meters(SCALE_UM, mark_expected=True).read(np.zeros((480, 640, 3), np.uint8))
    assert (reading.focus, reading.exposure, reading.under_share, reading.mark_mm) == (0.0, 0.0, 1.0, None)


def test_exposure_and_glare_are_shares_of_the_frame() -> None:
    """Breaks when the meters show glare where only one colour is cut off, or none where all are."""
    frame = np.full((480, 640, 3), 120, np.uint8)
    frame[:, :64] = 255
    frame[:, 64:192, 2] = 255
    reading = Meters(SCALE_UM).read(frame)
    assert reading.over_share == pytest.approx(0.3)
    assert reading.glare_share == pytest.approx(0.1)
    assert reading.exposure == pytest.approx(120 / 255, abs=0.01)


def test_the_mark_is_followed() -> None:
    """Breaks when the cross on the live picture sits beside the dot."""
    seen = Meters(SCALE_UM, mark_expected=True).read(_frame(SHARP)).mark_mm
    assert seen == pytest.approx((0.6, 0.3), abs=0.12)
    assert Meters(SCALE_UM).read(_frame(SHARP)).mark_mm is None


def test_grey_and_wide_frames_are_read_alike() -> None:
    """Breaks when another preview size or a monochrome sensor shows another focus."""
    meters = Meters(UM_PER_PX)
    grey = np.asarray(cv2.cvtColor(SHARP, cv2.COLOR_BGR2GRAY), np.uint8)
    assert meters.read(grey).focus == pytest.approx(meters.read(SHARP).focus, rel=0.02)


def test_ten_frames_a_second_on_one_core() -> None:
    """Breaks when the live picture stutters; the time is the thread's own, so that a busy machine does not count."""
    meters, frame = Meters(SCALE_UM, mark_expected=True), _frame(SHARP)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        meters.read(frame)
        took = []
        for _ in range(5):
            began = time.thread_time()
            meters.read(frame)
            took.append(time.thread_time() - began)
    finally:
        cv2.setNumThreads(threads)
    assert min(took) < 0.1
