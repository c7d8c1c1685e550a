"""The delivery of pictures: each fails for itself, is told in words, and is never hammered."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from contract import Picture
from device.delivery import PictureDelivery, pictures
from device.outbox import Outbox
from device.settings import DeviceSettings
from device.store import Store
from tests import examples

Answer = Callable[[httpx.Request], httpx.Response]
SETTINGS = {
    "clinic_id": "riverside",
    "device_id": "chair-1",
    "camera": {"kind": "simulated"},
    "lens": {"name": "lens 7", "nominal_um_per_px": 5.3},
    "broker": {"host": "127.0.0.1", "authority": "a", "certificate": "c", "key": "k"},
    "pictures": {"url": "https://127.0.0.1:8443"},
}


def keep(store: Store, number: int) -> Picture:
    """Keep a capture with a picture of its own."""
    content = examples.png(str(number).encode())
    picture = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/png", size_bytes=len(content))
    example = examples.capture(picture=picture, visit_number=number)
    return store.keep(picture, content, lambda sequence: example.model_copy(update={"sequence": sequence})).picture


class Collector:
    """A picture service that answers as the test wishes, and notes what it was asked."""

    def __init__(self) -> None:
        self.holds: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[str, Answer] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the real one does, unless told otherwise."""
        sha256 = request.url.path.rpartition("/")[2]
        self.asked.append((request.method, sha256))
        if request.method == "HEAD":
            return httpx.Response(200 if sha256 in self.holds else 404)
        if sha256 in self.answers:
            return self.answers[sha256](request)
        self.holds[sha256] = request.read()
        return httpx.Response(201)

    def puts(self, sha256: str) -> int:
        """Return how often a picture was sent."""
        return self.asked.count(("PUT", sha256))


class Chair:
    """A store, and the delivery of its pictures to a collector of the test's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, picture_key: Path | None = None) -> None:
        self.store = Store(folder, picture_key)
        self.outbox = Outbox(self.store)
        self.clinic = Collector()
        self.moment_s = 1000.0
        monkeypatch.setattr(pictures, "time", SimpleNamespace(monotonic=lambda: self.moment_s))
        self.delivery = PictureDelivery(DeviceSettings(**SETTINGS, state_folder=folder), self.store)  # type: ignore[arg-type]
        monkeypatch.setattr(
            self.delivery, "_client", lambda: httpx.Client(transport=httpx.MockTransport(self.clinic.answer))
        )

    def round(self, after_s: float = 0.0) -> bool:
        """Try what is due some seconds later."""
        self.moment_s += after_s
        return self.delivery._upload(self.delivery._due(), threading.Event())

    def troubles(self) -> list[str | None]:
        """Return what keeps the waiting pictures, oldest first."""
        return [picture.trouble for picture in self.outbox.waiting_pictures(999)]


@pytest.fixture
def chair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chair]:
    """Give an instrument's pictures and their way."""
    chair = Chair(tmp_path / "state", monkeypatch)
    yield chair
    chair.store.close()


def test_pictures_leave_sealed_ones_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the clinic receives other bytes than were kept, or sealed ones."""
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    plain = Store(tmp_path / "state")
    before = keep(plain, 1)
    plain.close()
    chair = Chair(tmp_path / "state", monkeypatch, key)
    after = keep(chair.store, 2)
    assert chair.round()
    assert chair.clinic.holds == {
        before.sha256: examples.png(b"1"),
        after.sha256: examples.png(b"2"),
    }
    assert chair.troubles() == []
    chair.store.close()


def test_an_altered_picture_of_the_same_size_is_not_sent(chair: Chair, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when 10 MB travel to find out what a look at the file would have told."""
    altered, good = keep(chair.store, 1), keep(chair.store, 2)
    chair.store.picture_path(altered.sha256).write_bytes(b"\x89PNG" + b"x" * (altered.size_bytes - 4))
    assert chair.round()
    assert (list(chair.clinic.holds), chair.clinic.puts(altered.sha256)) == ([good.sha256], 0)
    (trouble,) = chair.troubles()
    assert trouble is not None
    assert "Restore it from a backup" in trouble
    assert trouble in caplog.text


def test_what_the_clinic_refuses_for_good_is_tried_ever_more_rarely(chair: Chair) -> None:
    """Breaks when a refused picture is sent every second for ever, or never again though the clinic was mended."""
    refused = keep(chair.store, 1)
    chair.clinic.answers[refused.sha256] = lambda _: httpx.Response(422, text="It carries\n  a comment.")
    for _ in range(24 * 3600):
        chair.round(after_s=1.0)
    # Doubling from 60 s to 3600 s with jitter: 24 hours hold 24 tries at the least, and about 52 are expected.
    assert 24 <= chair.clinic.puts(refused.sha256) <= 120
    assert chair.troubles() == ["The clinic answered 422: It carries a comment."]
    del chair.clinic.answers[refused.sha256]
    chair.round(after_s=3600.0)
    assert chair.troubles() == []
    assert list(chair.clinic.holds) == [refused.sha256]


