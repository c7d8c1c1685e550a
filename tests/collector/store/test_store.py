"""The store: once and for ever, in one transaction, whatever comes again."""

import sqlite3
import sqlite3.dbapi2
import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from collector.ingestion.decisions import Accepted, Quarantined, Refused, decide
from collector.store import patients
from collector.store.database import StoreRefused, StoreUnusable
from collector.store.order import status_follows
from collector.store.store import Store
from collector.store.stored import StoreFailed
from collector.store.tables import erasures
from contract import (
    Capture,
    Channel,
    Comparison,
    Outcome,
    Presence,
    Review,
    Topic,
    Visit,
    content_sha256,
    new_message_id,
)
from tests.collector.examples import BOOT, CLINIC, DEVICE, NOW, health, status
from tests.examples import capture, compared, comparison, visit

TOPIC = Topic(CLINIC, DEVICE, Channel.CAPTURE)


def changed(store: Store, statement: str) -> None:
    """Change what is stored behind the store's back."""
    with store.writing() as connection:
        connection.execute(text(statement))


def accepted(shown: Capture | Comparison | Visit | Review) -> Accepted:
    """Return the decision that a message is to be stored."""
    return Accepted(TOPIC, shown, shown.encode())


def test_capture_is_stored_once_and_receipted_every_time(store: Store) -> None:
    """Breaks when a capture that comes again is doubled, or its sender waits for a receipt for ever."""
    shown = capture()
    for decisions in ([accepted(shown)], [accepted(shown), accepted(shown)]):
        for answer in store.store_batch(decisions, NOW):
            assert answer is not None
            assert str(answer.topic) == str(Topic(CLINIC, DEVICE, Channel.RECEIPT))
            assert answer.receipt.outcome is Outcome.STORED
            assert answer.receipt.message_id == shown.message_id
            assert answer.receipt.content_sha256 == content_sha256(shown.encode())
    assert [stored.capture for stored in store.captures_of(shown.patient_code)] == [shown]
    assert store.quarantine(10)[0] == 0


def test_another_capture_under_a_stored_id_is_refused_and_kept(store: Store) -> None:
    """Breaks when a reused id overwrites a stored capture, or a receipt vouches for bytes that were not stored."""
    first = capture()
    second = first.model_copy(update={"visit_number": 2})
    store.store_batch([accepted(first)], NOW)
    (answer,) = store.store_batch([accepted(second)], NOW)
    assert answer is not None
    assert answer.receipt.outcome is Outcome.REFUSED
    assert answer.receipt.reason
    assert answer.receipt.content_sha256 == content_sha256(second.encode())
    assert store.capture(first.message_id) is not None
    assert [stored.capture for stored in store.captures_of(first.patient_code)] == [first]
    assert store.quarantine(10)[0] == 1


def test_refused_and_unreadable_messages_are_kept_once(store: Store) -> None:
    """Breaks when quarantine loses a message, or grows each time a device sends the same one again."""
    named = Refused(TOPIC, new_message_id(), b"{}", "site: no such site")
    unnamed = Quarantined("weather/today", b"\xff", "The topic is none of the contract's.")
    for _ in range(3):
        answer, nothing = store.store_batch([named, unnamed], NOW)
    assert nothing is None
    assert answer is not None
    assert (answer.receipt.outcome, answer.receipt.reason) == (Outcome.REFUSED, named.reason)
    count, messages = store.quarantine(10)
    assert count == 2
    assert {(message.topic, message.reason, message.size_bytes) for message in messages} == {
        (str(TOPIC), named.reason, 2),
        ("weather/today", unnamed.reason, 1),
    }
    assert len(store.quarantine(1)[1]) == 1


def test_stored_captures_cannot_be_changed_or_deleted(store: Store) -> None:
    """Breaks when a careless statement can alter what a receipt was given for."""
    shown = capture()
    store.store_batch([accepted(shown)], NOW)
    for statement in ("UPDATE captures SET visit_number = 9", "DELETE FROM captures"):
        with pytest.raises(StoreRefused, match="never"):
            changed(store, statement)
    assert [stored.capture for stored in store.captures_of(shown.patient_code)] == [shown]


