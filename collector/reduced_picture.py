"""A stored picture, made small for an answer. Pillow reads it, as the collector has no OpenCV.

A picture comes from a device of the clinic, whose bytes are not to be trusted all the same: two formats are read and no
others, none of more pixels than a camera has, and what goes wrong leaves an answer without picture.
"""

import logging
from io import BytesIO
from pathlib import Path

from PIL import Image

from contract import MAX_REDUCED_PICTURE_BYTES, ReducedPicture, reduced_size_px

_log = logging.getLogger(__name__)

_MAX_PIXELS = 40_000_000
"""Bound on what is decoded, 120 MB of memory: the sensors in use have 12 million pixels."""

_QUALITIES = (85, 70, 55, 40, 25)
_UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow raises for files that are damaged or made to harm."""


def reduce(path: Path, um_per_px: float) -> ReducedPicture | None:
    """Make a picture small.

    Parameters
    ----------
    path
        A JPEG or PNG file.
    um_per_px
        Its scale.

    Returns
    -------
    ReducedPicture or None
        None if it cannot be read, has too many pixels, or no JPEG of it is small enough.
    """
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as whole:
            if whole.width * whole.height > _MAX_PIXELS:
                raise ValueError(f"{whole.width} x {whole.height} pixels are too many")
            size_px, reduced_um_per_px = reduced_size_px(whole.size, um_per_px)
            whole.draft("RGB", (2 * size_px[0], 2 * size_px[1]))  # a JPEG is decoded at a half, quarter or eighth
            small = whole.convert("RGB").resize(size_px, Image.Resampling.BOX)
    except _UNREADABLE as error:
        _log.warning("Picture %s cannot be made small: %s", path.name[:12], error)
        return None
    for quality in _QUALITIES:
        file = BytesIO()
        small.save(file, "JPEG", quality=quality)
        if len(file.getvalue()) <= MAX_REDUCED_PICTURE_BYTES:
            return ReducedPicture(jpeg=file.getvalue(), um_per_px=reduced_um_per_px)
    return None
