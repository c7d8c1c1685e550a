"""Which of two messages of a device is the newer one: told by its counts, as its clock may be wrong."""

from contract import Health, Presence, Status


def status_follows(known: Status, status: Status) -> bool:
    """Return whether a status is newer than the known one of the same device.

    Connections are counted over the life of the instrument's store, and of one connection ``offline`` comes last. A
    last will may come late, an ``online`` cannot: one from another boot counts even under a smaller number, as after
    the instrument's store was made anew.
    """
    if status.presence is Presence.ONLINE and status.boot_id != known.boot_id:
        return True
    return _place(status) > _place(known)


def health_follows(known: Health, health: Health) -> bool:
    """Return whether a health message is newer than the known one of the same device."""
    return health.boot_id != known.boot_id or health.sequence > known.sequence


def _place(status: Status) -> tuple[int, bool]:
    return status.sequence, status.presence is Presence.OFFLINE