def test_full_disk_stores_nothing_of_the_batch_and_can_be_tried_again(tmp_path: Path) -> None:
    """Breaks when a full disk leaves half a batch, or a store that takes nothing afterwards."""
    with closing(Store(tmp_path / "collector.sqlite3")) as store:
        full_disk(store)


def full_disk(store: Store) -> None:
    """Let a store's file grow no more, and then again."""
    first = capture()
    store.store_batch([accepted(first)], NOW)
    batch = [accepted(capture(camera="x" * 128)) for _ in range(200)]
    bound_pages(store, 30)
    with pytest.raises(StoreFailed, match="full"):
        store.store_batch(batch, NOW)
    assert len(store.captures_of(first.patient_code)) == 1
    bound_pages(store, 100_000)
    assert len(store.store_batch(batch, NOW)) == 200
    assert len(store.captures_of(first.patient_code)) == 201


def bound_pages(store: Store, most: int) -> None:
    """Bound the file of a store on SQLite."""
    with store.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")


def test_everything_is_there_after_reopening(place: Path | str) -> None:
    """Breaks when what was receipted is gone after a restart."""
    path, shown = place, capture()
    with closing(Store(path)) as store:
        store.store_batch([accepted(shown), status(), health()], NOW)
    with closing(Store(path)) as store:
        stored = store.capture(shown.message_id)
        assert stored is not None
        assert (stored.capture, stored.received_at) == (shown, NOW)
        (device,) = store.devices()
        assert device.online
        assert device.health is not None


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be one" * 100, None])
def test_foreign_files_are_refused_with_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    """Breaks when a store of another release is silently used, or a wrong path ends in a traceback."""
    path = tmp_path / "collector.sqlite3"
    if content is not None:
        path.write_bytes(content)
    else:
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnusable, match=str(path)):
        Store(path)


def test_commits_survive_a_power_cut(store: Store) -> None:
    """Breaks when the database is set to a mode that answers before the disk has the commit."""
    with store.writing() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
            assert connection.exec_driver_sql("SHOW fsync").scalar_one() == "on"


def test_patients_are_listed_by_their_last_capture(store: Store) -> None:
    """Breaks when counts of visits or captures, or the order of the list, are wrong."""
    moments = [NOW + timedelta(days=day) for day in range(4)]
    captures = [
        capture(patient_code="P-0001", visit_number=1, taken_at=moments[0]),
        capture(patient_code="P-0001", visit_number=1, taken_at=moments[0]),
        capture(patient_code="P-0001", visit_number=2, taken_at=moments[3]),
        capture(patient_code="P-0002", visit_number=1, taken_at=moments[2]),
    ]
    store.store_batch([accepted(shown) for shown in captures], NOW)
    assert [(row.patient_code, row.visits, row.captures, row.last_taken_at) for row in store.patients()] == [
        ("P-0001", 2, 3, moments[3]),
        ("P-0002", 1, 1, moments[2]),
    ]


def test_late_will_of_an_older_connection_does_not_overrule(store: Store) -> None:
    """Breaks when a device that is there is shown as gone because an old connection's will came late."""
    boot = uuid4()
    store.store_batch([status(sequence=7, boot_id=BOOT), status(sequence=8, boot_id=boot)], NOW)
    store.store_batch([status(sequence=7, boot_id=BOOT, presence=Presence.OFFLINE)], NOW)
    assert store.devices()[0].online
    store.store_batch([status(sequence=8, boot_id=boot, presence=Presence.OFFLINE)], NOW)
    assert not store.devices()[0].online
    store.store_batch([status(sequence=8, boot_id=boot)], NOW)
    assert not store.devices()[0].online, "of one connection, offline comes last"


def test_device_whose_store_was_made_anew_is_heard_again(store: Store) -> None:
    """Breaks when a device that counts from one again stays offline for its first hundred connections."""
    store.store_batch([status(sequence=100, presence=Presence.OFFLINE)], NOW)
    store.store_batch([status(sequence=1, boot_id=uuid4())], NOW)
    assert store.devices()[0].online


def test_missed_connections_end_with_the_newest_word(store: Store) -> None:
    """Breaks when a collector that was away shows a device as online that left meanwhile."""
    store.store_batch([status(sequence=3)], NOW)
    store.store_batch([status(sequence=9, boot_id=uuid4(), presence=Presence.OFFLINE)], NOW)
    assert not store.devices()[0].online


