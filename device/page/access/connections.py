"""Bounds on connections to the page: how long a request may take to come, and how many others may hold."""

from __future__ import annotations

import asyncio
from typing import Any

import h11

from groundwork.bounded_requests import BoundedRequests
from groundwork.token_buckets import address_key

MOST_OF_ONE_ADDRESS = 32  # eight tabs with a live picture each, and the six more that a browser opens
MOST_OF_OTHERS = 48  # of other machines together: the kiosk's own browser is never kept out
MOST_CONNECTIONS = 64

_LOOPBACK = ("127.0.0.1", "::1")


class BoundedConnection(BoundedRequests):
    """One connection, bounded."""

    head_within_s = 10.0
    rest_within_s = 5.0

    _handed_over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin a connection, or end it where there are enough."""
        super().connection_made(transport)
        if self._is_too_many():
            transport.abort()

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

    def _patience_s(self) -> float | None:
        return None if self._handed_over else super()._patience_s()


def _key_of(connection: Any) -> str:  # noqa: ANN401  HTTP or WebSocket, uvicorn's
    return address_key(connection.client)
