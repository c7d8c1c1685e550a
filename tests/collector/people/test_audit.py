"""The trail: complete, in order, never changed, and read without reading it all."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, text

from collector.people import audit
from collector.people.audit import Action
from collector.store.audit import Entry, Wanted, entries
from collector.store.database import StoreRefused
from collector.store.store import Store
from collector.store.stored import StoreFailed
from collector.store.tables import audit_trail

_START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
_PER_DAY, _DAYS = 40, 30


def _fill(store: Store) -> list[Entry]:
    """Write a month of entries, and return them, the newest first."""
    made = []
    for number in range(_PER_DAY * _DAYS):
        at = _START + timedelta(days=number // _PER_DAY, minutes=number % _PER_DAY)
        entry_id = UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number)
        action = Action.LOOKED if number % 10 else Action.SIGNED_IN
        patient = f"P-{number % 25:04}" if action is Action.LOOKED else None
        made.append(Entry(entry_id, at, f"person-{number % 7}", action.value, patient, None, None))
    with store.writing() as connection:
        connection.execute(insert(audit_trail), [vars(entry) for entry in made])
    return made[::-1]


def _all(store: Store, wanted: Wanted, limit: int) -> list[Entry]:
    """Read all pages."""
    found: list[Entry] = []
    while True:
        with store.reading() as connection:
            page = entries(connection, wanted, limit, found[-1].entry_id if found else None)
        found += page
        if len(page) < limit:
            return found


def test_pages_hold_every_entry_once_in_order(store: Store) -> None:
    """Breaks when an entry between two pages is in none, or in both."""
    made = _fill(store)
    assert _all(store, Wanted(), 97) == made


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(by="person-3"),
        Wanted(patient_code="P-0007"),
        Wanted(action="signed-in"),
        Wanted(by="person-3", patient_code="P-0007"),
        Wanted(by="person-3", action="looked"),
        Wanted(first_day=datetime(2026, 3, 5).astimezone().date(), last_day=datetime(2026, 3, 6).astimezone().date()),
    ],
)
def test_filters_find_what_they_name_and_all_of_it(store: Store, wanted: Wanted) -> None:
    """Breaks when who asks who looked at a patient misses one."""
    right = [
        entry
        for entry in _fill(store)
        if wanted.by in (None, entry.by)
        and wanted.patient_code in (None, entry.patient_code)
        and wanted.action in (None, entry.action)
        and (wanted.first_day is None or entry.at.astimezone().date() >= wanted.first_day)
        and (wanted.last_day is None or entry.at.astimezone().date() <= wanted.last_day)
    ]
    assert right
    assert _all(store, wanted, 10) == right


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(by="person-3"), Wanted(patient_code="P-0007")])
def test_a_page_is_read_by_an_index(store: Store, wanted: Wanted) -> None:
    """Breaks when a page of the trail reads the trail of all years."""
    _fill(store)
    asked: list[tuple[str, Any]] = []
    with store.reading() as connection:
        event.listen(
            connection, "before_cursor_execute", lambda _c, _u, statement, given, *_: asked.append((statement, given))
        )
        entries(connection, wanted, 100, UUID(int=0x0197 << 112))
        statement, given = asked[0]
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
        else:
            for way in ("seqscan", "bitmapscan"):  # a few pages of a table are faster read as a whole
                connection.execute(text(f"SET LOCAL enable_{way} = off"))
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", given).all()
    said = " ".join(str(line) for line in plan).upper()
    assert "INDEX" in said, said
    assert "SCAN AUDIT_TRAIL" not in said.replace("SCAN AUDIT_TRAIL USING INDEX", ""), said
    assert "TEMP B-TREE" not in said, said
    assert "SORT" not in said, said


def test_an_entry_is_committed_with_what_was_done_or_not_at_all(store: Store) -> None:
    """Breaks when something was done and nobody can see by whom."""

    def export() -> None:
        with store.writing() as connection:
            audit.write(connection, "mk", Action.EXPORTED, detail="everything")
            connection.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(StoreFailed):
        export()
    with store.reading() as connection:
        assert entries(connection, Wanted(), 10) == []


@pytest.mark.parametrize("change", ["UPDATE audit_trail SET by = 'nobody'", "DELETE FROM audit_trail"])
def test_entries_are_never_changed(store: Store, change: str) -> None:
    """Breaks when whoever did something can take it out of the trail."""
    audit.note(store, "mk", Action.LOOKED, patient_code="P-0042")
    with pytest.raises(StoreRefused, match="a stored audit_entry is never"), store.writing() as connection:
        connection.execute(text(change.replace(" by ", ' "by" ')))
    with store.reading() as connection:
        assert [entry.by for entry in entries(connection, Wanted(), 10)] == ["mk"]
