"""Opening a stored picture. Pillow reads it, as the collector has no OpenCV.

A picture comes from a device of the clinic, whose bytes are not to be trusted all the same: two formats are read and no
others, none of more pixels than a camera has.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image

MAX_PIXELS = 40_000_000
"""Bound on what is decoded, 120 MB of memory: the sensors in use have 12 million pixels."""


_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
"""What a whole file of each format ends with."""


class PictureUnreadable(Exception):
    """The file cannot be decoded, or is too large to be; the message says which."""


@contextmanager
def opened(file: BinaryIO) -> Iterator[Image.Image]:
    """Open a picture for the length of the block, in which it is decoded.

    Parameters
    ----------
    file
        A JPEG or PNG file, open for reading; it stays open.

    Raises
    ------
    PictureUnreadable
        For a file that is damaged, made to harm, or of too many pixels; in the block too.
    """
    try:
        with Image.open(file, formats=("JPEG", "PNG")) as whole:
            if whole.width * whole.height > MAX_PIXELS:
                raise PictureUnreadable(f"{whole.width} x {whole.height} pixels are too many")
            # Pillow would say so itself, but for a switch of the whole program that WeasyPrint turns
            if not _last_bytes(file).endswith(_ENDS[whole.format or ""]):
                raise PictureUnreadable("the file is cut off")
            yield whole
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureUnreadable(str(error)) from error


def _last_bytes(file: BinaryIO) -> bytes:
    at = file.tell()
    file.seek(-max(map(len, _ENDS.values())), os.SEEK_END)
    last = file.read()
    file.seek(at)
    return last
