"""uvicorn's HTTP/1.1 with a bound that it has no setting for: how long a request may take to come.

Without it whoever opens connections and says nothing, or a byte now and then, keeps all others out.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle


class BoundedRequests(H11Protocol):
    """One connection, ended where no whole request comes in time. How long a body may take is the application's to say.

    Attributes
    ----------
    head_within_s
        For a request's head, and from one request to the next.
    rest_within_s
        For what of a body still comes after it was answered: its sender reads the answer only afterwards.
    """

    head_within_s = 20.0
    rest_within_s = 600.0

    _deadline: asyncio.TimerHandle | None = None
    _bound_s: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin a connection; TLS stands already."""
        super().connection_made(transport)
        self._bound_the_wait()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        super().data_received(data)
        self._bound_the_wait()

    def on_response_complete(self) -> None:
        """Be ready for the next request."""
        super().on_response_complete()
        self._bound_the_wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection."""
        super().connection_lost(exc)
        self._forget_deadline()

    def _bound_the_wait(self) -> None:
        bound_s = self._patience_s()
        if bound_s == self._bound_s:
            return  # set once, not at each byte: what comes byte by byte is bounded too
        self._forget_deadline()
        if bound_s is not None:
            self._bound_s, self._deadline = bound_s, self.loop.call_later(bound_s, self.transport.abort)

    def _patience_s(self) -> float | None:
        cycle: RequestResponseCycle | None = self.cycle
        answering = cycle is not None and not cycle.response_complete
        if answering or self.transport.is_closing():
            return None
        return self.rest_within_s if self.conn.their_state is h11.SEND_BODY else self.head_within_s

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._bound_s = None
