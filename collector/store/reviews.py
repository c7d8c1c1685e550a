"""What people said of captures, and which word stands. Their part of the store's SQL is here, but for keeping them.

A review is the word of the instrument that took the capture: what another one sends under the capture's id is stored,
as all is, and counts for nothing. An instrument counts what it says: the last word is the one of the highest count, and
under one count, as after its store was made anew, the one that came last.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from collector.store.rows import stored_message, time_of
from collector.store.stored import StoredReview
from contract import Capture, Comparison, Decision, Review

_Named = tuple[str, UUID, str, int, str]
"""A capture by its device, its id, its patient, its visit and its site: a review that differs in one is none of it."""


class Reviews:
    """What stands of some captures.

    Parameters
    ----------
    latest
        Of each capture the latest review.
    """

    def __init__(self, latest: Iterable[Review] = ()) -> None:
        self._latest: dict[_Named, Review] = {
            (one.device_id, one.capture_id, one.patient_code, one.visit_number, one.site): one for one in latest
        }

    def of(self, capture: Capture) -> Review | None:
        """Return what was said last of a capture; None where nothing was."""
        return self._latest.get(
            (capture.device_id, capture.message_id, capture.patient_code, capture.visit_number, capture.site)
        )

    def rejects(self, capture: Capture) -> bool:
        """Whether a capture is not to count."""
        return _rejects(self.of(capture))

    def rejects_one_of(self, comparison: Comparison) -> bool:
        """Whether one of the two captures of a comparison is not to count."""
        about = comparison.patient_code, comparison.site
        return any(
            _rejects(self._latest.get((one.device_id, one.message_id, about[0], one.visit_number, about[1])))
            for one in (comparison.baseline, comparison.followup)
        )

    def corrected(self, capture: Capture) -> bool:
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
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    rows = connection.execute(
        "SELECT payload FROM (SELECT payload, row_number() OVER (PARTITION BY device_id, capture_id, visit_number, site"
        " ORDER BY sequence DESC, received_at DESC, rowid DESC) AS place FROM reviews"
        " WHERE patient_code = ?1 AND (?2 IS NULL OR site = ?2)) WHERE place = 1",
        (patient_code, site),
    )
    return Reviews(stored_message(Review, payload) for (payload,) in rows)


def history(connection: sqlite3.Connection, capture: Capture) -> History:
    """Read all that was said of one capture.

    Raises
    ------
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    rows = connection.execute(
        "SELECT payload, received_at FROM reviews WHERE capture_id = ? AND device_id = ? AND patient_code = ?"
        " AND visit_number = ? AND site = ? ORDER BY sequence, received_at, rowid",
        (str(capture.message_id), capture.device_id, capture.patient_code, capture.visit_number, capture.site),
    )
    return History(tuple(StoredReview(stored_message(Review, text), time_of(at)) for text, at in rows))


def _rejects(review: Review | None) -> bool:
    return review is not None and review.decision is Decision.REJECTED
