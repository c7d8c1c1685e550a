"""The stand-in itself: its names are those of the real bindings, and picamera2 on it does what it does on a Pi."""

from __future__ import annotations

import enum
import json
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.libcamera import control_ids
from tests.libcamera.camera import held_requests
from tests.libcamera.pixels import RAW_BLACK, RAW_WHITE
from tests.libcamera.sensor import InForce, Picture, Sensor
from tests.libcamera.stack import (
    BINDINGS,
    FAILED_OPENING_WARNINGS,
    PICAMERA2_WARNINGS,
    connected,
    failed_openings_forgotten,
    stand_in_libcamera,
)

if TYPE_CHECKING:
    from picamera2 import Picamera2

pytestmark = PICAMERA2_WARNINGS

REAL_NAMES = Path(__file__).parents[2] / ".." / "shared" / "camera" / "libcamera_sketch" / "libcamera_api.json"
#: Added to the bindings' classes by picamera2, not by libcamera.
ADDED_BY_PICAMERA2 = {"to_tuple"}


@pytest.fixture(scope="module")
def picamera2() -> Iterator[types.ModuleType]:
    """The real picamera2 on the stand-in."""
    with stand_in_libcamera():
        import picamera2  # noqa: PLC0415 - it can be imported only on the stand-in

        yield picamera2


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What failed openings leave stays within the test."""
    with failed_openings_forgotten():
        yield


@pytest.fixture
def sensor() -> Sensor:
    """A sensor before a scene of four plain colours."""
    scene = np.zeros((216, 384, 3), np.uint8)
    scene[:108, :192], scene[:108, 192:] = (20, 30, 200), (40, 180, 60)
    scene[108:, :192], scene[108:, 192:] = (190, 60, 40), (128, 128, 128)
    return Sensor(scene)


@pytest.fixture
def opened(picamera2: types.ModuleType, sensor: Sensor) -> Iterator[Picamera2]:
    """A Picamera2 with its preview running, manual exposure by `still`."""
    with connected(sensor), picamera2.Picamera2() as camera:
        camera.configure(camera.create_preview_configuration(main={"size": (192, 108)}, raw=None))
        camera.start()
        yield camera


MANUAL = {"AeEnable": False, "AwbEnable": False, "ExposureTime": 10_000, "AnalogueGain": 1.0, "ColourGains": (1.8, 2.0)}


def take(camera: Picamera2, stream: str = "main", **configuration: object) -> Picture:
    """Take one manual still and return one of its streams."""
    still = camera.create_still_configuration(controls=MANUAL, **configuration)
    request = camera.switch_mode_and_capture_request(still, wait=3)
    try:
        picture: Picture = request.make_array(stream)
        return picture
    finally:
        request.release()


@pytest.fixture(scope="module")
def real_names() -> dict[str, Any]:
    """A dump of the names of libcamera's own Python bindings."""
    if not REAL_NAMES.exists():
        pytest.skip("the dump of libcamera's names is not here: shared/camera/libcamera_sketch/libcamera_api.json")
    names: dict[str, Any] = json.loads(REAL_NAMES.read_text())
    return names


def test_classes_have_only_real_names(real_names: dict[str, Any]) -> None:
    """Code could come to rely on a method that libcamera does not have."""
    for class_name, binding in BINDINGS.items():
        public = {name for name in vars(binding) if not name.startswith("_")} - ADDED_BY_PICAMERA2
        real = set(real_names["classes"][class_name])
        if issubclass(binding, enum.Enum):
            public = set(binding.__members__)
        assert public <= real, class_name


@pytest.mark.parametrize(
    ("kind", "make"),
    [("controls", control_ids.controls_module), ("properties", control_ids.properties_module)],
)
def test_controls_have_the_real_numbers_types_and_values(
    real_names: dict[str, Any],
    kind: str,
    make: Callable[[], types.ModuleType],
) -> None:
    """A control would be compared, or an enumeration sent, with a number that means something else on a Pi."""
    module = vars(make())
    stand_in = {name: value for name, value in module.items() if not name.startswith("_") and name != "draft"}
    stand_in |= {f"draft.{name}": value for name, value in vars(module["draft"]).items()}
    for name, value in stand_in.items():
        real = real_names[kind][name]
        if isinstance(value, control_ids.ControlId):
            assert (value.id, value.type.name) == (real["id"], real["type"]), name
        else:
            assert {member.name: member.value for member in value} == real, name


