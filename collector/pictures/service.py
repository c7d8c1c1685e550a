"""``PUT /images/{sha256}``: instruments put their pictures here, over HTTPS with their own certificate.

With the same certificate they renew it (``POST /certificates``); who may come in at all is looked at for each request.

A picture is written as it comes and off the event loop: memory holds what one connection has in flight (uvicorn stops
reading at 64 kB) and half a megabyte on its way to the disk, never a picture. The time that a picture may take is
bounded, both in all and between two of its chunks.
"""

import asyncio
import errno
import logging
from collections.abc import Callable
from functools import partial

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.identity.admission import Admission
from collector.identity.peer import peer_of
from collector.identity.renewal import Renewals, renewal_unavailable
from collector.identity.revocation_list import RevocationList
from collector.operation.observer import Observer, Unobserved
from collector.pictures.pictures import Pictures, PicturesAway, is_sha256
from collector.pictures.receiving import IncomingPicture, PictureRejected, RoomReserved
from collector.store.alarms import Alarm, AlarmKind, told_in_the_log
from collector.store.stored import StoreFailed
from contract import MAX_PICTURE_BYTES

_log = logging.getLogger(__name__)

_SILENCE_S = 60.0  # an instrument switched off in mid-picture must not hold its connection for ever
_LONGEST_S = 600.0  # nor one that sends a byte now and then; the largest picture needs 56 kB/s
_AWAY_S = 30
_WRITTEN_AT_ONCE_BYTES = 512 * 1024  # each hand-over to a thread costs as much as hashing 100 kB
_TOO_LARGE = HTTPException(413, f"The picture is larger than {MAX_PICTURE_BYTES} bytes.")
_ERASED = HTTPException(410, "This picture's patient was erased from the clinic's records: it is never taken again.")


def _none_erased(_sha256: str) -> bool:
    return False


