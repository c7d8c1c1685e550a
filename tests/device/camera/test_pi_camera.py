"""The Pi's camera: the real Picamera2 class on the stand-in libcamera."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

import device.camera
from device.camera import (
    CameraClosed,
    CameraTimeout,
    CaptureFailed,
    SettingsNotHonoured,
    SettingsRefused,
    open_camera,
)
from device.camera.owner_thread import abandoned_threads
from tests.device.camera.bench import allocations, open_files, until
from tests.device.camera.conftest import CORNER_PATCH, RED_PATCH, Connect, aim_at, draw_scene, pi_settings
from tests.libcamera.buffers import MemfdHeap
from tests.libcamera.camera import Camera, asked_of, held_requests
from tests.libcamera.sensor import Picture, Sensor
from tests.libcamera.stack import PICAMERA2_WARNINGS
from tests.libcamera.streams import CameraConfiguration

pytestmark = [PICAMERA2_WARNINGS, pytest.mark.usefixtures("camera_on_bench")]

NOT_FOR_EVER_S = 5.0
"""A call that has a time limit of tenths of a second ends well within this, on a busy machine too."""


def sharpness(picture: Picture) -> float:
    """Variance of the Laplacian."""
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


def test_still_shows_the_scene_at_full_size() -> None:
    """A still would come out in the wrong size, exposure, order of colours, or without its label."""
    with open_camera(pi_settings()) as camera:
        still = camera.still(aim_at())
    assert still.picture.shape == (216, 384, 3)
    assert still.picture.dtype == np.uint8
    assert still.aim == aim_at()
    difference = np.abs(still.picture.astype(float) - draw_scene())
    assert float(np.median(difference)) < 2


def test_red_is_red() -> None:
    """Red and blue would be swapped: "RGB888" lies in memory as blue, green, red."""
    with open_camera(pi_settings()) as camera:
        for picture in (camera.still(None).picture, cv2.resize(camera.preview(None).picture, (384, 216))):
            blue, green, red = picture[RED_PATCH][10:-10, 10:-10].reshape(-1, 3).mean(axis=0)
            assert red > 150
            assert max(blue, green) < 60


def test_metadata_are_the_frames_own() -> None:
    """The record would hold the settings asked for in place of what the sensor did: it exposes whole lines of 20 us."""
    before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    with open_camera(pi_settings(exposure_us=10_013, analogue_gain=2.01)) as camera:
        metadata = camera.still(None).metadata
    assert metadata.exposure_us == 10_000
    assert metadata.analogue_gain == pytest.approx(1024 / (1024 - 515))
    assert metadata.lens_position_dioptres == 8.0
    assert metadata.sensor_timestamp_ns is not None
    assert before_ns < metadata.sensor_timestamp_ns < time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_preview_is_small_and_shows_the_whole_field() -> None:
    """The preview would come from the sensor's cropped mode: what is aimed at would not be what the still shows."""
    with open_camera(pi_settings(preview_width_px=128)) as camera:
        picture = camera.preview(None).picture
    assert picture.shape == (72, 128, 3)
    corner = cv2.resize(picture, (384, 216), interpolation=cv2.INTER_LINEAR)[CORNER_PATCH][4:-4, 4:-4]
    assert corner.mean() > 220


def test_preview_goes_on_after_a_still() -> None:
    """The camera would stay in the still's mode, and the preview would come in the still's size."""
    with open_camera(pi_settings()) as camera:
        camera.still(None)
        assert camera.preview(None).picture.shape == (108, 192, 3)


def test_a_still_waits_until_its_settings_are_in_force(sensor: Sensor) -> None:
    """The first frame after the switch would be taken, which still has the automatic exposure."""
    sensor.settle_frames = 7
    with open_camera(pi_settings()) as camera:
        still = camera.still(None)
    assert still.metadata.exposure_us == 10_000
    assert float(np.median(np.abs(still.picture.astype(float) - draw_scene()))) < 2


