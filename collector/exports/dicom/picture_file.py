"""A picture file's bytes as DICOM's pixel data: a JPEG as it is, never decoded; a PNG decoded.

What a file may carry beside its pixels is looked at when the collector takes it in
(`collector.pictures.identifying_tags`), and the bytes are held to the digest they were taken in under.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from PIL import Image, UnidentifiedImageError
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGBaseline8Bit

from contract import Picture

MAX_PIXELS = 100_000_000
"""Bound on what is decoded: eight times a 12 MP picture."""

_END_OF_PNG = b"\0\0\0\0IEND\xaeB`\x82"
_BASELINE, _SCAN, _END = 0xC0, 0xDA, 0xD9
_OTHER_FRAMES = frozenset(range(0xC1, 0xD0)) - {0xC4, 0xC8, 0xCC}  # these three are tables (ITU-T T.81, table B.1)
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


class PictureNotExportable(Exception):
    """The picture cannot be written as DICOM; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class PixelData:
    """Pixels as they are written.

    ``content`` is one fragmented item (PS3.5, A.4) where ``transfer_syntax`` is a JPEG one, else rows of 8-bit samples.
    ``compression_ratio`` is that of lossy compression, None where nothing was lost.
    """

    width_px: int
    height_px: int
    samples: int
    photometric: str
    transfer_syntax: UID
    content: bytes
    compression_ratio: float | None


def pixel_data(picture: Picture, content: bytes) -> PixelData:
    """Return a picture's pixels for DICOM.

    Parameters
    ----------
    picture
        What the capture says of its picture.
    content
        The file's bytes.

    Raises
    ------
    PictureNotExportable
        If these are not the bytes that the capture names, or DICOM's dermoscopic pictures cannot hold them.
    """
    if sha256(content).hexdigest() != picture.sha256:
        raise PictureNotExportable(
            "The picture's file is not the one that was measured: its SHA-256 differs. Restore it from a backup, or"
            " have the instrument send it again."
        )
    return _jpeg(content) if picture.media_type == "image/jpeg" else _png(content)


def _jpeg(content: bytes) -> PixelData:
    width_px, height_px, samples, is_rgb = _jpeg_frame(content)
    # of a baseline JPEG in YCbCr, whatever its chroma is sampled at (PS3.5, 8.2.1; the image module knows no other)
    in_colours = "RGB" if is_rgb else "YBR_FULL_422"
    return PixelData(
        width_px,
        height_px,
        samples,
        "MONOCHROME2" if samples == 1 else in_colours,
        JPEGBaseline8Bit,
        encapsulate([content]),
        compression_ratio=width_px * height_px * samples / len(content),
    )


def _jpeg_frame(content: bytes) -> tuple[int, int, int, bool]:
    """Return width, height, number of samples, and whether the samples are red, green and blue."""
    adobe_transform: int | None = None
    for kind, block in _jpeg_blocks(content):
        if kind == 0xEE and block.startswith(b"Adobe") and len(block) >= 12:
            adobe_transform = block[11]
        if kind in _OTHER_FRAMES:
            raise PictureNotExportable(
                "The picture is a JPEG of another process than baseline (progressive, perhaps), which readers of DICOM"
                " do not take. Set the instrument to baseline JPEG or PNG; of this picture export the figures alone."
            )
        if kind == _BASELINE and len(block) >= 6:
            height_px, width_px = int.from_bytes(block[1:3], "big"), int.from_bytes(block[3:5], "big")
            samples = block[5]
            if block[0] != 8 or samples not in (1, 3) or not width_px or not height_px:
                break
            return width_px, height_px, samples, samples == 3 and adobe_transform == 0
    raise PictureNotExportable(
        "The picture's file is no JPEG in grey or in colours of 8 bits. Look at the file; of this picture export the"
        " figures alone."
    )


def _jpeg_blocks(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the kind and content of the blocks before the first scan (ITU-T T.81, annex B)."""
    at = 2 if content.startswith(b"\xff\xd8") else len(content)
    while at + 4 <= len(content) and content[at] == 0xFF:
        kind = content[at + 1]
        if kind == 0xFF or kind in _BARE:
            at += 1 if kind == 0xFF else 2
            continue
        if kind in (_SCAN, _END):
            return
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2:
            return
        yield kind, content[at + 4 : at + 2 + length]
        at += 2 + length


def _png(content: bytes) -> PixelData:
    try:
        if not content.endswith(_END_OF_PNG):  # who else uses the library here may have it fill up what is cut off
            raise ValueError("the file is cut off")
        with Image.open(io.BytesIO(content), formats=("PNG",)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise PictureNotExportable(
                    f"The picture has {opened.width} x {opened.height} pixels, more than any instrument's. Look at the"
                    " file; of this picture export the figures alone."
                )
            if opened.mode.startswith("I"):
                raise PictureNotExportable(
                    "The picture has more than 8 bits a sample, which DICOM's dermoscopic pictures cannot hold. Of this"
                    " picture export the figures alone."
                )
            pixels = opened if opened.mode in ("L", "RGB") else opened.convert("RGB")
            rows = pixels.tobytes()
            samples = len(pixels.getbands())
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureNotExportable(
            "The picture's file cannot be read as the PNG that it should be. Look at the file; of this picture export"
            " the figures alone."
        ) from error
    return PixelData(
        pixels.width,
        pixels.height,
        samples,
        "MONOCHROME2" if samples == 1 else "RGB",
        ExplicitVRLittleEndian,
        rows + b"\0" * (len(rows) % 2),
        compression_ratio=None,
    )
