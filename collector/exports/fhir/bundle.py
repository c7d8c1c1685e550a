"""Bundles: everything that was measured of one patient, or at one of the patient's visits."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from collector.exports.fhir import observation, provenance
from collector.exports.fhir.elements import Resource, instant, stable_id
from collector.exports.fhir.observation import Context
from collector.exports.fhir.picture import PictureUrl, picture, picture_name
from collector.exports.fhir.release import Release
from collector.exports.fhir.subject import device, patient
from collector.exports.tabular.rows import CaptureRow
from contract import Decision


class BundleKind(StrEnum):
    """What a bundle is for: to be read, or to be taken in by a FHIR server as a whole."""

    COLLECTION = "collection"
    TRANSACTION = "transaction"


class NothingToExport(Exception):
    """There is no capture to make a bundle of."""


class SeveralPatients(Exception):
    """A bundle is of one patient."""


def bundle(
    captures: Iterable[CaptureRow],
    release: Release,
    kind: BundleKind = BundleKind.COLLECTION,
    picture_url: PictureUrl = picture_name,
) -> Resource:
    """Return a patient's captures as a bundle: patient, instruments, pictures, figures, and persons' words on them.

    Nothing in it depends on when or how often it is made: ids are made from what the resources are of. A transaction
    puts each resource under its id, so that sending it twice changes nothing.

    Parameters
    ----------
    captures
        Of one patient, each with the latest review of it; all of them, or one visit's.
    release
        Of FHIR.
    kind
        What it is for.
    picture_url
        Where pictures can be had. By default they are named by their hash, and no place is given.

    Raises
    ------
    NothingToExport
        If there is none.
    SeveralPatients
        If they are of more than one.
    """
    rows = sorted(captures, key=lambda row: (row.capture.taken_at, row.capture.message_id))
    if not rows:
        raise NothingToExport("there is no capture of this patient to export: choose a patient or visit that has one")
    patients = {(row.capture.clinic_id, row.capture.patient_code) for row in rows}
    if len(patients) > 1:
        raise SeveralPatients(f"a bundle is of one patient, not of {len(patients)}: export them one after another")
    resources = {one["id"]: one for row in rows for one in _resources(row, release, picture_url)}
    clinic_id, patient_code = patients.pop()
    said = [row.review.message_id if row.review else row.capture.message_id for row in rows]
    return {
        "resourceType": "Bundle",
        "id": stable_id("bundle", clinic_id, patient_code, release, kind, *said),
        "type": kind.value,
        "timestamp": instant(max(_newest(row) for row in rows)),
        "entry": [_entry(one, kind) for one in resources.values()],
    }


def as_json(resource: Resource) -> str:
    """Return a resource as it is written: the same text for the same content."""
    return json.dumps(resource, ensure_ascii=False, allow_nan=False, indent=1)


def _resources(row: CaptureRow, release: Release, url: PictureUrl) -> Iterator[Resource]:
    capture, review = row.capture, row.review
    withdrawn = review is not None and review.decision is Decision.REJECTED
    subject, instrument = patient(capture), device(capture, release)
    shown = picture(capture, subject, instrument, release, url, withdrawn=withdrawn)
    context = Context(capture, subject, instrument, shown, withdrawn)
    measured = observation.automatic(context)
    yield from (subject, instrument, shown, *measured)
    if review is None:
        return
    if review.corrected is not None:
        corrected = observation.corrected(context, review.corrected, review.created_at, measured)
        yield from corrected
        yield provenance.of_corrections(capture, review, corrected, measured)
        measured = [*measured, *corrected]
    decided = provenance.of_decision(capture, review, [shown, *measured], release)
    if decided is not None:
        yield decided


def _newest(row: CaptureRow) -> datetime:
    return row.capture.created_at if row.review is None else max(row.capture.created_at, row.review.created_at)


def _entry(resource: Resource, kind: BundleKind) -> Resource:
    entry: Resource = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
    if kind is BundleKind.TRANSACTION:
        entry["request"] = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    return entry
