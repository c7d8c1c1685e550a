"""What the instrument says of itself: whether it is there, and how it fares."""

import shutil
from pathlib import Path

from contract import Channel, Health, Presence, Status, Topic, new_message_id
from device import SOFTWARE_VERSION, clock
from device.calibration.in_force import standing_of
from device.identity import expiry
from device.outbox import Outbox, room
from device.settings import DeviceSettings


def topic(settings: DeviceSettings, channel: Channel) -> Topic:
    """Return this instrument's topic of a channel."""
    return Topic(settings.clinic_id, settings.device_id, channel)


def status(settings: DeviceSettings, presence: Presence, connection_number: int) -> Status:
    """Return whether the instrument is there, on the connection of that number."""
    return Status(
        message_id=new_message_id(),
        clinic_id=settings.clinic_id,
        device_id=settings.device_id,
        boot_id=clock.boot_id(),
        sequence=connection_number,
        created_at=clock.now(),
        clock_trusted=clock.is_trusted(),
        presence=presence,
        software_version=SOFTWARE_VERSION,
        simulated=settings.camera.kind == "simulated",
    )


def health(settings: DeviceSettings, outbox: Outbox, folder: Path) -> Health:
    """Return how the instrument fares: what waits, what was refused, its disk, lights, triggers and calibration."""
    counts = outbox.counts()
    lights, triggers = settings.lights, settings.triggers
    standing = standing_of(settings, clock.now())
    return Health(
        message_id=new_message_id(),
        clinic_id=settings.clinic_id,
        device_id=settings.device_id,
        boot_id=clock.boot_id(),
        sequence=clock.since_boot_ms(),
        created_at=clock.now(),
        clock_trusted=clock.is_trusted(),
        waiting_captures=counts.waiting_captures,
        waiting_pictures=counts.waiting_pictures,
        refused_captures=counts.refused_captures,
        waiting_others=counts.waiting_others,
        refused_others=counts.refused_others,
        oldest_waiting_at=outbox.oldest_waiting(),
        free_disk_bytes=shutil.disk_usage(folder).free,
        room_captures=room(outbox, folder, settings.storage.keep_free_mb).captures,
        lights=() if lights is None else lights.rings,
        triggers=() if triggers is None else triggers.kinds,
        certificate_expires_at=expiry(settings),
        calibration_made_at=standing.made_at,
        calibration_due=standing.due,
    )
