"""Between messages and the store's rows."""

from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Table

from collector.ingestion.decisions import Accepted
from collector.store.figures import figures_json
from collector.store.stored import DeviceSummary, StoredCapture, StoreFailed
from collector.store.summary import summary_json
from collector.store.tables import captures, comparisons, reviews, visits
from contract import Capture, Comparison, Health, Review, Status, Visit

_WordT = TypeVar("_WordT", Status, Health)
_MessageT = TypeVar("_MessageT", Capture, Comparison, Visit, Review)


def table_of(message: Capture | Comparison | Visit | Review) -> Table:
    """Return the table that holds such messages."""
    match message:
        case Capture():
            return captures
        case Comparison():
            return comparisons
        case Visit():
            return visits
        case Review():
            return reviews


def row_of(accepted: Accepted, received_at: datetime) -> dict[str, Any]:
    """Return a message's row."""
    message = accepted.message
    return {
        "message_id": message.message_id,
        "content_sha256": accepted.content_sha256,
        "clinic_id": message.clinic_id,
        "device_id": message.device_id,
        "patient_code": message.patient_code,
        "received_at": received_at,
        "payload": accepted.payload,
        **_own(message),
    }


def _own(message: Capture | Comparison | Visit | Review) -> dict[str, Any]:
    """Return what of a message stands in columns, beside what all have."""
    match message:
        case Capture():
            return {
                "visit_number": message.visit_number,
                "site": message.site,
                "taken_at": message.taken_at,
                "picture_sha256": message.picture.sha256,
                "verdict": message.quality.verdict.value,
                "figures": figures_json(message.measurement),
                "summary": summary_json(message),
            }
        case Comparison():
            return {"site": message.site, "summary": summary_json(message)}
        case Visit():
            return {"visit_number": message.visit_number}
        case Review():
            return {
                "visit_number": message.visit_number,
                "site": message.site,
                "capture_id": message.capture_id,
                "sequence": message.sequence,
                "decision": None if message.decision is None else message.decision.value,
                "figures": None if message.corrected is None else figures_json(message.corrected),
            }


def seen_at(message: Status | Health, now: datetime) -> datetime:
    """Return when a device was there by its word."""
    # A retained message comes again at every subscription: only its own time says when the device was there.
    return min(now, message.created_at) if message.clock_trusted else now


def device_summary(device_id: str, seen: datetime, status: str | None, health: str | None) -> DeviceSummary:
    """Return a row of devices; a word that this release cannot read is none."""
    return DeviceSummary(device_id, seen, _word(Status, status), _word(Health, health))


def _word(model: type[_WordT], stored: str | None) -> _WordT | None:
    if stored is None:
        return None
    try:
        return model.model_validate_json(stored)
    except ValidationError:
        # Of another release, say: the device's next word takes its place, and must not fail on it.
        return None


def stored_capture(payload: bytes, received_at: datetime) -> StoredCapture:
    """Return a row of captures."""
    return StoredCapture(payload_as(Capture, payload), received_at)


def payload_as(model: type[_MessageT], payload: bytes) -> _MessageT:
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
