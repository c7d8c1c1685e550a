"""A stored picture, made small for an answer; what goes wrong leaves an answer without picture."""

import logging
from io import BytesIO
from typing import BinaryIO

from PIL import Image

from collector.pictures.reading import PictureUnreadable, opened
from contract import MAX_REDUCED_PICTURE_BYTES, ReducedPicture, reduced_size_px

_log = logging.getLogger(__name__)

_QUALITIES = (85, 70, 55, 40, 25)


def reduce(file: BinaryIO, um_per_px: float) -> ReducedPicture | None:
    """Make a picture small.

    Parameters
    ----------
    file
        A JPEG or PNG file, open for reading.
    um_per_px
        Its scale.

    Returns
    -------
    ReducedPicture or None
        None if it cannot be read, has too many pixels, or no JPEG of it is small enough.
    """
    try:
        with opened(file) as whole:
            size_px, reduced_um_per_px = reduced_size_px(whole.size, um_per_px)
            whole.draft("RGB", (2 * size_px[0], 2 * size_px[1]))  # a JPEG is decoded at a half, quarter or eighth
            small = whole.convert("RGB").resize(size_px, Image.Resampling.BOX)
    except (PictureUnreadable, ValueError) as error:
        _log.warning("A picture cannot be made small: %s", error)
        return None
    for quality in _QUALITIES:
        file = BytesIO()
        small.save(file, "JPEG", quality=quality)
        if len(file.getvalue()) <= MAX_REDUCED_PICTURE_BYTES:
            return ReducedPicture(jpeg=file.getvalue(), um_per_px=reduced_um_per_px)
    return None
