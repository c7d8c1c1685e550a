"""Raw values and DNG files from the Pi's camera: the real Picamera2 class on the stand-in libcamera."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import IO

import numpy as np
import pytest

from device.camera import DngUnavailable, RawUnavailable, SettingsNotHonoured, open_camera
from tests.device.camera.bench import allocations
from tests.device.camera.conftest import RED_PATCH, aim_at, draw_scene, pi_settings
from tests.libcamera.camera import Camera, held_requests
from tests.libcamera.sensor import Sensor
from tests.libcamera.stack import PICAMERA2_WARNINGS

pytestmark = [PICAMERA2_WARNINGS, pytest.mark.usefixtures("camera_on_bench")]


@pytest.mark.parametrize(("board", "raw_bits"), [("vc4", 10), ("vc4", 12), ("vc4 packing", 10), ("pisp", 12)])
def test_raw_values_are_the_light(sensor: Sensor, board: str, raw_bits: int) -> None:
    """Values unpacked wrongly, or black left in, would make exposure and response nonsense on one kind of board."""
    sensor.board, sensor.raw_bits = board, raw_bits
    with open_camera(pi_settings()) as camera:
        taken = camera.raw(aim_at())
    assert taken.mosaic.shape == (216, 384)
    assert taken.pattern == "RGGB"
    assert taken.aim == aim_at()
    assert taken.metadata.exposure_us == 10_000
    red = taken.mosaic[RED_PATCH][10:-10:2, 10:-10:2].astype(float)
    light = (red.mean() - taken.black_level) / (taken.white_level - taken.black_level)
    # The scene's red is drawn at 200 of 255, and shown so after a gain of 1.8.
    assert light == pytest.approx((200 / 255) ** 2.2 / 1.8, rel=0.02)


def test_twice_the_exposure_is_twice_the_light() -> None:
    """Raw values would pass through a tone curve, or keep the usual exposure whatever was asked."""
    with open_camera(pi_settings()) as camera:
        usual = camera.usual
        assert usual is not None
        dim, bright = (camera.raw(None, replace(usual, exposure_us=e)) for e in (4_000, 8_000))
    assert (dim.metadata.exposure_us, bright.metadata.exposure_us) == (4_000, 8_000)
    light = [float(taken.mosaic.mean()) - taken.black_level for taken in (dim, bright)]
    assert light[1] / light[0] == pytest.approx(2, rel=0.02)


def test_the_camera_goes_on_after_raw_values(camera_on_bench: Camera) -> None:
    """The raw stream's mode would stay, or its frames be kept."""
    with open_camera(pi_settings()) as camera:
        for _ in range(6):
            camera.raw(None)
        assert camera.preview(None).picture.shape == (108, 192, 3)
        still = camera.still(None)
        assert held_requests(camera_on_bench) == 0
    assert float(np.median(np.abs(still.picture.astype(float) - draw_scene()))) < 2


def test_raw_values_take_one_raw_buffer_and_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full-size picture beside the raw values would use up a small board's memory."""
    with open_camera(pi_settings()) as camera, allocations(monkeypatch) as sizes:
        camera.raw(None)
    assert sizes[:2] == [192 * 108 * 3, 384 * 216 * 2]


def test_a_board_that_compresses_only_is_refused_in_words(sensor: Sensor) -> None:
    """Compressed values would be taken for light."""
    sensor.board = "pisp compressing"
    with open_camera(pi_settings()) as camera:
        with pytest.raises(RawUnavailable, match="PISP_COMP1"):
            camera.raw(None)
        assert camera.still(None).picture.shape == (216, 384, 3)


def test_raw_values_of_other_settings_are_not_believed(sensor: Sensor) -> None:
    """An exposure would be set on frames of the automatic one."""
    with open_camera(pi_settings(time_limit_s=0.4)) as camera:
        sensor.deaf_to = frozenset({"ExposureTime"})
        with pytest.raises(SettingsNotHonoured, match="exposure_us"):
            camera.raw(None)


def test_a_dng_that_the_software_cannot_write_is_named() -> None:
    """PiDNG from PyPI fails under picamera2 from 0.3.30 on: a TypeError would reach the operator, without the cure."""
    with open_camera(pi_settings()) as camera:
        with pytest.raises(DngUnavailable, match="python3-picamera2"):
            camera.dng(None)
        assert camera.still(None).picture.shape == (216, 384, 3)


def test_a_dng_is_what_picamera2_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file would be empty, or end up on the disk, where the board's software fits."""
    used = sys.modules["picamera2.request"]
    described, convert = used.Picamera2Camera, used.PICAM2DNG.convert

    def described_with_a_model(configuration: object, metadata: object, _model: str) -> object:
        return described(configuration, metadata)

    def converted_into_a_file(converter: object, image: object, file: IO[bytes]) -> None:
        file.write(convert(converter, image))

    # As Raspberry Pi OS builds PiDNG: both take an argument more.
    monkeypatch.setattr(used, "Picamera2Camera", described_with_a_model)
    monkeypatch.setattr(used.PICAM2DNG, "convert", converted_into_a_file)
    with open_camera(pi_settings()) as camera:
        content = camera.dng(aim_at())
    assert content[:4] == b"II*\0"  # a TIFF, little-endian
    assert len(content) > 384 * 216
