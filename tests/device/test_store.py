"""The store: a capture is whole or not there, and the outbox forgets nothing."""

import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from contract import (
    Capture,
    Channel,
    Comparison,
    Forced,
    Outcome,
    Quality,
    Receipt,
    Verdict,
    Visit,
    content_sha256,
    new_message_id,
)
from device.outbox import Outbox, State, release
from device.store import MessageTooLong, NoSuchMessage, Store, StoreUnusable
from tests import examples

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    store = Store(tmp_path / "state")
    yield store
    store.close()


def keep(store: Store, visit_number: int = 1) -> Capture:
    """Keep one capture."""
    example = examples.capture(visit_number=visit_number)
    return store.keep(
        example.picture, examples.PICTURE_BYTES, lambda sequence: example.model_copy(update={"sequence": sequence})
    )


def waiting(outbox: Outbox, limit: int) -> list[UUID]:
    """Return the ids of what waits."""
    return [message.message_id for message in outbox.waiting(limit)]


def receipt(
    capture: Capture | Comparison | Visit, outcome: Outcome = Outcome.STORED, content: bytes | None = None
) -> Receipt:
    """Answer a capture as the clinic would."""
    return Receipt(
        message_id=capture.message_id,
        content_sha256=content_sha256(content or capture.encode()),
        outcome=outcome,
        reason=None if outcome is Outcome.STORED else "not readable",
        decided_at=NOW,
    )


def test_what_is_kept_is_there_after_reopening(store: Store) -> None:
    """Breaks when a kept capture, its picture or its order is lost at a restart."""
    kept = [keep(store), keep(store)]
    again = Store(store.folder)
    assert again.visit("P-0042", 1) == kept
    assert [c.sequence for c in kept] == [1, 2]
    assert again.picture_path(kept[0].picture.sha256).read_bytes() == examples.PICTURE_BYTES
    again.close()


def test_a_capture_waits_until_its_receipt_names_its_content(store: Store) -> None:
    """Breaks when anything but the right receipt takes a capture out of the outbox."""
    outbox, capture = Outbox(store), keep(store)
    assert outbox.record_receipts([receipt(capture, content=b"other")]) == [False]
    assert outbox.record_receipts([receipt(examples.capture())]) == [False]
    assert waiting(outbox, 10) == [capture.message_id]
    assert outbox.record_receipts([receipt(capture)]) == [True]
    assert waiting(outbox, 10) == []
    assert outbox.record_receipts([receipt(capture)]) == [False], "a second receipt says nothing new"


def test_a_refusal_stays_until_the_clinic_stores_it_after_all(store: Store) -> None:
    """Breaks when a refused capture is forgotten, or a stored one becomes refused by a late receipt."""
    outbox, capture = Outbox(store), keep(store)
    assert outbox.record_receipts([receipt(capture, Outcome.REFUSED)]) == [True]
    assert outbox.counts().refused_captures == 1
    assert outbox.state(capture.message_id) == (State.REFUSED, "not readable")
    assert outbox.record_receipts([receipt(capture)]) == [True]
    assert outbox.record_receipts([receipt(capture, Outcome.REFUSED)]) == [False]
    assert outbox.state(capture.message_id) == (State.RECEIVED, None)


def test_the_picture_waits_for_its_own_confirmation(store: Store) -> None:
    """Breaks when a capture's receipt is taken for its picture's."""
    outbox, capture = Outbox(store), keep(store)
    outbox.record_receipts([receipt(capture)])
    assert [w.sha256 for w in outbox.waiting_pictures(5)] == [capture.picture.sha256]
    outbox.record_picture_received(capture.picture.sha256, NOW)
    assert outbox.waiting_pictures(5) == []
    assert outbox.counts().waiting_pictures == 0


def test_connections_are_counted_over_restarts(store: Store) -> None:
    """Breaks when a last will of an old connection could pass for that of a new one."""
    first = Outbox(store).open_connection(NOW)
    again = Store(store.folder)
    assert Outbox(again).open_connection(NOW) == first + 1
    again.close()


def test_nothing_is_kept_when_the_message_cannot_be_made(store: Store) -> None:
    """Breaks when half a capture stays behind."""

    def fail(_sequence: int) -> Capture:
        raise ValueError("cannot be made")

    with pytest.raises(ValueError, match="cannot be made"):
        store.keep(examples.capture().picture, examples.PICTURE_BYTES, fail)
    assert Outbox(store).counts().waiting_pictures == 0
    assert keep(store).sequence == 1


def test_a_read_only_disk_is_one_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a full or read-only disk ends in a traceback, or in a row without its picture."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreUnusable, match="No space left"):
        keep(store)
    monkeypatch.undo()
    assert store.visit("P-0042", 1) == []
    assert list((store.folder / "pictures").iterdir()) == []