def test_controls_set_before_a_mode_switch_are_lost(opened: Picamera2) -> None:
    """The trap that the device avoids would not be there to fall into."""
    still = opened.create_still_configuration(raw=None)
    opened.set_controls(MANUAL)
    request = opened.switch_mode_and_capture_request(still, wait=3)
    lost = request.get_metadata()["ExposureTime"]
    request.release()
    still = opened.create_still_configuration(raw=None, controls=MANUAL)
    request = opened.switch_mode_and_capture_request(still, wait=3)
    kept = request.get_metadata()["ExposureTime"]
    request.release()
    assert lost != 10_000
    assert kept == 10_000


def test_frames_not_given_back_stall_the_camera(opened: Picamera2) -> None:
    """A leak of frames in the device's code would go unnoticed."""
    held = [opened.capture_request(wait=1.0) for _ in range(4)]
    with pytest.raises(TimeoutError):
        opened.capture_request(wait=0.3)
    for request in held:
        request.release()
    opened.cancel_all_and_flush()
    opened.capture_request(wait=1.0).release()


def test_held_requests_are_counted(picamera2: types.ModuleType, sensor: Sensor) -> None:
    """The count that the tests for leaks stand on would always be zero."""
    with connected(sensor) as cameras, picamera2.Picamera2() as camera:
        camera.configure(camera.create_preview_configuration(main={"size": (192, 108)}, raw=None, queue=False))
        camera.start()
        held = [camera.capture_request(wait=1.0) for _ in range(3)]
        sensor.running.clear()
        assert held_requests(cameras[0]) == 3
        for request in held:
            request.release()
        assert held_requests(cameras[0]) == 0
        sensor.running.set()


@pytest.mark.parametrize(
    ("pixel_format", "order"), [("RGB888", [0, 1, 2]), ("BGR888", [2, 1, 0]), ("XRGB8888", [0, 1, 2])]
)
def test_colours_lie_in_memory_as_on_a_pi(
    opened: Picamera2,
    sensor: Sensor,
    pixel_format: str,
    order: list[int],
) -> None:
    """The bytes of "RGB888" would lie as red, green, blue, and the device's pictures be blue on a Pi only."""
    picture = take(opened, main={"size": (384, 216), "format": pixel_format}, raw=None)[..., :3]
    expected = sensor.scene[..., order]
    assert np.abs(picture[20:80, 20:150].astype(float) - expected[20:80, 20:150]).mean() < 2


def test_the_lores_stream_is_yuv(opened: Picamera2, sensor: Sensor) -> None:
    """The second stream's planes would lie wrong in memory."""
    planes = take(opened, "lores", main={"size": (384, 216)}, lores={"size": (192, 108)}, raw=None)
    picture = cv2.cvtColor(np.ascontiguousarray(planes[:, :192]), cv2.COLOR_YUV2BGR_I420)
    expected = cv2.resize(sensor.scene, (192, 108), interpolation=cv2.INTER_AREA)
    assert np.abs(picture[10:40, 10:80].astype(float) - expected[10:40, 10:80]).mean() < 6


