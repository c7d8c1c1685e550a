"""Captures as the chair starts them: one at a time, kept whole, and in words where they fail."""

import sqlite3
import threading
from pathlib import Path

import pytest

import device.chair.taking
from contract import Site
from device.baseline import Unreachable
from device.camera import Aim, CaptureFailed
from device.chair.appointments import begin, end, keep_record, standing
from device.chair.chair import _aim_of_the_seat
from device.chair.refusals import NotNow
from device.chair.seat import Holder
from device.chair.taking import LOCK_S, Stage, Started, Taking, TakingState
from device.outbox import NoRoom
from device.sites import Said, last_record
from tests.device.page.chair_fixture import PATIENT, VISIT, captured, open_small_chair

AIM = Aim(PATIENT, Site.VERTEX, VISIT)


def ended(taking: Taking, state: TakingState) -> TakingState:
    """Wait for the end of a capture."""
    while state.running:
        state = taking.wait_newer(state, 30.0)
    return state


def test_a_capture_is_kept_and_its_visit_recorded(tmp_path: Path) -> None:
    """Breaks when a device that loses its power in a visit leaves the clinic without the visit's record."""
    with open_small_chair(tmp_path) as chair:
        capture = captured(chair, Site.VERTEX)
        assert chair.taking.state.aim == AIM
        with chair.store() as store:
            record = last_record(store, PATIENT, VISIT)
    assert record is not None
    assert record.taken == (Site.VERTEX,)
    assert capture.site == Site.VERTEX


def test_a_second_press_does_not_take_a_second_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a foot that slips takes two pictures, or a press is refused for longer than a second."""
    with open_small_chair(tmp_path) as chair:
        with chair.store() as store:
            begin(store, PATIENT, VISIT, "mk")
        first = chair.taking.begin(AIM, Started.FOOT_SWITCH)
        with pytest.raises(NotNow, match="being taken"):
            chair.taking.begin(AIM, Started.PAGE)
        done = ended(chair.taking, first)
        monkeypatch.setattr(chair.taking, "_last_press_s", float("inf"))
        with pytest.raises(NotNow, match="a moment ago"):
            chair.taking.begin(AIM, Started.BUTTON)
        monkeypatch.setattr(chair.taking, "_last_press_s", -LOCK_S)
        again = ended(chair.taking, chair.taking.begin(AIM, Started.BUTTON))
        assert (done.number, again.number, again.stage) == (1, 2, Stage.DONE)
        assert again.capture_id != done.capture_id


@pytest.mark.parametrize(
    "error", [CaptureFailed("The camera slept", "Wake it"), NoRoom("The disk is full."), KeyError()]
)
def test_a_capture_that_fails_says_why_and_the_next_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Breaks when one failure ends the thread, and the button does nothing until the next start."""

    def fail(*_: object) -> None:
        raise error

    with open_small_chair(tmp_path) as chair:
        with chair.store() as store:
            begin(store, PATIENT, VISIT, "mk")
        with monkeypatch.context() as patched:
            patched.setattr(device.chair.taking, "take", fail)
            failed = ended(chair.taking, chair.taking.begin(AIM, Started.PAGE))
        assert failed.stage is Stage.FAILED
        unforeseen = "The picture could not be taken: the program failed. Take it again; the log says more."
        assert failed.sentence == (unforeseen if isinstance(error, KeyError) else str(error))
        monkeypatch.setattr(chair.taking, "_last_press_s", float("-inf"))
        assert ended(chair.taking, chair.taking.begin(AIM, Started.PAGE)).stage is Stage.DONE


def test_nothing_is_taken_for_a_visit_that_is_not_open(tmp_path: Path) -> None:
    """Breaks when a press after the visit's end takes a picture of the next patient under this one's code."""
    with open_small_chair(tmp_path) as chair:
        with chair.store() as store:
            begin(store, PATIENT, VISIT, "mk")
            end(store, PATIENT, VISIT)
        state = ended(chair.taking, chair.taking.begin(AIM, Started.BUTTON))
        assert state.stage is Stage.FAILED
        assert "not open" in (state.sentence or "")
        with chair.store() as store:
            assert store.visit(PATIENT, VISIT) == []


def test_a_later_visit_is_compared_at_once(tmp_path: Path) -> None:
    """Breaks when the result's screen has no change to show."""
    with open_small_chair(tmp_path) as chair:
        captured(chair, Site.VERTEX)
        captured_later = None
        chair.taking._last_press_s = float("-inf")
        captured_later = captured(chair, Site.VERTEX, visit=2)
        with chair.store() as store:
            rows = store.connection.execute("SELECT site FROM message WHERE channel = 'change'").fetchall()
            assert standing(store, chair.settings, PATIENT, 2).site(Site.VERTEX).capture == captured_later
            keep_record(store, chair.settings, PATIENT, 2, Said())
    assert rows == [(Site.VERTEX,)]


def test_a_capture_whose_record_fails_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a picture is taken again that was kept: the first one travels and counts all the same."""

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    with open_small_chair(tmp_path) as chair:
        monkeypatch.setattr(device.chair.taking, "keep_record", fail)
        capture = captured(chair, Site.VERTEX)
        assert chair.taking.state.stage is Stage.DONE
        monkeypatch.undo()
        with chair.store() as store:
            assert keep_record(store, chair.settings, PATIENT, VISIT, Said()).taken == (capture.site,)


def test_a_clinic_that_does_not_answer_holds_up_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the button is dead for as long as the clinic may take to answer."""
    asked, answered = threading.Event(), threading.Event()

    def slowly(*_: object, **__: object) -> Unreachable:
        asked.set()
        assert answered.wait(30.0)
        return Unreachable("The clinic is away.")

    monkeypatch.setattr(device.chair.taking, "find_baseline", slowly)
    with open_small_chair(tmp_path) as chair:
        captured(chair, Site.VERTEX, visit=2)
        assert asked.is_set()
        assert not answered.is_set()
        captured(chair, Site.FRONTAL, visit=2)
        answered.set()


@pytest.mark.parametrize("seated", ["screen", "another", None])
def test_a_press_counts_for_the_site_that_the_seats_screen_shows(tmp_path: Path, seated: str | None) -> None:
    """Breaks when a foot switch files one patient's picture under another whose screen was left open."""
    with open_small_chair(tmp_path) as chair:
        if seated is not None:
            chair.seat.take(Holder(seated, "mk"))
        with chair.stream.watch(lambda: None), chair.stream.watch(lambda: None) as shown:
            chair.stream.aim_at(AIM, by=shown, session_id="screen")
            assert _aim_of_the_seat(chair) == (AIM if seated == "screen" else None)
        with chair.stream.watch(lambda: None):
            with chair.stream.watch(lambda: None) as shown:
                chair.stream.aim_at(AIM, by=shown, session_id="screen")
            assert _aim_of_the_seat(chair) is None, "the screen was left, though another one is watched"