def test_another_release_s_store_is_left_alone(store: Store) -> None:
    """Breaks when a newer store is opened, and perhaps spoilt, by an older release."""
    store.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnusable, match="format 99"):
        Store(store.folder)


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    """Breaks when a damaged file ends in a traceback."""
    (tmp_path / "device.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreUnusable, match="cannot be opened"):
        Store(tmp_path)


def test_a_commit_survives_by_setting(store: Store) -> None:
    """Breaks when the journal or the forced write is changed: a commit would then not outlive a power cut."""
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_two_writers_wait_for_each_other(store: Store) -> None:
    """Breaks when capturing and delivering at once makes one of them fail."""
    errors: list[BaseException] = []

    def write() -> None:
        mine = Store(store.folder)
        try:
            for _ in range(20):
                keep(mine)
        except BaseException as error:  # noqa: BLE001  the thread's failure belongs to the test
            errors.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [c.sequence for c in store.visit("P-0042", 1)] == list(range(1, 61))


def _keep_until_killed(folder: Path, kept: "multiprocessing.connection.Connection") -> None:
    store = Store(folder)
    while True:
        kept.send(str(keep(store).message_id))


def test_what_was_kept_before_a_kill_is_whole(tmp_path: Path) -> None:
    """Breaks when a kill at any moment loses a kept capture or leaves the store unusable."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_keep_until_killed, args=(tmp_path, sender))
    process.start()
    said = [receiver.recv() for _ in range(30)]
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    while receiver.poll():
        try:
            said.append(receiver.recv())
        except EOFError:
            break
    store = Store(tmp_path)
    there = [str(c.message_id) for c in store.visit("P-0042", 1)]
    assert there[: len(said)] == said
    assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()


def test_the_schema_holds_no_unknown_state(store: Store) -> None:
    """Breaks when a message can be where the outbox never looks."""
    capture = keep(store)
    with pytest.raises(sqlite3.IntegrityError):
        store.connection.execute(
            "UPDATE message SET state = 'perhaps' WHERE message_id = ?", (str(capture.message_id),)
        )


def test_a_new_store_may_be_opened_by_two_at_once(tmp_path: Path) -> None:
    """Breaks when, on the first day, the visit and the delivery shut each other out of the store."""
    errors: list[StoreUnusable] = []

    def open_and_close(folder: Path) -> None:
        try:
            Store(folder).close()
        except StoreUnusable as error:
            errors.append(error)

    for number in range(20):
        threads = [threading.Thread(target=open_and_close, args=(tmp_path / str(number),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []


def test_pictures_are_nobody_else_s_to_read(tmp_path: Path) -> None:
    """Breaks when another user of the machine can look at patients, whoever made the state folder."""
    tmp_path.chmod(0o755)
    store = Store(tmp_path)
    path = store.picture_path(keep(store).picture.sha256)
    store.close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_full_database_says_that_it_is_full(store: Store) -> None:
    """Breaks when the operator reads of a failed rollback in place of the full disk behind it."""
    keep(store)
    store.connection.execute("PRAGMA max_page_count = 12")

    def keep_until_full() -> None:
        for _ in range(200):
            keep(store)

    with pytest.raises(StoreUnusable, match="full"):
        keep_until_full()
    kept = len(store.visit("P-0042", 1))
    store.connection.execute("PRAGMA max_page_count = 100000")
    assert keep(store).sequence == kept + 1


def keep_held(store: Store) -> Capture:
    """Keep one capture that the gate refused."""
    example = examples.capture(quality=Quality(verdict=Verdict.REFUSE, reasons=("Out of focus.",)))
    return store.keep(
        example.picture,
        examples.PICTURE_BYTES,
        lambda sequence: example.model_copy(update={"sequence": sequence}),
        held=True,
    )


FORCED = Forced(by="tech-3", note="Patient cannot come again.", at=NOW)


def test_a_refused_capture_stays_until_a_person_releases_it(store: Store) -> None:
    """Breaks when a picture that the gate refused reaches the clinic without anyone's word, or is lost."""
    refused, outbox = keep_held(store), Outbox(store)
    assert waiting(outbox, 9) == []
    assert outbox.waiting_pictures(9) == []
    assert (outbox.counts().waiting_captures, outbox.counts().waiting_pictures) == (0, 0)
    assert store.held() == [refused]
    released = release(store, refused.message_id, FORCED)
    assert released.quality.forced == FORCED
    assert released.quality.reasons == refused.quality.reasons
    assert waiting(outbox, 9) == [refused.message_id]
    assert Capture.model_validate_json(outbox.payload(refused.message_id)) == released
    assert [picture.sha256 for picture in outbox.waiting_pictures(9)] == [refused.picture.sha256]
    assert store.held() == []
    assert outbox.record_receipts([receipt(released)]) == [True]


def test_only_a_held_capture_can_be_released(store: Store) -> None:
    """Breaks when a capture that travelled is changed afterwards: its receipt would name content that is not there."""
    passed = keep(store)
    for message_id in (passed.message_id, new_message_id()):
        with pytest.raises(NoSuchMessage, match="trichoscope refused"):
            release(store, message_id, FORCED)
    assert store.visit("P-0042", 1) == [passed]


def test_a_picture_of_a_held_and_of_another_capture_travels(store: Store) -> None:
    """Breaks when the same still, kept twice, is withheld from the clinic because one of the two is."""
    keep_held(store)
    passed = keep(store)
    assert [picture.sha256 for picture in Outbox(store).waiting_pictures(9)] == [passed.picture.sha256]


def test_comparisons_and_visits_are_kept_as_captures_are(store: Store) -> None:
    """Breaks when a comparison or a visit overtakes the captures before it, or leaves without its own receipt."""
    capture, outbox = keep(store), Outbox(store)
    comparison = store.keep_message(examples.comparison_numbered)
    visit = store.keep_message(lambda sequence: examples.visit(sequence=sequence))
    last = keep(store, 2)
    kept = [capture, comparison, visit, last]
    assert [message.sequence for message in kept] == [1, 2, 3, 4]
    assert [(message.message_id, message.channel) for message in outbox.remaining()] == [
        (capture.message_id, Channel.CAPTURE),
        (comparison.message_id, Channel.CHANGE),
        (visit.message_id, Channel.VISIT),
        (last.message_id, Channel.CAPTURE),
    ]
    assert [outbox.payload(message.message_id) for message in kept] == [message.encode() for message in kept]
    counts = outbox.counts()
    assert (counts.waiting_captures, counts.waiting_others) == (2, 2)
    assert outbox.record_receipts([receipt(comparison, content=b"other")]) == [False]
    assert outbox.record_receipts([receipt(comparison)]) == [True]
    assert outbox.record_receipts([receipt(visit, Outcome.REFUSED)]) == [True]
    assert outbox.state(visit.message_id) == (State.REFUSED, "not readable")
    counts = outbox.counts()
    assert (counts.waiting_others, counts.refused_others, counts.refused_captures) == (0, 1, 0)
    assert store.visit("P-0042", 2) == [last], "a visit's captures are captures only"


def test_a_comparison_of_unknown_captures_is_kept(store: Store) -> None:
    """Breaks when a follow-up that this instrument does not hold any more cannot be compared for the clinic."""
    comparison = store.keep_message(examples.comparison_numbered)
    assert waiting(Outbox(store), 9) == [comparison.message_id]


def test_a_message_that_may_not_travel_is_not_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a message that every broker refuses stands in the outbox for ever."""
    monkeypatch.setattr("device.store.store.MAX_MESSAGE_BYTES", 500)
    with pytest.raises(MessageTooLong, match="500 may travel"):
        store.keep_message(examples.comparison_numbered)
    monkeypatch.undo()
    assert Outbox(store).waiting(9) == []
    assert store.keep_message(examples.comparison_numbered).sequence == 1


def test_a_capture_of_a_later_visit_waits_for_its_comparison(store: Store) -> None:
    """Breaks when a visit without connection is never compared, or the service compares while the chair does."""
    keep(store, 1)
    followup = keep(store, 2)
    taken_at = followup.created_at
    assert store.without_comparison(taken_at) == [], "the chair has its time"
    later = taken_at + timedelta(hours=1)
    assert store.without_comparison(later) == [followup]
    store.put_off_comparison(followup.message_id, later + timedelta(days=1))
    assert store.without_comparison(later) == []
    assert store.without_comparison(later + timedelta(days=1)) == [followup]
    store.keep_message(lambda sequence: examples.comparison(sequence=sequence, followup=examples.compared(followup)))
    assert store.without_comparison(later + timedelta(days=99)) == []
    never = keep(store, 3)
    store.put_off_comparison(never.message_id, None)
    assert store.without_comparison(later + timedelta(days=99)) == []


def test_a_held_capture_is_compared_once_it_is_released(store: Store) -> None:
    """Breaks when figures of a picture that the gate refused reach the clinic by way of a comparison."""
    example = examples.capture(visit_number=2, quality=Quality(verdict=Verdict.REFUSE, reasons=("Out of focus.",)))
    refused = store.keep(
        example.picture,
        examples.PICTURE_BYTES,
        lambda sequence: example.model_copy(update={"sequence": sequence}),
        held=True,
    )
    later = refused.created_at + timedelta(hours=1)
    assert store.without_comparison(later) == []
    released = release(store, refused.message_id, FORCED)
    assert store.without_comparison(later) == [released]
