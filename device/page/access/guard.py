"""What stands before every request: strict headers, known hosts, a session, and a token where something changes."""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from device.chair.settings import LOOPBACK, ChairSettings
from device.page.access.sessions import COOKIE, Session, Sessions

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
    # Patients' figures and pictures belong into no browser's cache.
    "cache-control": "no-store",
}
TOKEN_HEADER = "x-chair-token"  # noqa: S105  a header's name


class Guard:
    """The middleware.

    Parameters
    ----------
    app
        What it guards.
    settings
        The `[chair]` table.
    sessions
        Of browsers.
    """

    def __init__(self, app: ASGIApp, settings: ChairSettings, sessions: Sessions) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions
        self._hosts = {*LOOPBACK, "[::1]", settings.host, *settings.names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        headers = Headers(scope=scope)
        if headers.get("host", "").rsplit(":", 1)[0] not in self._hosts:
            await PlainTextResponse("Unknown host.", 400)(scope, receive, send)
            return
        known = self._sessions.find(_cookie(headers))
        session = known or self._sessions.begin()
        scope.setdefault("state", {})["session"] = session
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"} and not _is_own(headers, session):
            sentence = "The page is older than the instrument's last start. Load it again."
            await JSONResponse({"sentence": sentence}, 403)(scope, receive, send)
            return

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.update(_HEADERS)
                if known is None:
                    answer.append("set-cookie", f"{COOKIE}={session.session_id}; Path=/; HttpOnly; SameSite=Strict")
            await send(message)

        await self._app(scope, receive, send_strictly)


def _cookie(headers: Headers) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if found is None else found.value


def _is_own(headers: Headers, session: Session) -> bool:
    return hmac.compare_digest(headers.get(TOKEN_HEADER, ""), session.token)
