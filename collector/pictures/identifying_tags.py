"""What a picture's file may carry beside its pixels: nothing that could name a patient, a place or a person.

Instruments write none of it (they encode every picture anew), so a file that carries any comes from something else. The
file's blocks are walked, never decoded, in pieces of bounded size: a JPEG's markers (ITU-T T.81, annex B) to its end, a
PNG's chunks (ISO/IEC 15948, 5). What may stand there is listed, so that a block nobody has heard of is refused too. So
is a file whose blocks do not follow each other: readers pass over what lies between, and find what stands behind it.
"""

import os
import re
from pathlib import Path
from typing import BinaryIO

# Bounds on the work that a file made to harm may ask for: a camera's JPEG has some tens, a PNG one to each 8 kB.
_MOST_JPEG_BLOCKS, _MOST_PNG_BLOCKS = 4096, 65_536
_PIECE_BYTES = 256 * 1024
_NAME_BYTES = 32
_ASTRAY = "something between its blocks, or ends early"

_JPEG_START, _PNG_START = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_APP0, _APP14, _APP15, _COM, _SOS, _EOI, _FILL = 0xE0, 0xEE, 0xEF, 0xFE, 0xDA, 0xD9, 0xFF
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_JPEG_MAY_CARRY = {_APP0: (b"JFIF\0",), _APP14: (b"Adobe",)}
_JPEG_NAMES = (
    (0xE1, b"Exif\0", "EXIF"),
    (0xE1, b"http://ns.adobe.com/", "XMP"),
    (0xED, b"Photoshop 3.0\0", "IPTC"),
)
# In a scan's data 0xff stands before a stuffed 0, a restart's mark or more 0xff; before all else it begins a block.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

_PNG_MAY_CARRY = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD"}
)
_PNG_NAMES = {b"eXIf": "EXIF", b"tEXt": "text", b"zTXt": "text", b"iTXt": "text (XMP is such)", b"tIME": "a time"}
_CHUNK_TYPE = re.compile(rb"[A-Za-z]{4}")


def identifying_tags(path: Path) -> str | None:
    """Name what a JPEG or PNG file carries that it must not; None if there is nothing.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(len(_PNG_START))
        if start.startswith(_JPEG_START):
            file.seek(len(_JPEG_START))
            return _in_jpeg(file)
        return _in_png(file) if start == _PNG_START else None


def _in_jpeg(file: BinaryIO) -> str | None:
    for _ in range(_MOST_JPEG_BLOCKS):
        mark = file.read(2)
        if len(mark) < 2 or mark[0] != 0xFF:
            return _ASTRAY
        kind = mark[1]
        if kind == _EOI:
            return _behind(file)
        if kind == _FILL:
            file.seek(-1, os.SEEK_CUR)
        if kind == _FILL or kind in _BARE:
            continue
        length = int.from_bytes(file.read(2), "big")
        if length < 2:
            return _ASTRAY
        content_at = file.tell()
        name = file.read(min(_NAME_BYTES, length - 2))
        if kind == _COM or (_APP0 <= kind <= _APP15 and not name.startswith(_JPEG_MAY_CARRY.get(kind, ()))):
            return _jpeg_name(kind, name)
        file.seek(content_at + length - 2)
        if kind == _SOS and not _to_next_marker(file):
            return _ASTRAY
    return "more blocks than a picture has"


def _to_next_marker(file: BinaryIO) -> bool:
    """Pass over a scan's data; return whether anything comes after it."""
    while piece := file.read(_PIECE_BYTES):
        if (found := _NEXT_MARKER.search(piece)) is not None:
            file.seek(found.start() - len(piece), os.SEEK_CUR)
            return True
        if len(piece) > 1 and piece.endswith(b"\xff"):
            file.seek(-1, os.SEEK_CUR)  # its second byte is in the next piece
    return False


def _jpeg_name(kind: int, name: bytes) -> str:
    if kind == _COM:
        return "a comment"
    known = (called for marker, start, called in _JPEG_NAMES if kind == marker and name.startswith(start))
    return next(known, f"a block APP{kind - _APP0}")


def _in_png(file: BinaryIO) -> str | None:
    for _ in range(_MOST_PNG_BLOCKS):
        head = file.read(8)
        kind = head[4:]
        if _CHUNK_TYPE.fullmatch(kind) is None:
            return _ASTRAY
        if kind not in _PNG_MAY_CARRY:
            return _PNG_NAMES.get(kind, f"a block {kind.decode('ascii')}")
        file.seek(int.from_bytes(head[:4], "big") + 4, os.SEEK_CUR)  # and its checksum
        if kind == b"IEND":
            return _behind(file)
    return "more blocks than a picture has"


def _behind(file: BinaryIO) -> str | None:
    return "bytes behind the picture's end" if file.read(1) else None
