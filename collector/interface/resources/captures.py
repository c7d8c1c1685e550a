"""Captures: a patient's, all by their arrival, one whole, its picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from collector.interface.asked import (
    CAPTURE,
    PATIENT,
    USUALLY_AT_ONCE,
    AfterArrival,
    AfterCapture,
    Limit,
    Since,
    arrival_of,
    written,
)
from collector.interface.clinic import Clinic
from collector.interface.entity_tags import is_known, unchanged
from collector.interface.problems import Refusal
from collector.interface.resource import Asked, Query, Resource
from collector.interface.resources.patients import no_patient
from collector.interface.shown.captures import ArrivedCaptures, PatientsCaptures, WholeCapture, arrived, listed, whole
from collector.people.roles import Right
from collector.pictures.giving_out import picture_response
from collector.store import arrivals, captures, reviews, series, standings
from collector.store.arrivals import Arrival
from collector.store.stored import StoredCapture
from contract import Comparison

SETTLED_AFTER = timedelta(seconds=60)
"""What came later than so long ago is not in the list by arrival yet: several collectors commit beside each other, and
what is committed last may have come first. Whoever follows the list would step over it."""

_PICTURE_SCHEMA = {"type": "string", "format": "binary"}

_ListedT = TypeVar("_ListedT", bound="series.ListedCapture | Comparison")


class PatientsCapturesAsked(Query):
    """Which of a patient's captures."""

    after: AfterCapture | None = None
    limit: Limit = USUALLY_AT_ONCE


class ArrivedAsked(Query):
    """Which captures of all."""

    since: Since | None = None
    after: AfterArrival | None = None
    limit: Limit = USUALLY_AT_ONCE


class CaptureAsked(Query):
    """What of a capture."""

    include: Literal["hairs"] | None = Field(None, description="With every hair of the counting frame.")


def resources(clinic: Clinic) -> tuple[Resource, ...]:
    """Return the resources of captures."""

    def of_patient(asked: Asked) -> PatientsCaptures:
        code, query = asked.path["code"], asked.query
        with clinic.store.reading() as connection:
            taken = series.listed_captures(connection, code)
            if not taken:
                raise no_patient()
            some, following = part(taken, query.after, query.limit)
            said = standings.of_captures(connection, [one.message_id for one in some])
        clinic.looked(asked, code, "captures")
        return PatientsCaptures(captures=tuple(listed(one, said) for one in some), next=following)

    def by_arrival(asked: Asked) -> ArrivedCaptures:
        query: ArrivedAsked = asked.query
        settled = datetime.now(UTC) - SETTLED_AFTER
        after = None if query.after is None else arrival_of(query.after)
        with clinic.store.reading() as connection:
            found = arrivals.arrived(connection, query.limit + 1, settled, query.since, after)
            some = found[: query.limit]
            said = standings.of_captures(connection, [one.capture.message_id for one in some])
        clinic.looked_at_list(asked, (one.capture.patient_code for one in some), "captures by arrival")
        last = Arrival(some[-1].received_at, some[-1].capture.message_id) if some else None
        return ArrivedCaptures(
            captures=tuple(arrived(one.capture, said, one.received_at) for one in some),
            next=query.after if last is None else written(last),
            more=len(found) > query.limit,
        )

    def stored_of(asked: Asked, subject: str) -> StoredCapture:
        with clinic.store.reading() as connection:
            stored = captures.of_id(connection, UUID(asked.path["id"]))
        if stored is None:
            raise Refusal(404, "There is no capture of this number here. Ask for the patient's captures.")
        clinic.looked(asked, stored.capture.patient_code, f"{subject} {stored.capture.message_id}")
        return stored

    def one(asked: Asked) -> WholeCapture:
        stored = stored_of(asked, "capture")
        with clinic.store.reading() as connection:
            history = reviews.history(connection, stored.capture)
        there = clinic.pictures.has(stored.capture.picture.sha256)
        return whole(stored, history, picture_arrived=there, with_hairs=asked.query.include == "hairs")

    def picture(asked: Asked) -> Response:
        sha256 = stored_of(asked, "picture").capture.picture.sha256
        tag = f'"{sha256}"'
        if is_known(tag, asked.known_as) and clinic.pictures.has(sha256):
            return unchanged(tag)
        answer = _without_body(clinic, sha256) if asked.head else picture_response(clinic.pictures, sha256)
        answer.headers["etag"] = tag
        return answer

    return (
        Resource(
            "/patients/{code}/captures",
            "listPatientsCaptures",
            "A patient's captures by visit and time, some at a time.",
            Right.SEE_PATIENTS,
            of_patient,
            (PATIENT,),
            PatientsCapturesAsked,
            PatientsCaptures,
        ),
        Resource(
            "/captures",
            "followCaptures",
            "All captures in the order of their arrival, some at a time, from one minute after they came: the way to"
            " follow what is new. Whoever asks again with the last `next` misses none and gets none twice.",
            Right.SEE_PATIENTS,
            by_arrival,
            (),
            ArrivedAsked,
            ArrivedCaptures,
        ),
        Resource(
            "/captures/{id}",
            "getCapture",
            "One capture: every figure with its interval, quality, calibration, and what people said of it.",
            Right.SEE_PATIENTS,
            one,
            (CAPTURE,),
            CaptureAsked,
            WholeCapture,
        ),
        Resource(
            "/captures/{id}/picture",
            "getPicture",
            "The picture that was measured, as the instrument made it.",
            Right.SEE_PATIENTS,
            picture,
            (CAPTURE,),
            media={"image/jpeg": _PICTURE_SCHEMA, "image/png": _PICTURE_SCHEMA},
        ),
    )


def _without_body(clinic: Clinic, sha256: str) -> Response:
    """Answer a HEAD request without opening the picture, which may mean to fetch it from afar."""
    vouched = clinic.pictures.vouched(sha256)
    if vouched is None:
        raise Refusal(404, "This picture has not arrived.")
    return Response(media_type=vouched.media_type, headers={"content-length": str(vouched.size_bytes)})


def part(found: Sequence[_ListedT], after: str | None, limit: int) -> tuple[Sequence[_ListedT], UUID | None]:
    """Return the part of a patient's list behind an id, and the id that the next part is behind.

    Raises
    ------
    Refusal
        If the list has no such id.
    """
    first = 0
    if after is not None:
        ids = [one.message_id for one in found]
        wanted = UUID(after)
        if wanted not in ids:
            raise Refusal(404, "There is no such part of this list. Ask from its beginning.")
        first = ids.index(wanted) + 1
    some = found[first : first + limit]
    return some, some[-1].message_id if first + limit < len(found) else None
