"""The captures that a study is made of: by columns, as their hairs are most of them and not asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Row, Select, func, select

from collector.exports.codes import FIGURES
from collector.store.stored import StoreFailed
from collector.store.tables import captures, erasures, reviews
from collector.studies.plan import StudyPlan
from collector.studies.takes import Scale, Take, TakenWith
from contract import Decision, Verdict

_AT_ONCE = 250
"""Patients, or captures, a question: databases bound how many values one may have."""

_ValueT = TypeVar("_ValueT")


def state(connection: Connection, patient_codes: Sequence[str]) -> tuple[int, int, int]:
    """Return what tells whether anything came of some patients, or went: counts that indexes give.

    Facts are added, and go with a patient who is erased alone: where no count differs nothing does.
    """
    of_patients = [0, 0]
    for some in _some(patient_codes):
        for at, table in enumerate((captures, reviews)):
            counted = select(func.count()).select_from(table).where(table.c.patient_code.in_(some))
            of_patients[at] += connection.execute(counted).scalar_one()
    erased = connection.execute(select(func.count()).select_from(erasures)).scalar_one()
    return of_patients[0], of_patients[1], erased


def takes(connection: Connection, plan: StudyPlan, patient_codes: Sequence[str]) -> list[Take]:
    """Return all captures of a study's patients at its visits and sites, with what stands of them: by patient.

    Raises
    ------
    StoreFailed
        If this release cannot read one of them.
    """
    rows = [row for some in _some(patient_codes) for row in connection.execute(_captures_of(plan, some))]
    said = {_about(row): row for some in _some(patient_codes) for row in _last_words(connection, some)}
    return [_take(plan.figure, row, said.get(_about(row))) for row in rows]


def _some(values: Iterable[_ValueT]) -> Iterator[list[_ValueT]]:
    left = iter(values)
    while some := list(islice(left, _AT_ONCE)):
        yield some


_COLUMNS = (
    captures.c.message_id.label("capture_id"),
    captures.c.device_id,
    captures.c.patient_code,
    captures.c.visit_number,
    captures.c.site,
    captures.c.taken_at,
    captures.c.verdict,
    captures.c.figures,
    captures.c.summary,
)


def _captures_of(plan: StudyPlan, some: Sequence[str]) -> Select[Any]:
    asked = (
        captures.c.patient_code.in_(some),
        captures.c.visit_number.in_(plan.visits),
        captures.c.site.in_(plan.all_sites),
    )
    order = captures.c.patient_code, captures.c.visit_number, captures.c.taken_at, captures.c.message_id
    return select(*_COLUMNS).where(*asked).order_by(*order)


def _last_words(connection: Connection, some: Sequence[str]) -> Iterator[Row[Any]]:
    """Give what was said last of each capture, as :func:`collector.store.reviews.latest` tells it."""
    same = reviews.c.patient_code, reviews.c.device_id, reviews.c.capture_id, reviews.c.visit_number, reviews.c.site
    newest_first = reviews.c.sequence.desc(), reviews.c.received_at.desc(), reviews.c.message_id.desc()
    place = func.row_number().over(partition_by=same, order_by=newest_first).label("place")
    ranked = select(*same, reviews.c.decision, reviews.c.figures, place).where(reviews.c.patient_code.in_(some))
    one = ranked.subquery()
    yield from connection.execute(select(one).where(one.c.place == 1))


def _about(row: Row[Any]) -> tuple[object, ...]:
    """Name a capture as a review does: one that differs in a part is about another."""
    return row.device_id, row.capture_id, row.patient_code, row.visit_number, row.site


def _take(figure: str, row: Row[Any], said: Row[Any] | None) -> Take:
    corrected = said is not None and said.figures is not None
    return Take(
        message_id=row.capture_id,
        device_id=row.device_id,
        patient_code=row.patient_code,
        visit_number=row.visit_number,
        site=row.site,
        taken_at=row.taken_at,
        verdict=Verdict(row.verdict),
        instrument=_taken_with(row.summary),
        rejected=said is not None and said.decision == Decision.REJECTED,
        corrected=corrected,
        value=_value(figure, said.figures if said is not None and corrected else row.figures),
    )


def _value(figure: str, figures: str) -> float | None:
    """Return one figure of a column of :mod:`collector.store.figures`, in its UCUM unit."""
    found = json.loads(figures).get(figure)
    return None if found is None else FIGURES[figure].in_ucum(found[0])


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Scale(_Part):
    record_id: UUID | None = None
    source: str
    um_per_px: float


class _Forced(_Part):
    pass


class _Quality(_Part):
    forced: _Forced | None = None


class _Head(_Part):
    boot_id: UUID
    sequence: int
    simulated: bool
    camera: str
    camera_identity: str | None = None
    lens: str | None = None
    light: str | None = None
    calibration: _Scale
    quality: _Quality


def _taken_with(summary: str) -> TakenWith:
    try:
        head = _Head.model_validate_json(summary)
    except ValidationError as error:
        raise StoreFailed(f"a stored capture cannot be read by this release ({error.error_count()} faults)") from None
    scale = head.calibration
    return TakenWith(
        head.boot_id,
        head.sequence,
        head.simulated,
        head.quality.forced is not None,
        head.camera,
        head.camera_identity,
        head.lens,
        head.light,
        Scale(scale.record_id, scale.source, scale.um_per_px),
    )
