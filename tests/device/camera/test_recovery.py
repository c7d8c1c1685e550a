"""A camera that comes back after a failure, or is given up in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from device.camera import (
    CameraClosed,
    CameraError,
    CameraGivenUp,
    CameraMissing,
    CameraRecovering,
    CameraTimeout,
    CameraUnavailable,
    CaptureFailed,
    RawUnavailable,
    SettingsNotHonoured,
    SettingsRefused,
    open_camera,
)
from device.camera.owner_thread import abandoned_threads
from device.camera.recovery import RecoveringCamera, Recovery
from tests.device.camera.conftest import Connect, aim_at, draw_scene, pi_settings
from tests.device.camera.scripted import ScriptedCamera, broken
from tests.libcamera.sensor import Sensor
from tests.libcamera.stack import FAILED_OPENING_WARNINGS, PICAMERA2_WARNINGS, failed_openings_forgotten

pytestmark = PICAMERA2_WARNINGS

AT_ONCE = Recovery(tries=3, first_pause_s=0.0, longest_pause_s=0.0)
SOON = Recovery(tries=20, first_pause_s=0.02, longest_pause_s=0.05)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What failed openings leave stays within the test."""
    with failed_openings_forgotten():
        yield


def is_open(scripted: ScriptedCamera) -> bool:
    """Whether the camera within is open now."""
    return scripted.open


def given_up(camera: RecoveringCamera) -> bool:
    """Whether it is not tried again now."""
    return camera.state.given_up


def missing() -> CameraMissing:
    """A camera that is not there."""
    return CameraMissing("There is no camera 0", "Check the cable")


@pytest.mark.parametrize(
    "error",
    [
        broken(),
        CameraTimeout("No frame came", "Check the cable"),
        SettingsNotHonoured("exposure_us", 10_000, 33_000, 12, 5.0),
    ],
)
def test_after_a_failure_the_camera_is_opened_again(error: CameraError) -> None:
    """One failure would end the day; or the failed picture be taken later, when the camera is held elsewhere."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, AT_ONCE) as camera:
        scripted.errors = [error]
        with pytest.raises(CameraError) as raised:
            camera.still(aim_at())
        assert raised.value is error
        assert not is_open(scripted)
        assert camera.state.failures == 1
        assert camera.state.error is error
        assert camera.still(aim_at()).aim == aim_at()
        assert scripted.opened_times == 2
        works = camera.state
        assert works.failures == 0
        assert works.error is None
    assert not scripted.open


def test_what_the_camera_does_not_do_is_no_failure() -> None:
    """The camera would be closed and opened, and at last given up, for being asked what it has not."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, AT_ONCE) as camera:
        for error in (SettingsRefused("Too long", "Ask for less"), RawUnavailable("None", "Take another")):
            scripted.errors = [error]
            with pytest.raises(type(error)):
                camera.still(None)
        assert scripted.open
        assert scripted.opened_times == 1


