"""The lock: what a screen shows that nobody touched for a while. The work behind it is kept, at its own address."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from device.chair.refusals import ChairRefused
from device.chair.seat import Holder
from device.page.access.addresses import local_path
from device.page.access.attempts import PinLock, Tried
from device.page.access.guard import LEFT
from device.page.access.pin import FEWEST_DIGITS, MOST_DIGITS
from device.page.access.sessions import Session, Sessions
from device.page.web import Asked, Nothing, Page, action, done, session_of


class _Unlock(Asked):
    pin: str
    next: str = "/"


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def screen(request: Request) -> Response:
        after = local_path(request.query_params.get("next", "/"))
        session = session_of(request)
        if not session.locked:
            return RedirectResponse(after, 303)
        return page.render(
            request,
            "lock.html",
            after=after,
            wait_s=math.ceil(_lock_of(request).wait_s),
            fewest_digits=FEWEST_DIGITS,
            most_digits=MOST_DIGITS,
        )

    def lock(request: Request, _asked: Nothing) -> Response:
        _lock_of(request)
        session_of(request).lock()
        return done(locked=True)

    def unlock(request: Request, asked: _Unlock) -> Response:
        session = session_of(request)
        if session.locked:
            tried = _lock_of(request).attempt(asked.pin[: MOST_DIGITS + 1])
            if not tried.right:
                sentence = page.language(request).sentence(_said(tried))
                return JSONResponse({"sentence": sentence, "wait_s": math.ceil(tried.wait_s)}, 403)
            request.state.session = _opened(page, request, session)
        return done(go=local_path(asked.next))

    def awake(request: Request, _asked: Nothing) -> Response:
        return done(left_s=session_of(request).left_s)  # the guard has noted that somebody is there

    def left(request: Request) -> Response:
        return done(left_s=session_of(request).left_s)

    return [
        Route("/lock", screen),
        action("/lock", Nothing, lock, most_bytes=1024),
        action("/unlock", _Unlock, unlock, most_bytes=8192),
        action("/activity", Nothing, awake, most_bytes=1024),
        Route(LEFT, left),
    ]


def _lock_of(request: Request) -> PinLock:
    lock: PinLock | None = request.state.lock
    if lock is None:
        raise ChairRefused(
            "This page has no PIN and is never locked. Make one with 'trichoscope pin' and name it under [chair]."
        )
    return lock


def _opened(page: Page, request: Request, session: Session) -> Session:
    """Open the session under a new id, and leave it the seat that it had."""
    sessions: Sessions = request.state.sessions
    opened, holder = sessions.open(session), page.chair.seat.holder
    if holder is not None and holder.session_id == session.session_id:
        page.chair.seat.take_over(Holder(opened.session_id, holder.technician))
    return opened


def _said(tried: Tried) -> str:
    if tried.busy:
        return "Another PIN is being looked at. Try again."
    if tried.wait_s > 0:
        return "Too many wrong PINs were typed. Wait, then try again."
    if tried.tries_left == 1:
        return "This is not the PIN. One more try before there is a wait."
    return f"This is not the PIN. {tried.tries_left} more tries before there is a wait."
