"""What stands before every request: strict headers, known hosts, limits, a session, its lock, a token for changes."""

from __future__ import annotations

import asyncio
import hmac
import math
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from device.chair.settings import ChairSettings
from device.page.access.addresses import KnownHosts, is_foreign, is_navigation
from device.page.access.attempts import PinLock
from device.page.access.locked_socket import refuse_locked, while_unlocked
from device.page.access.sessions import COOKIE, COOKIE_UNDER_TLS, Session, Sessions
from device.page.language import language_of
from groundwork.token_buckets import Buckets, address_key

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    # Patients' figures and pictures belong into no browser's cache.
    "cache-control": "no-store",
}
_KEPT_BY_BROWSERS = {"cache-control": "no-cache"}
"""Of scripts, styles and icons, which are the same for everybody: asked for again, and sent again when they changed."""

_HSTS = {"strict-transport-security": "max-age=31536000"}
TOKEN_HEADER = "x-chair-token"  # noqa: S105  a header's name

LEFT = "/lock/left"
"""How long until the lock; asked by every screen by itself, and no sign that somebody is there."""

_OPEN_WHILE_LOCKED = {("GET", "/lock"), ("HEAD", "/lock"), ("POST", "/lock"), ("POST", "/unlock")}
_STATIC = "/static/"
_READING, _CHANGING = ("GET", "HEAD"), ("POST",)

_ACTIONS_PER_S, _ACTIONS_AT_ONCE = 20, 40
_STRANGERS_PER_S, _STRANGERS_AT_ONCE = 50, 400  # a first visit loads a screen with all its files
_BODY_WITHIN_S = 15.0  # 64 kB over a poor link take two

_BOUNCE = "<!doctype html><meta charset=utf-8><meta name=color-scheme content=dark><meta http-equiv=refresh content=0>"


@dataclass(frozen=True)
class _Asked:
    scope: Scope
    headers: Headers
    session: Session
    known: bool

    @property
    def opens_socket(self) -> bool:
        return bool(self.scope["type"] == "websocket")

    @property
    def method(self) -> str:
        return str(self.scope.get("method", ""))

    @property
    def acts(self) -> bool:
        return self.method in _CHANGING


