"""The clinic's pages as one application: all screens, and what holds for every request.

Everything comes from this host. What is shown is read from the store; what is written is what people do here: accounts,
studies, what became of a quarantined message, and the trail of who looked at what.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from collector.interface.application import ADDRESS, create_interface
from collector.page.access.guard import Guard
from collector.page.access.null_characters import WithoutNull
from collector.page.access.policy import HEADERS
from collector.page.screens import (
    account,
    accounts,
    audit_trail,
    capture,
    device,
    devices,
    exports,
    live,
    overview,
    patient,
    patients,
    pictures,
    quarantine,
    reduced_picture,
    report,
    sign_in,
    site,
    studies,
    study,
    tokens,
)
from collector.page.web import Page, Refused
from collector.settings import PageSettings
from collector.store.database import StoreRefused
from collector.store.stored import StoreFailed

_HERE = Path(__file__).parent

_UNFORESEEN = 500
_NO_PAGE = "There is no page at this address. Go to the start, and on from there."
_NOT_TAKEN = "The store does not take what was sent. Check what you entered, then try again."
_FAILED = "The program failed at this. What was stored is stored; try again, and tell who looks after the collector."
"""Said of what nobody foresaw; the server writes down what it was."""

_SCREENS: tuple[Callable[[Page], list[BaseRoute]], ...] = (
    overview.routes,
    live.routes,
    devices.routes,
    device.routes,
    quarantine.routes,
    patients.routes,
    patient.routes,
    exports.routes,
    site.routes,
    report.routes,
    capture.routes,
    pictures.routes,
    reduced_picture.routes,
    studies.routes,
    study.routes,
    sign_in.routes,
    account.routes,
    accounts.routes,
    tokens.routes,
    audit_trail.routes,
)


def create_pages(page: Page, settings: PageSettings) -> Starlette:
    """Return the ASGI application.

    Parameters
    ----------
    page
        What is shown, and with what.
    settings
        Where it is served, and to whom.
    """

    async def refused(request: Request, error: Exception) -> Response:
        match error:
            case HTTPException(status_code=404 | 405) if error.detail == HTTPStatus(error.status_code).phrase:
                status, said = error.status_code, _NO_PAGE
            case HTTPException():
                status, said = error.status_code, error.detail
            case Refused():
                status, said = 422, str(error)
            case StoreRefused():
                status, said = 422, _NOT_TAKEN
            case StoreFailed():
                status, said = 503, f"The page cannot be shown now: {error}."
            case _:  # the server writes down what it was
                status, said = _UNFORESEEN, _FAILED
        answer: Response
        if request.method == "GET":
            answer = page.render(request, "not_shown.html", status, status=status, said=said)
        else:
            answer = JSONResponse({"sentence": page.language(request).sentence(said)}, status)
        if status == _UNFORESEEN:  # answered outside of the guard, which gives all others theirs
            answer.headers.update(HEADERS)
        return answer

    def healthz(_request: Request) -> Response:
        reason = page.trouble()
        return PlainTextResponse("ok\n") if reason is None else PlainTextResponse(f"{reason}\n", 503)

    return Starlette(
        routes=[
            *(route for routes in _SCREENS for route in routes(page)),
            Route("/healthz", healthz),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
            Mount(ADDRESS, create_interface(page.store, page.pictures)),
        ],
        exception_handlers=dict.fromkeys((HTTPException, Refused, StoreFailed, StoreRefused, Exception), refused),
        middleware=[Middleware(Guard, settings=settings, store=page.store), Middleware(WithoutNull)],
    )
