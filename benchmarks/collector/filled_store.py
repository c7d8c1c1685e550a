"""A store as a clinic has it after years: patients, captures of 10 kB, comparisons, visits, reviews, a study, a trail.

The same numbers give the same store. Rows are made from a few messages that are whole and right, with ids, times and
the density of each put in: 100,000 captures through the ingestion would take longer than what is measured on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy import Table, insert

from collector.ingestion.decisions import Accepted
from collector.people.roles import Role
from collector.store.rows import row_of
from collector.store.store import Store
from collector.store.tables import accounts, audit_trail, captures, comparisons, patients, quarantine, reviews, visits
from collector.studies import conduct
from collector.studies.allocation import Allocated
from collector.studies.plan import StudyPlan
from contract import (
    DONOR_CONTROL,
    PROTOCOL,
    Capture,
    Channel,
    ComparedCapture,
    Comparison,
    Interval,
    Picture,
    Review,
    Site,
    Topic,
    Transform,
    Visit,
    content_sha256,
)
from tests.collector.examples import CLINIC, health, status
from tests.examples import capture, comparison, full_measurement, review, visit

STUDY: Final = "SIZE-2026"
VISITS = 8
"""Of a patient; at each all six sites of the protocol, and at the last two of them again."""

_STUDY_PATIENTS = 200
CAPTURES_EACH = len(PROTOCOL) * VISITS + 2
DEVICES = 20
PICTURE = Picture(sha256=hashlib.sha256(b"a picture").hexdigest(), media_type="image/png", size_bytes=9)

_SEED = 20260304
_TOPIC = Topic(CLINIC, "chair-1", Channel.CAPTURE)
_BEGUN = datetime(2021, 3, 1, 8, 0, tzinfo=UTC)
_BETWEEN_VISITS = timedelta(days=90)
_HAIRS = 27
_AT_ONCE = 500
_LOOKS_EACH = 20
_QUARANTINED_EACH = 20
_REVIEWED_SHARE = 0.05


@dataclass(frozen=True)
class Filled:
    """What a store was filled with.

    Parameters
    ----------
    patients
        Their codes.
    capture_ids
        Of each patient the first capture.
    """

    patients: tuple[str, ...]
    capture_ids: tuple[UUID, ...]


def fill(store: Store, number: int, visit_numbers: int = VISITS, in_study: int = _STUDY_PATIENTS) -> Filled:
    """Fill an empty store with patients.

    Parameters
    ----------
    store
        An empty one.
    number
        Of patients, each with :data:`CAPTURES_EACH` captures where the visits are as many as usual.
    visit_numbers
        Of each patient.
    in_study
        How many patients the study has.
    """
    codes = tuple(f"P-{place:04}" for place in range(1, number + 1))
    _insert(store, accounts, _accounts())
    drawn = list(_captures(codes, store, visit_numbers))
    _insert(store, comparisons, _comparisons(drawn))
    _insert(store, visits, _visits(codes, visit_numbers))
    _insert(store, reviews, _reviews(drawn))
    _insert(store, audit_trail, _looks(codes))
    _insert(store, quarantine, _quarantined(number))
    _words(store)
    _study(store, codes[:in_study], visit_numbers)
    if not store.database.is_sqlite:
        with store.writing() as connection:
            connection.exec_driver_sql("ANALYZE")
    firsts: dict[str, UUID] = {}
    for one in drawn:
        firsts.setdefault(one.patient_code, one.message_id)
    return Filled(codes, tuple(firsts[code] for code in codes))


def account_id(role: Role) -> UUID:
    """Return the id of the account of a role."""
    return _id(_BEGUN, 1 + list(Role).index(role))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What tells one capture from another."""

    message_id: UUID
    patient_code: str
    visit_number: int
    site: Site
    device_id: str
    taken_at: datetime
    received_at: datetime
    sequence: int
    density: float


def _captures(codes: tuple[str, ...], store: Store, visit_numbers: int) -> Iterator[_Drawn]:
    """Insert all captures as they are drawn, and give them."""
    written = _Written(_whole_capture(), _RENAMED)
    chance = np.random.default_rng(_SEED)
    drawn = _draw(codes, visit_numbers, chance)
    while some := list(islice(drawn, _AT_ONCE)):
        _insert(store, captures, (written.row(_values(one)) for one in some))
        yield from some
    last = _BEGUN + (visit_numbers - 1) * _BETWEEN_VISITS
    _insert(
        store,
        patients,
        ({"patient_code": code, "last_taken_at": last + _of_patient(place)} for place, code in enumerate(codes)),
    )


