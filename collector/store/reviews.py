"""What people said of captures, and which word stands.

A review is the word of the instrument that took the capture: what another one sends under the capture's id is stored,
as all is, and counts for nothing. An instrument counts what it says: the last word is the one of the highest count, and
under one count, as after its store was made anew, the one that came last; of one moment, the one that was made last.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, func, select

from collector.store.rows import payload_as
from collector.store.stored import StoredReview
from collector.store.tables import reviews
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


def latest(connection: Connection, patient_code: str, site: str | None) -> Reviews:
    """Read what stands of a patient's captures, of one site or of all.

    Raises
    ------
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    same = reviews.c.device_id, reviews.c.capture_id, reviews.c.visit_number, reviews.c.site
    newest_first = reviews.c.sequence.desc(), reviews.c.received_at.desc(), reviews.c.message_id.desc()
    place = func.row_number().over(partition_by=same, order_by=newest_first).label("place")
    of_patient = select(reviews.c.payload, place).where(reviews.c.patient_code == patient_code)
    ranked = (of_patient if site is None else of_patient.where(reviews.c.site == site)).subquery()
    rows = connection.execute(select(ranked.c.payload).where(ranked.c.place == 1)).scalars()
    return Reviews(payload_as(Review, payload) for payload in rows)


def history(connection: Connection, capture: Capture) -> History:
    """Read all that was said of one capture.

    Raises
    ------
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    rows = connection.execute(
        select(reviews.c.payload, reviews.c.received_at)
        .where(
            reviews.c.capture_id == capture.message_id,
            reviews.c.device_id == capture.device_id,
            reviews.c.patient_code == capture.patient_code,
            reviews.c.visit_number == capture.visit_number,
            reviews.c.site == capture.site,
        )
        .order_by(reviews.c.sequence, reviews.c.received_at, reviews.c.message_id)
    )
    return History(tuple(StoredReview(payload_as(Review, payload), at) for payload, at in rows))


def _rejects(review: Review | None) -> bool:
    return review is not None and review.decision is Decision.REJECTED
