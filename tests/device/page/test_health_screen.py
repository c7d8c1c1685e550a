"""The health screen, the log and what the clinic refused."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from contract import PATIENT_CODE, Outcome, Receipt, content_sha256
from device import clock
from device.camera import CaptureFailed, Frame, HeldTo
from device.camera.recovery import RecoveringCamera, Recovery
from device.chair.chair import Chair
from device.delivery.standing import StandingFile
from device.health import Check, looking
from device.health import State as Health
from device.outbox import Outbox, State
from device.page.app import create_app
from device.page.screens import health
from groundwork.log_file import log_to_file, stop_logging_to_file
from tests.device.page.chair_fixture import ChairClient, captured, open_small_chair

CAMERA_FAILS = 'data-check="camera" data-state="fail"'


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """Open a chair."""
    with open_small_chair(tmp_path) as opened:
        yield opened


@pytest.fixture
def browser(chair: Chair, monkeypatch: pytest.MonkeyPatch) -> ChairClient:
    """Return a browser at it that sees the moment, not the last second."""
    monkeypatch.setattr(looking, "_HOLDS_S", 0.0)
    return ChairClient(create_app(chair))


def refuse(chair: Chair, message_id: UUID, reason: str) -> None:
    """Have the clinic refuse a message."""
    with chair.store() as store:
        payload = Outbox(store).payload(message_id)
        receipt = Receipt(
            message_id=message_id,
            content_sha256=content_sha256(payload),
            outcome=Outcome.REFUSED,
            reason=reason,
            decided_at=clock.now(),
        )
        assert Outbox(store).record_receipts([receipt]) == [True]


def state_of(chair: Chair, message_id: UUID) -> State:
    """Return where a message stands."""
    with chair.store() as store:
        return Outbox(store).state(message_id)[0]


def test_every_check_is_shown_with_a_word(browser: ChairClient) -> None:
    """Breaks when a part of the instrument is not on the screen, or only its colour says how it is."""
    shown = browser.get("/health").text
    for title in ("Camera", "Lights", "Triggers", "Calibration", "Disk", "Outbox", "Way to the clinic", "Certificate"):
        assert f"<h2>{title}</h2>" in shown
    assert shown.count('data-state="') == 12
    assert "Fault" in shown
    assert "There is no calibration" in shown


@pytest.mark.parametrize(
    ("value", "german"),
    [
        ("54321 MB", "54.321\N{NO-BREAK SPACE}MB"),
        ("51 \N{DEGREE SIGN}C", "51\N{NO-BREAK SPACE}\N{DEGREE SIGN}C"),
        ("1 d", "1 Tag"),
        ("12 d", "12 Tage"),
        ("2026-11-23", "23.11.2026"),
        ("simulated", "simuliert"),
        ("imx477", "imx477"),
        ("3", None),
        (None, None),
    ],
)
def test_a_figure_is_written_as_the_reader_does(
    browser: ChairClient, monkeypatch: pytest.MonkeyPatch, value: str | None, german: str | None
) -> None:
    """Breaks when a German reads 54.321 as fifty-four, or a figure twice where its sentence begins with it."""
    check = Check("disk", Health.OK, "3 messages and 0 pictures wait for the clinic.", value=value)
    monkeypatch.setattr(health, "recent", lambda _chair: [check])
    browser.get("/")
    browser.act("/language", {"language": "de"})
    shown = browser.get("/health/checks").text
    if german is None:
        assert 'class="value"' not in shown
    else:
        assert f'<span class="value">{german}</span>' in shown


def test_the_delivery_is_seen_as_it_stands(browser: ChairClient, chair: Chair) -> None:
    """Breaks when the screen says that the clinic is reached while it is not, or the other way round."""
    assert "delivery service does not run" in browser.get("/health/checks").text
    told = StandingFile(chair.settings.state_folder)
    told.tell_pause("the broker cannot be reached", 5.0)
    assert "The clinic is not reached: the broker cannot be reached." in browser.get("/health/checks").text
    StandingFile(chair.settings.state_folder).tell(connected=True, sent=())
    assert "The clinic is reached." in browser.get("/health/checks").text


def test_the_camera_is_tried_again_and_what_came_of_it_is_said(
    browser: ChairClient, chair: Chair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a camera that was given up stays so until a restart, or "Try again" turns a dead one green."""
    camera = chair.instrument.camera
    assert isinstance(camera, RecoveringCamera)
    # Nothing but a person brings it back: all tries are used up at the first failure.
    monkeypatch.setattr(camera, "_recovery", Recovery(tries=1))
    within, works = camera._camera, camera._camera.preview

    def failing(_aim: HeldTo | None) -> Frame:
        raise CaptureFailed("The cable is loose", "Push it in")

    monkeypatch.setattr(within, "preview", failing)
    with pytest.raises(CaptureFailed):
        camera.preview(None)
    assert CAMERA_FAILS in browser.get("/health").text
    answer = browser.act("/camera/again")
    assert answer.status_code == 422
    assert answer.json()["sentence"] == "The cable is loose. Push it in."
    assert CAMERA_FAILS in browser.get("/health/checks").text
    monkeypatch.setattr(within, "preview", works)
    assert browser.act("/camera/again").status_code == 200
    assert 'data-check="camera" data-state="ok"' in browser.get("/health/checks").text