def _draw(codes: tuple[str, ...], visit_numbers: int, chance: np.random.Generator) -> Iterator[_Drawn]:
    """Draw captures in the order of their arrival: all patients' first visits, then their second ones."""
    levels = chance.normal(150, 25, len(codes))
    sequence = 0
    for visit_number in range(1, visit_numbers + 1):
        for place, code in enumerate(codes):
            again = PROTOCOL[:2] if visit_number == visit_numbers else ()
            for minute, site in enumerate((*PROTOCOL, *again)):
                sequence += 1
                at = _moment(place, visit_number) + timedelta(minutes=minute)
                thins = 0.0 if site == DONOR_CONTROL else 1.5 * visit_number
                density = max(20.0, float(levels[place]) - thins + float(chance.normal(0, 6)))
                came = at + timedelta(seconds=20)
                name = _id(came, sequence)
                yield _Drawn(name, code, visit_number, site, _device(place), at, came, sequence, round(density, 1))


def _moment(place: int, visit_number: int) -> datetime:
    return _BEGUN + (visit_number - 1) * _BETWEEN_VISITS + _of_patient(place)


def _of_patient(place: int) -> timedelta:
    return timedelta(minutes=20 * place)


def _device(place: int) -> str:
    return f"chair-{1 + place % DEVICES}"


def _id(at: datetime, number: int) -> UUID:
    """Return a UUIDv7 of a time (RFC 9562, 5.7), the same at every run."""
    milliseconds = round(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | number)


_ID, _CODE, _VISIT, _SEQUENCE = UUID("01900000-0000-7000-8000-00000000abcd"), "ZZZZ-9999999999", 9998, 987_654_321
_AT, _SITE, _DEVICE = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC), "g419-l159", "sentinel"
_DENSITY = Interval(value=7777.5, low=6666.5, high=8888.5)

_RENAMED: tuple[tuple[str, str], ...] = (
    (str(_ID), "message_id"),
    (_CODE, "patient_code"),
    (f'"visit_number":{_VISIT}', '"visit_number":{visit_number}'),
    (f'"sequence":{_SEQUENCE}', '"sequence":{sequence}'),
    ("2001-02-03T04:05:06Z", "taken_at_text"),
    (_SITE, "site"),
    (f'"device_id":"{_DEVICE}"', '"device_id":"{device_id}"'),
    ("7777.5", "density"),
    ("6666.5", "low"),
    ("8888.5", "high"),
)


def _whole_capture() -> Capture:
    """Return a capture of 10 kB with every figure, and what is to be put in where something else stands for it."""
    chance = np.random.default_rng(_SEED)
    (known,) = full_measurement().hairs
    hairs = []
    for _ in range(_HAIRS):
        x, y = (round(float(one), 1) for one in chance.uniform((30, 30), (1900, 1400)))
        course = tuple((round(x + 12.5 * step, 1), round(y + 0.2 * step, 1)) for step in range(5))
        of_place = {"root_px": (x, y), "tip_px": course[-1], "course_px": course}
        hairs.append(known.model_copy(update=of_place | {"diameter_um": round(float(chance.uniform(20, 90)), 1)}))
    return capture(
        message_id=_ID,
        patient_code=_CODE,
        visit_number=_VISIT,
        sequence=_SEQUENCE,
        site=_SITE,
        device_id=_DEVICE,
        created_at=_AT,
        taken_at=_AT,
        picture=PICTURE,
        measurement=full_measurement(hairs=tuple(hairs), hair_density_per_cm2=_DENSITY),
    )


