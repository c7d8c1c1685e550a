"""The shapes of what other systems ask with: parts of addresses and parameters, each bounded and of one spelling."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, TypeAdapter, WithJsonSchema

from collector.store.arrivals import Arrival
from collector.studies.plan import StudyCode
from contract import PatientCode, SiteKey

MOST_AT_ONCE, USUALLY_AT_ONCE = 200, 100
_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_DATE_TIME = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[Tt](?P<clock>\d{2}:\d{2}):(?P<seconds>\d{2})(?P<fraction>\.\d{1,30})?"
    r"(?P<zone>[Zz]|[+-]\d{2}:\d{2})",
    re.ASCII,
)
_ARRIVAL = re.compile(rf"(?P<milliseconds>[0-9]{{1,13}})_(?P<id>{_ID})")


@dataclass(frozen=True)
class PathPart:
    """A part of an address that varies.

    Parameters
    ----------
    name, about, example
        For the document.
    schema
        What it is held to, as JSON Schema.
    fits
        Says whether a text is one.
    """

    name: str
    about: str
    example: str
    schema: dict[str, Any]
    fits: Callable[[str], bool]


def _of_type(name: str, about: str, example: str, kind: Any) -> PathPart:  # noqa: ANN401  an annotated type
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    def fits(text: str) -> bool:
        try:
            return adapter.validate_python(text) == text
        except ValueError:
            return False

    return PathPart(name, about, example, adapter.json_schema(), fits)


PATIENT = _of_type("code", "The patient's code at the clinic.", "P-0042", PatientCode)
SITE = _of_type("site", "The site's key, as captures name it.", "frontal", SiteKey)
STUDY = _of_type("code", "The study's code.", "HAIR-2026", StudyCode)
CAPTURE = PathPart(
    "id",
    "The capture's id.",
    "0195f1a2-7f4e-7cc3-98c4-dc0c0c07398f",
    {"type": "string", "format": "uuid", "pattern": f"^{_ID}$"},
    lambda text: re.fullmatch(_ID, text) is not None,
)


def _digits(value: object) -> object:
    # Numbers have other spellings in Python ("1_0", " 10", "1e1"), which would be two texts for one thing.
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,4}", value, re.ASCII):
        raise ValueError("not a plain number")
    return value


def _moment(value: object) -> object:
    """Read a time as RFC 3339 has it: with its zone, leap seconds too, and no number that might be one."""
    if not isinstance(value, str):
        return value
    # A plus that nobody escaped arrives as a space.
    found = _DATE_TIME.fullmatch(value.replace(" ", "+"))
    if found is None:
        raise ValueError("no time of RFC 3339")
    leaps = found["seconds"] == "60"
    digits = (found["fraction"] or ".0")[1:7]
    seconds = f"59.{digits}" if leaps else f"{found['seconds']}.{digits}"
    zone = "+00:00" if found["zone"] in "Zz" else found["zone"]
    local = datetime.fromisoformat(f"{found['day']}T{found['clock']}:{seconds.ljust(9, '0')}{zone}")
    try:
        moment = (local + timedelta(seconds=leaps)).astimezone(UTC)
    except OverflowError:
        moment = _FIRST if local.year == 1 else _LAST
    return min(max(moment, _FIRST), _LAST)


def written(place: Arrival) -> str:
    """Write a place in the order of arrival."""
    return f"{round(place.received_at.timestamp() * 1000)}_{place.message_id}"


def arrival_of(text: str) -> Arrival:
    """Read a place in the order of arrival; any text of its pattern is one."""
    found = _ARRIVAL.fullmatch(text)
    if found is None:
        raise ValueError("no place in the order of arrival")
    seconds, milliseconds = divmod(int(found["milliseconds"]), 1000)
    at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=1000 * milliseconds)
    return Arrival(at, UUID(found["id"]))


Limit = Annotated[
    int,
    Field(
        ge=1, le=MOST_AT_ONCE, description=f"How many at most; {USUALLY_AT_ONCE} unless something else is asked for."
    ),
    BeforeValidator(_digits),
]
Since = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "What came earlier is left out.",
            "examples": ["2026-03-04T09:30:00Z"],
        }
    ),
]
AfterArrival = Annotated[
    str,
    Field(
        pattern=_ARRIVAL.pattern.replace("(?P<milliseconds>", "^(").replace("(?P<id>", "(") + "$",
        description="Where the part before ended: its `next`. With `since` too, the later of both holds.",
    ),
]
AfterPatient = Annotated[PatientCode, Field(description="Where the part before ended: its `next`.")]
AfterCapture = Annotated[
    str, Field(pattern=f"^{_ID}$", description="Where the part before ended: its `next`, the id of a capture.")
]
Beginning = Annotated[
    str,
    Field(
        pattern="^[A-Z]{0,4}-?[0-9]{0,10}$",
        description="Only patients whose code begins so.",
        examples=["P-00"],
    ),
]
