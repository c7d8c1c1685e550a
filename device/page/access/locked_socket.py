"""WebSockets end when their session is locked."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from device.page.access.sessions import Session

LOCKED = 4423
"""Closes a WebSocket whose session is locked; 4000 to 4999 are the application's own codes (RFC 6455)."""

_LOOK_EVERY_S = 0.5
_GRACE_S = 2.0


async def refuse_locked(_app: ASGIApp, _session: Session, _scope: Scope, receive: Receive, send: Send) -> None:
    """Tell a browser that its session is locked; refused before it was accepted, it would not learn why."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": LOCKED, "reason": "locked"})


async def while_unlocked(app: ASGIApp, session: Session, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a WebSocket until its session is locked, and close it then.

    Parameters
    ----------
    app
        Serves it.
    session
        Whose lock ends it. What comes over the socket keeps no session awake: a live picture asks for itself.
    scope, receive, send
        ASGI's.
    """
    sent: set[str] = set()

    async def send_and_note(message: Message) -> None:
        sent.add(message["type"])
        await send(message)

    serving = asyncio.ensure_future(app(scope, receive, send_and_note))
    try:
        while not serving.done() and not session.locked:
            left_s = session.left_s
            await asyncio.wait({serving}, timeout=_LOOK_EVERY_S if left_s is not None else None)
        if serving.done():
            serving.result()
            return
    finally:
        if not serving.done():
            serving.cancel()
            await asyncio.wait({serving}, timeout=_GRACE_S)
    if sent - {"websocket.accept", "websocket.send"}:
        return  # it has ended by itself
    # A browser that stopped reading is not waited for: its connection ends with this call.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            if not sent:
                await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": LOCKED, "reason": "locked"})
