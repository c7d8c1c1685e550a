"""The instrument's own picture, made small as the clinic makes those that it answers with."""

import cv2
import numpy as np

from contract import MAX_REDUCED_PICTURE_BYTES, ReducedPicture, reduced_size_px
from device.picture_file import Pixels

_QUALITIES = (85, 70, 55, 40, 25)


def reduce(picture: Pixels, um_per_px: float) -> ReducedPicture | None:
    """Make a picture small.

    Parameters
    ----------
    picture
        Grey, or B, G, R.
    um_per_px
        Its scale.

    Returns
    -------
    ReducedPicture or None
        None if no JPEG of it is small enough.
    """
    height, width = picture.shape[:2]
    size_px, reduced_um_per_px = reduced_size_px((width, height), um_per_px)
    # A file of 16 bits a channel is one that somebody laid there: the instrument keeps 8.
    eight_bit = picture if picture.dtype == np.uint8 else (picture // 257).astype(np.uint8)
    small = cv2.resize(eight_bit, size_px, interpolation=cv2.INTER_AREA)
    for quality in _QUALITIES:
        _, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if len(content) <= MAX_REDUCED_PICTURE_BYTES:
            return ReducedPicture(jpeg=content.tobytes(), um_per_px=reduced_um_per_px)
    return None
