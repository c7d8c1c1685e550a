"""Opening the Pi's camera: what is missing, broken, held elsewhere or asked too much is named, and nothing stays."""

from __future__ import annotations

import gc
import sys
import threading
import warnings

import pytest

from device.camera import (
    CameraMissing,
    CameraStackBroken,
    CameraUnavailable,
    SettingsRefused,
    open_camera,
)
from tests.device.camera.conftest import Connect, draw_scene, pi_settings
from tests.libcamera.sensor import Sensor
from tests.libcamera.stack import PICAMERA2_WARNINGS

pytestmark = [PICAMERA2_WARNINGS, pytest.mark.usefixtures("camera_on_bench")]


def test_a_missing_camera_is_named(connect: Connect) -> None:
    """The operator would see an IndexError in place of the cable to check, and the thread would stay."""
    threads = set(threading.enumerate())
    with connect(), pytest.raises(CameraMissing, match="connected: none"), open_camera(pi_settings()):
        pass
    assert set(threading.enumerate()) == threads


def test_a_camera_number_too_high_says_what_is_there() -> None:
    """A wrong number would open another camera, or fail without saying which are connected."""
    with (
        pytest.raises(CameraMissing, match="no camera 1; connected: imx708"),
        open_camera(pi_settings(camera_number=1)),
    ):
        pass


def test_a_camera_held_elsewhere_is_named(sensor: Sensor) -> None:
    """The operator would read that a sequence did not complete, and not that another program has the camera."""
    sensor.held_elsewhere = True
    with warnings.catch_warnings():
        # picamera2 0.3.38 leaves its own pipe open when its __init__ fails; nobody else can reach it to close it.
        warnings.filterwarnings("ignore", "unclosed file <_io", ResourceWarning)
        with pytest.raises(CameraUnavailable, match="resource busy"), open_camera(pi_settings()):
            pass
        gc.collect()
    sensor.held_elsewhere = False
    with open_camera(pi_settings()) as camera:
        assert camera.still(None).picture.shape == (216, 384, 3)


@pytest.mark.parametrize("missing", ["libcamera", "picamera2"])
def test_broken_camera_software_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """An import error would reach the operator without the command that mends it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "picamera2"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(CameraStackBroken, match="apt"), open_camera(pi_settings()):
        pass


def test_a_numpy_that_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A numpy installed over apt's would reach the operator as a ValueError about the size of a dtype."""

    class _Unfit:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "simplejpeg":
                raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")

    for name in [name for name in sys.modules if name.partition(".")[0] in ("picamera2", "simplejpeg")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Unfit, *sys.meta_path])
    with pytest.raises(CameraStackBroken, match="python3-numpy"), open_camera(pi_settings()):
        pass


def test_a_sensor_that_does_not_start_is_named_and_let_go(sensor: Sensor) -> None:
    """A half-open camera would stay in the process, and the next attempt fail because the camera is busy."""
    threads = set(threading.enumerate())
    sensor.starts = False
    with pytest.raises(CameraUnavailable, match="Remote I/O error"), open_camera(pi_settings()):
        pass
    assert set(threading.enumerate()) == threads
    sensor.starts = True
    with open_camera(pi_settings()) as camera:
        assert camera.still(None).picture.shape == (216, 384, 3)


def test_libcamera_of_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update of one half only, the missing name would reach the operator bare."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "picamera2"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(sys.modules["libcamera"], "Transform")
    with pytest.raises(CameraStackBroken, match="Transform"), open_camera(pi_settings()):
        pass


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lens_position_dioptres": None}, "where it should stand"),
        ({"lens_position_dioptres": 40.0}, "from 0 to 32"),
        ({"exposure_us": 5_000_000}, "exposure_us is 5000000"),
        ({"analogue_gain": 17.0}, "analogue_gain is 17"),
        ({"still_size_px": (4608, 2592)}, "makes 384 x 216 where 4608 x 2592"),
        ({"still_size_px": (382, 216)}, "380 x 216 where 382 x 216"),
        ({"preview_width_px": 190}, "188 x 106 where 190 x 106"),
    ],
)
def test_settings_beyond_the_camera_are_refused_at_once(changes: dict[str, object], words: str) -> None:
    """Libcamera clamps silently; the first still would fail, or a smaller picture be measured."""
    threads = set(threading.enumerate())
    with pytest.raises(SettingsRefused, match=words), open_camera(pi_settings(**changes)):
        pass
    assert set(threading.enumerate()) == threads


def test_a_lens_position_for_a_fixed_lens_is_refused(connect: Connect) -> None:
    """The settings of another camera would be taken for this one's."""
    with (
        connect(Sensor(draw_scene(), has_lens=False)),
        pytest.raises(SettingsRefused, match="does not move"),
        open_camera(pi_settings()),
    ):
        pass