class _Written:
    """Rows like one that is whole, with their own words where stand-ins are: in every column that holds JSON."""

    def __init__(self, message: Capture | Comparison, renamed: tuple[tuple[str, str], ...]) -> None:
        self._whole = row_of(Accepted(_TOPIC, message, message.encode()), _AT)
        self._texts = {}
        for column, value in self._whole.items():
            text = value.decode() if isinstance(value, bytes) else value
            if isinstance(text, str) and text.startswith("{"):
                self._texts[column] = _with_names(text, renamed)

    def row(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a message of these values."""
        columns = {name: value for name, value in values.items() if name in self._whole}
        texts: dict[str, Any] = {name: text.format_map(values) for name, text in self._texts.items()}
        payload = texts["payload"].encode()
        return self._whole | columns | texts | {"payload": payload, "content_sha256": content_sha256(payload)}


def _with_names(text: str, renamed: tuple[tuple[str, str], ...]) -> str:
    text = text.replace("{", "{{").replace("}", "}}")
    for stand_in, name in renamed:
        text = text.replace(stand_in, name if "{" in name else f"{{{name}}}")
    return text


def _values(one: _Drawn) -> dict[str, object]:
    return {
        "message_id": one.message_id,
        "patient_code": one.patient_code,
        "visit_number": one.visit_number,
        "sequence": one.sequence,
        "taken_at": one.taken_at,
        "taken_at_text": _rfc_3339(one.taken_at),
        "received_at": one.received_at,
        "site": one.site.value,
        "device_id": one.device_id,
        "density": one.density,
        "low": round(one.density - 12, 1),
        "high": round(one.density + 12, 1),
    }


def _rfc_3339(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


_BASELINE_ID = UUID("01900000-0000-7000-8000-00000000beef")
_BASELINE_AT = datetime(2001, 2, 3, 5, 5, 6, tzinfo=UTC)
_FOLLOWUP_ID = UUID("01900000-0000-7000-8000-00000000cafe")


def _whole_comparison() -> Comparison:
    """Return a comparison of 10 kB, likewise."""
    known = comparison()
    hair = {"fate": "kept", "probability": 0.97, "baseline": 1, "followup": 2, "thickness": "same"}
    hairs = [
        hair | {"baseline_px": (100.1 + place, 200.2), "followup_px": (101.1 + place, 203.4), "diameter_change_um": 1.2}
        for place in range(40)
    ]
    transform = Transform(
        turn_deg=2.5,
        shift_mm=(0.2, -0.1),
        scale=1.0,
        middle_mm=(5.0, 4.0),
        half_mm=(6.0, 5.0),
        stretch_um=((0.0,) * 9, (0.0,) * 9),
        largest_stretch_um=12.0,
        baseline_to_followup_px=((1.0, 0.0, 3.0), (0.0, 1.0, 2.0)),
    )
    change = {
        "same_place": 0.99,
        "transform": transform.model_dump(),
        "shared_area_cm2": 0.7,
        "matched": 140,
        "new": 6,
        "lost": 3,
        "density_per_cm2": (130.0, 133.0),
        "density_change_per_cm2": _DENSITY.model_dump(),
        "counted_density_change_per_cm2": {"value": 3.0, "low": -9.0, "high": 15.0},
        "mean_diameter_change_um": {"value": 0.4, "low": -0.8, "high": 1.6},
        "days": 90.0,
        "hairs": hairs,
    }
    floor = {
        "figure": "hair_density_per_cm2",
        "difference": "matched",
        "source": "burst",
        "difference_sd": 2.0,
        "degrees": 30.0,
        "subjects": 10,
    }
    ends = {
        "baseline": ComparedCapture(message_id=_BASELINE_ID, device_id=_DEVICE, visit_number=1, taken_at=_BASELINE_AT),
        "followup": ComparedCapture(message_id=_FOLLOWUP_ID, device_id=_DEVICE, visit_number=_VISIT, taken_at=_AT),
    }
    whole = known.model_dump() | ends | {"change": change, "noise_floors": (floor,)}
    of_own = {"message_id": _ID, "patient_code": _CODE, "site": _SITE, "device_id": _DEVICE, "created_at": _AT}
    return Comparison.model_validate(whole | of_own | {"sequence": _SEQUENCE})


_RENAMED_ENDS = (
    (str(_BASELINE_ID), "baseline_id"),
    (str(_FOLLOWUP_ID), "followup_id"),
    ("2001-02-03T05:05:06Z", "baseline_at"),
)


def _comparisons(drawn: list[_Drawn]) -> Iterator[dict[str, Any]]:
    """Compare each later capture of a site with its first one."""
    written = _Written(_whole_comparison(), (*_RENAMED, *_RENAMED_ENDS))
    firsts: dict[tuple[str, Site], _Drawn] = {}
    for one in drawn:
        first = firsts.setdefault((one.patient_code, one.site), one)
        if first.visit_number == one.visit_number:
            continue
        change = round(one.density - first.density, 1)
        values = _values(one) | {
            "message_id": _id(one.received_at, 1 << 40 | one.sequence),
            "baseline_id": first.message_id,
            "followup_id": one.message_id,
            "baseline_at": _rfc_3339(first.taken_at),
            "density": change,
            "low": round(change - 5, 1),
            "high": round(change + 5, 1),
        }
        yield written.row(values | {"received_at": one.received_at + timedelta(seconds=5)})


def _visits(codes: tuple[str, ...], visit_numbers: int) -> Iterator[dict[str, Any]]:
    for place, code in enumerate(codes):
        for number in range(1, visit_numbers + 1):
            at = _moment(place, number)
            said = visit(
                message_id=_id(at, 1 << 41 | place),
                patient_code=code,
                visit_number=number,
                visit_date=at.date(),
                protocol=PROTOCOL,
                taken=PROTOCOL,
                device_id=_device(place),
                created_at=at,
            )
            yield _row(said, at)


def _reviews(drawn: list[_Drawn]) -> Iterator[dict[str, Any]]:
    """Say something of a share of all captures: of every tenth of these that it is not to count."""
    chance = np.random.default_rng(_SEED + 1)
    for number, one in enumerate(drawn):
        if chance.random() >= _REVIEWED_SHARE:
            continue
        about = {
            "message_id": _id(one.received_at, 1 << 42 | number),
            "patient_code": one.patient_code,
            "device_id": one.device_id,
            "visit_number": one.visit_number,
            "site": one.site,
            "capture_id": one.message_id,
            "created_at": one.received_at,
        }
        word = {"decision": "rejected", "reason": "hair was wet"} if number % 10 == 0 else {"decision": "accepted"}
        yield _row(review(**about, **word), one.received_at + timedelta(seconds=60))


def _looks(codes: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for number in range(_LOOKS_EACH * len(codes)):
        at = _BEGUN + timedelta(minutes=10 * number)
        yield {
            "entry_id": _id(at, number),
            "at": at,
            "by": Role.CLINICIAN.value,
            "action": "looked",
            "patient_code": codes[number % len(codes)],
            "subject": None,
            "detail": None,
        }


def _accounts() -> Iterator[dict[str, Any]]:
    for role in Role:
        yield {
            "account_id": account_id(role),
            "name": role.value,
            "role": role.value,
            "created_at": _BEGUN,
            "wrong_tries": 0,
        }


def _words(store: Store) -> None:
    """Have every device say how it is."""
    for number in range(DEVICES):
        store.store_batch([status(device_id=_device(number)), health(device_id=_device(number))], _BEGUN)


def _quarantined(number: int) -> Iterator[dict[str, Any]]:
    for place in range(_QUARANTINED_EACH * number):
        payload = f"not JSON {place}".encode()
        yield {
            "topic": str(_TOPIC),
            "content_sha256": content_sha256(payload),
            "reason": f"This is no JSON of kind {place % 7}.",
            "received_at": _BEGUN + timedelta(minutes=place // 20),  # some come in one batch
            "payload": payload,
        }


def _study(store: Store, codes: tuple[str, ...], visit_numbers: int) -> None:
    plan = StudyPlan.model_validate(
        {
            "study_code": STUDY,
            "title": "A study at size",
            "sites": [Site.VERTEX, Site.FRONTAL],
            "visits": sorted({1, visit_numbers // 2 + 1, visit_numbers}),
            "baseline": 1,
            "end_point": visit_numbers,
            "arms": [{"code": code, "title": f"Arm {code}"} for code in "ABC"],
            "reference": "A",
        }
    )
    conduct.add(store, plan, "monitor")
    conduct.enter_patients(store, STUDY, [Allocated(code, "ABC"[at % 3]) for at, code in enumerate(codes)], "monitor")


def _row(message: Visit | Review, at: datetime) -> dict[str, Any]:
    return row_of(Accepted(_TOPIC, message, message.encode()), at)


def _insert(store: Store, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    statement = insert(table)
    while some := list(islice(rows, _AT_ONCE)):
        with store.writing() as connection:
            connection.execute(statement, some)
