"""What may tell of whom or where a picture is: found wherever a file can carry it, and never in a plain picture."""

import struct
import time
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from collector.pictures import identifying_tags as module
from collector.pictures.identifying_tags import identifying_tags

NOISE = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)


def encoded(suffix: str, *parameters: int) -> bytes:
    """Return a picture as an instrument encodes it."""
    return cv2.imencode(suffix, NOISE, list(parameters))[1].tobytes()


JPEG = encoded(".jpg", cv2.IMWRITE_JPEG_QUALITY, 95)
PROGRESSIVE = encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 4)
PNG = encoded(".png")


def segment(marker: int, content: bytes) -> bytes:
    """Return a JPEG's block."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a PNG's block."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def found(folder: Path, content: bytes) -> str | None:
    """Return what is found in a file of these bytes."""
    path = folder / "picture"
    path.write_bytes(content)
    return identifying_tags(path)


@pytest.mark.parametrize("content", [JPEG, PROGRESSIVE, PNG, encoded(".png", cv2.IMWRITE_PNG_COMPRESSION, 0)])
@pytest.mark.parametrize("piece_bytes", [2, 7, 256 * 1024])
def test_what_an_instrument_makes_carries_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, piece_bytes: int
) -> None:
    """Breaks when good pictures are refused for ever, or a piece's edge is taken for a block's."""
    monkeypatch.setattr(module, "_PIECE_BYTES", piece_bytes)
    assert found(tmp_path, content) is None


def by_pillow(**options: object) -> bytes:
    """Return a picture with what Pillow writes beside it."""
    file = BytesIO()
    Image.fromarray(NOISE).save(file, **options)  # type: ignore[arg-type]
    return file.getvalue()


def gps() -> Image.Exif:
    """Return EXIF with a place and a name."""
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe"
    exif.get_ifd(0x8825)[1] = "N"
    return exif


TEXT = PngInfo()
TEXT.add_text("Author", "Jane Doe")
ITXT = PngInfo()
ITXT.add_itxt("XML:com.adobe.xmp", "<x/>")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (by_pillow(format="JPEG", exif=gps()), "EXIF"),
        (by_pillow(format="JPEG", comment=b"Jane Doe"), "a comment"),
        (by_pillow(format="JPEG", xmp=b"<x/>"), "XMP"),
        (by_pillow(format="PNG", exif=gps()), "EXIF"),
        (by_pillow(format="PNG", pnginfo=TEXT), "text"),
        (by_pillow(format="PNG", pnginfo=ITXT), "text"),
        (JPEG[:2] + segment(0xED, b"Photoshop 3.0\0" + b"8BIM") + JPEG[2:], "IPTC"),
        (JPEG[:2] + segment(0xE1, b"") + JPEG[2:], "APP1"),
        (JPEG[:2] + segment(0xE4, b"of a maker's own") + JPEG[2:], "APP4"),
        (JPEG[:2] + segment(0xE2, b"MPF\0 another picture") + JPEG[2:], "APP2"),
        (JPEG[:2] + b"\xff" * 9 + segment(0xFE, b"behind fill bytes") + JPEG[2:], "a comment"),
        (JPEG[:-2] + segment(0xFE, b"behind the scan") + JPEG[-2:], "a comment"),
        (JPEG + by_pillow(format="JPEG", exif=gps()), "behind"),
        (PNG + b"\0", "behind"),
        (PNG[:-12] + chunk(b"tEXt", b"Author\0Jane Doe") + PNG[-12:], "text"),
        (PNG[:33] + chunk(b"tIME", bytes(7)) + PNG[33:], "time"),
        (PNG[:33] + chunk(b"prVt", b"Jane Doe") + PNG[33:], "prVt"),
        (JPEG[:20] + b"\0" + by_pillow(format="JPEG", exif=gps())[2:], "between its blocks"),
        (PNG[:33] + chunk(b"1234", b"") + chunk(b"tEXt", b"Author\0Jane Doe") + PNG[33:], "between its blocks"),
        (JPEG[:2] + segment(0xE2, b"ICC_PROFILE\0\1\1 Jane Doe") + JPEG[2:], "APP2"),
        (PNG[:33] + chunk(b"iCCP", b"Jane Doe\0\0") + PNG[33:], "iCCP"),
        (JPEG[:-2], "ends early"),
        (PNG[:-12], "ends early"),
    ],
)
@pytest.mark.parametrize("piece_bytes", [2, 256 * 1024])
def test_every_way_to_carry_a_name_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, words: str, piece_bytes: int
) -> None:
    """Breaks when a place or a name reaches the clinic's disk inside a picture."""
    monkeypatch.setattr(module, "_PIECE_BYTES", piece_bytes)
    said = found(tmp_path, content)
    assert said is not None
    assert words in said


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([b"\xff\xd8", b"\x89PNG\r\n\x1a\n", JPEG[:300], PNG[:60]]),
    rest=st.binary(max_size=300),
)
@example(start=b"\xff\xd8", rest=b"\xff\xe1")
@example(start=b"\x89PNG\r\n\x1a\n", rest=b"\xff\xff\xff\xffIDAT")
def test_no_bytes_make_it_raise(tmp_path: Path, start: bytes, rest: bytes) -> None:
    """Breaks when a file made to harm ends the request in a fault in place of an answer."""
    said = found(tmp_path, start + rest)
    assert said is None or said


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff" * 20_000_000,
        b"\xff\xd8" + b"\xff\xda\x00\x02" * 5_000_000,
        b"\xff\xd8" + b"\xff\xe0\x00\x07JFIF\0" * 2_000_000,
        b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") * 1_500_000,
    ],
)
def test_a_file_made_to_take_long_does_not(tmp_path: Path, content: bytes) -> None:
    """Breaks when one file of a hostile device keeps the collector busy for minutes."""
    began_s = time.process_time()
    assert found(tmp_path, content) == "more blocks than a picture has"
    assert time.process_time() - began_s < 3.0
