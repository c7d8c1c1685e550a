"""The live picture's WebSocket: one frame on its way, the newest next, and nobody who asks or hangs for ever."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from websockets import ConnectionClosed, InvalidStatus, Origin
from websockets.sync.client import ClientConnection, connect

import device.page.live
import device.page.live_news
from analysis.guidance import Guidance
from contract import Site
from device.camera import Aim, CameraGivenUp, Frame, HeldTo
from device.camera.protocol import Picture
from device.chair.appointments import begin
from device.chair.chair import Chair
from device.chair.seat import Holder
from device.chair.taking import Started
from device.guidance import GuidedAim
from device.page.live import BAD_QUERY, MOST_WATCHERS, NOT_READING, TOO_MANY
from device.page.live_message import packed, unpacked
from device.page.live_pace import QUICK_S, SLOW_S, STEPS, Pace
from tests.device.page.chair_fixture import PATIENT, open_small_chair
from tests.device.page.serving import serving

URL = f"/live?patient={PATIENT}&visit=1&site=vertex"
AIM = Aim(PATIENT, Site.VERTEX, 1)
WITHIN_S = 10.0


@contextmanager
def connected(chair: Chair, url: str = URL, origin: str | None = None) -> Iterator[ClientConnection]:
    """Watch, as a page does."""
    with serving(chair) as address, watching(address, url, origin) as socket:
        yield socket


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chair, str]]:
    """A chair that is served for the tests that change nothing of it."""
    with open_small_chair(tmp_path_factory.mktemp("served")) as opened, serving(opened) as address:
        yield opened, address


@contextmanager
def watching(address: str, url: str = URL, origin: str | None = None) -> Iterator[ClientConnection]:
    """Watch a page that is served."""
    asked = Origin(address if origin is None else origin)
    with connect(f"ws{address.removeprefix('http')}{url}", origin=asked, compression=None, max_size=None) as socket:
        yield socket


def received(socket: ClientConnection) -> tuple[dict[str, Any], bytes]:
    """Receive one message."""
    message = socket.recv(WITHIN_S)
    assert isinstance(message, bytes)
    return unpacked(message)


def let_go(socket: ClientConnection) -> int:
    """Receive until the instrument ends it, and give its code."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            socket.recv(WITHIN_S)
    assert socket.protocol.close_code is not None
    return socket.protocol.close_code


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """A chair on a small simulated camera."""
    with open_small_chair(tmp_path) as opened:
        yield opened


def until(socket: ClientConnection, says: Callable[[dict[str, Any]], object]) -> tuple[dict[str, Any], bytes]:
    """Receive, acknowledging each frame, until a message says what is waited for."""
    end_s = time.monotonic() + WITHIN_S
    while True:
        assert time.monotonic() < end_s, "it is never said"
        header, jpeg = received(socket)
        if header.get("frame"):
            socket.send(json.dumps({"shown": header["frame"]["number"]}))
        if says(header):
            return header, jpeg


def is_frame(header: dict[str, Any]) -> bool:
    """Whether a message brings a frame."""
    return bool(header.get("frame"))


def test_a_frame_comes_with_its_meters_and_its_time(chair: Chair) -> None:
    """Breaks when the page cannot show the picture, its meters, or how old it is."""
    with connected(chair) as socket:
        header, jpeg = until(socket, is_frame)
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert list(picture.shape[1::-1]) == header["frame"]["size_px"] == [320, 240]
    assert 0 < header["frame"]["meters"]["focus"] <= 1
    assert 0 <= header["now_s"] - header["frame"]["taken_s"] < WITHIN_S
    assert header["here"] is True
    assert header["seat"] == {"technician": None, "others": None}


def test_the_header_is_as_the_page_reads_it() -> None:
    """Breaks when page and instrument disagree about where the JPEG begins."""
    header = {"words": "Größe"}
    message = packed(header, b"\xff\xd8")
    (length,) = struct.unpack("<I", message[:4])
    assert json.loads(message[4 : 4 + length]) == header
    assert message[4 + length :] == b"\xff\xd8"
    assert unpacked(message) == (header, b"\xff\xd8")


