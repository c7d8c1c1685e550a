"""The application: all screens, and what holds for every request."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from contract import PATIENT_CODE
from device.chair.chair import Chair
from device.chair.refusals import ChairRefused, SeatTaken
from device.foreseen import FORESEEN
from device.page import live
from device.page.access.attempts import open_lock
from device.page.access.guard import Guard
from device.page.access.sessions import Sessions
from device.page.screens import (
    calibration,
    capture,
    correct,
    health,
    language_choice,
    lock,
    log,
    result,
    seat,
    settings,
    sites,
    start,
    summary,
)
from device.page.visit_address import NUMBER
from device.page.web import FAILED, Page, templates
from device.store.failures import cure

_STATIC = Path(__file__).parent / "static"

_NO_SCREEN = "There is no screen at this address. Go to the start, and on from there."

_IN_A_VISIT = re.compile(rf"(/visits/{PATIENT_CODE[1:-1]}/{NUMBER.pattern})/.")
_OF_A_CAPTURE = re.compile(r"(/captures/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/.")

_SCREENS: tuple[Callable[[Page], list[BaseRoute]], ...] = (
    start.routes,
    lock.routes,
    seat.routes,
    language_choice.routes,
    sites.routes,
    capture.routes,
    live.routes,
    summary.routes,
    result.routes,
    correct.routes,
    calibration.routes,
    settings.routes,
    log.routes,
    health.routes,
)


def create_app(chair: Chair) -> Starlette:
    """Return the ASGI application.

    Parameters
    ----------
    chair
        Open for as long as the application serves.

    Raises
    ------
    device.page.access.pin.PinUnusable
        If the settings name a PIN, and its file cannot be used.
    """
    page = Page(chair, templates())
    refusals: tuple[type[Exception], ...] = (HTTPException, ChairRefused, *FORESEEN)

    async def refused(request: Request, error: Exception) -> Response:
        match error:
            case HTTPException(status_code=404 | 405) if error.detail == HTTPStatus(error.status_code).phrase:
                status, said = error.status_code, _NO_SCREEN
            case HTTPException():
                status, said = error.status_code, error.detail
            case SeatTaken():
                status, said = 409, str(error)
            case sqlite3.Error():
                folder = chair.settings.state_folder
                status, said = 507, f"The instrument's store refuses ({error}). {cure(error, folder)}"
            case _ if isinstance(error, refusals):
                status, said = 422, str(error)
            case _:  # the server writes down what it was
                status, said = 500, FAILED
        sentence = page.language(request).sentence(said)
        if request.method != "GET":
            return JSONResponse({"sentence": sentence, "seat": isinstance(error, SeatTaken)}, status)
        return page.render(request, "refused.html", status, said=said, above=_above(request.url.path, status))

    return Starlette(
        routes=[
            *(route for screen in _SCREENS for route in screen(page)),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        exception_handlers=dict.fromkeys((*refusals, sqlite3.Error, Exception), refused),
        middleware=[_guard(chair)],
    )


def _above(path: str, status: int) -> str | None:
    """Return the picture or the visit that an address lies within; None where there is none, or it is refused itself.

    What was typed is not given back: it may be a name.
    """
    if (visit := _IN_A_VISIT.match(path)) is not None:
        return visit[1]
    capture = _OF_A_CAPTURE.match(path)
    return None if capture is None or status == 404 else capture[1]


def _guard(chair: Chair) -> Middleware:
    settings, seat_taken = chair.settings.chair, chair.seat

    def is_seated(session_id: str) -> bool:
        holder = seat_taken.holder
        return holder is not None and holder.session_id == session_id

    pin_lock = open_lock(settings.pin, chair.settings.state_folder)
    sessions = Sessions(None if pin_lock is None else settings.lock_after_minutes * 60.0, is_seated)
    return Middleware(Guard, settings=settings, sessions=sessions, lock=pin_lock)
