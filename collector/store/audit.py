"""Reading the audit trail: the newest first, in pages that each begin where the last one ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from collector.store.tables import audit_trail

_TIME_BITS = 80
"""Of a UUIDv7 the bits after its time in milliseconds (RFC 9562, 5.7)."""


@dataclass(frozen=True)
class Entry:
    """One entry of the trail."""

    entry_id: UUID
    at: datetime
    by: str
    action: str
    patient_code: str | None
    subject: str | None
    detail: str | None


@dataclass(frozen=True)
class Wanted:
    """Which entries are looked for; None where all are.

    Parameters
    ----------
    by, patient_code, action
        Exactly.
    first_day, last_day
        Of this machine's time zone, both included.
    """

    by: str | None = None
    patient_code: str | None = None
    action: str | None = None
    first_day: date | None = None
    last_day: date | None = None


def entries(connection: Connection, wanted: Wanted, limit: int, before: UUID | None = None) -> list[Entry]:
    """Return entries, the newest first.

    Parameters
    ----------
    connection
        To the store.
    wanted
        Which.
    limit
        How many at most.
    before
        The last entry of the page before.
    """
    table = audit_trail.c
    conditions = [
        column == value
        for column, value in (
            (table.by, wanted.by),
            (table.patient_code, wanted.patient_code),
            (table.action, wanted.action),
        )
        if value is not None
    ]
    # An entry's number begins with its time: a range of days is a range of the primary key.
    if wanted.first_day is not None:
        conditions.append(table.entry_id >= _first_of(wanted.first_day))
    if wanted.last_day is not None:
        conditions.append(table.entry_id < _first_of(wanted.last_day + timedelta(days=1)))
    if before is not None:
        conditions.append(table.entry_id < before)
    asked = select(audit_trail).where(*conditions).order_by(table.entry_id.desc()).limit(limit)
    return [Entry(**row._mapping) for row in connection.execute(asked)]


def _first_of(day: date) -> UUID:
    """Return what no entry of an earlier day reaches; the day begins at this machine's midnight."""
    midnight = datetime(day.year, day.month, day.day).astimezone(UTC)
    milliseconds = max(0, int(midnight.timestamp() * 1000))
    return UUID(int=milliseconds << _TIME_BITS)
