"""Alarms: what came under another's name, from whom, and how often. Their part of the store's SQL is here."""

import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_log = logging.getLogger(__name__)

KEPT_OF_EACH_DEVICE = 50
"""Most alarms of one device that are kept by name; older ones are counted."""


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


def write(connection: sqlite3.Connection, alarm: Alarm, at: str) -> None:
    """Write an alarm within the transaction that is open, and log it if it is new.

    Parameters
    ----------
    connection
        To the store.
    alarm
        What is to be told.
    at
        When, as the store writes times.
    """
    device_id = alarm.device_id or ""
    (times,) = connection.execute(
        "INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1,"
        " reason = excluded.reason, last_at = max(last_at, excluded.last_at) RETURNING times",
        (alarm.kind, device_id, alarm.subject, alarm.found_sha256, alarm.size_bytes, alarm.reason, at, at),
    ).fetchone()
    if times == 1:
        told_in_the_log(alarm)
    older = connection.execute(
        "SELECT rowid, times FROM alarms WHERE device_id = ? ORDER BY last_at DESC, rowid DESC LIMIT -1 OFFSET ?",
        (device_id, KEPT_OF_EACH_DEVICE),
    ).fetchall()
    for row, its_times in older:
        connection.execute("DELETE FROM alarms WHERE rowid = ?", (row,))
        connection.execute(
            "INSERT INTO alarms_dropped VALUES (?, ?) ON CONFLICT DO UPDATE SET times = times + excluded.times",
            (device_id, its_times),
        )


def read(connection: sqlite3.Connection) -> Alarms:
    """Return all alarms."""
    rows = connection.execute(
        "SELECT kind, device_id, subject, found_sha256, size_bytes, reason, first_at, last_at, times FROM alarms"
        " ORDER BY last_at DESC, rowid DESC"
    )
    raised = tuple(
        RaisedAlarm(
            Alarm(AlarmKind(kind), device_id or None, subject, found, size_bytes, reason),
            datetime.fromisoformat(first_at),
            datetime.fromisoformat(last_at),
            times,
        )
        for kind, device_id, subject, found, size_bytes, reason, first_at, last_at, times in rows
    )
    (dropped,) = connection.execute("SELECT coalesce(sum(times), 0) FROM alarms_dropped").fetchone()
    return Alarms(raised, dropped)
