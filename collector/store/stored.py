"""What the store gives: rows of lists, and messages with the time they came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contract import Capture, Comparison, Health, Presence, Receipt, Review, Status, Topic, Visit


class StoreFailed(Exception):
    """The store could not commit or be read (disk full, input or output error); nothing was changed, try again."""


@dataclass(frozen=True)
class Answer:
    """A receipt and the topic it goes to."""

    topic: Topic
    receipt: Receipt


@dataclass(frozen=True)
class PatientSummary:
    """One patient of the list."""

    patient_code: str
    visits: int
    captures: int
    last_taken_at: datetime


@dataclass(frozen=True)
class DeviceSummary:
    """The newest word of one device."""

    device_id: str
    seen_at: datetime
    status: Status | None
    health: Health | None

    @property
    def online(self) -> bool:
        """Whether its newest status says so."""
        return self.status is not None and self.status.presence is Presence.ONLINE


@dataclass(frozen=True)
class StoredCapture:
    """A capture and when it came."""

    capture: Capture
    received_at: datetime


@dataclass(frozen=True)
class StoredComparison:
    """A comparison and when it came."""

    comparison: Comparison
    received_at: datetime


@dataclass(frozen=True)
class StoredVisit:
    """What an instrument said of a visit last, and when that came."""

    visit: Visit
    received_at: datetime


@dataclass(frozen=True)
class StoredReview:
    """What a person said of a capture, and when that came."""

    review: Review
    received_at: datetime


@dataclass(frozen=True)
class QuarantinedMessage:
    """A message that was not taken, without its bytes."""

    topic: str
    reason: str
    received_at: datetime
    size_bytes: int


@dataclass(frozen=True)
class Erasure:
    """A patient's erasure: ``done_at`` is None while it is going on; ``removed`` says how many of what went."""

    erasure_id: UUID
    patient_code: str
    reason: str
    asked_by: str
    begun_at: datetime
    done_at: datetime | None
    removed: Mapping[str, int]
