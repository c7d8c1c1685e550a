"""``POST /enrolments``: the one door that stands open to instruments without a certificate.

Anybody on the network may knock. So there is one try a second, whoever makes it, and few may wait for their turn.
"""

import asyncio
import logging

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.identity.body import read_body
from collector.identity.enrolment import EnrolmentRefused, Enrolments
from contract import EnrolmentAnswer

_log = logging.getLogger(__name__)

_APART_S = 1.0
_MOST_WAITING = 6  # the last of them waits less long than an instrument does for an answer


class Turns:
    """Lets one in at a time, and the next one only some time after; ``apart_s`` is that time."""

    def __init__(self, apart_s: float) -> None:
        self._apart_s = apart_s
        self._lock = asyncio.Lock()
        self._next_s = 0.0
        self._waiting = 0

    async def __aenter__(self) -> None:
        """Wait for one's turn; raise an HTTPException if too many wait."""
        if self._waiting >= _MOST_WAITING:
            raise HTTPException(429, "Too many ask at once. Try again in a minute.", {"Retry-After": "60"})
        self._waiting += 1
        try:
            await self._lock.acquire()
        finally:
            self._waiting -= 1
        try:
            await asyncio.sleep(self._next_s - asyncio.get_running_loop().time())
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(self, *_raised: object) -> None:
        """Leave; the next one's time begins."""
        self._next_s = asyncio.get_running_loop().time() + self._apart_s
        self._lock.release()


def create_enrolment_service(enrolments: Enrolments, apart_s: float = _APART_S) -> Starlette:
    """Return the ASGI application.

    It answers 200 with an :class:`contract.EnrolmentAnswer`; 403 with one sentence to whoever does not know a code that
    holds; 400, 408, 409, 413 or 422 with a sentence for what can never be taken as sent; 429, 500 or 503 if it may be
    tried again later.

    Parameters
    ----------
    enrolments
        Who decides.
    apart_s
        The time from one try to the next, across all who ask.
    """
    turns = Turns(apart_s)

    async def post(request: Request) -> Response:
        try:
            body = await read_body(request)
            async with turns:
                answer = await to_thread.run_sync(_decide, enrolments, body)
        except asyncio.CancelledError as stopped:
            # uvicorn cancels only when it stops, and would log this as a fault.
            raise HTTPException(503, "The collector is stopping. Try again later.") from stopped
        return Response(answer.encode(), media_type="application/json")

    return Starlette(routes=[Route("/enrolments", post, methods=["POST"])])


def _decide(enrolments: Enrolments, body: bytes) -> EnrolmentAnswer:
    try:
        return enrolments.answer(body)
    except EnrolmentRefused as refused:
        raise HTTPException(refused.status, str(refused)) from refused
    except OSError as error:
        _log.error("An enrolment could not be kept: %s.", error)
        raise HTTPException(500, "The clinic's disk failed. Try again later.") from error
