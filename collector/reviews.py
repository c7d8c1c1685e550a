"""What people said of captures, and which word stands. Their part of the store's SQL is here, but for keeping them.

A review is the word of the instrument that took the capture: what another one sends under the capture's id is stored,
as all is, and counts for nothing.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from collector.rows import stored_message, time_of
from collector.stored import StoredReview
from contract import Capture, ComparedCapture, Decision, Review

_Named = tuple[str, UUID, int]
"""A capture by its device, its id and its visit."""


class Reviews:
    """What stands of some captures.

    Parameters
    ----------
    latest
        Of each capture the latest review.
    """

    def __init__(self, latest: Iterable[Review] = ()) -> None:
        self._latest: dict[_Named, Review] = {
            (review.device_id, review.capture_id, review.visit_number): review for review in latest
        }

    def of(self, capture: Capture | ComparedCapture) -> Review | None:
        """Return what was said last of a capture; None where nothing was."""
        return self._latest.get((capture.device_id, capture.message_id, capture.visit_number))

    def rejects(self, capture: Capture | ComparedCapture) -> bool:
        """Whether a capture is not to count."""
        review = self.of(capture)
        return review is not None and review.decision is Decision.REJECTED

    def corrected(self, capture: Capture | ComparedCapture) -> bool:
        """Whether hairs of a capture were corrected."""
        review = self.of(capture)
        return review is not None and review.corrected is not None


@dataclass(frozen=True)
class History:
    """All that was said of one capture, in the order in which it was said."""

    said: tuple[StoredReview, ...]

    @property
    def standing(self) -> Review | None:
        """What was said last; None where nothing was."""
        return self.said[-1].review if self.said else None


def latest(connection: sqlite3.Connection, patient_code: str, site: str | None) -> Reviews:
    """Read what stands of a patient's captures, of one site or of all.

    Raises
    ------
    collector.stored.StoreFailed
        If this release cannot read one of them.
    """
    rows = connection.execute(
        # of the bare columns SQLite gives those of the row that has the maximum (lang_select.html, 2.5)
        "SELECT payload, max(sequence) FROM reviews WHERE patient_code = ?1 AND (?2 IS NULL OR site = ?2)"
        " GROUP BY device_id, capture_id",
        (patient_code, site),
    )
    return Reviews(stored_message(Review, payload) for payload, _ in rows)


def history(connection: sqlite3.Connection, capture: Capture) -> History:
    """Read all that was said of one capture.

    Raises
    ------
    collector.stored.StoreFailed
        If this release cannot read one of them.
    """
    rows = connection.execute(
        "SELECT payload, received_at FROM reviews WHERE capture_id = ? AND device_id = ? AND patient_code = ?"
        " AND visit_number = ? AND site = ? ORDER BY sequence, received_at",
        (str(capture.message_id), capture.device_id, capture.patient_code, capture.visit_number, capture.site),
    )
    return History(tuple(StoredReview(stored_message(Review, text), time_of(at)) for text, at in rows))
