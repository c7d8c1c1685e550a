"""A camera on the bench: a drawn scene, a sensor before it, and the settings that show it as drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import cv2
import numpy as np
import pytest

from contract import Site
from device.camera import Aim, Picamera2Settings
from tests.libcamera.camera import Camera
from tests.libcamera.sensor import Picture, Sensor
from tests.libcamera.stack import connected, stand_in_libcamera

#: Where the scene's patches lie, as slices of [row, column].
RED_PATCH = np.s_[150:200, 250:330]
CORNER_PATCH = np.s_[10:30, 10:40]


Connect = Callable[..., AbstractContextManager[list[Camera]]]


@pytest.fixture(scope="module")
def connect() -> Iterator[Connect]:
    """Connect sensors to the real picamera2, which is on the stand-in libcamera while one module's tests run."""
    with stand_in_libcamera():
        yield connected


def draw_scene() -> Picture:
    """Thin dark lines on skin, a red patch, and a white patch in the corner that only the full field shows."""
    scene = np.full((216, 384, 3), (130, 150, 190), np.uint8)
    for x in range(20, 240, 12):
        cv2.line(scene, (x, 40), (x + 30, 140), (30, 35, 50), 2, cv2.LINE_AA)
    scene[RED_PATCH] = (20, 20, 200)
    scene[CORNER_PATCH] = (240, 240, 240)
    return scene


@pytest.fixture
def sensor() -> Sensor:
    """A sensor that sees the drawn scene."""
    return Sensor(draw_scene())


@pytest.fixture
def camera_on_bench(connect: Connect, sensor: Sensor) -> Iterator[Camera]:
    """The stand-in's camera behind that sensor."""
    with connect(sensor) as cameras:
        yield cameras[0]


def pi_settings(**changes: object) -> Picamera2Settings:
    """Settings that show the scene as drawn, with some changed."""
    usual: dict[str, object] = {
        "kind": "picamera2",
        "still_size_px": (384, 216),
        "preview_width_px": 192,
        "exposure_us": 10_000,
        "analogue_gain": 1.0,
        "colour_gains": (1.8, 2.0),
        "lens_position_dioptres": 8.0,
        "time_limit_s": 2.0,
    }
    return Picamera2Settings.model_validate(usual | changes)


def aim_at(site: Site = Site.VERTEX, *, patient_code: str = "P-0042", visit_number: int = 1) -> Aim:
    """A place on a made-up patient's head."""
    return Aim(patient_code, site, visit_number)