def test_the_raw_stream_is_packed_in_ten_bits(opened: Picamera2, sensor: Sensor) -> None:
    """Raw values would be unpacked wrongly, or have no black level."""
    packed = take(opened, "raw", main={"size": (384, 216)}, raw={"size": (384, 216)})
    four = packed[:, : 384 * 5 // 4].reshape(216, 96, 5).astype(np.uint16)
    low = np.stack([(four[..., 4] >> shift) & 3 for shift in (0, 2, 4, 6)], axis=-1)
    mosaic = (four[..., :4] << 2 | low).reshape(216, 384)
    red = mosaic[20:80:2, 20:150:2].astype(float) - RAW_BLACK
    drawn = (sensor.scene[50, 50, 2] / 255) ** 2.2 / 1.8  # linear, and before the gain on red
    assert red.mean() / (RAW_WHITE - RAW_BLACK) == pytest.approx(drawn, rel=0.01)


@pytest.mark.parametrize(
    ("module", "asked", "made"),
    [
        (("vc4", 10), "SRGGB16", "SRGGB10"),
        (("vc4", 12), "SRGGB12_CSI2P", "SRGGB12_CSI2P"),
        (("vc4 packing", 10), "SRGGB10", "SRGGB10_CSI2P"),
        (("pisp", 10), "SRGGB16", "SRGGB16"),
        (("pisp", 10), "SRGGB10_CSI2P", "RGGB_PISP_COMP1"),
        (("pisp compressing", 12), "SRGGB16", "RGGB_PISP_COMP1"),
    ],
)
def test_each_board_has_its_raw_formats(
    opened: Picamera2, sensor: Sensor, module: tuple[str, int], asked: str, made: str
) -> None:
    """The device's code would meet only one board's raw format, and fail on the others."""
    sensor.board, sensor.raw_bits = module
    still = opened.create_still_configuration(raw={"size": (384, 216), "format": asked}, main={"size": (384, 216)})
    opened.switch_mode(still)
    assert opened.camera_configuration()["raw"]["format"] == made
    opened.capture_request(wait=3).release()


def test_a_camera_that_is_pulled_out_sends_no_frame_and_is_gone(picamera2: types.ModuleType, sensor: Sensor) -> None:
    """The device's recovery from a vanished camera would be tried on one that is still there."""
    with connected(sensor), picamera2.Picamera2() as camera:
        camera.configure(camera.create_preview_configuration(main={"size": (192, 108)}, raw=None, queue=False))
        camera.start()
        camera.capture_request(wait=1.0).release()
        sensor.plugged = False
        time.sleep(0.05)
        with pytest.raises(TimeoutError):
            camera.capture_request(wait=0.2)
        camera.cancel_all_and_flush()
        camera.stop()
        assert picamera2.Picamera2.global_camera_info() == []
        with pytest.raises(RuntimeError, match="Remote I/O"):
            camera.start()


def test_a_call_that_does_not_return_does_so_when_it_may(opened: Picamera2, sensor: Sensor) -> None:
    """The device's watchdog would be tried on calls that return."""
    sensor.lets_go.clear()
    stopping = threading.Thread(target=opened.stop)
    stopping.start()
    stopping.join(0.2)
    assert stopping.is_alive()
    sensor.lets_go.set()
    stopping.join(3)
    assert not stopping.is_alive()


@FAILED_OPENING_WARNINGS
def test_a_camera_is_opened_once(opened: Picamera2, picamera2: types.ModuleType) -> None:
    """Opening a camera that is still open would succeed here, and fail on a Pi only."""
    with pytest.raises(RuntimeError):
        picamera2.Picamera2()
    opened.capture_request(wait=1.0).release()


def test_a_float_for_an_integer_control_is_refused(opened: Picamera2) -> None:
    """The bindings refuse it; the device's code would fail on a Pi only."""
    still = opened.create_still_configuration(raw=None, controls=MANUAL | {"ExposureTime": 10_000.0})
    with pytest.raises(RuntimeError, match="ExposureTime"):
        opened.switch_mode_and_capture_request(still, wait=3)


def test_exposure_and_gain_change_the_picture(sensor: Sensor) -> None:
    """The optics would not answer to the settings, and tests of them prove nothing."""
    mode = sensor.modes[-1]

    def grey(exposure_us: float, gain: float) -> float:
        settings = InForce(exposure_us, gain, (1.8, 2.0), sensor.focus_dioptres)
        return float(sensor.expose(settings, mode, sensor.size_px, 0)[108:, 192:].mean())

    assert grey(5_000.0, 1.0) == pytest.approx(128 * 0.5 ** (1 / 2.2), abs=2)
    assert grey(10_000.0, 1.0) == pytest.approx(128, abs=2)
    assert grey(5_000.0, 2.0) == pytest.approx(128, abs=2)


def test_nothing_is_left_of_it() -> None:
    """Another test would import a libcamera that is not there."""
    before = dict(sys.modules)
    with stand_in_libcamera():
        assert sys.modules["libcamera"] is not before.get("libcamera")
    changed = {name for name in sys.modules.keys() | before.keys() if sys.modules.get(name) is not before.get(name)}
    assert not {"libcamera", "picamera2", "pykms", "prctl"} & {name.partition(".")[0] for name in changed}
