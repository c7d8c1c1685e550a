"""A patient erased: pictures first, then every row, so that what was interrupted can be gone on with."""

from __future__ import annotations

from collections.abc import Callable
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
        own = erasure.own_pictures(connection, patient_code)
        # From here on none of them is taken in: one on its way is removed by who takes it in.
        erasure.note_pictures(connection, own)
    # Before their captures: should a picture resist, the patient is still known to be erased by halves.
    removed = _remove_pictures(store, pictures)
    with store.writing() as connection:
        done = erasure.carry_out(connection, begun, len(removed.intersection(own)), datetime.now(UTC))
        audit.write(connection, asked_by, audit.Action.ERASED, patient_code=patient_code, detail=reason)
    return done


def erased_pictures_of(store: Store) -> Callable[[str], bool]:
    """Return what the picture service asks of each picture: whether it was of who was erased.

    It raises :class:`collector.store.stored.StoreFailed` if the store cannot be read.
    """

    def is_erased(sha256: str) -> bool:
        with store.reading() as connection:
            return erasure.is_picture_erased(connection, sha256)

    return is_erased


def _remove_pictures(store: Store, pictures: Pictures) -> set[str]:
    """Remove what is there of erased pictures, also of those whose captures came after an erasure, and were refused.

    Return the digests of those that were there.
    """
    with store.reading() as connection:
        named = erasure.pictures_to_remove(connection)
    found = {sha256 for sha256 in named if pictures.delete(sha256)}
    with store.writing() as connection:
        erasure.pictures_removed(connection, named, datetime.now(UTC))
    return found