def create_service(
    pictures: Pictures,
    revocations: RevocationList | None = None,
    renewals: Renewals | None = None,
    raise_alarm: Callable[[Alarm], None] = told_in_the_log,
    observer: Observer | None = None,
    *,
    is_erased: Callable[[str], bool] = _none_erased,
) -> Starlette:
    """Return the ASGI application.

    ``PUT`` answers 201 once the picture is durable, 200 if it was there already, 400, 413 or 422 with a sentence if it
    can never be taken as sent, 410 if its patient was erased, and 408, 500, 503 or 507 if it may be sent again later.
    ``HEAD`` answers 200, 404 or 410. What is found of an erased picture is removed. Whoever's certificate was taken
    back or has expired is answered 403.

    Parameters
    ----------
    pictures
        Where they go.
    revocations
        Whose certificates do not hold any more.
    renewals
        Renews certificates; ``None`` where the collector has no authority to sign with.
    raise_alarm
        Told of each picture that was refused for what it is, in a thread of its own.
    observer
        Told of each picture that came.
    is_erased
        Tells of a digest whether its picture was of a patient who was erased; asked in a thread of its own, before a
        picture is taken in and once it is. It may raise :class:`collector.store.stored.StoreFailed`.
    """
    told = observer or Unobserved()
    gone = partial(_gone, pictures, is_erased)

    async def put(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        if not is_sha256(sha256):
            raise HTTPException(400, "The address must end in a SHA-256 of 64 lower-case hexadecimal digits.")
        announced = request.headers.get("content-length", "")
        size_bytes = int(announced) if announced.isdecimal() else MAX_PICTURE_BYTES
        if size_bytes > MAX_PICTURE_BYTES:
            raise _TOO_LARGE
        # A picture never replaces another, so If-None-Match: * holds whether it is sent or not; and that it is there
        # already is what its sender hopes for, no failed precondition. Its body is read all the same: it may be
        # another.
        try:
            await _refuse_if(gone, sha256, request)
            incoming = await to_thread.run_sync(pictures.receive, sha256, size_bytes)
            outcome = "broken off"
            try:
                await _receive(incoming, request)
                outcome = "refused"
                new = await to_thread.run_sync(incoming.finish)
                await _refuse_if(gone, sha256)  # it may have been erased while it came
                outcome = "stored" if new else "there already"
            finally:
                told.picture_received(outcome, incoming.size_bytes)
                # Not in another thread: a service that stops cancels whatever is awaited.
                incoming.discard()
        except asyncio.CancelledError as stopped:
            # uvicorn cancels only when it stops, and would log this as a fault.
            raise HTTPException(503, "The collector is stopping. Send the picture again later.") from stopped
        except PictureRejected as rejected:
            await to_thread.run_sync(raise_alarm, _alarm(rejected, sha256, request))
            raise HTTPException(422, str(rejected)) from rejected
        except (PicturesAway, StoreFailed, OSError) as fault:
            raise _later(fault) from fault
        return JSONResponse({"sha256": sha256}, 201 if new else 200)

    async def head(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        try:
            await _refuse_if(gone, sha256)
            vouched = await to_thread.run_sync(pictures.vouched, sha256)
        except (PicturesAway, StoreFailed) as fault:
            raise _later(fault) from fault
        except OSError as error:
            raise HTTPException(500, "The clinic's disk failed. Ask again later.") from error
        if vouched is None:
            raise HTTPException(404)
        return Response(headers={"content-length": str(vouched.size_bytes)}, media_type=vouched.media_type)

    address = "/images/{sha256}"
    service = Starlette(
        routes=[
            Route(address, put, methods=["PUT"]),
            Route(address, head, methods=["HEAD"]),
            Route("/certificates", renewals.post if renewals else renewal_unavailable, methods=["POST"]),
        ],
        middleware=[Middleware(Admission, revocations=revocations)],
    )
    service.router.redirect_slashes = False  # an address that is not right is not there
    return service


def _later(fault: PicturesAway | StoreFailed | OSError) -> HTTPException:
    """Return the answer to a picture that may be sent again when a fault of the clinic's is over."""
    match fault:
        case PicturesAway():
            words = "The clinic's place for pictures cannot be reached now. Send the picture again later."
            return HTTPException(503, words, {"retry-after": str(_AWAY_S)})
        case StoreFailed():
            return HTTPException(503, "The clinic's store cannot be read now. Send the picture again later.")
        case RoomReserved():
            return HTTPException(507, f"{fault.words}; the picture may be sent again later.")
    _log.error("A picture could not be written: %s.", fault)
    full_disk = fault.errno in {errno.ENOSPC, errno.EDQUOT}
    what = "is full" if full_disk else "failed"
    return HTTPException(507 if full_disk else 500, f"The clinic's disk {what}. Send it again later.")


def _alarm(rejected: PictureRejected, sha256: str, request: Request) -> Alarm:
    peer = peer_of(request)
    return Alarm(
        kind=AlarmKind.PICTURE_ALTERED if rejected.altered else AlarmKind.PICTURE_UNFIT,
        device_id=peer.common_name if peer is not None else None,
        subject=sha256,
        found_sha256=rejected.found_sha256,
        size_bytes=rejected.size_bytes,
        reason=str(rejected),
    )


async def _receive(incoming: IncomingPicture, request: Request) -> None:
    try:
        async with asyncio.timeout(_LONGEST_S):
            await _write_chunks(incoming, request)
    except TimeoutError as error:
        raise HTTPException(
            408, f"The picture took longer than {_LONGEST_S:.0f} s. Send it again over a faster network."
        ) from error


def _gone(pictures: Pictures, is_erased: Callable[[str], bool], sha256: str) -> bool:
    """Return whether a picture was erased: then nothing of it is there any more."""
    erased = is_sha256(sha256) and is_erased(sha256)
    if erased:
        pictures.delete(sha256)
    return erased


async def _refuse_if(gone: Callable[[str], bool], sha256: str, still_sent: Request | None = None) -> None:
    if await to_thread.run_sync(gone, sha256):
        if still_sent is not None:
            await _pass_over(still_sent)
        raise _ERASED


async def _pass_over(request: Request) -> None:
    """Read a picture that is not taken: a connection that is cut in its middle would cut the answer off too."""
    passed_over_bytes = 0
    try:
        async with asyncio.timeout(_SILENCE_S):
            async for chunk in request.stream():
                passed_over_bytes += len(chunk)
                if passed_over_bytes > MAX_PICTURE_BYTES:
                    break
    except (TimeoutError, ClientDisconnect):
        return


async def _write_chunks(incoming: IncomingPicture, request: Request) -> None:
    chunks = aiter(request.stream())
    gathered, gathered_bytes = [], 0
    while True:
        try:
            async with asyncio.timeout(_SILENCE_S):
                chunk = await anext(chunks, b"")
        except TimeoutError as error:
            raise HTTPException(408, f"Nothing came for {_SILENCE_S:.0f} s. Send the picture again.") from error
        except ClientDisconnect as error:
            raise HTTPException(400, "The connection ended before the picture did.") from error
        gathered.append(chunk)
        gathered_bytes += len(chunk)
        if incoming.size_bytes + gathered_bytes > MAX_PICTURE_BYTES:
            raise _TOO_LARGE
        if gathered_bytes >= _WRITTEN_AT_ONCE_BYTES or not chunk:
            await to_thread.run_sync(incoming.write, b"".join(gathered))
            gathered, gathered_bytes = [], 0
        if not chunk:
            break
    if incoming.size_bytes == 0:
        raise HTTPException(400, "The body is empty: send the picture's bytes.")
