"""The one screen that is shown while the instrument cannot run: what is wrong, where, and the ways out.

It answers every address, so that whoever loads a screen meets it, and finds that screen again once the instrument runs.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from device import SOFTWARE_VERSION
from device.chair.busy import Busy
from device.chair.chair import Chair
from device.chair.refusals import ChairRefused
from device.chair.seat import Seat
from device.chair.settings import ChairSettings
from device.page.access.guard import Guard
from device.page.access.sessions import Sessions
from device.page.language import Language, language_of
from device.page.reopening import reopened
from device.page.screens import settings as settings_screen
from device.page.settings_excerpt import excerpt
from device.page.web import FAILED, Nothing, Page, action, done, session_of, templates
from device.settings import DeviceSettings
from device.settings_edit import GOOD, beside, put_back_good
from groundwork import settings_file
from groundwork.settings_file import SettingsFileError, lines_at_fault

_STATIC = Path(__file__).parent / "static"
_UNAVAILABLE = 503


@dataclass(frozen=True, eq=False)
class Trouble:
    """Why the instrument does not run.

    Parameters
    ----------
    error
        Whose text says it; a :class:`groundwork.settings_file.SettingsFileError` names lines of the file.
    file
        The settings file.
    settings
        As they were read; None where they cannot be.
    """

    error: Exception
    file: Path
    settings: DeviceSettings | None = None


def create_safe_app(trouble: Trouble, chair: ChairSettings) -> Starlette:
    """Return the application of that one screen.

    Parameters
    ----------
    trouble
        What is wrong.
    chair
        Where the screen is served, and in which language.
    """
    screen = _Screen(trouble, language_of(chair.language))

    def try_again(request: Request, _asked: Nothing) -> Response:
        return reopened(request)

    def put_back(request: Request, _asked: Nothing) -> Response:
        if trouble.settings is not None:
            raise ChairRefused("The settings are not what is wrong: they stay.")
        put_back_good(trouble.file)
        return reopened(request)

    async def state(_request: Request) -> Response:
        return done(safe=screen.number)

    async def never_locked(_request: Request) -> Response:
        return done(left_s=None)

    async def refused(_request: Request, error: Exception) -> Response:
        return JSONResponse({"sentence": screen.language.sentence(str(error))}, 422)

    async def failed(request: Request, _error: Exception) -> Response:  # the server writes down what it was
        sentence = screen.language.sentence(FAILED)
        if request.method != "GET":
            return JSONResponse({"sentence": sentence}, 500)
        return PlainTextResponse(sentence, 500)

    async def shown(request: Request) -> Response:
        return await run_in_threadpool(screen.render, request)

    routes: list[BaseRoute] = [
        *_settings_screen(trouble),
        Route("/safe/state", state),
        Route("/lock/left", never_locked),
        action("/safe/again", Nothing, try_again),
        action("/safe/last-good", Nothing, put_back),
        Mount("/static", StaticFiles(directory=_STATIC)),
        Route("/{path:path}", shown),
    ]
    return Starlette(
        routes=routes,
        exception_handlers={ChairRefused: refused, SettingsFileError: refused, Exception: failed},
        # nothing of a patient is here to lock, and nobody could unlock it without the settings
        middleware=[Middleware(Guard, settings=chair.model_copy(update={"pin": None}), sessions=Sessions())],
    )


@dataclass(frozen=True)
class _NothingRuns:
    """What is left of calibrating."""

    busy: Busy = field(default_factory=Busy)


@dataclass(frozen=True)
class _ClosedChair:
    """What the settings' screen needs of a chair: no instrument is open, and nobody sits at it."""

    settings: DeviceSettings
    settings_file: Path
    seat: Seat = field(default_factory=Seat)
    calibrating: _NothingRuns = field(default_factory=_NothingRuns)


def _settings_screen(trouble: Trouble) -> list[BaseRoute]:
    """Return the settings' screen where it may be shown: where there is a PIN, nobody could type it here."""
    if trouble.settings is None or trouble.settings.chair.pin is not None:
        return []
    closed = _ClosedChair(trouble.settings, trouble.file)
    return settings_screen.routes(Page(cast(Chair, closed), templates()))


class _Screen:
    """The screen."""

    def __init__(self, trouble: Trouble, language: Language) -> None:
        self.number = secrets.token_hex(8)
        self.language = language
        self._trouble = trouble
        self._template = templates().get_template("safe_mode.html")

    def render(self, request: Request) -> Response:
        """Render it; no screen of the instrument is there meanwhile."""
        trouble = self._trouble
        broken = isinstance(trouble.error, SettingsFileError)
        faults = lines_at_fault(trouble.error) if isinstance(trouble.error, SettingsFileError) else ()
        said = self._template.render(
            _=self.language.words,
            language=self.language.code,
            hand="right",
            token=session_of(request).token,
            number=self.number,
            broken=broken,
            sentences=[self.language.sentence(line) for line in str(trouble.error).splitlines()],
            file=str(trouble.file),
            lines=excerpt(trouble.file, faults),
            good=_good(trouble.file, self.language) if broken else None,
            settings_offered=bool(_settings_screen(trouble)),
            software_version=SOFTWARE_VERSION,
        )
        return HTMLResponse(said, _UNAVAILABLE, headers={"retry-after": "5"})


def _good(file: Path, language: Language) -> str | None:
    """Say of when the last settings are that worked; None where there are none that work still."""
    copy = beside(file.resolve(), GOOD)
    try:
        settings_file.read(DeviceSettings, copy)
        moment = datetime.fromtimestamp(copy.stat().st_mtime, UTC)
    except (SettingsFileError, OSError):
        return None
    return f"{language.day(moment)} {language.time(moment)}"
