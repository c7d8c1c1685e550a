"""The start: who works here, whose visit, what is open, what is expected today, and how the machine is."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from babel.dates import format_time
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contract.day_list import Expected
from device import clock
from device.baseline import ask_ahead
from device.chair.appointments import OpenVisit, begin, open_visits
from device.chair.refusals import ChairRefused
from device.chair.seat import Holder
from device.delivery.day_list import expected_today
from device.health import State, worst
from device.page.language import Language
from device.page.todays_visits import days_of, proposed, todays_visits
from device.page.typed import LAST_VISIT, person_code, visit_number
from device.page.visit_address import VisitAddress
from device.page.web import Asked, Page, action, done, go, require_seat, session_of
from device.sites import last_record
from device.store import Store

_MOST_TECHNICIANS = 8
_LANGUAGES = {"en": "English", "de": "Deutsch"}


class _Who(Asked):
    technician: str


class _Whose(Asked):
    patient: str


class _Begun(Asked):
    technician: str
    patient: str
    visit: int
    again: bool = False


@dataclass(frozen=True)
class _Open:
    visit: OpenVisit
    url: str
    taken: int
    sites: int


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    settings = page.chair.settings

    def start(request: Request) -> Response:
        trouble = worst(page.chair)
        with page.chair.store() as store:
            visits = [_open(store, visit, settings.visits.protocol) for visit in open_visits(store)]
            today = todays_visits(store, _todays(), clock.date_here())
            known = _technicians(store)
        return page.render(
            request,
            "start.html",
            asking="who" in request.query_params or session_of(request).technician is None,
            known=known,
            clock_time=lambda at: format_time(at, format="short", locale=page.language(request).locale),
            visits=visits,
            today=today,
            trouble=trouble,
            trouble_look="bad" if trouble is not None and trouble.state is State.FAIL else "care",
            stems=_stems(settings.patients.pattern),
            example=settings.patients.codes.example,
            last_visit=LAST_VISIT,
            foot_switch_key=settings.chair.foot_switch_key,
            lockable=settings.chair.pin is not None,
            languages={code: name for code, name in _LANGUAGES.items() if code != page.language(request).code},
        )

    def work_here(request: Request, asked: _Who) -> Response:
        _sit_down(request, asked.technician)
        return go("/")

    def propose(_request: Request, asked: _Whose) -> Response:
        patient = _patient(asked.patient)
        with page.chair.store() as store:
            number, is_open = proposed(store, patient, _todays())
        return done(patient=patient, visit=number, open=is_open)

    def begin_visit(request: Request, asked: _Begun) -> Response:
        visit = VisitAddress(_patient(asked.patient), visit_number(asked.visit))
        if session_of(request).technician not in {None, asked.technician}:
            raise ChairRefused("Somebody else said meanwhile that they work here. Load the page again.")
        _sit_down(request, asked.technician)
        technician = require_seat(page, request)
        with page.chair.store() as store:
            days = days_of(store, visit)
            if days and days != [clock.date_here()] and not asked.again:
                return done(asks=_question(visit, days[0], page.language(request)))
            begin(store, visit.patient_code, visit.visit_number, technician)
            ask_ahead(settings, store, visit.patient_code, settings.visits.protocol, visit.visit_number)
        return go(visit.url)

    def _sit_down(request: Request, typed: str) -> None:
        """Have the session be this person's; a seat that it, or they, have already is here from now on."""
        session = session_of(request)
        session.technician = person_code(typed)
        seat = page.chair.seat
        if seat.holder is not None and seat.other_than(session.session_id, session.technician) is None:
            seat.take(Holder(session.session_id, session.technician))

    def _patient(typed: str) -> str:
        return settings.patients.codes.accept(typed.strip().upper())

    def _todays() -> tuple[Expected, ...]:
        return expected_today(settings.state_folder, clock.date_here())

    return [
        Route("/", start),
        action("/technician", _Who, work_here),
        action("/visits/proposed", _Whose, propose),
        action("/visits", _Begun, begin_visit),
    ]


def _question(visit: VisitAddress, day: datetime.date, language: Language) -> str:
    """Ask whether today's pictures are to join what was taken on another day, and may be the baseline."""
    said = language.words(
        "Visit {number} was taken on {day}: today's pictures would join it. Choose a later number, or go on with it."
    )
    noon = datetime.datetime.combine(day, datetime.time(12))
    return said.format(number=visit.visit_number, day=language.day(noon))


def _open(store: Store, visit: OpenVisit, protocol: tuple[str, ...]) -> _Open:
    """Count the sites by the visit's record: no capture with all its hairs is read for it."""
    record = last_record(store, visit.patient_code, visit.visit_number)
    taken = len(set(protocol) & set(record.taken)) if record else 0
    return _Open(visit, VisitAddress(visit.patient_code, visit.visit_number).url, taken, len(protocol))


def _technicians(store: Store) -> list[str]:
    """Return the codes used before, the last one first."""
    rows = store.connection.execute(
        "SELECT by FROM appointment GROUP BY by ORDER BY max(opened_at) DESC LIMIT ?", (_MOST_TECHNICIANS,)
    )
    return [by for (by,) in rows]


def _stems(pattern: str) -> list[str]:
    """Return what the clinic's codes begin with: ``(A|B)-12[0-9]{3}`` gives A-12 and B-12."""
    letters, _, digits = pattern.partition("-")
    fixed = digits.partition("[")[0]
    return [f"{one}-{fixed}" for one in letters.strip("()").split("|")]
