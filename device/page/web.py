"""What all screens stand on: rendering in the reader's language, actions with a checked body, and who is asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from contract import PersonCode, site_name
from device import SOFTWARE_VERSION
from device.chair.chair import Chair
from device.chair.refusals import ChairRefused
from device.chair.seat import Holder
from device.page.access.sessions import Session
from device.page.language import Language, language_of

_HERE = Path(__file__).parent
MAX_BODY_BYTES = 64 * 1024
FAILED = "The program failed at this. What was kept before is kept; try again, and tell who looks after the instrument."
"""Said of what nobody foresaw; the server writes down what it was."""

AskedT = TypeVar("AskedT", bound="Asked")


class Asked(BaseModel):
    """The body of an action: every field known, nothing else taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Nothing(Asked):
    """The body of an action that needs no words."""


class BadRequest(ChairRefused):
    """What was sent is nothing that the page sends."""


@dataclass(frozen=True, eq=False)
class Page:
    """The page of one chair.

    Parameters
    ----------
    chair
        Open.
    templates
        Of all screens.
    """

    chair: Chair
    templates: Environment

    def language(self, request: Request) -> Language:
        """Return the language of who is asking."""
        return language_of(session_of(request).language or self.chair.settings.chair.language)

    def render(self, request: Request, template: str, status_code: int = 200, **values: object) -> Response:
        """Render a screen.

        Parameters
        ----------
        request
            Whose session says the language.
        template
            Its file's name.
        status_code, values
            Of the answer, and for the template.
        """
        language, session = self.language(request), session_of(request)
        settings = self.chair.settings
        said = self.templates.get_template(template).render(
            _=language.words,
            sentence=language.sentence,
            number=language.number,
            interval=language.interval,
            day=language.day,
            time=language.time,
            site_words=lambda key: language.sentence(site_name(key)),
            language=language.code,
            hand=settings.chair.hand,
            device_id=settings.device_id,
            simulated=settings.camera.kind == "simulated",
            software_version=SOFTWARE_VERSION,
            token=session.token,
            technician=session.technician,
            other=self.chair.seat.other_than(session.session_id, session.technician),
            **values,
        )
        return HTMLResponse(said, status_code)


def templates() -> Environment:
    """Return the environment of the page's templates."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    environment.globals.update(Markup=Markup)
    return environment


def session_of(request: Request) -> Session:
    """Return the session of who is asking."""
    session: Session = request.state.session
    return session


def technician_of(request: Request) -> str:
    """Return the code of the person at the screen.

    Raises
    ------
    ChairRefused
        If nobody said who they are.
    """
    technician = session_of(request).technician
    if technician is None:
        raise ChairRefused("Nobody said who works here. Go to the start page and type your code.")
    return technician


def require_seat(page: Page, request: Request) -> PersonCode:
    """Return the technician's code if the seat is theirs, or free, which it then no longer is.

    Raises
    ------
    device.chair.refusals.SeatTaken
        If somebody else works here.
    ChairRefused
        If nobody said who they are.
    """
    technician = technician_of(request)
    page.chair.seat.take(Holder(session_of(request).session_id, technician))
    return technician


def action(
    path: str, asked: type[AskedT], work: Callable[[Request, AskedT], Response], *, most_bytes: int = MAX_BODY_BYTES
) -> Route:
    """Return the address of an action: ``POST`` with a JSON body, whose work runs on a thread.

    Parameters
    ----------
    path
        Of the address.
    asked
        What the body is held to.
    work
        Does it. What it refuses is raised (:data:`device.foreseen.FORESEEN`) and shown where the action was started.
    most_bytes
        Bound on the body.
    """

    async def act(request: Request) -> Response:
        return await run_in_threadpool(work, request, _valid(asked, await _body(request, most_bytes)))

    return Route(path, act, methods=["POST"])


def go(url: str) -> Response:
    """Answer an action with the screen that follows."""
    return JSONResponse({"go": url})


def done(**values: Any) -> Response:  # noqa: ANN401  JSON
    """Answer an action whose screen stays."""
    return JSONResponse(values)


async def _body(request: Request, most_bytes: int) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadRequest("What was sent is no JSON. Load the page again.")
    content = bytearray()
    try:
        async for piece in request.stream():
            content += piece
            if len(content) > most_bytes:
                raise BadRequest("What was sent is too long. Shorten it.")
    except ClientDisconnect as error:
        raise BadRequest("The browser broke off.") from error
    return bytes(content)


def _valid(model: type[AskedT], content: bytes) -> AskedT:
    try:
        return model.model_validate_json(content or b"{}")
    except ValidationError as error:
        # Not pydantic's text: it quotes what was typed, which may be somebody's name.
        where = ", ".join(".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors()[:3])
        raise BadRequest(f"What was sent cannot be used ({where}). Correct it and try again.") from error