@pytest.mark.parametrize("column", ["status", "health"])
def test_word_of_a_device_that_cannot_be_read_counts_as_none(store: Store, column: str) -> None:
    """Breaks when one unreadable row stops every batch that the device's next word comes in, and the page."""
    store.store_batch([status(), health()], NOW)
    changed(store, f"UPDATE devices SET {column} = '{{}}'")  # noqa: S608  a name of this test
    (device,) = store.devices()
    assert getattr(device, column) is None
    store.store_batch([status(), health()], NOW)
    (device,) = store.devices()
    assert getattr(device, column) is not None


def test_topic_that_is_no_unicode_does_not_stop_its_batch(store: Store) -> None:
    """Breaks when a batch with half a surrogate pair in a topic can never be committed."""
    shown = capture()
    store.store_batch([decide(CLINIC, "weather/\ud800", b"{}"), accepted(shown)], NOW)
    assert store.quarantine(10)[0] == 1
    assert store.capture(shown.message_id) is not None


def test_takes_of_a_site_are_ordered_by_count_within_a_boot(store: Store) -> None:
    """Breaks when a clock that was set back during a visit makes an earlier take the one that counts."""
    first = capture(sequence=1, taken_at=NOW + timedelta(hours=2))
    second = capture(sequence=2, taken_at=NOW)
    store.store_batch([accepted(second), accepted(first)], NOW)
    assert [row.capture.sequence for row in store.captures_of(first.patient_code)] == [1, 2]


def test_takes_of_different_boots_are_ordered_by_time_then_id(store: Store) -> None:
    """Breaks when a restarted device, which counts from one again, puts its later takes before the earlier."""
    ids = sorted(new_message_id() for _ in range(2))
    early = capture(sequence=9, taken_at=NOW)
    late = [capture(boot_id=uuid4(), message_id=ids[n], taken_at=NOW + timedelta(hours=1)) for n in (1, 0)]
    other_visit = capture(visit_number=2, sequence=1, taken_at=NOW - timedelta(days=1))
    store.store_batch([accepted(shown) for shown in (other_visit, *late, early)], NOW)
    shown = [row.capture.message_id for row in store.captures_of(early.patient_code)]
    assert shown == [early.message_id, *ids, other_visit.message_id]


