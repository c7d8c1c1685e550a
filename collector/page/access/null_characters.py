"""Requests with U+0000, which no person types and no database need hold, refused before anything reads them."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAID = "What was sent holds a character that cannot be kept (U+0000). Leave it out."
_AS_BYTE, _IN_JSON = b"\x00", b"\\u0000"


class WithoutNull:
    """Refuses U+0000 in a path, a query, or a body of text or JSON.

    Parameters
    ----------
    app
        What answers all other requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"] or _AS_BYTE in unquote_to_bytes(scope.get("query_string", b"")):
            await PlainTextResponse(_SAID, 400)(scope, receive, send)
            return
        end = b""  # of what came so far: the pieces of a body end anywhere

        async def receive_without_null() -> Message:
            nonlocal end
            message = await receive()
            seen = end + message.get("body", b"")
            if _AS_BYTE in seen or _IN_JSON in seen:
                raise HTTPException(400, _SAID)
            end = seen[-len(_IN_JSON) + 1 :]
            return message

        await self._app(scope, receive_without_null, send)
