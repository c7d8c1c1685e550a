"""What the collector answers, and what it makes of stored pictures that were sent to harm it."""

import hashlib
import threading
import warnings
import zlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any, Literal

import pytest
from PIL import Image

from collector.ingestion import answers
from collector.ingestion.answers import Answering, OutgoingAnswer, answer_baseline
from collector.ingestion.decisions import Accepted
from collector.pictures.pictures import PictureDamaged, PicturesAway
from collector.store.stored import StoreFailed
from contract import (
    MAX_REDUCED_PICTURE_BYTES,
    BaselineAnswer,
    BaselineAsk,
    Capture,
    Channel,
    Decision,
    Picture,
    Quality,
    Topic,
    Verdict,
)
from tests.collector.conftest import await_true
from tests.collector.examples import CLINIC, DEVICE, NOW, ask
from tests.collector.page_clinic import Clinic
from tests.examples import capture, review_of


def answered(clinic: Clinic, to: BaselineAsk) -> BaselineAnswer:
    """Return the clinic's answer as the device reads it."""
    return BaselineAnswer.model_validate_json(answer_baseline(clinic.store, clinic.pictures, to, NOW).encode())


def test_the_answer_is_the_patient_s_earliest_visit_of_the_site(clinic: Clinic) -> None:
    """Breaks when a device compares with another patient's, another site's, or a later visit's picture."""
    baseline = capture(sequence=2, device_id=DEVICE)
    others: list[Capture] = [
        capture(sequence=1),
        capture(sequence=3, quality=Quality(verdict=Verdict.REFUSE)),
        capture(visit_number=2),
        capture(site="vertex", visit_number=1),
        capture(patient_code="P-0043", visit_number=1),
    ]
    clinic.holds(*others[2:], baseline, *others[:2])
    to = ask()
    answer = answered(clinic, to)
    assert (answer.message_id, answer.baseline, answer.reason) == (to.message_id, baseline, None)
    assert answer.picture is None, "its picture has not come yet"
    assert answered(clinic, ask(site="vertex", before_visit=2)).baseline == others[3]


def test_a_rejected_capture_is_no_baseline(clinic: Clinic) -> None:
    """Breaks when a visit is compared with a picture that a person rejected at another chair."""
    first, second = capture(visit_number=1), capture(visit_number=2, sequence=2)
    rejection = review_of(first, decision=Decision.REJECTED, reason="The wrong place.")
    clinic.holds(first, second, rejection)
    assert answered(clinic, ask()).baseline == second
    clinic.holds(review_of(second, decision=Decision.REJECTED, reason="Blurred."))
    assert "no earlier capture" in (answered(clinic, ask()).reason or "")
    clinic.holds(review_of(first, sequence=9))
    assert answered(clinic, ask()).baseline == first


def test_another_instrument_s_word_takes_no_baseline_away(clinic: Clinic) -> None:
    """Breaks when one chair's key decides what all others compare with."""
    first = capture(visit_number=1)
    clinic.holds(first, review_of(first, device_id="chair-2", decision=Decision.REJECTED, reason="x"))
    assert answered(clinic, ask()).baseline == first


@pytest.mark.parametrize("change", [{"patient_code": "P-9999"}, {"site": "occipital"}, {"before_visit": 2}])
def test_no_baseline_is_said_in_words(clinic: Clinic, change: dict[str, Any]) -> None:
    """Breaks when a device waits in vain for the baseline of a site that nobody took before."""
    clinic.holds(capture(visit_number=2))
    answer = answered(clinic, ask(**change))
    assert answer.baseline is None
    assert answer.reason is not None
    assert "no earlier capture" in answer.reason
    assert not answer.passing


