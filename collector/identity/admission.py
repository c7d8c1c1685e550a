"""Each request is looked at anew: a certificate may have ended, or been taken back, since its connection began."""

from datetime import UTC, datetime

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from collector.identity.peer import peer_of
from collector.identity.revocation_list import RevocationList


class Admission:
    """ASGI middleware that answers 403 to whom the clinic does not trust any more.

    Parameters
    ----------
    application
        Whom the others reach.
    revocations
        Whose certificates do not hold any more; ``None`` where there is no such list.
    """

    def __init__(self, app: ASGIApp, revocations: RevocationList | None) -> None:
        self._application = app
        self._revocations = revocations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] == "http" and (refusal := await self._refusal(HTTPConnection(scope))) is not None:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    async def _refusal(self, connection: HTTPConnection) -> str | None:
        peer = peer_of(connection)
        if peer is None:
            return "A certificate of this clinic is needed." if self._revocations is not None else None
        if peer.not_valid_after <= datetime.now(UTC):
            return "This certificate has expired."
        if self._revocations is not None and await to_thread.run_sync(self._revocations.revokes, peer.serial):
            return "This certificate was taken back by the clinic."
        return None
