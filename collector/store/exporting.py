"""What leaves the store as files: patient by patient, each by its index, so that a clinic of any size streams through.

What counts is as on the pages: of a capture the review that stands, of a follow-up the newest comparison, of a visit
what each instrument said last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select, union_all

from collector.exports.tabular.rows import CaptureRow, ComparisonRow, Source, VisitRow
from collector.store import captures as stored_captures
from collector.store.reviews import Reviews
from collector.store.rows import payload_as
from collector.store.series import newest_comparisons
from collector.store.tables import captures, comparisons, reviews, studies, study_patients, visits
from contract import Capture, Comparison, Review

_AT_ONCE = 200
"""Messages read at once: 2 MB of usual captures, 52 MB of the largest that are taken."""


@dataclass(frozen=True)
class Chosen:
    """What is exported.

    Parameters
    ----------
    patient_codes
        Whose; None for all.
    first_day, last_day
        Of this machine's time zone, both included: when a capture was taken, of a comparison its follow-up, or the
        day of a visit. None where there is no bound.
    """

    patient_codes: tuple[str, ...] | None = None
    first_day: date | None = None
    last_day: date | None = None

    @property
    def since(self) -> datetime | None:
        """When it begins."""
        return None if self.first_day is None else _midnight(self.first_day)

    @property
    def before(self) -> datetime | None:
        """When it is over."""
        return None if self.last_day is None else _midnight(self.last_day + timedelta(days=1))

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        since, before = self.since, self.before
        return (since is None or moment >= since) and (before is None or moment < before)

    def holds_day(self, day: date) -> bool:
        """Whether a day lies in it."""
        return (self.first_day is None or day >= self.first_day) and (self.last_day is None or day <= self.last_day)


def source(connection: Connection, chosen: Chosen) -> Source:
    """Return what is chosen as the tables are made from; it is read while it is gone through.

    Parameters
    ----------
    connection
        To the store; used until the last row was taken.
    chosen
        What.
    """
    return Source(
        captures=(row for code in patient_codes(connection, chosen) for row in captures_of(connection, code, chosen)),
        comparisons=(
            row for code in patient_codes(connection, chosen) for row in comparisons_of(connection, code, chosen)
        ),
        visits=(row for code in patient_codes(connection, chosen) for row in visits_of(connection, code, chosen)),
    )


def patient_codes(connection: Connection, chosen: Chosen) -> Iterator[str]:
    """Give the codes that are chosen, or those of all of whom there is a capture, a comparison or a visit."""
    if chosen.patient_codes is not None:
        yield from chosen.patient_codes
        return
    after = ""
    while (code := _next_code(connection, after)) is not None:
        yield code
        after = code


def captures_of(connection: Connection, patient_code: str, chosen: Chosen) -> Iterator[CaptureRow]:
    """Give a patient's captures by visit and time, each with the review that stands.

    Raises
    ------
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    # The ids alone first, by the patient's index: a bound on their number would have PostgreSQL walk the whole table.
    asked = select(captures.c.message_id).where(captures.c.patient_code == patient_code, *_taken_in(chosen))
    in_order = asked.order_by(captures.c.visit_number, captures.c.taken_at, captures.c.message_id)
    ids = connection.execute(in_order).scalars().all()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        said = _reviews_of(connection, some)
        rows = connection.execute(
            select(captures.c.message_id, captures.c.payload, captures.c.received_at).where(
                captures.c.message_id.in_(some)
            )
        )
        read = {row.message_id: (row.payload, row.received_at) for row in rows}
        for payload, received_at in (read[message_id] for message_id in some):
            capture = payload_as(Capture, payload)
            yield CaptureRow(capture, received_at, said.of(capture))


