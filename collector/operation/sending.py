"""A patient's captures sent to a PACS, with what became of each."""

from __future__ import annotations

from collections.abc import Iterator

from collector.exports.dicom.files import instances
from collector.exports.dicom.sending import Outcome, Pacs, send
from collector.exports.dicom.settings import DicomSettings
from collector.people import audit
from collector.pictures.pictures import PictureDamaged, Pictures
from collector.store import exporting
from collector.store.exporting import Chosen
from collector.store.store import Store


class NothingToSend(Exception):
    """There is nothing to send; the message says why and what to do."""


def send_patient(
    store: Store,
    pictures: Pictures,
    patient_code: str,
    pacs: Pacs,
    by: str,
    *,
    dicom: DicomSettings | None = None,
    left_out: dict[str, str],
) -> Iterator[Outcome]:
    """Send all captures of a patient, each as a picture and a report, and give what became of each instance.

    The audit trail says so before the first is sent.

    Parameters
    ----------
    store, pictures
        Of the clinic.
    patient_code
        Whose.
    pacs
        Where to.
    by
        Who asks, for the audit trail.
    dicom
        What the clinic states.
    left_out
        Is told of captures whose picture, or all, cannot be sent, and why.

    Raises
    ------
    NothingToSend
        If there is no capture of this patient.
    collector.exports.dicom.sending.SendingFailed
        If the PACS is not reached, or takes nothing.
    collector.store.stored.StoreFailed, collector.pictures.pictures.PicturesAway
        If the clinic's own cannot be read.
    """
    with store.reading() as connection:
        taken = [(row.capture, row.review) for row in exporting.captures_of(connection, patient_code, Chosen())]
    if not taken:
        raise NothingToSend(f"There is no capture of {patient_code}: check the code. Nothing was sent.")
    audit.note(store, by, audit.Action.SENT, patient_code=patient_code, subject=f"{pacs.called} {pacs.host}")

    def picture_bytes(sha256: str) -> bytes | None:
        try:
            file = pictures.open(sha256)
        except PictureDamaged as error:
            left_out[sha256] = f"{error}."
            return None
        if file is None:
            return None
        with file:
            return file.read()

    made = instances(taken, picture_bytes, dicom or DicomSettings(), left_out)
    yield from send((dataset for _, _, dataset in made), pacs)
