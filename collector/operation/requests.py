"""Every request by its route: how long it took, and an id that stands in each line of the log that it caused."""

from __future__ import annotations

import secrets
import time
from contextvars import ContextVar

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.operation.metrics import Metrics
from collector.page.access.addresses import SIGN_IN

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered in this thread or task."""

HEADER = "x-request-id"
_NO_ROUTE = "none"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_REFUSED_FROM = 400


class Observed:
    """The outermost middleware: ``application.add_middleware(Observed, observed=application, metrics=metrics)``.

    An id is made here and shown in the answer; one that a request brings is not believed, as it would stand in the log.

    Parameters
    ----------
    app
        What is within.
    observed
        The application whose routes are told.
    metrics
        Who counts; None for ids alone.
    """

    def __init__(self, app: ASGIApp, observed: Starlette, metrics: Metrics | None = None) -> None:
        self._app = app
        self._metrics = metrics
        self._templates = {id(endpoint): path for endpoint, path in _endpoints(observed)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began_s, status = secrets.token_hex(8), time.perf_counter(), 0

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
                self._count(scope, status, time.perf_counter() - began_s)
            await send(message)

        token = REQUEST_ID.set(request_id)
        try:
            await self._app(scope, receive, send_counted)
        except Exception:
            if status == 0:  # what is outside of this answers with 500
                self._count(scope, 500, time.perf_counter() - began_s)
            raise
        finally:
            REQUEST_ID.reset(token)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        if self._metrics is None:
            return
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.answered(method, self._templates.get(id(scope.get("endpoint")), _NO_ROUTE), status, seconds)
        if method == "POST" and scope["path"] == SIGN_IN and status >= _REFUSED_FROM:
            self._metrics.sign_in_failed()


def _endpoints(application: Starlette) -> list[tuple[object, str]]:
    return [
        (one.endpoint if isinstance(one, Route) else one.app, one.path)
        for one in application.routes
        if isinstance(one, Route | Mount)
    ]
