"""A stored picture as the answer to a request: piece by piece, never whole in memory."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from collector.pictures.media_types import media_type
from collector.pictures.pictures import PictureDamaged, Pictures, PicturesAway

_PIECE_BYTES = 256 * 1024


def picture_response(pictures: Pictures, sha256: str) -> Response:
    """Answer with a picture; to be called in a thread that may wait.

    Raises
    ------
    HTTPException
        404 if it is not there, 500 if it is damaged, 503 if the place for pictures cannot be reached or read; with a
        sentence.
    """
    try:
        file = pictures.open(sha256)
    except PicturesAway as away:
        raise HTTPException(503, f"The picture cannot be shown now. {away}.") from away
    except PictureDamaged as damaged:
        raise HTTPException(500, f"The picture cannot be shown. {damaged}.") from damaged
    except OSError as error:
        raise HTTPException(503, f"The picture cannot be shown now: {error.strerror}. Check the disk.") from error
    if file is None:
        raise HTTPException(404, "This picture has not arrived.")
    size_bytes = os.fstat(file.fileno()).st_size
    return StreamingResponse(_pieces(file), media_type=media_type(file), headers={"content-length": str(size_bytes)})


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