def test_nothing_automatic_and_nothing_that_moves_an_edge_is_on(camera_on_bench: Camera, sensor: Sensor) -> None:
    """Exposure, colour or focus would drift; halos of sharpening or smeared noise would change every diameter."""
    off = {"AeEnable": False, "AwbEnable": False, "AfMode": 0, "Sharpness": 0.0, "NoiseReductionMode": 0}
    with open_camera(pi_settings(time_limit_s=0.5)) as camera:
        camera.preview(None)
        assert asked_of(camera_on_bench).items() >= off.items()
        sensor.deaf_to = frozenset({"ExposureTime"})
        with ThreadPoolExecutor(1) as asker:
            refused = asker.submit(camera.still, None)
            assert until(
                lambda: asked_of(camera_on_bench).items() >= (off | {"FrameDurationLimits": (100, 10**9)}).items()
            )
            assert refused.exception() is not None


@pytest.mark.parametrize(
    ("control", "setting", "asked"),
    [
        ("ExposureTime", "exposure_us", 10_000),
        ("AnalogueGain", "analogue_gain", 1.0),
        ("ColourGains", "colour_gains", (1.8, 2.0)),
        ("LensPosition", "lens_position_dioptres", 4.0),
    ],
)
def test_a_lost_control_is_named(sensor: Sensor, control: str, setting: str, asked: object) -> None:
    """A picture with the wrong exposure, gain, colour or focus would be measured."""
    sensor.deaf_to = frozenset({control})
    with open_camera(pi_settings(lens_position_dioptres=4.0, time_limit_s=0.4)) as camera:
        begun_s = time.monotonic()
        with pytest.raises(SettingsNotHonoured) as refused:
            camera.still(None)
        assert time.monotonic() - begun_s < NOT_FOR_EVER_S
        assert refused.value.setting == setting
        assert refused.value.asked == asked
        assert refused.value.got != asked
        sensor.deaf_to = frozenset()
        assert camera.still(None).picture.shape == (216, 384, 3)


def test_lens_position_reaches_the_focus() -> None:
    """The lens would stay where autofocus left it."""
    by_position = {}
    for position in (5.0, 8.0, 11.0):
        with open_camera(pi_settings(lens_position_dioptres=position)) as camera:
            by_position[position] = sharpness(camera.still(None).picture)
    assert by_position[8.0] > 3 * by_position[5.0]
    assert by_position[8.0] > 3 * by_position[11.0]


def test_a_camera_without_a_lens_takes_stills(connect: Connect) -> None:
    """Focus controls would be sent to a camera that has none, and picamera2 refuses those."""
    with (
        connect(Sensor(draw_scene(), model="imx477", has_lens=False)),
        open_camera(pi_settings(lens_position_dioptres=None)) as camera,
    ):
        assert camera.still(None).metadata.lens_position_dioptres is None
        assert camera.describe().model == "imx477"


def test_fifty_stills_leave_no_frame_held(camera_on_bench: Camera) -> None:
    """A frame not given back with each still would stall the camera, or use up its memory, within a morning."""
    with open_camera(pi_settings()) as camera:
        camera.still(None)
        files_after_one = open_files()
        for _ in range(49):
            camera.still(None)
        assert until(lambda: held_requests(camera_on_bench) == 0)
        assert open_files() <= files_after_one


def test_a_stalled_sensor_is_a_timeout_and_not_the_end(camera_on_bench: Camera, sensor: Sensor) -> None:
    """The caller would hang; or each wait that is given up would keep a frame, and five are more than there are."""
    with open_camera(pi_settings(time_limit_s=0.2)) as camera:
        camera.preview(None)
        for _ in range(5):
            sensor.running.clear()
            begun_s = time.monotonic()
            with pytest.raises(CameraTimeout):
                camera.preview(None)
            assert time.monotonic() - begun_s < NOT_FOR_EVER_S
            sensor.running.set()
            time.sleep(0.05)  # the frames that come now find nobody waiting
        assert camera.preview(None).picture.shape == (108, 192, 3)
        assert until(lambda: held_requests(camera_on_bench) == 0)


