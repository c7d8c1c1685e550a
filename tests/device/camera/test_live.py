"""The preview for many watchers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import NoReturn

import pytest

from device.camera import CameraClosed, CameraTimeout, CaptureFailed, Frame
from device.camera.live import LivePreview, Watch
from tests.device.camera.conftest import aim_at
from tests.device.camera.scripted import ScriptedCamera, broken

LIMIT_S = 5.0


@pytest.fixture
def scripted() -> Iterator[ScriptedCamera]:
    """An open camera."""
    with ScriptedCamera() as camera:
        yield camera


def number(frame: Frame) -> int:
    """Which frame this is: its brightness."""
    return int(frame.picture[0, 0, 0])


def test_every_watcher_gets_frames_and_each_is_newer(scripted: ScriptedCamera) -> None:
    """Two watchers would share one stream, each with every other frame; or one be given the same frame again."""
    with LivePreview(scripted, most_frames_per_s=200) as live, live.watch() as one, live.watch() as other:
        assert live.watcher_count == 2
        seen = [[number(watch.next(LIMIT_S)) for _ in range(5)] for watch in (one, other)]
    assert live.watcher_count == 0
    assert all(earlier < later for numbers in seen for earlier, later in pairwise(numbers))


def test_a_slow_watcher_gets_the_newest_and_slows_nobody(scripted: ScriptedCamera) -> None:
    """Old frames would pile up for a slow watcher: what it shows lags more and more, and memory runs out."""
    with LivePreview(scripted, most_frames_per_s=200) as live, live.watch() as slow, live.watch() as quick:
        first = number(slow.next(LIMIT_S))
        for _ in range(20):
            latest = number(quick.next(LIMIT_S))
        assert number(slow.next(LIMIT_S)) >= latest >= first + 19


def test_frames_come_no_faster_than_wanted(scripted: ScriptedCamera) -> None:
    """The camera would be busy with previews all the time, and a core with it."""
    with LivePreview(scripted, most_frames_per_s=20):
        time.sleep(0.5)
    assert 5 <= scripted.shown <= 11


def test_a_new_aim_goes_for_the_next_frame(scripted: ScriptedCamera) -> None:
    """The simulated camera would go on showing the place before."""
    with LivePreview(scripted, most_frames_per_s=200) as live, live.watch() as watch:
        assert watch.next(LIMIT_S).aim is None
        live.aim = aim_at()
        watch.next(LIMIT_S)
        assert watch.next(LIMIT_S).aim == aim_at()


def test_an_error_reaches_watchers_and_frames_come_again_after_it(scripted: ScriptedCamera) -> None:
    """The page would stand still without a word; or the thread end with the first error."""
    with LivePreview(scripted, most_frames_per_s=200) as live, live.watch() as watch:
        watch.next(LIMIT_S)
        scripted.errors = [broken("The cable is loose")]
        with pytest.raises(CaptureFailed, match="cable is loose"):
            _watch_on(watch)
        state = live.state
        assert isinstance(state.error, CaptureFailed)
        assert state.frame is not None
        assert number(watch.next(LIMIT_S)) > number(state.frame)
        assert live.state.error is None


def _watch_on(watch: Watch) -> NoReturn:
    while True:
        watch.next(LIMIT_S)


def test_an_error_is_told_once_while_it_lasts(scripted: ScriptedCamera) -> None:
    """A watcher that asks again would spin through the same error as fast as its core can."""
    scripted.errors = [broken() for _ in range(1000)]
    with LivePreview(scripted, most_frames_per_s=200) as live, live.watch() as watch:
        begun_s = time.monotonic()
        for _ in range(3):
            with pytest.raises(CaptureFailed):
                watch.next(LIMIT_S)
        assert time.monotonic() - begun_s > 0.4


def test_what_nobody_expects_reaches_watchers_too(scripted: ScriptedCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread would end silently, and watchers wait for their time limits for ever after."""

    def unexpected(_aim: object) -> Frame:
        raise ZeroDivisionError("unexpected")

    monkeypatch.setattr(scripted, "preview", unexpected)
    with (
        LivePreview(scripted) as live,
        live.watch() as watch,
        pytest.raises(CaptureFailed, match="ZeroDivisionError"),
    ):
        watch.next(LIMIT_S)


def test_no_frame_in_time_is_said(scripted: ScriptedCamera) -> None:
    """A watcher would wait through a long still, and its page's connection time out."""
    scripted.may_go_on.clear()
    with LivePreview(scripted) as live, live.watch() as watch:
        with pytest.raises(CameraTimeout, match="No preview frame"):
            watch.next(0.05)
        scripted.may_go_on.set()
        assert number(watch.next(LIMIT_S)) >= 1


def test_the_thread_ends_with_the_context_and_watchers_are_told(scripted: ScriptedCamera) -> None:
    """A thread would go on asking a camera that is closed; or watchers wait for frames that never come."""
    before = set(threading.enumerate())
    told: list[BaseException] = []

    def watch_to_the_end(live: LivePreview) -> None:
        try:
            with live.watch() as watch:
                while True:
                    watch.next(LIMIT_S)
        except CameraClosed as error:
            told.append(error)

    with LivePreview(scripted, most_frames_per_s=200) as live:
        watcher = threading.Thread(target=watch_to_the_end, args=(live,))
        watcher.start()
    watcher.join(LIMIT_S)
    assert len(told) == 1
    assert set(threading.enumerate()) == before
    with live, live.watch() as watch:
        watch.next(LIMIT_S)
