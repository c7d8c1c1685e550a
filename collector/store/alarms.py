"""Alarms: what came under another's name, from whom, and how often. Their part of the store's SQL is here."""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select

from collector.store.tables import alarms, alarms_dropped
from collector.store.upsert import insert_into, later_of

_log = logging.getLogger(__name__)

KEPT_OF_EACH_DEVICE = 50
"""Most alarms of one device that are kept by name; older ones are counted."""

_ALL = 1_000_000  # SQLite has no offset without a limit


class AlarmKind(StrEnum):
    """What an alarm is of."""

    PICTURE_ALTERED = "picture-altered"
    """Other bytes than the picture's name says."""
    PICTURE_UNFIT = "picture-unfit"
    """The bytes that the name says, and no picture, or one that carries what may name somebody."""
    MESSAGE_ALTERED = "message-altered"
    """Another message under the id of one that is stored."""


@dataclass(frozen=True)
class Alarm:
    """What came, and under which name.

    Parameters
    ----------
    kind
        What it is.
    device_id
        The sender's, by certificate or by the broker's access list; None if nobody is named.
    subject
        The name that it came under: a picture's SHA-256, or a message's id.
    found_sha256, size_bytes
        What came.
    reason
        The sentence that it was refused with.
    """

    kind: AlarmKind
    device_id: str | None
    subject: str
    found_sha256: str
    size_bytes: int
    reason: str


@dataclass(frozen=True)
class RaisedAlarm:
    """An alarm, when it came first and last, and how often."""

    alarm: Alarm
    first_at: datetime
    last_at: datetime
    times: int


@dataclass(frozen=True)
class Alarms:
    """What was raised, the newest first; ``dropped`` more are not kept by name."""

    raised: tuple[RaisedAlarm, ...]
    dropped: int


def told_in_the_log(alarm: Alarm) -> None:
    """Say an alarm where no store takes it."""
    _log.error("%s of %s: %s", alarm.kind, alarm.device_id or "a sender without name", alarm.reason)


def write(connection: Connection, alarm: Alarm, at: datetime) -> None:
    """Write an alarm within the transaction that is open, and log it if it is new.

    Parameters
    ----------
    connection
        To the store.
    alarm
        What is to be told.
    at
        When.
    """
    device_id = alarm.device_id or ""
    statement = insert_into(connection, alarms).values(
        kind=alarm.kind.value,
        device_id=device_id,
        subject=alarm.subject,
        found_sha256=alarm.found_sha256,
        size_bytes=alarm.size_bytes,
        reason=alarm.reason,
        first_at=at,
        last_at=at,
        times=1,
    )
    again = statement.on_conflict_do_update(
        index_elements=list(alarms.primary_key),
        set_={
            "times": alarms.c.times + 1,
            "reason": statement.excluded.reason,
            "last_at": later_of(connection, alarms.c.last_at, statement.excluded.last_at),
        },
    )
    if connection.execute(again.returning(alarms.c.times)).scalar_one() == 1:
        told_in_the_log(alarm)
    _keep_newest(connection, device_id)


def _keep_newest(connection: Connection, device_id: str) -> None:
    """Keep a device's newest alarms by name, and count the others."""
    of_device = select(alarms).where(alarms.c.device_id == device_id)
    older = connection.execute(
        of_device.order_by(alarms.c.last_at.desc(), alarms.c.first_at.desc(), alarms.c.subject)
        .limit(_ALL)
        .offset(KEPT_OF_EACH_DEVICE)
    ).all()
    for row in older:
        key = [column == getattr(row, column.name) for column in alarms.primary_key]
        connection.execute(delete(alarms).where(*key))
    if older:
        times = sum(row.times for row in older)
        statement = insert_into(connection, alarms_dropped).values(device_id=device_id, times=times)
        counted = alarms_dropped.c.times + statement.excluded.times
        connection.execute(
            statement.on_conflict_do_update(index_elements=[alarms_dropped.c.device_id], set_={"times": counted})
        )


def read(connection: Connection) -> Alarms:
    """Return all alarms."""
    rows = connection.execute(select(alarms).order_by(alarms.c.last_at.desc(), alarms.c.first_at.desc()))
    raised = tuple(
        RaisedAlarm(
            Alarm(
                AlarmKind(row.kind), row.device_id or None, row.subject, row.found_sha256, row.size_bytes, row.reason
            ),
            row.first_at,
            row.last_at,
            row.times,
        )
        for row in rows
    )
    dropped = connection.execute(select(func.coalesce(func.sum(alarms_dropped.c.times), 0))).scalar_one()
    return Alarms(raised, int(dropped))