def test_a_still_of_a_stalled_sensor_is_a_timeout_and_the_next_works(camera_on_bench: Camera, sensor: Sensor) -> None:
    """A cable that was loose for a moment would leave the camera in the still's mode, with its one frame kept."""
    with open_camera(pi_settings(time_limit_s=0.4)) as camera:
        for _ in range(2):
            sensor.running.clear()
            begun_s = time.monotonic()
            with pytest.raises(CameraTimeout):
                camera.still(None)
            assert time.monotonic() - begun_s < NOT_FOR_EVER_S
            sensor.running.set()
            assert camera.still(None).picture.shape == (216, 384, 3)
            assert camera.preview(None).picture.shape == (108, 192, 3)
        assert until(lambda: held_requests(camera_on_bench) == 0)


def test_a_still_takes_one_big_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four buffers of 36 MB, or a raw stream beside them, use up a small board's memory after a few stills."""
    with open_camera(pi_settings()) as camera, allocations(monkeypatch) as sizes:
        camera.still(None)
    assert [size for size in sizes if size > 192 * 108 * 3] == [384 * 216 * 3]


def test_memory_used_up_is_named_and_the_next_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed mode switch would leave the camera stopped for good."""
    with open_camera(pi_settings()) as camera:
        monkeypatch.setattr(MemfdHeap, "failures_to_come", 1)
        with pytest.raises(CaptureFailed, match="Cannot allocate memory"):
            camera.still(None)
        assert camera.still(None).picture.shape == (216, 384, 3)


def test_a_bracket_is_one_stay_in_the_still_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each still of a bracket would cost two mode switches; or a picture come with another's focus."""
    configured: list[tuple[int, int]] = []
    configure = Camera.configure

    def recording(camera: Camera, configuration: CameraConfiguration) -> int:
        configured.append((configuration.at(0).size.width, configuration.at(0).size.height))
        return configure(camera, configuration)

    with open_camera(pi_settings()) as camera:
        usual = camera.usual
        assert usual is not None
        monkeypatch.setattr(Camera, "configure", recording)
        positions = (8.0, 7.0, 9.0, 7.0, 8.0)
        bracket = camera.burst(aim_at(), [replace(usual, lens_position_dioptres=at) for at in positions])
        assert configured == [(384, 216), (192, 108)]
        after = camera.preview(None)
    assert tuple(still.metadata.lens_position_dioptres for still in bracket) == positions
    assert {still.aim for still in bracket} == {aim_at()}
    sharp = [sharpness(still.picture) for still in bracket]
    assert min(sharp[0], sharp[4]) > 2 * max(sharp[1:4])
    assert after.metadata.lens_position_dioptres == 8.0


def test_a_still_waits_until_the_lens_has_come_to_rest(sensor: Sensor) -> None:
    """A bracket's stills would be blurred by the lens on its way: metadata say where it was told to stand."""
    sensor.lens_lags = True
    with open_camera(pi_settings()) as camera:
        usual = camera.usual
        assert usual is not None
        bracket = camera.burst(None, [replace(usual, lens_position_dioptres=at) for at in (5.0, 8.0, 11.0, 8.0)])
    sharp = [sharpness(still.picture) for still in bracket]
    assert min(sharp[1], sharp[3]) > 3 * max(sharp[0], sharp[2])


def test_a_burst_of_repeats_has_its_own_frames(camera_on_bench: Camera) -> None:
    """Repeats would be one frame several times, and noise and repeatability come out as zero."""
    with open_camera(pi_settings()) as camera:
        usual = camera.usual
        assert usual is not None
        stills = camera.burst(None, [usual] * 3)
        assert until(lambda: held_requests(camera_on_bench) == 0)
    assert len({still.metadata.sensor_timestamp_ns for still in stills}) == 3
    assert not np.array_equal(stills[0].picture, stills[1].picture)


def test_a_still_with_other_settings_leaves_the_usual_ones(sensor: Sensor) -> None:
    """An exposure sweep would leave the instrument on its last step."""
    sensor.settle_frames = 3
    with open_camera(pi_settings()) as camera:
        usual = camera.usual
        assert usual is not None
        dim = camera.still(None, replace(usual, exposure_us=2_500))
        after = camera.still(None)
    assert (dim.metadata.exposure_us, after.metadata.exposure_us) == (2_500, 10_000)
    light = [(still.picture.astype(float) / 255) ** 2.2 for still in (dim, after)]
    assert float(light[0].mean() / light[1].mean()) == pytest.approx(0.25, rel=0.05)