def comparisons_of(connection: Connection, patient_code: str, chosen: Chosen) -> Iterator[ComparisonRow]:
    """Give the newest comparison of each of a patient's follow-ups, by their ids.

    Raises
    ------
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    heads = newest_comparisons(connection, patient_code)
    ids = sorted(head.message_id for head in heads if chosen.holds(head.followup.taken_at))
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        rows = connection.execute(
            select(comparisons.c.payload, comparisons.c.received_at)
            .where(comparisons.c.message_id.in_(some))
            .order_by(comparisons.c.message_id)
        ).all()
        for payload, received_at in rows:
            yield ComparisonRow(payload_as(Comparison, payload), received_at)


def visits_of(connection: Connection, patient_code: str, chosen: Chosen) -> Iterator[VisitRow]:
    """Give what each instrument said last of each of a patient's visits.

    Raises
    ------
    collector.store.stored.StoreFailed
        If this release cannot read one of them.
    """
    for stored in stored_captures.visits_of(connection, patient_code):
        if chosen.holds_day(stored.visit.visit_date):
            yield VisitRow(stored.visit, stored.received_at)


def sites_of(connection: Connection, patient_code: str, chosen: Chosen) -> list[str]:
    """Return the sites of which a patient has a capture that is chosen, by their keys."""
    rows = connection.execute(
        select(captures.c.site).distinct().where(captures.c.patient_code == patient_code, *_taken_in(chosen))
    )
    return sorted(rows.scalars())


def unknown_codes(connection: Connection, codes: Collection[str]) -> list[str]:
    """Return those codes of which there is neither capture, comparison nor visit."""
    tables = captures, comparisons, visits
    return [
        code
        for code in codes
        if not any(
            connection.execute(select(table.c.message_id).where(table.c.patient_code == code).limit(1)).first()
            for table in tables
        )
    ]


def in_a_blinded_study(connection: Connection, study_code: str) -> bool:
    """Return whether a study, or one that shares a patient with it, is blinded."""
    same = select(study_patients.c.patient_code).where(study_patients.c.study_code == study_code)
    blinded = (
        select(studies.c.study_code)
        .join(study_patients, study_patients.c.study_code == studies.c.study_code)
        .where(studies.c.unblinded_at.is_(None), study_patients.c.patient_code.in_(same))
        .limit(1)
    )
    return connection.execute(blinded).first() is not None


def how_many(connection: Connection, chosen: Chosen) -> int:
    """Return how many captures are chosen: what a long export is measured by."""
    question = select(func.count()).select_from(captures).where(*_taken_in(chosen))
    if chosen.patient_codes is None:
        return int(connection.execute(question).scalar_one())
    of_each = (question.where(captures.c.patient_code == code) for code in chosen.patient_codes)
    return sum(connection.execute(one).scalar_one() for one in of_each)


def _taken_in(chosen: Chosen) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if (since := chosen.since) is not None:
        bounds.append(captures.c.taken_at >= since)
    if (before := chosen.before) is not None:
        bounds.append(captures.c.taken_at < before)
    return bounds


def _next_code(connection: Connection, after: str) -> str | None:
    # The database says which comes first: its order of texts may be another than Python's.
    of_each = [
        select(func.min(table.c.patient_code).label("code")).where(table.c.patient_code > after)
        for table in (captures, comparisons, visits)
    ]
    return connection.execute(select(func.min(union_all(*of_each).subquery().c.code))).scalar()


def _reviews_of(connection: Connection, capture_ids: Sequence[UUID]) -> Reviews:
    """Read what stands of some captures, as :func:`collector.store.reviews.latest` tells it of a patient's."""
    same = reviews.c.device_id, reviews.c.capture_id, reviews.c.patient_code, reviews.c.visit_number, reviews.c.site
    newest_first = reviews.c.sequence.desc(), reviews.c.received_at.desc(), reviews.c.message_id.desc()
    place = func.row_number().over(partition_by=same, order_by=newest_first).label("place")
    ranked = select(reviews.c.payload, place).where(reviews.c.capture_id.in_(capture_ids)).subquery()
    rows = connection.execute(select(ranked.c.payload).where(ranked.c.place == 1)).scalars()
    return Reviews(payload_as(Review, payload) for payload in rows)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day).astimezone(UTC)
