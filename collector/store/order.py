"""Which of two messages of a device is the newer one: told by its counts, as its clock may be wrong."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from contract import Capture, Health, Presence, SiteKey, Status


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


def order_taken(captures: Sequence[Capture]) -> list[int]:
    """Return the places of a patient's captures in the order they were taken, by visit.

    By ``taken_at``, then by id; but of one site's takes, those of one device and boot stand among themselves in the
    order of their counts: the clock may have been set between them.
    """

    def by_clock(place: int) -> tuple[int, datetime, UUID]:
        taken = captures[place]
        return taken.visit_number, taken.taken_at, taken.message_id

    def counted_with(place: int) -> tuple[int, SiteKey, str, UUID]:
        taken = captures[place]
        return taken.visit_number, taken.site, taken.device_id, taken.boot_id

    places = sorted(range(len(captures)), key=by_clock)
    groups = defaultdict(list)
    for place in places:
        groups[counted_with(place)].append(place)
    counted = {
        group: iter(sorted(members, key=lambda place: captures[place].sequence)) for group, members in groups.items()
    }
    return [next(counted[counted_with(place)]) for place in places]


def _place(status: Status) -> tuple[int, bool]:
    return status.sequence, status.presence is Presence.OFFLINE