def test_a_store_that_fails_is_said_in_words(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a broken disk keeps the chair waiting instead of letting it go on."""

    def fail(*_: object) -> list[Capture]:
        raise StoreFailed("the store could not be read: disk I/O error")

    monkeypatch.setattr(clinic.store, "captures_of_site", fail)
    answer = answered(clinic, ask())
    assert "cannot be read" in (answer.reason or "")
    assert answer.passing, "it may well have one"


def picture_of(clinic: Clinic, folder: Path, content: bytes, um_per_px: float = 5.3) -> BaselineAnswer:
    """Return the answer of a clinic, whose files are in a folder, to whose baseline belongs this picture file."""
    name = hashlib.sha256(content).hexdigest()
    (folder / "pictures" / name).write_bytes(content)
    shown = capture(picture=Picture(sha256=name, media_type="image/png", size_bytes=max(1, len(content))))
    calibration = shown.calibration.model_copy(update={"um_per_px": um_per_px})
    clinic.holds(shown.model_copy(update={"calibration": calibration}))
    return answered(clinic, ask())


def encoded(image: Image.Image, kind: str) -> bytes:
    """Return a picture file."""
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("grain", [0, 200])
def test_the_picture_is_made_small(clinic: Clinic, tmp_path: Path, kind: str, grain: int) -> None:
    """Breaks when the answer's picture is too large to travel, is stretched, or has another scale than it says."""
    whole = Image.effect_noise((507, 380), grain).resize((2028, 1520), Image.Resampling.NEAREST).convert("RGB")
    whole.paste((200, 120, 40), (1014, 760, 2028, 1520))
    answer = picture_of(clinic, tmp_path, encoded(whole, kind))
    assert answer.picture is not None
    assert len(answer.picture.jpeg) <= MAX_REDUCED_PICTURE_BYTES
    small = Image.open(BytesIO(answer.picture.jpeg))
    assert small.format == "JPEG"
    assert small.width * answer.picture.um_per_px == pytest.approx(2028 * 5.3)
    assert 20 < answer.picture.um_per_px < 25
    assert small.height == pytest.approx(small.width * 1520 / 2028, abs=1)
    inside = small.getpixel((round(0.51 * small.width) + 8, round(0.51 * small.height) + 8))
    assert isinstance(inside, tuple)
    assert max(abs(seen - drawn) for seen, drawn in zip(inside, (200, 120, 40), strict=True)) < 25


def test_a_coarse_picture_keeps_its_pixels(clinic: Clinic, tmp_path: Path) -> None:
    """Breaks when a picture is blown up, or loses what little it shows."""
    answer = picture_of(clinic, tmp_path, encoded(Image.new("L", (320, 240), 99), "PNG"), um_per_px=40.0)
    assert answer.picture is not None
    assert Image.open(BytesIO(answer.picture.jpeg)).size == (320, 240)
    assert answer.picture.um_per_px == pytest.approx(40.0)


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of few bytes that says it has many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff no picture",
        b"\x89PNG\r\n\x1a\n",
        encoded(Image.new("RGB", (400, 300)), "JPEG")[:400],
        encoded(Image.new("RGB", (400, 300)), "PNG")[:60],
        encoded(Image.new("RGB", (40, 30)), "GIF"),
        encoded(Image.new("RGB", (40, 30)), "TIFF"),
        encoded(Image.new("1", (7000, 7000)), "PNG"),
        encoded(Image.new("1", (10_000, 10_000)), "PNG"),
        bomb(60_000, 60_000),
    ],
    ids=["empty", "jpeg-start", "png-start", "half-jpeg", "half-png", "gif", "tiff", "49MP", "100MP", "3600MP"],
)
@pytest.mark.parametrize("warned", ["error", "ignore"])
def test_harmful_and_damaged_pictures_leave_an_answer_without(
    clinic: Clinic, tmp_path: Path, content: bytes, warned: Literal["error", "ignore"]
) -> None:
    """Breaks when a file that a device uploaded fills the collector's memory, or ends it."""
    with warnings.catch_warnings():
        warnings.simplefilter(warned)
        answer = picture_of(clinic, tmp_path, content)
    assert answer.baseline is not None
    assert answer.picture is None


