"""What is new at the clinic: captures by their arrival, who is there, how much waits for somebody; all cheaply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select

from collector.store import quarantine
from collector.store.rows import payload_as
from collector.store.tables import accounts, alarms, captures, devices, sessions, visits
from contract import Visit

_ONLINE = '%"presence":"online"%'
"""Within a status as the store writes it: a quotation mark within a text of it has a backslash before it."""


@dataclass(frozen=True)
class Arrival:
    """A capture that came."""

    received_at: datetime
    message_id: UUID
    patient_code: str
    visit_number: int
    device_id: str


@dataclass(frozen=True)
class Standing:
    """Who is online by their own word, and how much waits for somebody."""

    online: dict[str, bool]
    quarantined: int
    alarms: int


@dataclass(frozen=True)
class OpenUntil:
    """When a session was opened and used last."""

    opened_at: datetime
    seen_at: datetime


def arrivals(connection: Connection, since: datetime, limit: int) -> list[Arrival]:
    """Return the captures that came since, the newest first."""
    rows = connection.execute(
        select(
            captures.c.received_at,
            captures.c.message_id,
            captures.c.patient_code,
            captures.c.visit_number,
            captures.c.device_id,
        )
        .where(captures.c.received_at >= since)
        .order_by(captures.c.received_at.desc(), captures.c.message_id.desc())
        .limit(limit)
    )
    return [Arrival(*row) for row in rows]


def came_since(connection: Connection, since: datetime, limit: int) -> tuple[int, int]:
    """Return how many captures came since, counted up to a limit, and of how many patients."""
    some = select(captures.c.patient_code).where(captures.c.received_at >= since)
    newest = some.order_by(captures.c.received_at.desc()).limit(limit).subquery()
    counted = select(func.count(), func.count(newest.c.patient_code.distinct())).select_from(newest)
    came, of_patients = connection.execute(counted).one()
    return came, of_patients


def standing(connection: Connection) -> Standing:
    """Return who is online, and how much waits."""
    presences = connection.execute(select(devices.c.device_id, devices.c.status.like(_ONLINE)))
    return Standing(
        {device_id: bool(online) for device_id, online in presences},
        quarantine.count(connection),
        int(connection.execute(select(func.coalesce(func.sum(alarms.c.times), 0))).scalar_one()),
    )


def open_sessions(connection: Connection, digests: Collection[str]) -> dict[str, OpenUntil]:
    """Return those of some sessions that nobody ended, by their digests."""
    rows = connection.execute(
        select(sessions.c.token_sha256, sessions.c.opened_at, sessions.c.seen_at)
        .join_from(sessions, accounts)
        .where(sessions.c.token_sha256.in_(digests), accounts.c.closed_at.is_(None))
    )
    return {digest: OpenUntil(opened_at, seen_at) for digest, opened_at, seen_at in rows}


def taken_at_visits(connection: Connection, codes: Collection[str]) -> dict[tuple[str, int], int]:
    """Return how many captures there are of each visit of some patients."""
    visit = captures.c.patient_code, captures.c.visit_number
    counted = select(*visit, func.count()).where(captures.c.patient_code.in_(codes)).group_by(*visit)
    return {(code, visit_number): count for code, visit_number, count in connection.execute(counted)}


def visits_said(connection: Connection, wanted: Collection[tuple[str, int]]) -> list[Visit]:
    """Return what instruments said last of some patients' visits, by patient code and number.

    Raises
    ------
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    said = select(visits.c.patient_code, visits.c.visit_number, visits.c.payload)
    rows = connection.execute(said.where(visits.c.patient_code.in_({code for code, _number in wanted})))
    newest: dict[tuple[str, int, str], Visit] = {}
    for code, number, payload in rows:
        if (code, number) in wanted:
            visit = payload_as(Visit, payload)
            of = code, number, visit.device_id
            if of not in newest or newest[of].sequence < visit.sequence:
                newest[of] = visit
    return list(newest.values())
