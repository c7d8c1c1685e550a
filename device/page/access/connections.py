"""uvicorn's HTTP/1.1 with bounds that it has no setting for: how long a request may take to come, and from whom.

Without them whoever opens connections and says nothing, or a byte now and then, keeps a technician from the page.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from device.page.access.limits import address_key

REQUEST_WITHIN_S = 10.0  # for its head; the guard bounds how long a body may take
_REST_WITHIN_S = 5.0  # for what of a body still comes after it was answered
MOST_OF_ONE_ADDRESS = 32  # eight tabs with a live picture each, and the six more that a browser opens
MOST_OF_OTHERS = 48  # of other machines together: the kiosk's own browser is never kept out
MOST_CONNECTIONS = 64

_LOOPBACK = ("127.0.0.1", "::1")


class BoundedConnection(H11Protocol):
    """One connection, bounded."""

    _deadline: asyncio.TimerHandle | None = None
    _bound_s: float | None = None
    _handed_over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin a connection, or end it where there are enough."""
        super().connection_made(transport)
        if self._is_too_many():
            transport.abort()
            return
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

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over: how long a WebSocket lasts is the application's to say."""
        super().handle_websocket_upgrade(event)
        self._handed_over = True
        self._forget_deadline()
        opening: Any = self.transport.get_protocol()
        if not opening.handshake_initiated:
            # What HTTP allows and a WebSocket does not, a line of 10 kB or a body: nobody would answer, or hang up.
            self.send_400_response("Refused.")

    def _is_too_many(self) -> bool:
        ours = address_key(self.client)
        if ours in _LOOPBACK:
            return False
        others = [key for one in self.connections if (key := _key_of(one)) not in _LOOPBACK]
        return others.count(ours) > MOST_OF_ONE_ADDRESS or len(others) > MOST_OF_OTHERS

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
        if answering or self._handed_over or self.transport.is_closing():
            return None
        return _REST_WITHIN_S if self.conn.their_state is h11.SEND_BODY else REQUEST_WITHIN_S

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._bound_s = None


def _key_of(connection: Any) -> str:  # noqa: ANN401  HTTP or WebSocket, uvicorn's
    return address_key(connection.client)
