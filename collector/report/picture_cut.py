"""Part of a stored picture, small enough to stand in a report."""

import base64
import logging
import math
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL import Image

from collector.pictures.reading import PictureUnreadable, opened
from collector.report.registered import Box

_log = logging.getLogger(__name__)

_MOST_WIDE_PX = 1200
"""300 dots to the inch at half the width of an A4 page, and some: a finer picture prints no better."""

_QUALITY = 82


@dataclass(frozen=True)
class Cut:
    """A part of a picture.

    Parameters
    ----------
    address
        The part as JPEG in a data URI.
    box_px
        What it shows, in pixels of the whole picture: the outer edges of its outermost pixels.
    """

    address: str
    box_px: Box


def cut(file: BinaryIO, size_px: tuple[int, int], wanted_px: Box) -> Cut | None:
    """Cut a part out of a picture.

    Parameters
    ----------
    file
        A JPEG or PNG file, open for reading.
    size_px
        Its width and height as its measurement says: another picture than that one is not shown.
    wanted_px
        What is to be shown, in its pixels; what lies outside of it is left out.

    Returns
    -------
    Cut or None
        None if it cannot be read, is of another size or of too many pixels, or holds nothing of what is wanted.
    """
    left, top = (max(0, math.floor(edge + 0.5)) for edge in wanted_px[:2])
    right, bottom = (min(side, math.ceil(edge + 0.5)) for side, edge in zip(size_px, wanted_px[2:], strict=True))
    try:
        if left >= right or top >= bottom:
            raise PictureUnreadable(f"nothing of {size_px[0]} x {size_px[1]} pixels is to be shown")
        with opened(file) as whole:
            if whole.size != size_px:
                raise PictureUnreadable(
                    f"it has {whole.width} x {whole.height} pixels, not {size_px[0]} x {size_px[1]}"
                )
            part = whole.convert("RGB").crop((left, top, right, bottom))
    except PictureUnreadable as error:
        _log.warning("A picture cannot be shown in a report: %s", error)
        return None
    shrunk = min(1.0, _MOST_WIDE_PX / max(part.size))
    part = part.resize((round(part.width * shrunk) or 1, round(part.height * shrunk) or 1), Image.Resampling.LANCZOS)
    file = BytesIO()
    part.save(file, "JPEG", quality=_QUALITY, optimize=True)
    address = f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
    return Cut(address, (left - 0.5, top - 0.5, right - 0.5, bottom - 0.5))