class Guard:
    """The middleware.

    A request's scope gets ``state["session"]``, ``state["sessions"]`` and ``state["lock"]``. Who puts another session
    into the first has the browser's cookie replaced.

    Parameters
    ----------
    app
        What it guards.
    settings
        The `[chair]` table.
    sessions
        Of browsers.
    lock
        The PIN's; None where there is none.
    """

    def __init__(self, app: ASGIApp, settings: ChairSettings, sessions: Sessions, lock: PinLock | None = None) -> None:
        if settings.pin is not None and lock is None:
            raise ValueError("the settings name a PIN, and the guard was given no lock")
        self._app = app
        self._settings = settings
        self._sessions = sessions
        self._lock = lock
        self._hosts = KnownHosts(settings)
        under_tls = settings.certificate is not None
        self._headers = _HEADERS | (_HSTS if under_tls else {})
        self._cookie = COOKIE_UNDER_TLS if under_tls else COOKIE
        self._cookie_rules = "Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if under_tls else "")
        self._actions = Buckets(_ACTIONS_PER_S, _ACTIONS_AT_ONCE)
        self._strangers = Buckets(_STRANGERS_PER_S, _STRANGERS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        headers = Headers(scope=scope)
        brought = _cookie(headers, self._cookie)
        known = self._sessions.find(brought)
        session = known or self._sessions.stranger(brought)
        state = scope.setdefault("state", {})
        state.update(session=session, sessions=self._sessions, lock=self._lock)
        # What another site had a browser ask came without the cookie (SameSite): a new one would end the old session.
        keeps_cookie = brought == session.session_id or is_foreign(headers) or not self._hosts.know(headers)
        held = session.session_id if keeps_cookie else None

        async def send_strictly(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                answer = MutableHeaders(scope=message)
                answer.update(self._headers | (_KEPT_BY_BROWSERS if scope["path"].startswith(_STATIC) else {}))
                if (now := state["session"].session_id) != held:
                    answer.append("set-cookie", f"{self._cookie}={now}; {self._cookie_rules}")
            await send(message)

        asked = _Asked(scope, headers, session, known=known is not None)
        if (refusal := self._refusal(asked)) is not None:
            await refusal(scope, receive, send_strictly)
        elif asked.opens_socket:
            watch = refuse_locked if session.locked else while_unlocked
            await watch(self._app, session, scope, receive, send_strictly)
        else:
            if asked.acts and self._lock is None:
                state["session"] = self._sessions.keep(session)
            if scope["path"] != LEFT and (asked.acts or _somebody_asks(headers)):
                session.touch()
            await self._app(scope, _within(receive, _BODY_WITHIN_S), send_strictly)

    def _refusal(self, asked: _Asked) -> ASGIApp | None:
        """Return what answers instead of the page; None where the request may go on."""
        looks = (self._strange, self._too_often, self._foreign, self._while_locked, self._without_token)
        return next((refusal for look in looks if (refusal := look(asked)) is not None), None)

    def _strange(self, asked: _Asked) -> ASGIApp | None:
        if not self._hosts.know(asked.headers):
            return PlainTextResponse("Unknown host.", 400)
        return None if asked.opens_socket or asked.method in (*_READING, *_CHANGING) else _refused(405)

    def _too_often(self, asked: _Asked) -> ASGIApp | None:
        wait_s = 0.0
        if not asked.known:
            wait_s = self._strangers.take(address_key(asked.scope.get("client")))
        elif asked.acts or asked.opens_socket:
            wait_s = self._actions.take(asked.session.session_id)
        if wait_s == 0:
            return None
        said = self._sentence(asked.session, 429, "Too much is asked at once. Wait a moment, then try again.")
        said.headers["retry-after"] = f"{math.ceil(wait_s)}"
        return said

    def _foreign(self, asked: _Asked) -> ASGIApp | None:
        headers = asked.headers
        if asked.opens_socket:
            return None if self._hosts.are_origin(headers) else _refused(403)
        if asked.acts and not self._hosts.are_origin(headers):
            return self._sentence(asked.session, 403, "Another page than the instrument's own asked for this.")
        if asked.acts or not is_foreign(headers):
            return None
        if not is_navigation(headers):
            return _refused(403)
        # A link on another site leads here without the cookie: the page asks again by itself, with it.
        return HTMLResponse(_BOUNCE) if headers.get("sec-fetch-site") == "cross-site" and not asked.known else None

    def _while_locked(self, asked: _Asked) -> ASGIApp | None:
        scope = asked.scope
        if asked.opens_socket or not asked.session.locked or _is_open_while_locked(asked.method, scope["path"]):
            return None
        if asked.acts or not is_navigation(asked.headers):
            said = "The page is locked. Type the PIN: your work is kept."
            return self._sentence(asked.session, 423, said, locked=True)
        query = scope.get("query_string", b"").decode("ascii", "replace")
        after = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/lock?next={quote(after, safe='')}", 303)

    def _without_token(self, asked: _Asked) -> ASGIApp | None:
        shown, token = asked.headers.get(TOKEN_HEADER, ""), asked.session.token
        if not asked.acts or hmac.compare_digest(shown.encode(), token.encode()):
            return None
        said = "The page is older than the instrument's last start. Load it again."
        return self._sentence(asked.session, 403, said, stale=True)

    def _sentence(self, session: Session, status: int, said: str, **more: object) -> Response:
        language = language_of(session.language or self._settings.language)
        return JSONResponse({"sentence": language.sentence(said), **more}, status)


def _cookie(headers: Headers, name: str) -> str | None:
    """Return the page's own cookie; those of other pages on this machine, of any port, come with it in any shape."""
    return cookie_parser("; ".join(headers.getlist("cookie"))).get(name)


def _refused(status: int) -> Response:
    return PlainTextResponse("Refused.", status)


def _is_open_while_locked(method: str, path: str) -> bool:
    return (method, path) in _OPEN_WHILE_LOCKED or (method in _READING and path.startswith(_STATIC))


def _somebody_asks(headers: Headers) -> bool:
    """Say whether a screen is gone to: what scripts and pictures load by themselves is no sign of life."""
    mode = headers.get("sec-fetch-mode")
    return mode == "navigate" or (mode is None and "text/html" in headers.get("accept", ""))


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
