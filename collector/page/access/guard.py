"""What stands before every request: strict headers, known hosts, limits, a session, a token for changes."""

from __future__ import annotations

import asyncio
import hmac
import logging
import math
from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.page.access import addresses
from collector.page.access.addresses import KnownHosts, is_foreign, is_navigation, is_open
from collector.page.access.policy import HEADERS, HSTS, KEPT_BY_BROWSERS, POLICY
from collector.page.language import language_of, wanted
from collector.people.person import Person
from collector.people.secret_words import looks_like_one
from collector.people.sessions import Sessions
from collector.settings import PageSettings
from collector.store.store import Store
from collector.store.stored import StoreFailed
from groundwork.token_buckets import Buckets, address_key

_log = logging.getLogger(__name__)

COOKIE = "trichoscope_clinic"
COOKIE_UNDER_TLS = f"__Host-{COOKIE}"
"""The prefix has browsers take it over TLS only: no page without TLS can plant it (RFC 6265bis, 4.1.3.2)."""
TOKEN_HEADER = "x-clinic-token"  # noqa: S105  a header's name

_WITHOUT_PERSON = (addresses.STATIC, addresses.INTERFACE)
_FORBIDDEN = 403
_READING, _CHANGING = ("GET", "HEAD"), ("POST",)
_ACTIONS_PER_S, _ACTIONS_AT_ONCE = 20, 40
_STRANGERS_PER_S, _STRANGERS_AT_ONCE = 50, 400  # a first visit loads a screen with all its files
_BODY_WITHIN_S = 15.0  # 64 kB over a poor link take two

_BOUNCE = "<!doctype html><meta charset=utf-8><title>trichoscope</title><meta http-equiv=refresh content=0>"


@dataclass(frozen=True)
class _Asked:
    scope: Scope
    headers: Headers
    cookie: str | None
    person: Person | None

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def acts(self) -> bool:
        return self.method in _CHANGING

    @property
    def is_open(self) -> bool:
        return is_open(self.method, self.path)


