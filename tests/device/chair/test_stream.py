"""The live picture: camera and light only while somebody watches, frames encoded once, none waiting for guidance."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from analysis.guidance import Guidance
from contract import Site
from device.calibration.records import Records
from device.camera import Aim, CameraMissing, CaptureFailed, Frame, FrameMetadata, HeldTo, TargetAim, TargetKind
from device.camera.protocol import Picture
from device.camera.recovery import RecoveringCamera, Recovery
from device.chair import looking
from device.chair import stream as stream_module
from device.chair.live_frame import LiveFrame
from device.chair.stream import LiveFailed, LiveStream
from device.guidance import GuidedAim
from device.instrument import Instrument
from device.lights import Lights, LightsSettings, Ring, RingSettings
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read
from tests.device.camera.scripted import ScriptedCamera, broken
from tests.device.page.chair_fixture import write_settings

AIM = Aim("P-0042", Site.VERTEX, 2)
OTHER = Aim("P-0042", Site.FRONTAL, 2)
WITHIN_S = 10.0
PIN = 18


class PatternCamera(ScriptedCamera):
    """A scripted camera whose frames are worth a meter's look."""

    def __init__(self) -> None:
        super().__init__()
        self._picture = np.random.default_rng(4).integers(60, 200, (48, 64, 3), np.uint8)

    def preview(self, aim: HeldTo | None) -> Frame:
        super().preview(aim)
        return Frame(self._picture, FrameMetadata(sensor_timestamp_ns=self.shown * 1_000_000_000), aim)


def until(condition: Callable[[], object]) -> None:
    """Wait for something that happens on another thread."""
    end_s = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end_s, "it never comes"
        time.sleep(0.005)


class Bench:
    """A stream on a scripted camera and lights on made-up pins."""

    def __init__(self, camera: PatternCamera, lights: Lights, stream: LiveStream) -> None:
        self.camera = camera
        self.lights = lights
        self.stream = stream

    def frame(self, after: int = 0) -> LiveFrame:
        """Wait for a frame with a number above that."""
        until(lambda: (frame := self.stream.state.frame) is not None and frame.number > after)
        frame = self.stream.state.frame
        assert frame is not None
        return frame


@contextmanager
def bench(folder: Path, grace_s: float = 0.0, recovery: Recovery | None = None) -> Iterator[Bench]:
    """Open it, on a camera that comes back by itself where it is said how."""
    lamp = LightsSettings(cross=RingSettings(pin=PIN, settle_s=0.0))
    settings = read(DeviceSettings, write_settings(folder, lights={"cross": {"pin": PIN}}, capture={"light": "cross"}))
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    store = Store(settings.state_folder)
    try:
        camera = PatternCamera()
        used = camera if recovery is None else RecoveringCamera(camera, recovery)
        with used, Lights(lamp) as lights:
            instrument = Instrument(settings, used, lights, store, Records(settings.state_folder))
            with LiveStream(instrument, grace_s=grace_s) as stream:
                yield Bench(camera, lights, stream)
            assert lights.lit_ring is None
    finally:
        store.close()
        Device.pin_factory.close()
        Device.pin_factory = None


def is_held_to(stream: LiveStream, aim: HeldTo | None) -> bool:
    """Whether a press at the instrument counts for that aim."""
    return stream.aim == aim


def lit_ring(lights: Lights) -> Ring | None:
    """Which ring is lit now."""
    return lights.lit_ring


def nothing() -> None:
    """Take no notice."""


def test_camera_and_light_run_only_while_somebody_watches(tmp_path: Path) -> None:
    """Breaks when LEDs warm a scalp, and the camera takes a core, that nobody looks at."""
    with bench(tmp_path) as at:
        assert (at.camera.shown, at.lights.lit_ring) == (0, None)
        with at.stream.watch(nothing), at.stream.watch(nothing):
            at.frame()
            assert lit_ring(at.lights) is Ring.CROSS
            assert at.stream.watcher_count == 2
        until(lambda: at.lights.lit_ring is None)
        until(lambda: at.stream.state.frame is None)  # an old frame is not shown to the next watcher
        shown = at.camera.shown
        with at.stream.watch(nothing):
            at.frame()
        assert at.camera.shown > shown


def test_a_page_that_is_loaded_anew_finds_the_camera_running(tmp_path: Path) -> None:
    """Breaks when each reload darkens the light, and waits for it to settle."""
    with bench(tmp_path, grace_s=30.0) as at:
        with at.stream.watch(nothing):
            first = at.frame().number
        at.frame(after=first + 3)
        assert lit_ring(at.lights) is Ring.CROSS