@pytest.mark.parametrize(("decision", "state"), [("send-again", State.WAITING), ("withdraw", State.WITHDRAWN)])
def test_a_refusal_is_decided_with_who_and_why(browser: ChairClient, chair: Chair, decision: str, state: State) -> None:
    """Breaks when what the clinic refused cannot be sent again or withdrawn, or nobody knows by whom."""
    capture = captured(chair, "frontal")
    refuse(chair, capture.message_id, "its picture is <none> of ours")
    browser.begin()
    shown = browser.get("/health").text
    assert "its picture is &lt;none&gt; of ours" in shown
    assert "P-0042" in shown
    path = f"/health/refusals/{capture.message_id}"
    assert browser.act(path, {"decision": decision, "note": "  "}).status_code == 422
    assert browser.act(path, {"decision": decision, "note": "x" * 301}).status_code == 422
    assert state_of(chair, capture.message_id) is State.REFUSED
    answer = browser.act(path, {"decision": decision, "note": "looked at it"})
    assert answer.status_code == 200, answer.text
    assert state_of(chair, capture.message_id) is state
    with chair.store() as store:
        rows = store.connection.execute("SELECT message_id, by, note FROM decision").fetchall()
    assert rows == [(str(capture.message_id), "mk", "looked at it")]
    again = browser.act(path, {"decision": decision, "note": "and again"})
    assert again.status_code == 422
    assert "refused no message" in again.json()["sentence"]


def test_nobody_decides_without_a_name(browser: ChairClient, chair: Chair) -> None:
    """Breaks when a capture is withdrawn and no one knows by whom."""
    capture = captured(chair, "frontal")
    refuse(chair, capture.message_id, "no")
    browser.get("/health")
    body = {"decision": "withdraw", "note": "why"}
    answer = browser.act(f"/health/refusals/{capture.message_id}", body)
    assert "Nobody said who works here" in answer.json()["sentence"]
    assert state_of(chair, capture.message_id) is State.REFUSED


@pytest.mark.parametrize("address", ["nothing", "00000000-0000-0000-0000-000000000000", "%2e%2e", "x" * 4000])
def test_a_message_that_is_none_is_a_sentence(browser: ChairClient, address: str) -> None:
    """Breaks when an address that somebody made up becomes a traceback."""
    browser.begin()
    answer = browser.act(f"/health/refusals/{address}", {"decision": "withdraw", "note": "why"})
    assert answer.status_code in {404, 422}
    if answer.status_code == 422:
        assert answer.json()["sentence"]


def test_the_log_is_shown_and_downloaded_without_codes(browser: ChairClient, chair: Chair) -> None:
    """Breaks when a technician cannot send the log, or sends a patient's code with it."""
    folder = chair.settings.state_folder / "logs"
    root, level = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.INFO)
    try:
        log_to_file(folder / "run.log", PATIENT_CODE)
        logging.getLogger("device.delivery").warning("P-0042 <b>waits</b>")
        log_to_file(folder / "chair.log", PATIENT_CODE)
        logging.getLogger("device.page").error("the screen failed")
    finally:
        stop_logging_to_file()
        root.setLevel(level)
    shown = browser.get("/log").text
    assert "&lt;b&gt;waits&lt;/b&gt;" in shown
    assert 'class="line error"' in shown
    downloaded = browser.get("/log.txt")
    assert 'attachment; filename="chair-1-log.txt"' in downloaded.headers["content-disposition"]
    for text in ("WARNING [patient] <b>waits</b>", "ERROR the screen failed", "calibration: fail", "OpenCV"):
        assert text in downloaded.text
    assert "P-0042" not in downloaded.text + shown


def test_an_empty_log_is_no_fault(browser: ChairClient) -> None:
    """Breaks when a fresh instrument's log screen fails."""
    assert browser.get("/log").text.count("Nothing has been logged yet") == 2
    assert browser.get("/log.txt").status_code == 200


def test_the_words_for_the_script_are_there(browser: ChairClient) -> None:
    """Breaks when the screen's script finds no words and says 'undefined'."""
    shown = browser.get("/health").text
    block = shown.partition('id="data">')[2].partition("</script>")[0]
    assert set(json.loads(block)["words"]) == {"send-again", "withdraw", "lost"}


def test_a_damaged_store_is_a_check_on_the_screen(browser: ChairClient, chair: Chair) -> None:
    """Breaks when the one screen that should say what is wrong does not come up."""
    with chair.store() as store:
        store.connection.execute("DROP TABLE message")
    answer = browser.get("/health")
    assert answer.status_code == 200
    assert 'data-check="outbox" data-state="fail"' in answer.text
