"""What of devices is stored, and what came that could not be taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from collector.store.alarms import Alarm, AlarmKind, RaisedAlarm
from collector.store.rows import device_summary
from collector.store.stored import DeviceSummary, QuarantinedMessage
from collector.store.tables import alarms, captures, devices, quarantine


@dataclass(frozen=True)
class TakenBy:
    """A capture of one device: when it came, and the gate's verdict."""

    received_at: datetime
    verdict: str


def known(connection: Connection) -> list[DeviceSummary]:
    """Return all devices that were ever heard of, by name."""
    return [device_summary(*row) for row in connection.execute(select(devices).order_by(devices.c.device_id))]


def of_id(connection: Connection, device_id: str) -> DeviceSummary | None:
    """Return one device, or ``None`` if it was never heard of."""
    row = connection.execute(select(devices).where(devices.c.device_id == device_id)).one_or_none()
    return None if row is None else device_summary(*row)


def newest_captures(connection: Connection, device_id: str, limit: int, since: datetime | None = None) -> list[TakenBy]:
    """Return the captures of a device that came last, the newest first."""
    question = (
        select(captures.c.received_at, captures.c.verdict)
        .where(captures.c.device_id == device_id)
        .order_by(captures.c.received_at.desc())
        .limit(limit)
    )
    if since is not None:
        question = question.where(captures.c.received_at >= since)
    return [TakenBy(*row) for row in connection.execute(question)]


def last_alarms(connection: Connection) -> dict[str, datetime]:
    """Return when the newest alarm of each device came; those of a sender without name under ``""``."""
    newest = select(alarms.c.device_id, func.max(alarms.c.last_at)).group_by(alarms.c.device_id)
    return {row[0]: row[1] for row in connection.execute(newest)}


def alarms_of(connection: Connection, device_id: str) -> list[RaisedAlarm]:
    """Return a device's alarms that are kept by name, the newest first."""
    rows = connection.execute(
        select(alarms).where(alarms.c.device_id == device_id).order_by(alarms.c.last_at.desc(), alarms.c.subject)
    )
    return [
        RaisedAlarm(
            Alarm(
                AlarmKind(row.kind), row.device_id or None, row.subject, row.found_sha256, row.size_bytes, row.reason
            ),
            row.first_at,
            row.last_at,
            row.times,
        )
        for row in rows
    ]


def quarantined(connection: Connection, limit: int) -> tuple[int, list[QuarantinedMessage]]:
    """Return how many messages are in quarantine, and the newest ``limit`` of them."""
    count = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    rows = connection.execute(
        select(quarantine.c.topic, quarantine.c.reason, quarantine.c.received_at, func.length(quarantine.c.payload))
        .order_by(quarantine.c.received_at.desc(), quarantine.c.topic, quarantine.c.content_sha256)
        .limit(limit)
    )
    return count, [QuarantinedMessage(*row) for row in rows]
