"""A short message from a stranger: bounded in size and time."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from contract.enrolment import MAX_ENROLMENT_BYTES

_WITHIN_S = 10.0


async def read_body(request: Request) -> bytes:
    """Return a request's body.

    Raises
    ------
    HTTPException
        413 if it is longer than :data:`contract.enrolment.MAX_ENROLMENT_BYTES`, 408 if it does not come, 400 if the
        connection ends.
    """
    announced = request.headers.get("content-length", "0")
    too_long = HTTPException(413, f"The request is longer than {MAX_ENROLMENT_BYTES} bytes.")
    if announced.isdecimal() and int(announced) > MAX_ENROLMENT_BYTES:
        raise too_long
    body = bytearray()
    try:
        async with asyncio.timeout(_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_ENROLMENT_BYTES:
                    raise too_long
    except TimeoutError as error:
        raise HTTPException(408, f"The request did not come within {_WITHIN_S:.0f} s. Send it again.") from error
    except ClientDisconnect as error:
        raise HTTPException(400, "The connection ended before the request did.") from error
    return bytes(body)