class Guard:
    """The middleware.

    A request's scope gets ``state["person"]``, None where nobody is signed in, and ``state["cookie"]``, the session's
    secret. Who puts another into the latter has the browser's cookie replaced; None there has it forgotten.

    Parameters
    ----------
    app
        What it guards.
    settings
        The `[page]` table.
    store
        Of accounts and sessions.
    """

    def __init__(self, app: ASGIApp, settings: PageSettings, store: Store) -> None:
        self._app = app
        self._sessions = Sessions(store)
        self._hosts = KnownHosts(settings)
        self._language = settings.language
        under_tls = settings.certificate is not None
        self._headers = HEADERS | (HSTS if under_tls else {})
        self._cookie = COOKIE_UNDER_TLS if under_tls else COOKIE
        self._cookie_rules = "Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if under_tls else "")
        self._actions = Buckets(_ACTIONS_PER_S, _ACTIONS_AT_ONCE)
        self._strangers = Buckets(_STRANGERS_PER_S, _STRANGERS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "websocket":  # the pages have none
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        brought = _cookie(headers, self._cookie)
        state = scope.setdefault("state", {})
        state.update(person=None, cookie=brought)

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                _note_refusal(scope, message["status"])
                answer = MutableHeaders(scope=message)
                kept = KEPT_BY_BROWSERS if scope["path"].startswith(addresses.STATIC) else {}
                answer.update(self._headers | kept | {POLICY: answer.get(POLICY, HEADERS[POLICY])})
                if state["cookie"] != brought:
                    answer.append("set-cookie", self._written(state["cookie"]))
            await send(message)

        try:
            refusal = await self._refusal(scope, headers, brought)
        except StoreFailed as failed:
            asked = _Asked(scope, headers, brought, None)
            refusal = self._said(asked, 503, f"The page cannot be shown now: {failed}.")
        answers = refusal or self._app
        await answers(scope, _within(receive, _BODY_WITHIN_S), send_strictly)

    async def _refusal(self, scope: Scope, headers: Headers, cookie: str | None) -> ASGIApp | None:
        """Return what answers instead of the page; None where the request may go on."""
        stranger = _Asked(scope, headers, cookie, None)
        if (refused := self._strange(stranger)) is not None:
            return refused
        person = await self._person(stranger)
        scope["state"]["person"] = person
        asked = _Asked(scope, headers, cookie, person)
        looks = (self._too_often, self._foreign, self._without_session, self._without_token)
        return next((refusal for look in looks if (refusal := look(asked)) is not None), None)

    async def _person(self, asked: _Asked) -> Person | None:
        cookie = asked.cookie
        if cookie is None or not looks_like_one(cookie) or asked.path.startswith(_WITHOUT_PERSON):
            return None
        used = asked.acts or is_navigation(asked.headers)
        return await run_in_threadpool(lambda: self._sessions.person(cookie, used=used))

    def _strange(self, asked: _Asked) -> ASGIApp | None:
        if not self._hosts.know(asked.headers):
            return PlainTextResponse("Unknown host.", 400)
        if asked.path == addresses.METRICS and not addresses.is_loopback(asked.scope.get("client")):
            return PlainTextResponse("Refused.", 403)
        if asked.path.startswith(addresses.INTERFACE):  # which knows its methods, and says so in its own way
            return None
        return None if asked.method in (*_READING, *_CHANGING) else PlainTextResponse("Refused.", 405)

    def _too_often(self, asked: _Asked) -> ASGIApp | None:
        wait_s = 0.0
        if asked.path.startswith(addresses.INTERFACE):  # which counts by token
            return None
        if asked.person is None:
            wait_s = self._strangers.take(address_key(asked.scope.get("client")))
        elif asked.acts:
            wait_s = self._actions.take(str(asked.person.account_id))
        if wait_s == 0:
            return None
        said = self._said(asked, 429, "Too much is asked at once. Wait a moment, then try again.")
        said.headers["retry-after"] = f"{math.ceil(wait_s)}"
        return said

    def _foreign(self, asked: _Asked) -> ASGIApp | None:
        if asked.acts and not self._hosts.are_origin(asked.headers):
            return self._said(asked, 403, "Another page than the clinic's own asked for this.")
        if asked.acts or not is_foreign(asked.headers):
            return None
        if not is_navigation(asked.headers):
            return PlainTextResponse("Refused.", 403)
        # A link on another site leads here without the cookie: the page asks again by itself, with it.
        bounces = asked.headers.get("sec-fetch-site") == "cross-site" and asked.person is None
        return HTMLResponse(_BOUNCE) if bounces and not asked.is_open else None

    def _without_session(self, asked: _Asked) -> ASGIApp | None:
        if asked.person is not None or asked.is_open:
            return None
        if asked.acts or not is_navigation(asked.headers):
            return self._said(asked, 401, "Sign in first: nobody is signed in here any more.", signed_out=True)
        query = asked.scope.get("query_string", b"").decode("ascii", "replace")
        after = addresses.local_path(asked.path + (f"?{query}" if query else ""))
        return RedirectResponse(f"{addresses.SIGN_IN}?next={quote(after, safe='')}", 303)

    def _without_token(self, asked: _Asked) -> ASGIApp | None:
        if asked.person is None or not asked.acts:
            return None
        shown = asked.headers.get(TOKEN_HEADER, "")
        if hmac.compare_digest(shown.encode(), asked.person.token.encode()):
            return None
        return self._said(asked, 403, "This page is from an earlier sign-in. Load it again.", stale=True)

    def _said(self, asked: _Asked, status: int, said: str, **more: object) -> Response:
        browsers = wanted(asked.headers.get("accept-language", ""), self._language)
        language = language_of((asked.person.language if asked.person else None) or browsers)
        if not asked.acts and is_navigation(asked.headers):  # a person reads it, no script
            return PlainTextResponse(language.sentence(said), status)
        return JSONResponse({"sentence": language.sentence(said), **more}, status)

    def _written(self, cookie: str | None) -> str:
        forgotten = f"{self._cookie}=; Max-Age=0; {self._cookie_rules}"
        return forgotten if cookie is None else f"{self._cookie}={cookie}; {self._cookie_rules}"


def _note_refusal(scope: Scope, status: int) -> None:
    """Log that somebody who is signed in was refused something; as it came over the line, in one line."""
    person: Person | None = scope["state"]["person"]
    if person is not None and status == _FORBIDDEN:
        _log.warning(
            "%s was refused: %s %s", person.name, scope["method"], scope.get("raw_path", b"").decode("latin-1")
        )


def _cookie(headers: Headers, name: str) -> str | None:
    """Return the pages' own cookie; those of other pages on this machine, of any port, come with it in any shape."""
    return cookie_parser("; ".join(headers.getlist("cookie"))).get(name)


def _within(receive: Receive, bound_s: float) -> Receive:
    """Bound the time that a request's whole body may take."""
    deadline_s = asyncio.get_running_loop().time() + bound_s
    whole = False

    async def receive_in_time() -> Message:
        nonlocal whole
        if whole:  # what is waited for now is that the browser goes away
            return await receive()
        try:
            async with asyncio.timeout_at(deadline_s):
                message = await receive()
        except TimeoutError as error:
            raise HTTPException(408, "What was sent did not arrive whole in time. Try again.") from error
        whole = not message.get("more_body", False)
        return message

    return receive_in_time
