"""The start: who works here, whose visit, what is open, what is expected today, and how the machine is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from babel.dates import format_time
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contract.day_list import Expected
from device import clock
from device.baseline import ask_ahead
from device.chair.appointments import OpenVisit, begin, next_visit_number, open_visits
from device.chair.seat import Holder
from device.delivery.day_list import expected_today
from device.health import State, worst
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


@dataclass(frozen=True)
class _Open:
    visit: OpenVisit
    url: str
    taken: int
    sites: int


@dataclass(frozen=True)
class _Today:
    expected: Expected
    url: str
    state: Literal["due", "open", "ended"]


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    settings = page.chair.settings

    def start(request: Request) -> Response:
        trouble = worst(page.chair)
        with page.chair.store() as store:
            visits = [_open(store, visit, settings.visits.protocol) for visit in open_visits(store)]
            today = _expected(store)
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
            still_open = {(one.patient_code, one.visit_number) for one in open_visits(store)}
            number = next_visit_number(store, patient)
        if (patient, number) not in still_open:  # the clinic also knows of visits at other instruments
            number = next((one.visit_number for one in _todays() if one.patient_code == patient), number)
        return done(patient=patient, visit=min(number, LAST_VISIT), open=(patient, number) in still_open)

    def begin_visit(request: Request, asked: _Begun) -> Response:
        visit = VisitAddress(_patient(asked.patient), visit_number(asked.visit))
        _sit_down(request, asked.technician)
        technician = require_seat(page, request)
        with page.chair.store() as store:
            begin(store, visit.patient_code, visit.visit_number, technician)
            ask_ahead(settings, store, visit.patient_code, settings.visits.protocol, visit.visit_number)
        return go(visit.url)

    def _sit_down(request: Request, typed: str) -> None:
        """Have the session be this person's; a seat that it has already is theirs from now on."""
        session = session_of(request)
        session.technician = person_code(typed)
        holder = page.chair.seat.holder
        if holder is not None and holder.session_id == session.session_id:
            page.chair.seat.take(Holder(session.session_id, session.technician))

    def _patient(typed: str) -> str:
        return settings.patients.codes.accept(typed.strip().upper())

    def _todays() -> tuple[Expected, ...]:
        return expected_today(settings.state_folder, clock.date_here())

    def _expected(store: Store) -> list[_Today]:
        rows = store.connection.execute("SELECT patient_code, visit_number, ended_at IS NULL FROM appointment")
        begun = {(code, number): "open" if is_open else "ended" for code, number, is_open in rows}
        return [
            _Today(
                one,
                VisitAddress(one.patient_code, one.visit_number).url,
                begun.get((one.patient_code, one.visit_number), "due"),  # type: ignore[arg-type]  # one of the three
            )
            for one in _todays()
        ]

    return [
        Route("/", start),
        action("/technician", _Who, work_here),
        action("/visits/proposed", _Whose, propose),
        action("/visits", _Begun, begin_visit),
    ]


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