def test_watchers_are_told_of_each_frame_and_of_trouble(tmp_path: Path) -> None:
    """Breaks when a page shows an old picture as live, or learns of a failed camera late."""
    told = threading.Semaphore(0)
    with bench(tmp_path) as at, at.stream.watch(told.release):
        at.frame()
        assert told.acquire(timeout=WITHIN_S)
        at.camera.errors = [broken() for _ in range(2)]
        until(lambda: at.stream.state.trouble is not None)
        assert isinstance(at.stream.state.trouble, CaptureFailed)
        until(lambda: at.stream.state.trouble is None)  # it comes back by itself


def test_a_new_aim_begins_peak_and_guidance_anew(tmp_path: Path) -> None:
    """Breaks when another site is focused against the peak of the one before, or guided to its baseline."""
    guided = GuidedAim(None, without="There is none.")
    with bench(tmp_path) as at:
        assert is_held_to(at.stream, None)
        at.stream.aim_at(AIM, guided)
        assert is_held_to(at.stream, None), "a press would count for a site that nobody looks at"
        with at.stream.watch(nothing):
            before = at.frame()
            assert before.aim == AIM
            assert is_held_to(at.stream, AIM)
            assert at.stream.guided(AIM) is guided
            at.stream.aim_at(OTHER)
            assert at.stream.guided(OTHER) is None
            at.stream.guide(AIM, guided)  # found too late: the camera is held to something else
            assert at.stream.guided(OTHER) is None
            until(lambda: (frame := at.stream.state.frame) is not None and frame.aim == OTHER)
            frame = at.frame()
            assert frame.number > before.number
            assert frame.reading.focus_trend == 0
            at.stream.aim_at(TargetAim(TargetKind.DOT_GRID))
            until(lambda: (now := at.stream.state.frame) is not None and isinstance(now.aim, TargetAim))


def test_the_light_is_back_after_a_failed_capture_and_left_alone_during_one(tmp_path: Path) -> None:
    """Breaks when the page stays dark after an error, or lights the ring in a picture that is to be taken dark."""
    others = threading.Event()
    with bench(tmp_path) as at:
        at.stream.leave_light_to(others.is_set)
        with at.stream.watch(nothing):
            at.frame()
            with pytest.raises(RuntimeError), at.lights.lit(Ring.CROSS):
                raise RuntimeError("a failed capture leaves all dark")
            until(lambda: at.lights.lit_ring is Ring.CROSS)
            others.set()
            with at.lights.lit(None):
                at.frame(after=at.frame().number + 5)
                assert lit_ring(at.lights) is None
            assert lit_ring(at.lights) is Ring.CROSS
        number = at.frame().number
        at.frame(after=number + 5)  # nobody watches any more, and a capture runs in this light
        assert lit_ring(at.lights) is Ring.CROSS
        others.clear()
        until(lambda: at.lights.lit_ring is None)


class SlowGuide(GuidedAim):
    """A guide that is in no hurry."""

    def __init__(self) -> None:
        super().__init__(measurement=object())  # type: ignore[arg-type]  # never looked into
        self.looking = threading.Event()
        self.may_end = threading.Event()

    def look(self, _frame: Picture, _um_per_px: float) -> Guidance | None:
        self.looking.set()
        assert self.may_end.wait(WITHIN_S)
        return Guidance(0.75)


def test_frames_do_not_wait_for_guidance(tmp_path: Path) -> None:
    """Breaks when the picture stutters at the pace of the look at the baseline, or its word never comes."""
    guide = SlowGuide()
    with bench(tmp_path) as at, at.stream.watch(nothing):
        at.stream.aim_at(AIM, guide)
        assert guide.looking.wait(WITHIN_S)
        number = at.frame().number
        assert at.frame(after=number + 5).guidance is None
        guide.may_end.set()
        until(lambda: (frame := at.stream.state.frame) is not None and frame.guidance is not None)
        at.stream.guide(AIM, GuidedAim(None))
        until(lambda: (frame := at.stream.state.frame) is not None and frame.guidance is None)


