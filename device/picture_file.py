"""Picture files: read whole or refused, written in the two formats that travel."""

from pathlib import Path
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"})

_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG", b"IEND"

PictureFormat = Literal["jpeg", "png"]
MEDIA_TYPES: dict[PictureFormat, Literal["image/jpeg", "image/png"]] = {"jpeg": "image/jpeg", "png": "image/png"}

_JPEG_QUALITY = 95  # below about 90 the 8 x 8 blocks show in thin hair's profiles


class PictureUnreadable(ValueError):
    """A file that is not a whole picture; the message names it and says what to do."""


def decode(content: bytes, name: str) -> Pixels:
    """Decode a picture file as it is stored: no rotation by its tags, no change of depth.

    Parameters
    ----------
    content
        The file's bytes.
    name
        What the file is called, for the error's sentence.

    Returns
    -------
    ndarray of uint8 or uint16
        [row, column] if grey, [row, column, 3] in B, G, R if coloured; an alpha channel is dropped.

    Raises
    ------
    PictureUnreadable
        If the bytes are not a picture, or only the beginning of one. OpenCV fills what is missing of a truncated JPEG
        with grey and goes on; a density of such a picture would be false, so its end is looked for first.
    """
    if content.startswith(b"\xff\xd8") and content.rfind(_JPEG_END) <= content.rfind(_JPEG_SCAN):
        raise PictureUnreadable(f"{name}: the JPEG file ends early. Copy it again from where it came.")
    if content.startswith(_PNG_START) and _PNG_END not in content[-64:]:
        raise PictureUnreadable(f"{name}: the PNG file ends early. Copy it again from where it came.")
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) if content else None
    except cv2.error as error:
        raise PictureUnreadable(f"{name}: {error.err}. Give a JPEG, PNG, TIFF or BMP file.") from error
    if picture is None:
        raise PictureUnreadable(f"{name}: not a picture. Give a JPEG, PNG, TIFF or BMP file.")
    if picture.dtype not in (np.uint8, np.uint16):
        raise PictureUnreadable(f"{name}: {picture.dtype} samples. Save it with 8 or 16 bits a channel.")
    if picture.ndim == 3:
        picture = picture[:, :, :3] if picture.shape[2] >= 3 else picture[:, :, 0]
    return cast(Pixels, np.ascontiguousarray(picture))


def read(path: Path) -> Pixels:
    """Read and decode a picture file.

    Raises
    ------
    PictureUnreadable
        If there is no such file or it is not a whole picture.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PictureUnreadable(f"{path}: cannot be read ({error.strerror}). Name an existing picture file.") from error
    return decode(content, str(path))


def encode(picture: Pixels, file_format: PictureFormat) -> bytes:
    """Encode a picture as the bytes of a file.

    Parameters
    ----------
    picture
        Grey or B, G, R.
    file_format
        Of the file.
    """
    parameters = (
        [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if file_format == "jpeg" else [cv2.IMWRITE_PNG_COMPRESSION, 3]
    )
    _, content = cv2.imencode(f".{file_format}", picture, parameters)
    return content.tobytes()
