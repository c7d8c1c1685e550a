"""What holds for every camera, whichever part is behind the protocol."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera import (
    CameraClosed,
    CameraSettings,
    FolderSettings,
    Frame,
    SimulatedSettings,
    Still,
    StillSettings,
    open_camera,
)
from tests.device.camera.conftest import aim_at, draw_scene, pi_settings
from tests.libcamera.stack import PICAMERA2_WARNINGS

pytestmark = PICAMERA2_WARNINGS

STILL_COUNT = 3


@pytest.fixture(params=["picamera2", "simulated", "folder"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> CameraSettings:
    """The settings of one camera of each kind."""
    if request.param == "picamera2":
        request.getfixturevalue("camera_on_bench")
        return pi_settings()
    if request.param == "simulated":
        return SimulatedSettings(kind="simulated", size_px=(384, 216), um_per_px=8.0)
    for number in range(STILL_COUNT):
        cv2.imwrite(str(tmp_path / f"{number}.png"), draw_scene())
    return FolderSettings(kind="folder", folder=tmp_path)


def test_stills_and_frames_are_pictures_with_their_aim(settings: CameraSettings) -> None:
    """A step after the camera would meet another type, shape or label than it was promised."""
    aim = aim_at()
    with open_camera(settings) as camera:
        frame = camera.preview(aim)
        stills = [camera.still(aim) for _ in range(STILL_COUNT)]
    pictures: list[Frame | Still] = [frame, *stills]
    for taken in pictures:
        assert taken.picture.dtype == np.uint8
        assert taken.picture.ndim == 3
        assert taken.picture.shape[2] == 3
        assert taken.picture.flags.c_contiguous
        assert taken.aim is aim
    assert {still.picture.shape for still in stills} == {(216, 384, 3)}
    assert frame.picture.shape[0] / frame.picture.shape[1] == pytest.approx(216 / 384, rel=0.02)


def test_a_burst_is_its_stills_in_their_order(settings: CameraSettings) -> None:
    """A bracket's stills would be taken for one another's, or one be missing without an error."""
    with open_camera(settings) as camera:
        usual = camera.usual
        if usual is None:
            assert settings.kind == "folder"
            return
        asked = [replace(usual, exposure_us=exposure_us) for exposure_us in (10_000, 5_000, 10_000)]
        stills = camera.burst(aim_at(), asked)
        again = camera.still(aim_at())
    assert [still.metadata.exposure_us for still in (*stills, again)] == [10_000, 5_000, 10_000, usual.exposure_us]
    assert stills[1].picture.mean() < 0.9 * stills[0].picture.mean()
    assert stills[2].picture.mean() == pytest.approx(stills[0].picture.mean(), rel=0.02)
    assert {still.aim for still in stills} == {aim_at()}


def test_a_still_is_the_callers_own(settings: CameraSettings) -> None:
    """A still would change under its owner when the camera fills the memory again."""
    with open_camera(settings) as camera:
        first = camera.still(aim_at())
        kept = first.picture.copy()
        camera.still(aim_at())
    assert np.array_equal(first.picture, kept)


def test_an_open_camera_says_which_it_is(settings: CameraSettings) -> None:
    """A simulated picture could pass for a real one, or a record not say what took it."""
    with open_camera(settings) as camera:
        described = camera.describe()
    assert described.model
    assert described.identity
    assert described.simulated == (settings.kind == "simulated")


def test_a_closed_camera_says_so(settings: CameraSettings) -> None:
    """A picture asked of a closed camera would hang or fail without words, before opening and after closing alike."""
    camera = open_camera(settings)
    asked = StillSettings((384, 216), 10_000, 1.0, (1.8, 2.0), 8.0)
    for ask in (
        lambda: camera.still(None),
        lambda: camera.burst(None, [asked]),
        lambda: camera.raw(None),
        lambda: camera.dng(None),
        lambda: camera.preview(None),
        camera.describe,
    ):
        with pytest.raises(CameraClosed):
            ask()
    with camera:
        camera.preview(None)
    with pytest.raises(CameraClosed):
        camera.still(None)


def test_a_camera_opens_again(settings: CameraSettings) -> None:
    """A service could not recover from an error by closing and opening its camera."""
    camera = open_camera(settings)
    for _ in range(2):
        with camera:
            assert camera.still(aim_at()).picture.shape == (216, 384, 3)


def test_stills_may_be_asked_for_from_several_threads(settings: CameraSettings) -> None:
    """Two who ask at once would get the same still, or upset the camera."""
    with open_camera(settings) as camera, ThreadPoolExecutor(STILL_COUNT) as askers:
        taken = list(askers.map(lambda _: camera.still(aim_at()), range(STILL_COUNT)))
    assert len({id(still.picture) for still in taken}) == STILL_COUNT
    assert {still.picture.shape for still in taken} == {(216, 384, 3)}


def test_no_thread_is_left(settings: CameraSettings) -> None:
    """A closed camera would keep threads running."""
    before = set(threading.enumerate())
    with open_camera(settings) as camera:
        camera.still(aim_at())
    assert set(threading.enumerate()) == before
