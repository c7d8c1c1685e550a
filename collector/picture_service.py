"""``PUT /images/{sha256}``: instruments put their pictures here, over HTTPS with their own certificate.

A picture is written as it comes, chunk by chunk and off the event loop: memory holds what one connection has in flight
(uvicorn stops reading at 64 kB), never a picture. The time that a picture may take is bounded, both in all and between
two of its chunks.
"""

import asyncio
import errno
import logging

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.pictures import IncomingPicture, PictureRejected, Pictures, is_sha256, media_type
from contract import MAX_PICTURE_BYTES

_log = logging.getLogger(__name__)

_SILENCE_S = 60.0  # an instrument switched off in mid-picture must not hold its connection for ever
_LONGEST_S = 600.0  # nor one that sends a byte now and then; the largest picture needs 56 kB/s
_TOO_LARGE = HTTPException(413, f"The picture is larger than {MAX_PICTURE_BYTES} bytes.")


def create_service(pictures: Pictures) -> Starlette:
    """Return the ASGI application.

    ``PUT`` answers 201 once the picture is durable, 200 if it was there already, 400, 413 or 422 with a sentence if it
    can never be taken as sent, and 408, 500, 503 or 507 if it may be sent again later. ``HEAD`` answers 200 or 404.
    """

    async def put(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        if not is_sha256(sha256):
            raise HTTPException(400, "The address must end in a SHA-256 of 64 lower-case hexadecimal digits.")
        # A picture never replaces another, so If-None-Match: * holds whether it is sent or not; and that the picture
        # is there already is what its sender hopes for, no failed precondition.
        if await to_thread.run_sync(pictures.path, sha256) is not None:
            return JSONResponse({"sha256": sha256}, 200)
        announced = request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > MAX_PICTURE_BYTES:
            raise _TOO_LARGE
        try:
            incoming = await to_thread.run_sync(pictures.receive, sha256)
            try:
                await _receive(incoming, request)
                await to_thread.run_sync(incoming.finish)
            finally:
                # Not in another thread: a service that stops cancels whatever is awaited.
                incoming.discard()
        except asyncio.CancelledError as stopped:
            # uvicorn cancels only when it stops, and would log this as a fault.
            raise HTTPException(503, "The collector is stopping. Send the picture again later.") from stopped
        except PictureRejected as error:
            raise HTTPException(422, str(error)) from error
        except OSError as error:
            _log.error("A picture could not be written: %s.", error)
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            what = "is full" if full else "failed"
            raise HTTPException(507 if full else 500, f"The clinic's disk {what}. Send it again later.") from error
        return JSONResponse({"sha256": sha256}, 201)

    async def head(request: Request) -> Response:
        path = await to_thread.run_sync(pictures.path, request.path_params["sha256"])
        if path is None:
            raise HTTPException(404)
        size_bytes = (await to_thread.run_sync(path.stat)).st_size
        kind = await to_thread.run_sync(media_type, path)
        return Response(headers={"content-length": str(size_bytes)}, media_type=kind)

    address = "/images/{sha256}"
    return Starlette(routes=[Route(address, put, methods=["PUT"]), Route(address, head, methods=["HEAD"])])


async def _receive(incoming: IncomingPicture, request: Request) -> None:
    try:
        async with asyncio.timeout(_LONGEST_S):
            await _write_chunks(incoming, request)
    except TimeoutError as error:
        raise HTTPException(
            408, f"The picture took longer than {_LONGEST_S:.0f} s. Send it again over a faster network."
        ) from error


async def _write_chunks(incoming: IncomingPicture, request: Request) -> None:
    chunks = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(_SILENCE_S):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise HTTPException(408, f"Nothing came for {_SILENCE_S:.0f} s. Send the picture again.") from error
        except ClientDisconnect as error:
            raise HTTPException(400, "The connection ended before the picture did.") from error
        if chunk is None:
            break
        if incoming.size_bytes + len(chunk) > MAX_PICTURE_BYTES:
            raise _TOO_LARGE
        await to_thread.run_sync(incoming.write, chunk)
    if incoming.size_bytes == 0:
        raise HTTPException(400, "The body is empty: send the picture's bytes.")
