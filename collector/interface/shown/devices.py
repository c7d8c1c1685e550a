"""Instruments, as other systems read them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from collector.interface.resource import Shown
from collector.store.stored import DeviceSummary
from contract import Health


class ShownHealth(Shown):
    """How an instrument fares, by its own word."""

    said_at: datetime
    waiting_captures: int = Field(description="Kept by the instrument and not yet confirmed by the clinic.")
    waiting_pictures: int
    waiting_others: int | None
    refused_captures: int
    refused_others: int | None
    oldest_waiting_at: datetime | None
    free_disk_bytes: int
    room_captures: int | None = Field(description="How many captures more the disk takes.")
    certificate_expires_at: datetime | None
    calibration_made_at: datetime | None
    calibration_due: str | None = Field(description="What is to be done, as a sentence; null where nothing is.")
    camera_trouble: str | None = Field(description="What is to be done, as a sentence; null where nothing is.")


class ShownDevice(Shown):
    """The newest word of an instrument."""

    device_id: str = Field(examples=["chair-1"])
    seen_at: datetime
    online: bool
    software_version: str | None
    simulated: bool | None
    health: ShownHealth | None = Field(description="Null where it said nothing that can be read.")


class Devices(Shown):
    """All instruments that were ever heard of, by their names."""

    devices: tuple[ShownDevice, ...]


def device(summary: DeviceSummary) -> ShownDevice:
    """Return an instrument."""
    status = summary.status
    return ShownDevice(
        device_id=summary.device_id,
        seen_at=summary.seen_at,
        online=summary.online,
        software_version=None if status is None else status.software_version,
        simulated=None if status is None else status.simulated,
        health=None if summary.health is None else _health(summary.health),
    )


def _health(health: Health) -> ShownHealth:
    return ShownHealth(
        said_at=health.created_at,
        waiting_captures=health.waiting_captures,
        waiting_pictures=health.waiting_pictures,
        waiting_others=health.waiting_others,
        refused_captures=health.refused_captures,
        refused_others=health.refused_others,
        oldest_waiting_at=health.oldest_waiting_at,
        free_disk_bytes=health.free_disk_bytes,
        room_captures=health.room_captures,
        certificate_expires_at=health.certificate_expires_at,
        calibration_made_at=health.calibration_made_at,
        calibration_due=health.calibration_due,
        camera_trouble=health.camera_trouble,
    )
