"""A patient's figures as a FHIR bundle."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from collector.exports.fhir import Release, as_json, bundle
from collector.exports.tabular.rows import CaptureRow
from collector.interface.asked import PATIENT
from collector.interface.clinic import Clinic
from collector.interface.entity_tags import is_known, tag_of, unchanged
from collector.interface.resource import Asked, Query, Resource
from collector.interface.resources.patients import no_patient
from collector.people.roles import Right
from collector.store import arrivals, reviews, series

_MEDIA_TYPE = "application/fhir+json"
_RELEASES = {"R4": Release.R4, "R5": Release.R5}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A Bundle of the type collection (https://hl7.org/fhir/bundle.html).",
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"const": "collection"},
        "entry": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["resourceType", "type", "entry"],
}


class BundleAsked(Query):
    """Which release of FHIR."""

    release: Literal["R4", "R5"] = Field("R5", description="Of FHIR.")


def resources(clinic: Clinic) -> tuple[Resource, ...]:
    """Return the resource of bundles."""

    def of_patient(asked: Asked) -> Response:
        code = asked.path["code"]
        with clinic.store.reading() as connection:
            listed = series.listed_captures(connection, code)
            if not listed:
                raise no_patient()
            ids = [one.message_id for one in listed]
            taken = series.captures_without_hairs(connection, ids)
            came = arrivals.times(connection, code)
            said = reviews.latest(connection, code, None)
        clinic.looked(asked, code, f"FHIR bundle {asked.query.release}")
        rows = [CaptureRow(taken[one], came[one], said.of(taken[one])) for one in ids]
        content = as_json(bundle(rows, _RELEASES[asked.query.release])).encode()
        tag = tag_of(content)
        if is_known(tag, asked.known_as):
            return unchanged(tag)
        return Response(content, media_type=_MEDIA_TYPE, headers={"etag": tag})

    return (
        Resource(
            "/patients/{code}/fhir",
            "getBundle",
            "All figures of a patient as a FHIR bundle: Observation, Device, and the pictures by name.",
            Right.EXPORT_PATIENTS,
            of_patient,
            (PATIENT,),
            BundleAsked,
            media={_MEDIA_TYPE: _SCHEMA},
        ),
    )
