"""What all screens stand on: who asks, rendering in their language, actions with a checked body, the audit trail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from collector.devices.certificates import Certificates
from collector.page.language import CODES, Language, language_of, wanted
from collector.people import audit
from collector.people.person import Person
from collector.people.roles import Right
from collector.pictures.pictures import Pictures
from collector.store.store import Store

MAX_BODY_BYTES = 64 * 1024

AskedT = TypeVar("AskedT", bound="Asked")


class Asked(BaseModel):
    """The body of an action: every field known, nothing else taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Nothing(Asked):
    """The body of an action that needs no words."""


class Refused(Exception):
    """What was asked for cannot be done; the message says why and what to do, for the person who asked."""


class ForThoseWhoMay(Route):
    """An address, and the right that it takes: None for whoever is signed in."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response]],
        *,
        methods: list[str],
        right: Right | None,
    ) -> None:
        super().__init__(path, endpoint, methods=methods)
        self.right = right


@dataclass(frozen=True, eq=False)
class Page:
    """The clinic's pages.

    Parameters
    ----------
    clinic_id
        Named on every page.
    store, pictures
        What is shown.
    templates
        Of all screens.
    state_folder
        Of the collector: where the records of certificates and back-ups are.
    trouble
        What keeps messages from being stored now, as a sentence's end; None if nothing does.
    certificates
        Of instruments, as the clinic recorded them; None where they are recorded on another machine.
    usual_language
        Of those whose browser wants none that the pages speak.
    """

    clinic_id: str
    store: Store
    pictures: Pictures
    templates: Environment
    state_folder: Path
    trouble: Callable[[], str | None]
    certificates: Certificates | None = None
    usual_language: str = "en"

    def language(self, request: Request) -> Language:
        """Return the language of who is asking: their account's, or the first that their browser wants."""
        person: Person | None = request.state.person
        browsers = wanted(request.headers.get("accept-language", ""), self.usual_language)
        return language_of((person.language if person else None) or browsers)

    def render(self, request: Request, template: str, status_code: int = 200, **values: object) -> Response:
        """Render a screen.

        Parameters
        ----------
        request
            Who asks.
        template
            Its file's name.
        status_code, values
            Of the answer, and for the template.
        """
        language, person = self.language(request), request.state.person
        said = self.templates.get_template(template).render(
            _=language.words,
            sentence=language.sentence,
            number=language.number,
            interval=language.interval,
            reader=language,
            day=language.day,
            time=language.time,
            language=language.code,
            languages=CODES,
            person=person,
            may=lambda right: person is not None and person.may(Right(right)),
            path=request.url.path,
            **values,
        )
        return HTMLResponse(said, status_code)

    def looked(self, request: Request, patient_code: str, subject: str | None = None) -> None:
        """Note in the audit trail that who asks looks at a patient, before anything of them is shown.

        Raises
        ------
        collector.store.stored.StoreFailed
            If that could not be noted: then nothing may be shown.
        """
        audit.note(self.store, person_of(request).name, audit.Action.LOOKED, patient_code=patient_code, subject=subject)


def person_of(request: Request) -> Person:
    """Return who asks.

    Raises
    ------
    HTTPException
        401 if nobody is signed in.
    """
    person: Person | None = request.state.person
    if person is None:
        raise HTTPException(401, "Sign in first.")
    return person


def screen(path: str, show: Callable[[Request], Response], right: Right | None) -> Route:
    """Return the address of a screen.

    Parameters
    ----------
    path
        Of the address.
    show
        Gives it; runs on a thread.
    right
        What who asks must have; None for whoever is signed in.
    """

    async def shown(request: Request) -> Response:
        _require(request, right)
        return await run_in_threadpool(show, request)

    return ForThoseWhoMay(path, shown, methods=["GET"], right=right)


def open_screen(path: str, show: Callable[[Request], Response]) -> Route:
    """Return the address of a screen that nobody needs to be signed in for; the guard lists them too.

    Parameters
    ----------
    path, show
        As of :func:`screen`.
    """

    async def shown(request: Request) -> Response:
        return await run_in_threadpool(show, request)

    return Route(path, shown, methods=["GET"])


def action(
    path: str,
    asked: type[AskedT],
    work: Callable[[Request, AskedT], Response],
    right: Right | None,
    *,
    most_bytes: int = MAX_BODY_BYTES,
) -> Route:
    """Return the address of an action: ``POST`` with a JSON body, whose work runs on a thread.

    Parameters
    ----------
    path
        Of the address.
    asked
        What the body is held to.
    work
        Does it. What it refuses is raised (:class:`Refused`) and shown where the action was started.
    right
        What who asks must have; None for whoever is signed in.
    most_bytes
        Bound on the body.
    """

    async def act(request: Request) -> Response:
        _require(request, right)
        return await run_in_threadpool(work, request, _valid(asked, await _body(request, most_bytes)))

    return ForThoseWhoMay(path, act, methods=["POST"], right=right)


def open_action(path: str, asked: type[AskedT], work: Callable[[Request, AskedT], Response]) -> Route:
    """Return the address of an action that nobody needs to be signed in for; the guard lists them too.

    Parameters
    ----------
    path, asked, work
        As of :func:`action`.
    """

    async def act(request: Request) -> Response:
        return await run_in_threadpool(work, request, _valid(asked, await _body(request, MAX_BODY_BYTES)))

    return Route(path, act, methods=["POST"])


def go(url: str) -> Response:
    """Answer an action with the screen that follows."""
    return JSONResponse({"go": url})


def done(**values: Any) -> Response:  # noqa: ANN401  JSON
    """Answer an action whose screen stays."""
    return JSONResponse(values)


def _require(request: Request, right: Right | None) -> None:
    person = person_of(request)
    if right is not None and not person.may(right):
        raise HTTPException(403, "Your role does not include this. Ask an administrator.")


async def _body(request: Request, most_bytes: int) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "What was sent is no JSON. Load the page again.")
    content = bytearray()
    try:
        async for piece in request.stream():
            content += piece
            if len(content) > most_bytes:
                raise HTTPException(413, "What was sent is too long. Shorten it.")
    except ClientDisconnect as error:
        raise HTTPException(400, "The browser broke off.") from error
    return bytes(content)


def _valid(model: type[AskedT], content: bytes) -> AskedT:
    try:
        return model.model_validate_json(content or b"{}")
    except ValidationError as error:
        # Not pydantic's text: it quotes what was typed, which may be somebody's name, or a password.
        where = ", ".join(".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors()[:3])
        raise HTTPException(422, f"What was sent cannot be used ({where}). Correct it and try again.") from error
