"""Between messages and the store's rows."""

from datetime import UTC, datetime
from typing import TypeVar

from pydantic import ValidationError

from collector.store.stored import DeviceSummary, StoredCapture, StoreFailed
from contract import Capture, Comparison, Health, Review, Status, Visit

TABLES = ("captures", "comparisons", "visits", "reviews")
"""Of messages that are stored for good, each by its id."""

_WordT = TypeVar("_WordT", Status, Health)
_MessageT = TypeVar("_MessageT", Capture, Comparison, Visit, Review)


def row_of(message: Capture | Comparison | Visit | Review) -> tuple[str, dict[str, str | int]]:
    """Return a message's table and what of it stands in columns there, beside what all messages have."""
    match message:
        case Capture():
            return "captures", {
                "visit_number": message.visit_number,
                "site": message.site,
                "taken_at": utc(message.taken_at),
            }
        case Comparison():
            return "comparisons", {"site": message.site}
        case Visit():
            return "visits", {"visit_number": message.visit_number}
        case Review():
            return "reviews", {
                "visit_number": message.visit_number,
                "site": message.site,
                "capture_id": str(message.capture_id),
                "sequence": message.sequence,
            }


def seen_at(message: Status | Health, now: datetime) -> str:
    """Return when a device was there by its word, for a column."""
    # A retained message comes again at every subscription: only its own time says when the device was there.
    return utc(min(now, message.created_at) if message.clock_trusted else now)


def time_of(text: str) -> datetime:
    """Return the time that a column holds."""
    return datetime.fromisoformat(text)


def utc(moment: datetime) -> str:
    """Return a time as columns hold it: UTC, so that the order of the text is that of the times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def device_summary(device_id: str, seen_at: str, status: str | None, health: str | None) -> DeviceSummary:
    """Return a row of devices; a word that this release cannot read is none."""
    return DeviceSummary(
        device_id,
        datetime.fromisoformat(seen_at),
        _word(Status, status),
        _word(Health, health),
    )


def _word(model: type[_WordT], stored: str | None) -> _WordT | None:
    if stored is None:
        return None
    try:
        return model.model_validate_json(stored)
    except ValidationError:
        # Of another release, say: the device's next word takes its place, and must not fail on it.
        return None


def stored_capture(payload: bytes, received_at: str) -> StoredCapture:
    """Return a row of captures."""
    return StoredCapture(stored_message(Capture, payload), datetime.fromisoformat(received_at))


def stored_message(model: type[_MessageT], payload: bytes) -> _MessageT:
    """Return a message that was stored.

    Raises
    ------
    StoreFailed
        If this release cannot read it; the error says nothing of what it holds.
    """
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        raise StoreFailed(
            f"a stored {model.__name__.lower()} cannot be read by this release ({error.error_count()} faults)"
        ) from None
