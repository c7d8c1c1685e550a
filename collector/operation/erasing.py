"""A patient erased: pictures first, then every row, so that what was interrupted can be gone on with."""

from __future__ import annotations

from datetime import UTC, datetime

from collector.people import audit
from collector.pictures.pictures import Pictures
from collector.store import erasure
from collector.store.store import Store
from collector.store.stored import Erasure


def erase(store: Store, pictures: Pictures, patient_code: str, reason: str, asked_by: str) -> Erasure:
    """Erase all that is held of a patient; done again, it goes on with what was interrupted.

    From its beginning on nothing of the patient is taken any more, whichever instrument still holds it. What stays is
    the entry of the erasure itself, the audit trail, and what back-ups hold that were made before.

    Parameters
    ----------
    store, pictures
        Of the clinic.
    patient_code
        Whom.
    reason, asked_by
        For the entry that stays.

    Raises
    ------
    collector.store.stored.StoreFailed
        If the store fails; what was begun stays begun.
    collector.pictures.pictures.PicturesAway, OSError
        If a picture cannot be removed; likewise.
    """
    now = datetime.now(UTC)
    with store.writing() as connection:
        begun = erasure.begin(connection, patient_code, reason, asked_by, now)
    with store.reading() as connection:
        digests = erasure.own_pictures(connection, patient_code)
    # Before their captures: else an interruption here would leave pictures of which nothing knows whose they are.
    removed = sum(pictures.delete(sha256) for sha256 in digests)
    with store.writing() as connection:
        done = erasure.carry_out(connection, begun, removed, datetime.now(UTC))
        audit.write(connection, asked_by, audit.Action.ERASED, patient_code=patient_code, detail=reason)
    return done