def test_no_second_frame_comes_before_the_first_was_shown(chair: Chair) -> None:
    """Breaks when frames queue on a slow link: the picture lags more and more behind the hand."""
    with connected(chair) as socket:
        first, _ = received(socket)
        while not is_frame(first):
            first, _ = received(socket)
        number = first["frame"]["number"]
        for _ in range(2):  # a second and more: frames are taken, none is sent
            header, jpeg = received(socket)
            assert (header["frame"], jpeg) == (None, b"")
        socket.send(json.dumps({"shown": number}))
        header, _ = until(socket, is_frame)
        newest = chair.stream.state.frame
    assert newest is not None
    assert header["frame"]["number"] > number + 5, "an old frame was sent, not the newest"


def test_a_watcher_that_shows_nothing_is_let_go(chair: Chair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a tab that hangs keeps camera and light on for ever."""
    monkeypatch.setattr(device.page.live, "SHOWN_WITHIN_S", 0.2)
    monkeypatch.setattr(device.page.live, "HEARTBEAT_S", 0.05)
    with connected(chair) as socket:
        assert let_go(socket) == NOT_READING
    end_s = time.monotonic() + WITHIN_S
    while chair.stream.watcher_count:
        assert time.monotonic() < end_s
        time.sleep(0.01)


@pytest.mark.parametrize("word", ["{", "[]", "null", '{"shown": "x"}', '{"shown": [1]}', "9" * 65, "[" * 60])
def test_what_is_no_acknowledgement_ends_the_watching(served: tuple[Chair, str], word: str) -> None:
    """Breaks when odd words from a page leave a traceback in the log, or a watcher that hangs."""
    with watching(served[1]) as socket:
        until(socket, is_frame)
        socket.send(word)
        assert let_go(socket) == BAD_QUERY


@pytest.mark.parametrize(
    "query",
    [
        "patient=Jane&visit=1&site=vertex",
        "patient=P-0042&visit=0&site=vertex",
        "patient=P-0042&visit=99999&site=vertex",
        "patient=P-0042&visit=x&site=vertex",
        "patient=P-0042&visit=000019999999999&site=vertex",
        "patient=P-0042&visit=0001&site=vertex",
        "patient=P-0042&visit=%D9%A1&site=vertex",
        "patient=P-0042&visit=1&site=nose",
        "patient=P-0042&visit=1",
        "target=moon",
        "target=dark&site=vertex",
        f"patient=P-0042&visit=1&site={'v' * 2_000}",
    ],
)
def test_an_aim_that_is_none_is_refused(served: tuple[Chair, str], query: str) -> None:
    """Breaks when the camera is held to what no site is."""
    with watching(served[1], f"/live?{query}") as socket:
        assert let_go(socket) == BAD_QUERY


def test_a_line_beyond_what_a_websocket_takes_is_refused_at_once(served: tuple[Chair, str]) -> None:
    """Breaks when a connection that is never answered keeps its place until somebody hangs up."""
    with pytest.raises(InvalidStatus) as refused, watching(served[1], f"/live?{'x' * 10_000}"):
        pass
    assert refused.value.response.status_code == 400


def test_an_opening_with_a_body_is_refused_at_once(served: tuple[Chair, str]) -> None:
    """Breaks when what only looks like a WebSocket holds its connection without an answer."""
    host, _, port = served[1].removeprefix("http://").partition(":")
    head = f"GET /live HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    with socket.create_connection((host, int(port)), WITHIN_S) as connection:
        connection.sendall(f"{head}content-length: 3\r\n\r\nabc".encode())
        answered = b""
        while piece := connection.recv(4096):
            answered += piece
    assert answered.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "", "file://127.0.0.1:8090"])
def test_another_sites_page_does_not_watch(served: tuple[Chair, str], origin: str) -> None:
    """Breaks when any page that a technician's browser opens sees the patient's scalp: browsers send cookies for it."""
    with pytest.raises(InvalidStatus) as refused, watching(served[1], origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_a_target_of_the_calibration_can_be_watched(chair: Chair) -> None:
    """Breaks when the calibration wizard has no picture, or a press would take it for a site."""
    with connected(chair, "/live?target=dot-grid") as socket:
        header, _ = until(socket, is_frame)
        assert header["guidance"] is None
        assert not isinstance(chair.stream.aim, Aim)


def test_how_far_a_capture_is_comes_at_once_whoever_began_it(chair: Chair) -> None:
    """Breaks when a press on the foot switch is not seen on the page until it is over."""
    with chair.store() as store:
        begin(store, PATIENT, 1, "mk")
    with connected(chair) as socket:
        before, _ = until(socket, is_frame)
        assert before["taking"]["stage"] == "none"
        begun_s = time.monotonic()
        chair.taking.begin(AIM, Started.BUTTON)
        header, _ = until(socket, lambda said: said["taking"]["running"])
        assert time.monotonic() - begun_s < 2.0
        assert header["taking"]["mine"] is True
        assert (header["taking"]["number"], header["taking"]["started"]) == (1, "button")
        header, _ = until(socket, lambda said: not said["taking"]["running"])
        assert header["taking"]["stage"] == "done"
        assert header["taking"]["capture_id"] == str(chair.taking.state.capture_id)


def test_a_first_visit_has_no_baseline_in_words(chair: Chair) -> None:
    """Breaks when the page looks for ever for what there is not."""
    with connected(chair) as socket:
        header, _ = until(socket, lambda said: said["guidance"]["state"] == "none")
    assert "first visit" in header["guidance"]["words"]


class KnownWay(GuidedAim):
    """A way to a baseline that shows nothing."""

    def __init__(self) -> None:
        super().__init__(measurement=object())  # type: ignore[arg-type]  # never looked into

    def look(self, _frame: Picture, _um_per_px: float) -> Guidance | None:
        return None


def test_a_baseline_that_could_not_be_had_is_looked_for_again(chair: Chair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a clinic that is reached a moment later guides nobody until the screen is loaded anew."""
    found = [KnownWay(), GuidedAim(None, without="Not reached."), GuidedAim(None, without="Not reached.")]
    monkeypatch.setattr(device.page.live_news, "baseline_of_aim", lambda *_: found.pop())
    monkeypatch.setattr(device.page.live_news, "_FIND_AGAIN_S", 0.05)
    with connected(chair) as socket:
        until(socket, lambda said: said["guidance"] == {"state": "none", "words": "Not reached."})
        header, _ = until(socket, lambda said: is_frame(said) and said["guidance"]["state"] == "begun")
        later = header["frame"]["number"] + 8
        header, _ = until(socket, lambda said: is_frame(said) and said["frame"]["number"] >= later)
        assert header["guidance"]["state"] == "begun", "what was found was looked for again, and lost"


def test_a_baseline_that_was_rejected_meanwhile_guides_no_screen_that_is_opened_then(
    chair: Chair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a technician is led to the place of a picture that somebody has just rejected."""
    found = [GuidedAim(None, without="It was rejected."), KnownWay()]
    monkeypatch.setattr(device.page.live_news, "baseline_of_aim", lambda *_: found.pop())
    with serving(chair) as address, watching(address) as first:
        until(first, lambda said: said["guidance"]["state"] == "begun")
        with watching(address) as second:
            header, _ = until(second, lambda said: said["guidance"]["state"] == "none")
            assert header["guidance"]["words"] == "It was rejected."


def test_a_way_that_cannot_be_looked_for_is_said(chair: Chair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the screen promises a way to the baseline that the program fails to find."""

    class Odd(KnownWay):
        def look(self, _frame: Picture, _um_per_px: float) -> Guidance | None:
            raise ValueError("odd")

    monkeypatch.setattr(device.page.live_news, "baseline_of_aim", lambda *_: Odd())
    with connected(chair) as socket:
        header, _ = until(socket, lambda said: said["guidance"]["state"] == "none")
    assert "could not be looked for" in header["guidance"]["words"]


def test_how_the_instrument_stands_is_said(chair: Chair) -> None:
    """Breaks when a picture without calibration, or one that the disk does not take, is a surprise."""
    with connected(chair) as socket:
        header, _ = until(socket, lambda said: said["ready"] is not None)
    assert header["ready"]["calibration"] == "none"
    assert "Calibrate" in header["ready"]["due"]
    assert header["ready"]["refusal"] is None


def test_a_full_disk_is_said_before_the_press(tmp_path: Path) -> None:
    """Breaks when the technician holds still for a picture that cannot be kept."""
    with (
        open_small_chair(tmp_path, storage={"keep_free_mb": 1_000_000}) as chair,
        connected(chair) as socket,
    ):
        header, _ = until(socket, lambda said: said["ready"] is not None)
    assert "No capture is taken" in header["ready"]["refusal"]


def test_a_camera_that_fails_is_said_and_its_recovery_shows(chair: Chair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the page freezes without a word, or stays frozen once the camera is back."""
    camera = chair.instrument.camera
    preview = camera.preview
    given_up = CameraGivenUp("The camera failed 6 times in a row and is not tried again", "Let it try again")

    def failing(_aim: HeldTo | None) -> Frame:
        raise given_up

    with connected(chair) as socket:
        until(socket, is_frame)
        monkeypatch.setattr(camera, "preview", failing)
        header, jpeg = until(socket, lambda said: said["trouble"] is not None and said["frame"] is None)
        assert "6 times" in header["trouble"]
        assert (header["given_up"], jpeg) == (True, b"")
        monkeypatch.setattr(camera, "preview", preview)
        until(socket, lambda said: is_frame(said) and said["trouble"] is None)


def test_who_does_not_work_here_watches_and_does_not_aim(chair: Chair) -> None:
    """Breaks when a second screen turns the guidance of the one that works to another site."""
    chair.seat.take(Holder("another session", "an"))
    chair.stream.aim_at(Aim(PATIENT, Site.FRONTAL, 1))
    with connected(chair) as socket:
        header, _ = until(socket, is_frame)
    assert header["here"] is False
    assert "frontal" in header["elsewhere"]
    assert header["seat"]["others"] == "an"


def test_watchers_are_bounded_and_told_so(chair: Chair) -> None:
    """Breaks when forgotten tabs take the instrument's time from the one that works."""
    with serving(chair) as address, ExitStack() as open_tabs:
        tabs = [open_tabs.enter_context(watching(address)) for _ in range(MOST_WATCHERS)]
        for tab in tabs:
            until(tab, is_frame)
        assert chair.stream.watcher_count == MOST_WATCHERS
        with watching(address) as one_more:
            header, _ = received(one_more)
            assert str(MOST_WATCHERS) in header["refused"]
            assert let_go(one_more) == TOO_MANY


def test_a_slow_link_gets_smaller_pictures_and_a_quick_one_larger() -> None:
    """Breaks when a tablet on poor Wi-Fi sees the past, or stays with a poor picture once the link is good."""
    pace = Pace()
    begun = pace.step
    for _ in range(40):
        pace.took(SLOW_S * 1.5)
    assert pace.step == STEPS[-1]
    assert STEPS[-1][0] >= 480  # what is smaller cannot be aimed with
    for _ in range(2000):
        pace.took(QUICK_S * 0.5)
    assert pace.step == STEPS[0] != begun


def test_one_slow_frame_is_chance() -> None:
    """Breaks when the picture changes its face with each hiccup."""
    pace = Pace()
    begun = pace.step
    for _ in range(20):
        pace.took(SLOW_S * 1.2)
        pace.took((SLOW_S + QUICK_S) / 2)
    assert pace.step == begun


def test_a_step_that_was_too_much_is_tried_ever_more_seldom() -> None:
    """Breaks when the picture flips between two sizes all the time on a link between them."""
    pace, changes, before = Pace(), 0, Pace().step
    for _ in range(1000):
        fits = pace.step[0] <= 800
        pace.took(QUICK_S * 0.9 if fits else SLOW_S * 1.1)
        changes += pace.step != before
        before = pace.step
    assert changes <= 20
