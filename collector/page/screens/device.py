"""One device: all that it said of itself, what it took in the last days, its alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page import words
from collector.page.device_words import span
from collector.page.fleet import fleet, of_device
from collector.page.web import Page, screen
from collector.people.roles import Right
from collector.store import devices
from collector.store.devices import TakenBy
from contract import Verdict

_DAYS = 14
_MOST_CAPTURES = 2000
"""Of the days, the newest: a device takes a hundred a day when it takes many."""


@dataclass(frozen=True)
class Day:
    """What came of a device on a day; heights are shares of the fullest day's."""

    day: date
    taken: int
    refused: int
    height: float
    refused_height: float


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def shown(request: Request) -> Response:
        now, language = datetime.now(UTC), page.language(request)
        device_id = request.path_params["device_id"]
        today = now.astimezone().date()
        first = datetime.combine(today - timedelta(days=_DAYS - 1), time.min).astimezone()
        with page.store.reading() as connection:
            one = of_device(fleet(connection, page.certificates, language, now), device_id)
            if one is None:
                raise HTTPException(404, "No instrument of this name was ever heard of. Go back to the list.")
            taken = devices.newest_captures(connection, device_id, _MOST_CAPTURES, first)
            alarms = devices.alarms_of(connection, device_id)
        health = one.device.health
        made_at = None if health is None else health.calibration_made_at
        return page.render(
            request,
            "device.html",
            one=one,
            device=one.device,
            health=health,
            calibration_age=None if made_at is None else span(now - made_at, language),
            days=_days(taken, today),
            taken_all=len(taken) < _MOST_CAPTURES,
            taken=len(taken),
            refused=sum(one.verdict == Verdict.REFUSE for one in taken),
            calendar_day=language.calendar_day,
            alarms=alarms,
            alarm_words=words.ALARMS,
        )

    return [screen("/devices/{device_id}", shown, Right.SEE_DEVICES)]


def _days(taken: Sequence[TakenBy], today: date) -> list[Day]:
    came = Counter(one.received_at.astimezone().date() for one in taken)
    refused = Counter(one.received_at.astimezone().date() for one in taken if one.verdict == Verdict.REFUSE)
    most = max(came.values(), default=0) or 1
    return [
        Day(day, came[day], refused[day], came[day] / most, refused[day] / most)
        for day in (today - timedelta(days=ago) for ago in reversed(range(_DAYS)))
    ]
