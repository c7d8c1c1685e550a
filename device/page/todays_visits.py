"""Which visit of a patient is due today: by the clinic's list, and by what this instrument has taken."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contract import Expected
from device.chair.appointments import next_visit_number, open_visits
from device.page.typed import LAST_VISIT
from device.page.visit_address import VisitAddress
from device.sites import last_record
from device.store import Store


@dataclass(frozen=True)
class TodaysVisit:
    """One row of today's list.

    Parameters
    ----------
    expected
        As the clinic gave it.
    visit
        Where the row leads: under the list's number, or a later one where that was taken on an earlier day.
    state
        How it stands today.
    """

    expected: Expected
    visit: VisitAddress
    state: Literal["due", "open", "ended"]


def proposed(store: Store, patient_code: str, expected: Sequence[Expected]) -> tuple[int, bool]:
    """Return the number proposed for a patient's visit, and whether that visit is open.

    An open visit goes first. The clinic also knows of visits at other instruments, so that its list may be ahead of
    what was taken here; where it is behind, it is not followed: its visit was taken already.
    """
    number = next_visit_number(store, patient_code)
    if any((one.patient_code, one.visit_number) == (patient_code, number) for one in open_visits(store)):
        return number, True
    listed = [one.visit_number for one in expected if one.patient_code == patient_code and one.visit_number >= number]
    return min(min(listed, default=number), LAST_VISIT), False


def days_of(store: Store, visit: VisitAddress) -> list[datetime.date]:
    """Return the days on which this instrument took a visit, the first one first; empty where it holds nothing of it.

    They are those of its captures; of a visit without any, that of its record.
    """
    rows = store.connection.execute(
        "SELECT json_extract(CAST(payload AS TEXT), '$.taken_at') FROM message WHERE channel = 'capture'"
        " AND patient_code = ? AND visit_number = ?",
        (visit.patient_code, visit.visit_number),
    )
    taken = {_day(at) for (at,) in rows}
    record = None if taken else last_record(store, visit.patient_code, visit.visit_number)
    return sorted(taken) if record is None else [record.visit_date]


def todays_visits(store: Store, expected: Sequence[Expected], today: datetime.date) -> list[TodaysVisit]:
    """Return today's list with how each visit stands."""
    return [_todays(store, one, today) for one in expected]


def _todays(store: Store, expected: Expected, today: datetime.date) -> TodaysVisit:
    patient = expected.patient_code
    known = store.connection.execute(
        "SELECT visit_number FROM message WHERE patient_code = ?1 AND visit_number >= ?2 UNION"
        " SELECT visit_number FROM appointment WHERE patient_code = ?1 AND visit_number >= ?2 ORDER BY visit_number",
        (patient, expected.visit_number),
    ).fetchall()
    for (number,) in known:  # a later one may have been taken in its place: the list's number was used up
        visit = VisitAddress(patient, number)
        if (state := _state(store, visit, today)) is not None:
            return TodaysVisit(expected, visit, state)
    (last,) = store.connection.execute(
        "SELECT coalesce(max(visit_number), 0) FROM message WHERE patient_code = ?", (patient,)
    ).fetchone()
    return TodaysVisit(expected, VisitAddress(patient, min(max(expected.visit_number, last + 1), LAST_VISIT)), "due")


def _state(store: Store, visit: VisitAddress, today: datetime.date) -> Literal["open", "ended"] | None:
    """Say how a visit of today stands; None of one of another day. The command line begins none, and ends none."""
    row = store.connection.execute(
        "SELECT ended_at FROM appointment WHERE patient_code = ? AND visit_number = ?",
        (visit.patient_code, visit.visit_number),
    ).fetchone()
    is_open = row is not None and row[0] is None
    days = days_of(store, visit)
    if not days and not is_open:
        days = [_day(row[0])] if row is not None else []
    if today in days or (is_open and not days):
        return "open" if is_open else "ended"
    return None


def _day(at: str) -> datetime.date:
    return datetime.datetime.fromisoformat(at).astimezone().date()
