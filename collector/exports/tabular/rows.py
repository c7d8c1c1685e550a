"""What tables are made from: messages as the store gives them, one after another."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contract import Capture, Comparison, Hair, Measurement, Rating, Review, SiteKey, Visit


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """A capture, when it came, and the latest word of a person on it."""

    capture: Capture
    received_at: datetime
    review: Review | None = None


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """A comparison, and when it came."""

    comparison: Comparison
    received_at: datetime


@dataclass(frozen=True, slots=True)
class VisitRow:
    """What an instrument said of a visit last, and when that came."""

    visit: Visit
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported. Each part is gone through once, and nothing of it is kept: it may be longer than memory."""

    captures: Iterable[CaptureRow] = ()
    comparisons: Iterable[ComparisonRow] = ()
    visits: Iterable[VisitRow] = ()


@dataclass(frozen=True, slots=True)
class HairRow:
    """One hair of a measurement, by its place in the list."""

    capture: Capture
    number: int
    hair: Hair


@dataclass(frozen=True, slots=True)
class CorrectedRow:
    """A capture's figures with a person's corrections."""

    capture: Capture
    review: Review
    corrected: Measurement


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site of a visit."""

    visit: Visit
    site: SiteKey


@dataclass(frozen=True, slots=True)
class RatingRow:
    """A rater's opinion at a visit."""

    visit: Visit
    rating: Rating
