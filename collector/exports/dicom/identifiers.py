"""The unique identifiers that a capture's DICOM instances have, the same each time they are made.

All are of the root for UUIDs, ``2.25`` (PS3.5, B.2; ITU-T X.667). A picture's is the capture's own UUID. The others are
name-based UUIDs (RFC 9562, version 5) of what they identify, so that nothing has to be kept and two collectors of one
clinic agree.
"""

from uuid import UUID, uuid5

from pydicom.uid import UID

from contract import Capture, Comparison, Review

_NAMESPACE = UUID("6f1f5dc8-6a50-5ad5-9a44-7b6a7c0c9f5e")
"""Of the names below; it must never change, or a PACS would take the same study for another one."""

_BETWEEN = "\x1f"
"""No part of a name holds it (a unit separator), so that two names of different parts never read alike."""


def of_uuid(uuid: UUID) -> UID:
    """Return a UUID as DICOM writes it: ``2.25.`` and its whole number, 44 characters at most."""
    return UID(f"2.25.{uuid.int}")


def named(kind: str, *parts: object) -> UID:
    """Return the identifier of what is of a kind and has these parts."""
    return of_uuid(uuid5(_NAMESPACE, _BETWEEN.join((kind, *map(str, parts)))))


IMPLEMENTATION = named("implementation", "trichoscope")
"""What wrote the files (PS3.7, D.3.3.2)."""


def study(clinic_id: str, patient_code: str, visit_number: int) -> UID:
    """Return the study's: one patient's visit. Every device of the clinic that takes part in it has the same."""
    return named("study", clinic_id, patient_code, visit_number)


def study_of(capture: Capture) -> UID:
    """Return the study's of a capture."""
    return study(capture.clinic_id, capture.patient_code, capture.visit_number)


def picture_series(capture: Capture) -> UID:
    """Return the series' of the pictures that one device takes of one site at a visit."""
    return named("pictures", study_of(capture), capture.site, capture.device_id)


def picture(capture: Capture) -> UID:
    """Return the picture's: the capture's own UUID."""
    return of_uuid(capture.message_id)


def frame(capture: Capture) -> UID:
    """Return what a picture's coordinates refer to: the picture itself."""
    return named("frame", capture.message_id)


def device(clinic_id: str, device_id: str) -> UID:
    """Return a device's."""
    return named("device", clinic_id, device_id)


def site(clinic_id: str, patient_code: str, key: str) -> UID:
    """Return what tracks a site of a patient from visit to visit."""
    return named("site", clinic_id, patient_code, key)


def report_series(capture: Capture) -> UID:
    """Return the series' of the reports on one device's pictures of a visit."""
    return named("reports", study_of(capture), capture.device_id)


def report(capture: Capture, review: Review | None) -> UID:
    """Return a report's: another one for each review, since what it says is another thing then."""
    return named("report", capture.message_id, "" if review is None else review.message_id)


def change_series(comparison: Comparison) -> UID:
    """Return the series' of the reports on what one device compared for a visit."""
    visit = study(comparison.clinic_id, comparison.patient_code, comparison.followup.visit_number)
    return named("changes", visit, comparison.device_id)


def change_report(comparison: Comparison) -> UID:
    """Return the identifier of the report on a comparison."""
    return named("change", comparison.message_id)
