"""Whom the chairs expect today, and how far each appointment is, by what came."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from collector.store import day_lists, news


class Progress(StrEnum):
    """How far an appointment is."""

    EXPECTED = "expected"
    UNDER_WAY = "under way"
    DONE = "done"
    """The instrument said that no site of its protocol is missing."""


@dataclass(frozen=True)
class ExpectedToday:
    """One appointment, where, and what came of it."""

    patient_code: str
    visit_number: int
    at: datetime.time | None
    device_id: str
    captures: int
    progress: Progress


def expected_today(connection: Connection, today: datetime.date) -> list[ExpectedToday]:
    """Return today's appointments by their time, those without one last.

    Parameters
    ----------
    connection
        To the store.
    today
        In this machine's zone, which is the clinic's.
    """
    listed = [(one.device_id, expected) for one in day_lists.of_day(connection, today) for expected in one.expected]
    if not listed:
        return []
    wanted = {(expected.patient_code, expected.visit_number) for _device, expected in listed}
    taken = news.taken_at_visits(connection, {code for code, _number in wanted})
    complete = {
        (visit.patient_code, visit.visit_number) for visit in news.visits_said(connection, wanted) if not visit.missing
    }
    found = [
        ExpectedToday(
            expected.patient_code,
            expected.visit_number,
            expected.at,
            device_id,
            taken.get(of := (expected.patient_code, expected.visit_number), 0),
            Progress.DONE if of in complete else Progress.UNDER_WAY if of in taken else Progress.EXPECTED,
        )
        for device_id, expected in listed
    ]
    return sorted(found, key=lambda one: (one.at is None, one.at or datetime.time(), one.patient_code))
