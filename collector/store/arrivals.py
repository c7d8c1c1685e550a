"""Captures in the order in which they arrived: how another system follows what is new without asking for all again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, literal, select, tuple_

from collector.store.series import ListedCapture
from collector.store.tables import captures
from collector.store.types import Identifier, Moment
from contract import Verdict

_LISTED = (
    captures.c.message_id,
    captures.c.device_id,
    captures.c.patient_code,
    captures.c.visit_number,
    captures.c.site,
    captures.c.taken_at,
    captures.c.picture_sha256,
    captures.c.verdict,
    captures.c.figures,
    captures.c.received_at,
)


@dataclass(frozen=True)
class Arrival:
    """A place in the order of arrival."""

    received_at: datetime
    message_id: UUID


@dataclass(frozen=True)
class Arrived:
    """A capture as its columns tell it, and when it came."""

    capture: ListedCapture
    received_at: datetime


def arrived(
    connection: Connection, limit: int, before: datetime, since: datetime | None = None, after: Arrival | None = None
) -> list[Arrived]:
    """Return captures by their arrival, the first first.

    Parameters
    ----------
    connection
        To the store.
    limit
        How many at most.
    before
        What came at this time or later is left out.
    since
        What came earlier is left out.
    after
        Where the part before ended; of both bounds the later one holds.
    """
    question = select(*_LISTED).where(captures.c.received_at < before)
    if since is not None:
        question = question.where(captures.c.received_at >= since)
    if after is not None:
        place = tuple_(captures.c.received_at, captures.c.message_id)
        question = question.where(
            place > tuple_(literal(after.received_at, Moment()), literal(after.message_id, Identifier()))
        )
    rows = connection.execute(question.order_by(captures.c.received_at, captures.c.message_id).limit(limit))
    return [Arrived(ListedCapture(*row[:7], Verdict(row.verdict), row.figures), row.received_at) for row in rows]


def times(connection: Connection, patient_code: str) -> dict[UUID, datetime]:
    """Return when each of a patient's captures came."""
    question = select(captures.c.message_id, captures.c.received_at).where(captures.c.patient_code == patient_code)
    return {row.message_id: row.received_at for row in connection.execute(question)}
