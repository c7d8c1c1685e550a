"""The instrument's health: what is well, what is not and what to do, and what the clinic refused."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from datetime import date
from itertools import islice, takewhile
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contract import Channel, site_name
from device import clock
from device.camera.recovery import RecoveringCamera
from device.chair.refusals import ChairRefused
from device.health import Check, State
from device.health.looking import recent
from device.outbox import Event, Outbox, Remaining, Word, decide
from device.outbox import State as Stands
from device.page.language import Language
from device.page.web import Asked, Nothing, Page, action, done, technician_of
from device.store import StoreUnusable

_MOST_REFUSALS = 50
_NUMBER = re.compile(r"(-?[0-9]+) (MB|d|\N{DEGREE SIGN}C)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EVENTS = {"send-again": Event.SENT_AGAIN, "withdraw": Event.WITHDRAWN}
_LOOKS = {State.FAIL: "bad", State.WARN: "care", State.OK: "good", State.UNKNOWN: "quiet"}
_ICONS = {
    "camera": "camera",
    "lights": "light",
    "triggers": "hand",
    "calibration": "ruler",
    "disk": "disk",
    "outbox": "sent",
    "broker": "plug",
    "certificate": "lock",
    "clock": "waiting",
    "temperature": "thermometer",
    "power": "plug",
    "versions": "list",
}


class _Decision(Asked):
    decision: Literal["send-again", "withdraw"]
    note: Annotated[str, Field(max_length=1000)]


@dataclass(frozen=True)
class _Shown:
    check: Check
    title: str
    value: str | None
    word: str
    look: str
    icon: str


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def health(request: Request) -> Response:
        return page.render(request, "health.html", **_values(page, request))

    def checks(request: Request) -> Response:
        return page.render(request, "health_checks.html", **_values(page, request))

    def try_camera(_request: Request, _asked: Nothing) -> Response:
        camera = page.chair.instrument.camera
        if isinstance(camera, RecoveringCamera):
            camera.try_again()
        return done()

    def decide_on(request: Request, asked: _Decision) -> Response:
        note = asked.note.strip()
        if not 1 <= len(note) <= 300:
            raise ChairRefused("Say why, in 1 to 300 characters: it is kept with your code and the time.")
        by = technician_of(request)
        with page.chair.store() as store:
            word = Word(by, note, clock.now())
            decide(store, _message_id(request), _EVENTS[asked.decision], word)
        return done()

    return [
        Route("/health", health),
        Route("/health/checks", checks),
        action("/camera/again", Nothing, try_camera),
        action("/health/refusals/{message_id}", _Decision, decide_on),
    ]


def _values(page: Page, request: Request) -> dict[str, Any]:
    language = page.language(request)
    found = recent(page.chair)
    shown = [_shown(check, language) for check in sorted(found, key=lambda check: check.urgency)]
    return {
        "shown": shown,
        "troubles": sum(check.troubles for check in found),
        "refusals": [(one, _what(one, language)) for one in _refused(page)],
    }


def _refused(page: Page) -> list[Remaining]:
    """Return what the clinic refused; nothing where the store cannot be read, which its own check says."""
    try:
        with page.chair.store() as store:
            return list(islice(takewhile(_is_refused, Outbox(store).remaining()), _MOST_REFUSALS))
    except (StoreUnusable, sqlite3.Error):
        return []


def _is_refused(one: Remaining) -> bool:
    return one.state is Stands.REFUSED  # those come first


def _shown(check: Check, language: Language) -> _Shown:
    look, icon = _LOOKS[check.state], _icon(check)
    return _Shown(
        check, _title(check.name, language), _value(check, language), _word(check.state, language), look, icon
    )


def _value(check: Check, language: Language) -> str | None:
    """Write a check's figure in the reader's way; None where its sentence says it already."""
    value = check.value
    if value is None or check.sentence.startswith(value):
        return None
    if (number := _NUMBER.fullmatch(value)) is not None:
        count, unit = int(number[1]), number[2]
        return language.days(count) if unit == "d" else f"{language.number(count)}\N{NO-BREAK SPACE}{unit}"
    if _DATE.fullmatch(value):
        return language.calendar_day(date.fromisoformat(value))
    return language.words("simulated") if value == "simulated" else value


def _icon(check: Check) -> str:
    return _ICONS[check.name]


def _title(name: str, language: Language) -> str:
    return {
        "camera": language.words("Camera"),
        "lights": language.words("Lights"),
        "triggers": language.words("Triggers"),
        "calibration": language.words("Calibration"),
        "disk": language.words("Disk"),
        "outbox": language.words("Outbox"),
        "broker": language.words("Way to the clinic"),
        "certificate": language.words("Certificate"),
        "clock": language.words("Clock"),
        "temperature": language.words("Temperature"),
        "power": language.words("Power supply"),
        "versions": language.words("Software"),
    }[name]


def _word(state: State, language: Language) -> str:
    return {
        State.OK: language.words("Good"),
        State.WARN: language.words("Look at it"),
        State.FAIL: language.words("Fault"),
        State.UNKNOWN: language.words("Not known here"),
    }[state]


def _what(one: Remaining, language: Language) -> str:
    """Name a message as a technician knows it."""
    kind = {
        Channel.CAPTURE: language.words("Capture"),
        Channel.CHANGE: language.words("Comparison"),
        Channel.VISIT: language.words("Visit record"),
        Channel.REVIEW: language.words("Review"),
    }[one.channel]
    where = f"{one.patient_code} {language.words('Visit')} {one.visit_number}"
    site = "" if one.site is None else f", {language.sentence(site_name(one.site))}"
    return f"{kind}: {where}{site}"


def _message_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["message_id"])
    except ValueError as error:
        raise ChairRefused("There is no such message. Load the page again.") from error