@pytest.mark.parametrize("error", [PicturesAway("no bucket"), PictureDamaged("0" * 64), OSError(5, "fault"), None])
def test_a_picture_that_cannot_be_read_is_no_error(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """Breaks when a picture that is gone, damaged or out of reach ends the answering."""

    def fail(_sha256: str) -> None:
        if error is not None:
            raise error

    clinic.holds(capture())
    monkeypatch.setattr(clinic.pictures, "open", fail)
    answer = answered(clinic, ask())
    assert answer.baseline is not None
    assert answer.picture is None


def all_of(answering: Answering) -> list[OutgoingAnswer]:
    """Return what is answered, until nothing is asked any more."""
    sent: list[OutgoingAnswer] = []

    def through() -> bool:
        sent.extend(answering.ready())
        return not answering.busy

    await_true(through, "all are worked out")
    answering.close()
    return sent


def test_answers_come_in_order_and_a_failure_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when one ask that cannot be answered leaves all later ones without an answer."""
    asks = [ask(), ask(), ask(device_id="chair-2")]

    def answer(to: BaselineAsk) -> BaselineAnswer:
        if to == asks[0]:
            raise ZeroDivisionError
        return BaselineAnswer(message_id=to.message_id, answered_at=NOW, reason="None.")

    answering = Answering(answer)
    for number, to in enumerate(asks):
        answering.ask(to, bytes([number]))
    sent = all_of(answering)
    assert [(out.answer.message_id, out.correlation) for out in sent] == [
        (asks[1].message_id, b"\x01"),
        (asks[2].message_id, b"\x02"),
    ]
    assert [str(out.topic) for out in sent] == [
        str(Topic(CLINIC, name, Channel.ANSWER)) for name in (DEVICE, "chair-2")
    ]
    assert "could not be answered" in caplog.text


def test_a_flood_of_asks_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when a device that asks without end fills the collector's memory."""
    go = threading.Event()

    def answer(to: BaselineAsk) -> BaselineAnswer:
        go.wait(10)
        return BaselineAnswer(message_id=to.message_id, answered_at=NOW, reason="None.")

    answering = Answering(answer)
    for _ in range(200):
        answering.ask(ask(), None)
    go.set()
    sent = all_of(answering)
    assert len(sent) == 64
    assert "passed over" in caplog.text


def test_a_device_learns_no_more_baselines_an_hour_than_visits_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a stolen instrument may ask for the baselines of all patients, code by code."""
    monkeypatch.setattr(answers, "_MOST_AN_HOUR", 3)
    now_s = 0.0
    monkeypatch.setattr("collector.ingestion.answers.time.monotonic", lambda: now_s)
    answering = Answering(lambda to: BaselineAnswer(message_id=to.message_id, answered_at=NOW, reason="None."))

    def reasons(*asks: BaselineAsk) -> list[tuple[str | None, bool]]:
        for to in asks:
            answering.ask(to, None)
        sent: list[OutgoingAnswer] = []
        while answering.busy:
            sent.extend(answering.ready())
        return [(out.answer.reason, out.answer.passing) for out in sent]

    assert reasons(ask(), ask(), ask()) == [("None.", False)] * 3
    (later, passing), elsewhere = reasons(ask(), ask(device_id="chair-2"))
    assert later is not None
    assert "answered again later" in later
    assert passing
    assert elsewhere == ("None.", False), "a device's own count"
    now_s = 3601.0
    assert reasons(ask()) == [("None.", False)]
    answering.close()


def test_the_baseline_is_the_last_take_though_the_clock_was_set_back(clinic: Clinic) -> None:
    """Breaks when a clock that was set back makes an earlier take of the visit the baseline."""
    first = capture(sequence=1, taken_at=NOW + timedelta(hours=2))
    second = capture(sequence=2, taken_at=NOW)
    topic = Topic(CLINIC, DEVICE, Channel.CAPTURE)
    clinic.store.store_batch([Accepted(topic, shown, shown.encode()) for shown in (second, first)], NOW)
    assert answered(clinic, ask()).baseline == second
