"""The clinic's patients, some at a time: never all of them, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, distinct, func, literal, select, tuple_

from collector.store.series import comparisons_without_hairs
from collector.store.stored import PatientSummary
from collector.store.tables import captures, comparisons, patients
from collector.store.types import Moment
from contract import Comparison

_LAST_OF_TEXT = "\U0010ffff"


@dataclass(frozen=True)
class After:
    """Where a list goes on: behind the patient that it ended with."""

    last_taken_at: datetime
    patient_code: str


def newest(connection: Connection, limit: int, after: After | None = None) -> list[PatientSummary]:
    """Return patients, the one taken last first."""
    question = select(patients).order_by(patients.c.last_taken_at.desc(), patients.c.patient_code.desc()).limit(limit)
    if after is not None:
        place = tuple_(patients.c.last_taken_at, patients.c.patient_code)
        question = question.where(place < tuple_(literal(after.last_taken_at, Moment()), literal(after.patient_code)))
    return _summaries(connection, [(row.patient_code, row.last_taken_at) for row in connection.execute(question)])


def found(connection: Connection, beginning: str, limit: int, after_code: str | None = None) -> list[PatientSummary]:
    """Return the patients whose code begins with a text, by their codes; those behind a code, if one is given."""
    question = (
        select(patients)
        .where(patients.c.patient_code >= beginning, patients.c.patient_code < beginning + _LAST_OF_TEXT)
        .order_by(patients.c.patient_code)
        .limit(limit)
    )
    if after_code is not None:
        question = question.where(patients.c.patient_code > after_code)
    return _summaries(connection, [(row.patient_code, row.last_taken_at) for row in connection.execute(question)])


def newest_comparisons(connection: Connection, codes: Sequence[str]) -> list[Comparison]:
    """Return of each site of some patients the comparison that came last, without its hairs.

    Only that one: a list of patients says what is new, and reading all that ever was would take a second.

    Raises
    ------
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    last_first = comparisons.c.received_at.desc(), comparisons.c.message_id.desc()
    of_site = comparisons.c.patient_code, comparisons.c.site
    place = func.row_number().over(partition_by=of_site, order_by=last_first).label("place")
    ranked = select(comparisons.c.message_id, place).where(comparisons.c.patient_code.in_(codes)).subquery()
    ids = connection.execute(select(ranked.c.message_id).where(ranked.c.place == 1)).scalars().all()
    return list(comparisons_without_hairs(connection, ids).values())


def _summaries(connection: Connection, rows: Sequence[tuple[str, datetime]]) -> list[PatientSummary]:
    codes = [code for code, _ in rows]
    counted = (
        select(captures.c.patient_code, func.count(distinct(captures.c.visit_number)), func.count())
        .where(captures.c.patient_code.in_(codes))
        .group_by(captures.c.patient_code)
    )
    counts = {code: (visits, taken) for code, visits, taken in connection.execute(counted)}
    return [PatientSummary(code, *counts.get(code, (0, 0)), at) for code, at in rows]
