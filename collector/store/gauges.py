"""What the store's state is in numbers, for metrics: counts of small tables, and the database's size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from collector.store.devices import known
from collector.store.tables import alarms, alarms_dropped, erasures, quarantine

MOST_DEVICES = 500
"""Devices that are told one by one: each is a time series of its own wherever metrics are kept."""


@dataclass(frozen=True)
class DeviceGauges:
    """One device: when it was heard of last, and what waits there by its own word."""

    device_id: str
    online: bool
    seen_at: datetime
    waiting: int
    refused: int


@dataclass(frozen=True)
class Gauges:
    """The store's state; ``devices`` are the first of them by name, ``online`` and ``offline`` count all."""

    quarantined: int
    alarms: dict[str, int]
    erasures_unfinished: int
    store_bytes: int
    online: int
    offline: int
    devices: tuple[DeviceGauges, ...]


def gauges(connection: Connection) -> Gauges:
    """Read them; nothing of it grows with the number of captures."""
    kinds = connection.execute(select(alarms.c.kind, func.sum(alarms.c.times)).group_by(alarms.c.kind)).all()
    dropped = connection.execute(select(func.coalesce(func.sum(alarms_dropped.c.times), 0))).scalar_one()
    devices = known(connection)
    online = sum(device.online for device in devices)
    return Gauges(
        quarantined=connection.execute(select(func.count()).select_from(quarantine)).scalar_one(),
        alarms={kind: int(times) for kind, times in kinds} | ({"older": int(dropped)} if dropped else {}),
        erasures_unfinished=connection.execute(
            select(func.count()).select_from(erasures).where(erasures.c.done_at.is_(None))
        ).scalar_one(),
        store_bytes=_size(connection),
        online=online,
        offline=len(devices) - online,
        devices=tuple(
            DeviceGauges(
                device.device_id,
                device.online,
                device.seen_at,
                0 if device.health is None else device.health.waiting_captures + device.health.waiting_pictures,
                0 if device.health is None else device.health.refused_captures,
            )
            for device in devices[:MOST_DEVICES]
        ),
    )


def _size(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