def test_any_number_of_refused_pictures_keeps_no_other_back(
    chair: Chair, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when refused pictures fill the look of the delivery, or each try of them fills the log."""
    monkeypatch.setattr(pictures, "_MOST_AT_ONCE", 3)
    refused = [keep(chair.store, number) for number in range(1, 9)]
    for one in refused:
        chair.clinic.answers[one.sha256] = lambda _: httpx.Response(413, text="Too large.")
    good = keep(chair.store, 9)
    for _ in range(3):
        assert chair.round(after_s=0.1)
    assert list(chair.clinic.holds) == [good.sha256]
    with caplog.at_level(logging.ERROR):
        caplog.clear()
        chair.round(after_s=9999.0)
    assert "stays here" not in caplog.text, "what was told once is not told again"


@pytest.mark.parametrize("status", [403, 408, 429, 500, 503, 507])
def test_what_the_clinic_may_take_later_is_tried_within_a_minute(chair: Chair, status: int) -> None:
    """Breaks when a full disk at the clinic, once mended, waits an hour for its pictures."""
    picture = keep(chair.store, 1)
    chair.clinic.answers[picture.sha256] = lambda _: httpx.Response(status, text="Later.")
    for _ in range(20):
        chair.round(after_s=60.0)
    assert chair.clinic.puts(picture.sha256) == 20
    assert chair.troubles() == [f"The clinic answered {status}: Later."]


def test_a_picture_that_arrived_though_its_answer_was_lost_is_not_sent_again(chair: Chair) -> None:
    """Breaks when every lost 201 costs another 10 MB on a slow link."""
    picture = keep(chair.store, 1)

    def take_and_break(request: httpx.Request) -> httpx.Response:
        chair.clinic.holds[picture.sha256] = request.read()
        raise httpx.ReadError("connection reset")

    chair.clinic.answers[picture.sha256] = take_and_break
    assert not chair.round()
    assert chair.round(after_s=60.0)
    assert chair.clinic.asked == [("PUT", picture.sha256), ("HEAD", picture.sha256)]
    assert chair.troubles() == []


def test_a_picture_that_breaks_connections_comes_after_the_others(chair: Chair) -> None:
    """Breaks when one picture that no connection survives holds up all that come after it."""
    breaking, good = keep(chair.store, 1), keep(chair.store, 2)

    def break_off(_request: httpx.Request) -> httpx.Response:
        raise httpx.WriteError("broken pipe")

    chair.clinic.answers[breaking.sha256] = break_off
    assert not chair.round()
    assert chair.round()
    assert list(chair.clinic.holds) == [good.sha256]


def test_a_collector_that_is_away_costs_no_picture_its_turn(chair: Chair) -> None:
    """Breaks when an hour without network is followed by another of resting."""
    picture = keep(chair.store, 1)

    def away(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    chair.clinic.answers[picture.sha256] = away
    assert not chair.round()
    del chair.clinic.answers[picture.sha256]
    assert chair.round()
    assert list(chair.clinic.holds) == [picture.sha256]


def test_a_lost_key_holds_up_sealed_pictures_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a missing key ends the delivery of what it does not concern, or is told to nobody."""
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    first = Store(tmp_path / "state", key)
    keep(first, 1)
    first.close()
    chair = Chair(tmp_path / "state", monkeypatch, None)
    plain = keep(chair.store, 2)
    assert chair.round()
    assert list(chair.clinic.holds) == [plain.sha256]
    (trouble,) = chair.troubles()
    assert trouble is not None
    assert "picture_key" in trouble
    chair.store.close()


class StopsInMidPicture(threading.Event):
    """A stop that comes between two pieces of a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def is_set(self) -> bool:
        """Say whether delivery is to end."""
        self.looks += 1
        return self.looks > 3


def test_a_stop_in_mid_picture_ends_at_once(chair: Chair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the service manager has to kill a delivery that is on a slow link, or half a picture counts."""
    monkeypatch.setattr("device.store.pictures._PIECE_BYTES", 4)
    keep(chair.store, 1)
    stop = StopsInMidPicture()
    assert not chair.delivery._upload(chair.delivery._due(), stop)
    assert (stop.looks, chair.clinic.holds, chair.troubles()) == (4, {}, [None])