def test_calibrated_settings_overrule_the_settings_file() -> None:
    """A calibrated exposure would be kept in its record and never be used."""
    calibrated = replace(pi_settings().asked, exposure_us=6_000, lens_position_dioptres=7.5)
    with open_camera(pi_settings(), calibrated) as camera:
        assert camera.usual == calibrated
        metadata = camera.still(None).metadata
    assert (metadata.exposure_us, metadata.lens_position_dioptres) == (6_000, 7.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exposure_us": 5_000_000}, "exposure_us is 5000000"),
        ({"lens_position_dioptres": 40.0}, "from 0 to 32"),
        ({"lens_position_dioptres": None}, "where it should stand"),
        ({"size_px": (192, 108)}, "set up for 384 x 216"),
    ],
)
def test_a_still_beyond_the_camera_is_refused_before_it_is_tried(changes: dict[str, Any], words: str) -> None:
    """Libcamera clamps silently: a sweep past the end would repeat its last step, or time out."""
    with open_camera(pi_settings()) as camera:
        usual = camera.usual
        assert usual is not None
        for ask in (camera.still, camera.raw):
            with pytest.raises(SettingsRefused, match=words):
                ask(None, replace(usual, **changes))
        with pytest.raises(SettingsRefused, match="no stills"):
            camera.burst(None, [])
        assert camera.still(None).picture.shape == (216, 384, 3)


def test_a_call_that_never_returns_is_a_timeout_and_its_camera_is_closed_when_it_does(sensor: Sensor) -> None:
    """The caller would hang with the camera; or the camera stay open in this process for good once it lets go."""
    threads = set(threading.enumerate())
    camera = open_camera(pi_settings(time_limit_s=0.3))
    with pytest.raises(CameraTimeout), camera:
        _hang(camera, sensor)
    assert abandoned_threads() == 1
    sensor.lets_go.set()
    assert until(lambda: abandoned_threads() == 0 and set(threading.enumerate()) == threads)
    with camera:
        assert camera.preview(None).picture.shape == (108, 192, 3)


def _hang(camera: device.camera.Camera, sensor: Sensor) -> None:
    """Ask for a still that never comes back from the camera's software."""
    camera.preview(None)
    sensor.lets_go.clear()
    begun_s = time.monotonic()
    with pytest.raises(CameraTimeout, match="did not answer"):
        camera.still(None)
    assert time.monotonic() - begun_s < NOT_FOR_EVER_S


def test_many_may_ask_at_once() -> None:
    """A preview asked for during a still would get the still's frame, or upset the switch of modes."""
    with open_camera(pi_settings()) as camera, ThreadPoolExecutor(4) as askers:
        previews = [askers.submit(camera.preview, None) for _ in range(12)]
        stills = [askers.submit(camera.still, None) for _ in range(4)]
        assert {preview.result().picture.shape for preview in previews} == {(108, 192, 3)}
        assert {still.result().picture.shape for still in stills} == {(216, 384, 3)}


def test_closing_leaves_no_thread_and_no_file() -> None:
    """Threads and descriptors would pile up in a service that opens its camera again."""
    with open_camera(pi_settings()) as camera:
        camera.still(None)
    threads, files = set(threading.enumerate()), open_files()
    with open_camera(pi_settings()) as camera:
        camera.preview(None)
        camera.still(None)
    assert set(threading.enumerate()) == threads
    assert open_files() == files
    with pytest.raises(CameraClosed):
        camera.still(None)


def test_closing_while_the_sensor_is_stalled(sensor: Sensor) -> None:
    """The service could not be stopped when the camera's cable has come loose."""
    begun_s = time.monotonic()
    with open_camera(pi_settings()):
        sensor.running.clear()
    assert time.monotonic() - begun_s < 3