def test_while_it_waits_a_caller_is_told_when_it_tries_next() -> None:
    """The caller would wait through the pauses, beyond the time limit; or hammer a camera that is starting up."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, Recovery(tries=9, first_pause_s=2.0, longest_pause_s=60.0)) as camera:
        scripted.errors = [broken()]
        with pytest.raises(CaptureFailed):
            camera.still(None)
        begun_s = time.monotonic()
        with pytest.raises(CameraRecovering, match=r"cable is loose.*again in [0-9.]+ s"):
            camera.still(None)
        assert time.monotonic() - begun_s < 0.5
        assert 0.5 < camera.state.seconds_to_next_try <= 2.0
        assert scripted.opened_times == 1


def test_pauses_grow_to_a_bound() -> None:
    """A camera that stays away would be opened many times a second: opening leaks (picamera2 #887)."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, Recovery(tries=100, first_pause_s=0.01, longest_pause_s=0.08)) as camera:
        scripted.errors, scripted.opening_errors = [broken()], [missing() for _ in range(99)]
        tries: list[float] = []
        end_s = time.monotonic() + 0.8
        while time.monotonic() < end_s:
            try:
                camera.still(None)
            except CameraRecovering:
                time.sleep(0.001)
            except (CaptureFailed, CameraMissing):
                tries.append(time.monotonic())
    # Each pause lies between half the first bound and the last: 0.8 s hold 10 of the longest at least.
    assert 10 <= len(tries) <= 60
    assert max(b - a for a, b in pairwise(tries)) > 0.02


def test_it_is_given_up_in_words_and_begins_again_when_told() -> None:
    """The camera would be tried for ever, or the operator not learn why it is not, or need a restart to try again."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, AT_ONCE) as camera:
        scripted.errors, scripted.opening_errors = [broken()], [missing(), missing()]
        with pytest.raises(CaptureFailed):
            camera.still(None)
        for _ in range(2):
            with pytest.raises(CameraMissing):
                camera.still(None)
        for _ in range(2):
            with pytest.raises(CameraGivenUp, match=r"3 times in a row.*There is no camera 0.*Check the cable"):
                camera.still(None)
        assert given_up(camera)
        assert scripted.opened_times == 1
        camera.begin_again()
        assert not given_up(camera)
        camera.still(None)


def test_trying_again_tells_whether_a_picture_came() -> None:
    """Breaks when a dead camera is called well because somebody asked that it be tried again."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, AT_ONCE) as camera:
        scripted.errors, scripted.opening_errors = [broken()], [missing() for _ in range(3)]
        for _ in range(3):
            with pytest.raises((CaptureFailed, CameraMissing)):
                camera.still(None)
        assert given_up(camera)
        with pytest.raises(CameraMissing, match="There is no camera 0"):
            camera.try_again()
        assert (camera.state.is_open, camera.state.failures) == (False, 1)
        camera.begin_again()
        assert (camera.state.is_open, camera.state.error) == (False, None)
        camera.try_again()
        assert (camera.state.is_open, camera.state.error, scripted.shown) == (True, None, 1)


def test_it_is_tried_while_nobody_calls_no_sooner_than_by_a_call() -> None:
    """Breaks when a camera that nobody asks stays down for ever, or is hammered, or is opened after it was closed."""
    scripted = ScriptedCamera()
    camera = RecoveringCamera(scripted, Recovery(tries=2, first_pause_s=0.2, longest_pause_s=0.2))
    camera.try_if_due()
    assert scripted.opened_times == 0
    with camera:
        camera.try_if_due()
        assert scripted.shown == 0, "an open camera was asked for a picture that nobody wants"
        scripted.errors = [broken()]
        with pytest.raises(CaptureFailed):
            camera.still(None)
        camera.try_if_due()
        assert not is_open(scripted)
        time.sleep(camera.state.seconds_to_next_try)
        camera.try_if_due()
        assert (is_open(scripted), camera.state.error) == (True, None)
        scripted.errors = [broken(), broken()]
        with pytest.raises(CaptureFailed):
            camera.still(None)
        time.sleep(camera.state.seconds_to_next_try)
        camera.try_if_due()
        assert given_up(camera)
        camera.try_if_due()
        assert not is_open(scripted)


def test_opening_alone_is_no_success() -> None:
    """A camera that opens and then fails, again and again, would never be given up."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, AT_ONCE) as camera:
        scripted.errors = [broken() for _ in range(3)]
        for _ in range(3):
            with pytest.raises(CaptureFailed):
                camera.still(None)
        with pytest.raises(CameraGivenUp):
            camera.still(None)


def test_a_camera_that_is_missing_at_the_start_is_found_later() -> None:
    """The service would end at start-up for a loose cable, and its page with it."""
    scripted = ScriptedCamera()
    scripted.opening_errors = [missing()]
    with RecoveringCamera(scripted, AT_ONCE) as camera:
        assert isinstance(camera.state.error, CameraMissing)
        camera.still(None)


def test_what_no_trying_mends_is_raised_at_the_start() -> None:
    """Wrong settings would look like a loose cable."""
    scripted = ScriptedCamera()
    scripted.opening_errors = [SettingsRefused("exposure_us is 0", "Correct it")]
    camera = RecoveringCamera(scripted, AT_ONCE)
    with pytest.raises(SettingsRefused), camera:
        pass
    with pytest.raises(CameraClosed):
        camera.still(None)


def test_a_call_waits_while_another_opens_the_camera() -> None:
    """A capture would fail whenever the preview has begun to open the camera again, which is the usual case."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, AT_ONCE) as camera, ThreadPoolExecutor(2) as askers:
        scripted.errors = [broken()]
        with pytest.raises(CaptureFailed):
            camera.still(None)
        scripted.may_open.clear()
        asked: list[Future[Any]] = [askers.submit(camera.preview, None), askers.submit(camera.still, None)]
        time.sleep(0.05)
        assert not any(one.done() for one in asked)
        scripted.may_open.set()
        assert [one.exception() for one in asked] == [None, None]
        assert scripted.opened_times == 2


def test_a_call_does_not_wait_for_ever_while_another_opens_the_camera() -> None:
    """A camera that takes half a minute to fail to open would hold the capture beyond its time limit."""
    scripted = ScriptedCamera()
    with (
        RecoveringCamera(scripted, Recovery(9, 0.0, 0.0, most_wait_s=0.05)) as camera,
        ThreadPoolExecutor(1) as askers,
    ):
        scripted.errors = [broken()]
        with pytest.raises(CaptureFailed):
            camera.still(None)
        scripted.may_open.clear()
        opening: Future[Any] = askers.submit(camera.preview, None)
        time.sleep(0.05)
        with pytest.raises(CameraRecovering):
            camera.still(None)
        scripted.may_open.set()
        assert opening.exception() is None


def test_a_failure_met_by_two_callers_counts_once() -> None:
    """A preview and a still that fail together would count twice, or close the camera that was just opened."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, SOON) as camera, ThreadPoolExecutor(2) as askers:
        scripted.may_go_on.clear()
        scripted.errors = [broken(), broken()]
        asked: list[Future[Any]] = [askers.submit(camera.preview, None), askers.submit(camera.still, None)]
        time.sleep(0.05)
        scripted.may_go_on.set()
        errors = [one.exception() for one in asked]
        assert all(isinstance(error, (CaptureFailed, CameraRecovering)) for error in errors)
        assert camera.state.failures == 1


def test_the_description_is_known_while_it_is_down() -> None:
    """A still that was taken could not be recorded when a preview fails right after it."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, Recovery(first_pause_s=5)) as camera:
        scripted.errors = [broken()]
        with pytest.raises(CaptureFailed):
            camera.preview(None)
        assert camera.describe().identity == "opening 1"
    with pytest.raises(CameraClosed):
        camera.describe()


def test_another_camera_takes_its_place() -> None:
    """Breaks when what was calibrated goes for captures only after a restart, or two cameras are open at once."""
    first, second = ScriptedCamera(), ScriptedCamera()
    with RecoveringCamera(first, AT_ONCE) as camera:
        camera.preview(None)
        camera.replace(second)
        assert not is_open(first)
        assert (first.shown, second.opened_times) == (1, 0)
        camera.preview(None)
        assert (first.shown, second.shown) == (1, 1)
        second.errors = [broken(), broken(), broken()]
        for _ in range(3):
            with pytest.raises(CaptureFailed):
                camera.preview(None)
        assert given_up(camera)
        third = ScriptedCamera()
        camera.replace(third)
        camera.preview(None)
        assert third.shown == 1
    assert not is_open(third)


def test_a_camera_that_does_not_let_go_does_not_hold_the_service() -> None:
    """Closing would raise in place of the failure that led to it."""
    scripted = ScriptedCamera()
    with RecoveringCamera(scripted, AT_ONCE) as camera:
        scripted.closing_error = CameraTimeout("It does not let go", "Restart")
        scripted.errors = [broken()]
        with pytest.raises(CaptureFailed, match="cable is loose"):
            camera.still(None)
        camera.still(None)


@pytest.mark.usefixtures("camera_on_bench")
@FAILED_OPENING_WARNINGS
def test_the_real_camera_comes_back(sensor: Sensor) -> None:
    """With the real picamera2: pulled out, hung or deaf, the camera would need a restart of the service."""
    threads = set(threading.enumerate())
    with RecoveringCamera(open_camera(pi_settings(time_limit_s=0.4)), SOON) as camera:
        for fault in ("pulled out", "hung", "deaf"):
            camera.still(None)
            if fault == "pulled out":
                sensor.plugged = False
            elif fault == "hung":
                sensor.lets_go.clear()
            else:
                sensor.deaf_to = frozenset({"ExposureTime"})
            with pytest.raises((CameraTimeout, CaptureFailed, SettingsNotHonoured)):
                camera.still(None)
            assert camera.state.failures >= 1
            sensor.plugged, sensor.deaf_to = True, frozenset()
            sensor.lets_go.set()
            _until_it_works(camera)
    end_s = time.monotonic() + 3
    while set(threading.enumerate()) != threads and time.monotonic() < end_s:
        time.sleep(0.01)
    assert set(threading.enumerate()) == threads
    assert abandoned_threads() == 0


def _until_it_works(camera: RecoveringCamera) -> None:
    """Ask as the preview does, until a picture comes."""
    end_s = time.monotonic() + 5
    while True:
        try:
            camera.preview(None)
        except (CameraRecovering, CameraMissing, CameraUnavailable, CameraTimeout, CaptureFailed):
            assert time.monotonic() < end_s
            time.sleep(0.01)
        else:
            return


@FAILED_OPENING_WARNINGS
def test_a_call_that_never_returns_is_counted_and_said(connect: Connect) -> None:
    """Threads would pile up without a word, and the operator not learn that only a restart helps."""
    sensor = Sensor(draw_scene())
    with (
        connect(sensor),
        RecoveringCamera(open_camera(pi_settings(time_limit_s=0.4)), Recovery(3, 0.0, 0.0)) as camera,
    ):
        camera.preview(None)
        sensor.lets_go.clear()
        with pytest.raises(CameraTimeout):
            camera.still(None)
        assert camera.state.calls_not_returned == 1
        for _ in range(2):
            with pytest.raises(CameraUnavailable, match="busy"):
                camera.still(None)
        with pytest.raises(CameraGivenUp, match="1 of its calls never returned"):
            camera.still(None)
        sensor.lets_go.set()
        end_s = time.monotonic() + 3
        while camera.state.calls_not_returned and time.monotonic() < end_s:
            time.sleep(0.01)
        camera.begin_again()
        camera.still(None)
        assert camera.state.calls_not_returned == 0
