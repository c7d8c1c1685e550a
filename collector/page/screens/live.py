"""What is new, as server-sent events: for the page's own script alone."""

from __future__ import annotations

import time

from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from collector.page.live.watching import TooManyWatch, Watcher, Watching
from collector.page.web import ForThoseWhoMay, Page, person_of

_HEARTBEAT_S = 15
_SENT_WITHIN_S = 20.0  # a browser that takes nothing for so long is gone
_AGAIN_AFTER_S = 60
_STREAM = "text/event-stream"


class _Stream(EventSourceResponse):
    """A stream that gives its place back however it ends; a browser that is gone is no fault of ours."""

    def __init__(self, watching: Watching, watcher: Watcher) -> None:
        super().__init__(watching.news(watcher), ping=_HEARTBEAT_S, send_timeout=_SENT_WITHIN_S)
        self._watching, self._watcher = watching, watcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            return
        finally:
            self._watching.leave(self._watcher)


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    watching = Watching(page.store)
    # The time at which a page was made: what was noticed later is new to it.
    page.templates.globals["live_since"] = lambda: round(time.time() * 1000)

    async def live(request: Request) -> Response:
        person = person_of(request)
        if _STREAM not in request.headers.get("accept", ""):
            said = page.language(request).sentence("This address is for the pages' own script.")
            return JSONResponse({"sentence": said}, 406)
        try:
            watcher = watching.place(person, request.state.cookie or "")
        except TooManyWatch:
            said = page.language(request).sentence("Too many pages are told what is new just now.")
            return JSONResponse({"sentence": said}, 503, {"retry-after": f"{_AGAIN_AFTER_S}"})
        return _Stream(watching, watcher)

    return [ForThoseWhoMay("/live", live, methods=["GET"], right=None)]
