"""A capture's figures as a structured report (Comprehensive SR, PS3.16 TID 1500), with what a person said of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from highdicom.sr import (
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, ComprehensiveSRStorage, ExplicitVRLittleEndian
from pydicom.valuerep import DA, TM

from collector.exports.codes import AUTOMATIC, CORRECTED
from collector.exports.dicom import concepts, groups, identifiers, picture
from collector.exports.dicom.settings import DicomSettings
from collector.exports.dicom.values import long_string, moment
from contract import Capture, Decision, Edit, Measurement, Review

SOP_CLASS = UID(ComprehensiveSRStorage)

_SERIES_NUMBER = 900_000
"""Behind those of the pictures, which are below 500,000."""

_EDITS = {
    "added": "added",
    "removed": "removed",
    "joined": "joined with another",
    "split": "split in two",
    "root-moved": "with the root moved",
}


class NotItsReview(ValueError):
    """A review and a capture were given that do not belong together."""


def report(
    capture: Capture, settings: DicomSettings, review: Review | None = None, visit_began: datetime | None = None
) -> Dataset:
    """Return the report on a capture, with its file meta information.

    Parameters
    ----------
    capture
        The capture. The report refers to its picture by the identifiers that `collector.exports.dicom.picture` gives
        it, whether that was exported or not.
    settings
        What the clinic states.
    review
        The latest review of the capture, which holds all that was said of it; None where nobody said anything.
    visit_began
        When the visit's first capture was taken; see `collector.exports.dicom.picture.picture`.

    Raises
    ------
    NotItsReview
        If the review is of another capture.
    NotATime
        If the instrument's clock was so wrong that DICOM has no word for what it said.
    """
    if review is not None and review.capture_id != capture.message_id:
        raise NotItsReview("The review is of another capture. Give the capture's own, or none.")
    image = picture.header(capture, settings, visit_began)
    measured = [_automatic(capture, image)]
    if review is not None:
        measured.append(_reviewed(capture, review, image))
    return document(
        measured,
        [image],
        device_id=capture.device_id,
        clinic_id=capture.clinic_id,
        settings=settings,
        software_version=capture.software_version,
        made_at=capture.taken_at if review is None else review.created_at,
        series=identifiers.report_series(capture),
        instance=identifiers.report(capture, review),
        description=f"SIMULATED {_DESCRIPTION}" if capture.simulated else _DESCRIPTION,
        is_final=review is not None and review.decision is Decision.ACCEPTED,
    )


_DESCRIPTION = "Trichoscopy measurements"


def document(
    measured: Sequence[MeasurementsAndQualitativeEvaluations],
    images: Sequence[Dataset],
    *,
    clinic_id: str,
    device_id: str,
    settings: DicomSettings,
    software_version: str,
    made_at: datetime,
    series: UID,
    instance: UID,
    description: str,
    is_final: bool,
) -> Dataset:
    """Return a measurement report around groups of measurements; patient and study are those of the first image.

    Everything in it comes from the arguments, the clock is not asked: the same capture gives the same bytes.
    """
    content = MeasurementReport(
        observation_context=ObservationContext(
            observer_device_context=ObserverContext(
                codes.DCM.Device,
                DeviceObserverIdentifyingAttributes(
                    uid=identifiers.device(clinic_id, device_id),
                    name=device_id,
                    manufacturer_name=long_string(settings.manufacturer),
                    model_name=long_string(settings.model),
                    serial_number=device_id,
                ),
            )
        ),
        procedure_reported=concepts.photography(),
        imaging_measurements=measured,
    )
    dataset = ComprehensiveSR(
        evidence=images,
        content=content,
        series_instance_uid=series,
        series_number=_SERIES_NUMBER,
        sop_instance_uid=instance,
        instance_number=1,
        manufacturer=long_string(settings.manufacturer),
        is_complete=True,
        is_final=is_final,
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    at = moment(made_at, settings.time_zone)
    dataset.TimezoneOffsetFromUTC = at.offset
    dataset.ContentDate, dataset.ContentTime = DA(at.date), TM(at.time)
    del dataset.InstanceCreationDate, dataset.InstanceCreationTime
    for equipment in dataset.ContributingEquipmentSequence:  # what the library says of itself, without when
        equipment.pop("ContributionDateTime", None)
    dataset.ManufacturerModelName = long_string(settings.model)
    dataset.DeviceSerialNumber = device_id
    dataset.SoftwareVersions = long_string(software_version) or "unknown"
    dataset.SeriesDescription = description
    dataset.CodingSchemeIdentificationSequence = [concepts.own_scheme()]
    dataset.file_meta = picture.file_meta(dataset, ExplicitVRLittleEndian)
    return dataset


def _automatic(capture: Capture, image: Dataset) -> MeasurementsAndQualitativeEvaluations:
    quality = capture.quality
    return groups.group(
        tracked=picture.tracking(capture.clinic_id, capture.patient_code, capture.site),
        visit_number=capture.visit_number,
        site=capture.site,
        method=AUTOMATIC,
        software_version=capture.software_version,
        images=[image],
        measurements=groups.figures(capture.measurement),
        evaluations=[(concepts.GATE, concepts.VERDICTS[quality.verdict])],
        comments=_remarks(capture),
        parameters=_parameters(capture.measurement),
    )


def _remarks(capture: Capture) -> Iterator[str]:
    if capture.simulated:
        yield "SIMULATED: measured on a picture that a simulated camera drew, of no patient."
    yield from capture.quality.reasons
    if (forced := capture.quality.forced) is not None:
        yield f"Released by {forced.by}: {forced.note}"
    if capture.calibration.due is not None:
        yield f"Calibration: {capture.calibration.due}"
    if capture.measurement.flags:
        yield f"Flags of the measurement: {', '.join(capture.measurement.flags)}"


def _parameters(measurement: Measurement) -> list[str]:
    said = [f"{measurement.um_per_px:.6g} um/px"]
    if measurement.terminal_from_um is not None:
        said.append(f"terminal from {measurement.terminal_from_um:.6g} um")
    if measurement.hair_mode is not None:
        said.append(f"hair mode {measurement.hair_mode}")
    return said


def _reviewed(capture: Capture, review: Review, image: Dataset) -> MeasurementsAndQualitativeEvaluations:
    """Return what people said: their decision, and the figures with their corrections."""
    decided = [] if review.decision is None else [(concepts.DECISION, concepts.DECISIONS[review.decision])]
    people = dict.fromkeys(edit.by for edit in review.edits)
    if review.decided_by is not None:
        people[review.decided_by] = None
    return groups.group(
        tracked=picture.tracking(capture.clinic_id, capture.patient_code, capture.site),
        visit_number=capture.visit_number,
        site=capture.site,
        method=CORRECTED if review.corrected is not None else AUTOMATIC,
        software_version=review.software_version,
        images=[image],
        measurements=[] if review.corrected is None else groups.figures(review.corrected),
        evaluations=decided,
        comments=_said(review),
        observers=people,
        parameters=[] if review.corrected is None else _parameters(review.corrected),
    )


def _said(review: Review) -> Iterator[str]:
    if review.decision is not None:
        why = "" if review.reason is None else f": {review.reason}"
        yield f"{review.decision.value.capitalize()} by {review.decided_by}{why}"
    for by, edits in _by_person(review.edits).items():
        done = ", ".join(f"{count} {_EDITS[edit]}" for edit, count in edits.items())
        yield f"Hairs corrected by {by}: {done}"


def _by_person(edits: Sequence[Edit]) -> dict[str, Counter[str]]:
    people: dict[str, Counter[str]] = {}
    for edit in edits:
        people.setdefault(edit.by, Counter())[edit.edit] += 1
    return people
