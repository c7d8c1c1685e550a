"""What people said of captures, as the instrument's store holds it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from contract import Decision, Review
from device.store import Store


def reviews_of_visit(store: Store, patient_code: str, visit_number: int) -> dict[UUID, Review]:
    """Return the latest review of each capture of a visit, by the capture's id."""
    rows = store.connection.execute(
        "SELECT payload FROM message WHERE channel = 'review' AND patient_code = ? AND visit_number = ?"
        " ORDER BY sequence",
        (patient_code, visit_number),
    )
    return _latest(payload for (payload,) in rows)


def reviews_of_site(store: Store, patient_code: str, site: str) -> dict[UUID, Review]:
    """Return the latest review of each capture of a patient's site, by the capture's id."""
    rows = store.connection.execute(
        "SELECT payload FROM message WHERE channel = 'review' AND patient_code = ? AND site = ? ORDER BY sequence",
        (patient_code, site),
    )
    return _latest(payload for (payload,) in rows)


def rejected(reviews: Mapping[UUID, Review]) -> frozenset[UUID]:
    """Return the captures that are not to count."""
    return frozenset(of for of, review in reviews.items() if review.decision is Decision.REJECTED)


def _latest(payloads: Iterable[bytes]) -> dict[UUID, Review]:
    """Read reviews in the order in which they were kept."""
    reviews = (Review.model_validate_json(payload) for payload in payloads)
    return {review.capture_id: review for review in reviews}