def test_a_guide_that_fails_costs_the_arrow_and_not_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when one odd baseline ends the live picture, floods the log, or says nothing to who looks for it."""

    class Broken(SlowGuide):
        looks = 0

        def look(self, _frame: Picture, _um_per_px: float) -> Guidance | None:
            self.looks += 1
            raise ValueError("odd")

    monkeypatch.setattr(looking, "_FIRST_PAUSE_S", 0.05)
    guide = Broken()
    with bench(tmp_path) as at, at.stream.watch(nothing):
        at.stream.aim_at(AIM, guide)
        until(lambda: guide.looks >= 3)
        at.frame(after=at.frame().number + 3)
        assert "could not be looked for" in guide.words(None)
        well = SlowGuide()
        at.stream.guide(AIM, well)  # another baseline does not wait for the pause of this one
        assert well.looking.wait(WITHIN_S)
        well.may_end.set()
        until(lambda: (frame := at.stream.state.frame) is not None and frame.guidance is not None)
    assert [record.levelname for record in caplog.records] == ["ERROR"], "the same failure was logged again and again"


def test_a_frame_is_encoded_once_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when eight tabs cost eight encodings, or a smaller one is made larger than the frame."""
    with bench(tmp_path) as at, at.stream.watch(nothing):
        frame = at.frame()
    made: list[int] = []
    encode = cv2.imencode

    def counted(*arguments: Any) -> Any:  # noqa: ANN401  those of cv2
        made.append(1)
        return encode(*arguments)

    monkeypatch.setattr(cv2, "imencode", counted)
    threads = [threading.Thread(target=frame.jpeg, args=(60,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    small = cv2.imdecode(np.frombuffer(frame.jpeg(60, 32), np.uint8), cv2.IMREAD_COLOR)
    large = cv2.imdecode(np.frombuffer(frame.jpeg(60, 4000), np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert large is not None
    assert small.shape == (24, 32, 3)
    assert large.shape == (48, 64, 3)
    assert len(made) == 2


def test_a_frame_says_when_it_was_taken(tmp_path: Path) -> None:
    """Breaks when the page shows the age of what was encoded, not of what the sensor saw."""
    with bench(tmp_path) as at, at.stream.watch(nothing):
        frames = [at.frame()]
        frames.append(at.frame(after=frames[0].number))
    assert all(one.taken_s == int(one.taken_s) for one in frames)
    assert all(later.taken_s > earlier.taken_s for earlier, later in pairwise(frames))


def test_what_nobody_foresaw_ends_no_later_watching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when one surprise leaves the chair without a picture until it is switched off."""
    with bench(tmp_path) as at:
        keep = at.stream._light.keep
        surprises = [RuntimeError("surprise")]

        def surprised() -> None:
            if surprises:
                raise surprises.pop()
            keep()

        monkeypatch.setattr(at.stream._light, "keep", surprised)
        with at.stream.watch(nothing):
            at.frame()
        assert not surprises


def test_what_stays_wrong_is_told_logged_once_and_tried_ever_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when the page shows no picture and no reason, and the log holds nothing but the same failure."""
    told = threading.Semaphore(0)
    tries: list[float] = []
    monkeypatch.setattr(stream_module, "_LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(stream_module, "_LONGEST_PAUSE_S", 0.2)
    with bench(tmp_path) as at:
        keep = at.stream._light.keep

        def surprised() -> None:
            tries.append(time.monotonic())
            raise RuntimeError("surprise")

        monkeypatch.setattr(at.stream._light, "keep", surprised)
        with at.stream.watch(told.release):
            assert told.acquire(timeout=WITHIN_S)
            until(lambda: isinstance(at.stream.state.trouble, LiveFailed))
            until(lambda: len(tries) >= 16)
            assert "The live picture failed. Restart" in str(at.stream.state.trouble)
            monkeypatch.setattr(at.stream._light, "keep", keep)
            at.frame()
            until(lambda: at.stream.state.trouble is None)
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    pauses_s = [later - earlier for earlier, later in pairwise(tries)]
    assert max(pauses_s[5:]) > 0.04  # ten pauses of up to 0.2 s: all shorter by chance once in 10^7


def test_a_camera_that_failed_comes_back_while_nobody_watches(tmp_path: Path) -> None:
    """Breaks when the start page says that the camera is opened again by itself, and nothing ever opens it."""
    with bench(tmp_path, recovery=Recovery(tries=9, first_pause_s=0.01, longest_pause_s=0.01)) as at:
        camera = at.stream._instrument.camera
        assert isinstance(camera, RecoveringCamera)
        at.camera.opening_errors = [CameraMissing("There is no camera 0", "Check the cable")]
        at.camera.errors = [broken()]
        with pytest.raises(CaptureFailed):
            camera.still(None)
        assert camera.state.error is not None
        until(lambda: camera.state.error is None)
        assert camera.state.is_open
        assert at.lights.lit_ring is None
