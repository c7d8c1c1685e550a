"""What matters today, for whoever is signed in: who is expected, what came, which devices need a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page import words
from collector.page.expected import ExpectedToday, expected_today
from collector.page.fleet import Fleet, fleet
from collector.page.language import Language
from collector.page.web import Page, person_of, screen
from collector.people import audit
from collector.people.roles import Right
from collector.store import alarms, news, patients, quarantine, studies
from collector.store.alarms import Alarms
from collector.store.quarantine import COUNTED_TO, Reason
from collector.store.stored import PatientSummary
from collector.studies.study import Study

_PATIENTS_SHOWN = 8
_EXPECTED_SHOWN = 60
_DEVICES_SHOWN = 6
_REASONS_SHOWN = 3
_ALARMS_SHOWN = 5
_COUNTED_TODAY = 2000
"""Most captures of the day that are counted: what a clinic of thirty chairs takes."""


@dataclass(frozen=True)
class Overview:
    """What is shown, as far as the person may see it; None where they may not."""

    captures: int
    of_patients: int
    expected: Sequence[ExpectedToday] | None = None
    taken_last: Sequence[PatientSummary] | None = None
    fleet: Fleet | None = None
    quarantined: int = 0
    reasons: Sequence[Reason] = field(default_factory=tuple)
    alarms: Alarms | None = None
    studies: Sequence[Study] | None = None

    @property
    def codes(self) -> list[str]:
        """Which patients it names."""
        expected = [one.patient_code for one in (self.expected or ())[:_EXPECTED_SHOWN]]
        return list(dict.fromkeys(expected + [one.patient_code for one in self.taken_last or ()]))


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def shown(request: Request) -> Response:
        person, now = person_of(request), datetime.now().astimezone()
        with page.store.reading() as connection:
            found = _overview(page, connection, page.language(request), frozenset(person.role.rights), now)
        if found.codes:
            subject, codes = "list of patients", " ".join(found.codes)
            audit.note(page.store, person.name, audit.Action.LOOKED, subject=subject, detail=codes)
        return page.render(
            request,
            "overview.html",
            found=found,
            today=now,
            most_today=_COUNTED_TODAY,
            most_counted=COUNTED_TO,
            expected_shown=_EXPECTED_SHOWN,
            devices_shown=_DEVICES_SHOWN,
            reasons_shown=_REASONS_SHOWN,
            alarms_shown=_ALARMS_SHOWN,
            alarm_words=words.ALARMS,
        )

    return [screen("/", shown, None)]


def _overview(
    page: Page, connection: Connection, language: Language, rights: frozenset[Right], now: datetime
) -> Overview:
    midnight = datetime.combine(now.date(), time.min).astimezone()
    came, of_patients = news.came_since(connection, midnight, _COUNTED_TODAY + 1)
    sees_patients, sees_devices = Right.SEE_PATIENTS in rights, Right.SEE_DEVICES in rights
    return Overview(
        captures=came,
        of_patients=of_patients,
        expected=expected_today(connection, now.date()) if sees_patients else None,
        taken_last=patients.newest(connection, _PATIENTS_SHOWN) if sees_patients else None,
        fleet=fleet(connection, page.certificates, language, now.astimezone(UTC)) if sees_devices else None,
        quarantined=quarantine.count(connection) if sees_devices else 0,
        reasons=quarantine.reasons(connection)[:_REASONS_SHOWN] if sees_devices else (),
        alarms=alarms.read(connection) if sees_devices else None,
        studies=studies.known(connection) if Right.SEE_STUDIES in rights and not sees_patients else None,
    )