@settings(deadline=None)
@given(order=st.permutations(range(6)))
def test_order_of_arrival_does_not_matter_within_a_boot(order: list[int]) -> None:
    """Breaks when late or repeated status messages leave another state than the newest connection's."""
    messages = [
        status(sequence=number // 2 + 1, presence=Presence.OFFLINE if number % 2 else Presence.ONLINE)
        for number in range(6)
    ]
    known = messages[order[0]]
    for number in order[1:] + order:
        if status_follows(known, messages[number]):
            known = messages[number]
    assert known == messages[5]


def test_repeated_health_does_not_make_a_device_seen_again(store: Store) -> None:
    """Breaks when a retained message of last week, delivered at a restart, shows the device as seen just now."""
    week = timedelta(days=7)
    fit = health(sequence=5, waiting_captures=3)
    store.store_batch([fit], NOW)
    store.store_batch([fit, health(sequence=4, waiting_captures=9)], NOW + week)
    (device,) = store.devices()
    assert device.health == fit
    assert device.seen_at == NOW
    later = health(sequence=1, boot_id=UUID(int=1), created_at=NOW + week)
    store.store_batch([later], NOW + week)
    assert store.devices()[0].seen_at == NOW + week


def test_first_word_of_a_device_long_gone_does_not_make_it_seen_now(store: Store) -> None:
    """Breaks when a new collector shows a device as seen just now that left its retained words a week ago."""
    store.store_batch([health(), status(presence=Presence.OFFLINE)], NOW + timedelta(days=7))
    assert store.devices()[0].seen_at == NOW


def test_untrusted_clock_does_not_say_when_a_device_was_seen(store: Store) -> None:
    """Breaks when a device without a clock is shown as last seen in 1970."""
    store.store_batch([health(clock_trusted=False, created_at=NOW - timedelta(days=9000))], NOW)
    assert store.devices()[0].seen_at == NOW


@pytest.mark.parametrize("make", [comparison, visit])
def test_comparisons_and_visits_are_stored_once_and_receipted_every_time(
    store: Store, make: Callable[..., Comparison | Visit]
) -> None:
    """Breaks when they are doubled, changed by a reused id, or their sender waits for a receipt for ever."""
    shown = make()
    for decisions in ([accepted(shown)], [accepted(shown), accepted(shown)]):
        for answer in store.store_batch(decisions, NOW):
            assert answer is not None
            assert answer.receipt.outcome is Outcome.STORED
            assert answer.receipt.content_sha256 == content_sha256(shown.encode())
    other = shown.model_copy(update={"patient_code": "P-0043"})
    (answer,) = store.store_batch([accepted(other)], NOW)
    assert answer is not None
    assert answer.receipt.outcome is Outcome.REFUSED
    assert f"Another {make.__name__} is already stored" in (answer.receipt.reason or "")
    assert store.quarantine(10)[0] == 1
    table = f"{make.__name__}s"
    with store.reading() as connection:
        assert connection.execute(text(f"SELECT payload FROM {table}")).all() == [(shown.encode(),)]  # noqa: S608
    for statement in (f"UPDATE {table} SET patient_code = 'P-1111'", f"DELETE FROM {table}"):  # noqa: S608
        with pytest.raises(StoreRefused, match="never"):
            changed(store, statement)


def test_a_comparison_of_captures_that_the_clinic_does_not_hold_is_stored(store: Store) -> None:
    """Breaks when a comparison is lost because its captures are held at the chair, or still on their way."""
    shown = comparison()
    store.store_batch([accepted(shown)], NOW)
    assert store.captures_of("P-0042") == []
    assert [stored.comparison for stored in store.comparisons_of("P-0042", "frontal")] == [shown]


def test_a_site_s_comparisons_are_the_newest_of_each_capture(store: Store) -> None:
    """Breaks when a report shows a comparison that was made anew, or the visits out of order."""
    captures = [capture(visit_number=number, taken_at=NOW + timedelta(days=number)) for number in (1, 2, 3)]
    baseline, *followups = [compared(shown) for shown in captures]
    newest = [
        comparison(sequence=9, baseline=baseline, followup=followups[1]),
        comparison(sequence=7, baseline=baseline, followup=followups[0], created_at=NOW - timedelta(days=99)),
    ]
    others = [
        comparison(sequence=3, baseline=baseline, followup=followups[0]),
        comparison(sequence=10, site="vertex"),
        comparison(sequence=11, patient_code="P-0043"),
    ]
    store.store_batch([accepted(shown) for shown in (*newest, *others)], NOW)
    stored = store.comparisons_of("P-0042", "frontal")
    assert [row.comparison for row in stored] == [newest[1], newest[0]]
    assert {row.received_at for row in stored} == {NOW}


def test_a_patient_s_visits_are_the_last_word_of_each_instrument(store: Store) -> None:
    """Breaks when a visit is shown as it was before its last site, or one chair's visit hides another's."""
    last = [
        visit(sequence=8),
        visit(sequence=2, device_id="chair-2"),
        visit(sequence=3, visit_number=2),
    ]
    store.store_batch([accepted(shown) for shown in (last[2], *last[:2], visit(sequence=4))], NOW)
    store.store_batch([accepted(visit(patient_code="P-0043"))], NOW)
    assert [stored.visit for stored in store.visits_of("P-0042")] == last
    assert store.visits_of("P-9999") == []


def test_a_store_on_a_read_only_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a collector that started while its disk was read-only stays so for ever after."""
    Store(tmp_path / "a.sqlite3").close()
    address = f"file:{tmp_path / 'a.sqlite3'}?mode=ro"  # as SQLite opens a file that it may not write
    connect = sqlite3.dbapi2.connect
    monkeypatch.setattr(sqlite3.dbapi2, "connect", lambda _path, **words: connect(address, uri=True, **words))
    with pytest.raises(StoreUnusable, match="readonly"):
        Store(tmp_path / "a.sqlite3")


def test_a_stored_message_that_cannot_be_read_tells_nobody_whose_it_is(store: Store) -> None:
    """Breaks when a store of another release ends a page in a traceback that quotes the patient's code."""
    stored = capture()
    store.store_batch([accepted(stored)], NOW)
    unprotected = (
        "DROP TRIGGER capture_never_changes"
        if store.database.is_sqlite
        else "DROP TRIGGER capture_is_for_good ON captures"
    )
    changed(store, unprotected)
    with store.writing() as connection:
        spoilt = stored.encode().replace(b"P-0042", b"ABCDE-4711")
        connection.execute(text("UPDATE captures SET payload = :spoilt"), {"spoilt": spoilt})
    with pytest.raises(StoreFailed) as failed:
        store.capture(stored.message_id)
    assert "4711" not in "".join(traceback.format_exception(failed.value))


def test_what_the_database_says_is_told_without_what_it_was_asked(store: Store) -> None:
    """Breaks when a failed statement puts patients' codes into the log."""
    shown = capture(patient_code="P-4711")
    changed(store, "DROP TABLE patients")
    with pytest.raises(StoreFailed) as failed:
        store.store_batch([accepted(shown)], NOW)
    assert "4711" not in str(failed.value)
    assert "patients" in str(failed.value)


def test_a_page_can_write_nothing(store: Store) -> None:
    """Breaks when what only looks can alter what is stored."""
    with pytest.raises(StoreFailed, match=r"could not be read.*(readonly|read-only)"), store.reading() as connection:
        connection.execute(text("DELETE FROM patients"))


def test_messages_of_a_patient_who_was_erased_are_kept_nowhere(store: Store) -> None:
    """Breaks when an instrument that was off brings back whom the clinic has erased, or asks with them for ever."""
    shown, other = capture(), capture(patient_code="P-0043")
    with store.writing() as connection:
        row = {"erasure_id": uuid4(), "patient_code": shown.patient_code, "reason": "asked", "asked_by": "mk"}
        connection.execute(insert(erasures).values(**row, begun_at=NOW, done_at=NOW))
    answers = store.store_batch([accepted(shown), accepted(other), accepted(visit())], NOW)
    assert [answer.receipt.outcome for answer in answers if answer] == [
        Outcome.REFUSED,
        Outcome.STORED,
        Outcome.REFUSED,
    ]
    assert [row.patient_code for row in store.patients()] == ["P-0043"]
    assert store.quarantine(10) == (0, [])
    assert store.visits_of(shown.patient_code) == []


def test_a_patient_s_facts_go_while_they_are_being_erased_and_no_others(store: Store) -> None:
    """Breaks when erasing one patient opens the store, or the law cannot be obeyed."""
    shown, other = capture(), capture(patient_code="P-0043")
    store.store_batch([accepted(shown), accepted(other)], NOW)
    with store.writing() as connection:
        row = {"erasure_id": uuid4(), "patient_code": shown.patient_code, "reason": "asked", "asked_by": "mk"}
        connection.execute(insert(erasures).values(**row, begun_at=NOW))
    with pytest.raises(StoreRefused, match="never"):
        changed(store, "DELETE FROM captures")
    changed(store, "DELETE FROM captures WHERE patient_code = 'P-0042'")
    assert store.captures_of(shown.patient_code) == []
    assert len(store.captures_of("P-0043")) == 1


def test_patients_are_found_some_at_a_time(store: Store) -> None:
    """Breaks when a patient is left out between two pages of the list, or shown on both."""
    codes = [f"P-{number:04}" for number in range(7)]
    at = {code: NOW + timedelta(hours=number // 2) for number, code in enumerate(codes)}
    store.store_batch([accepted(capture(patient_code=code, taken_at=at[code])) for code in codes], NOW)
    seen: list[str] = []
    after = None
    with store.reading() as connection:
        while rows := patients.newest(connection, 3, after):
            seen += [row.patient_code for row in rows]
            after = patients.After(rows[-1].last_taken_at, rows[-1].patient_code)
        assert seen == sorted(codes, key=lambda code: (at[code], code), reverse=True)
        assert [row.patient_code for row in patients.found(connection, "P-0003", 9)] == ["P-0003"]
        assert len(patients.found(connection, "P-", 4)) == 4
        assert patients.found(connection, "Q", 4) == []
