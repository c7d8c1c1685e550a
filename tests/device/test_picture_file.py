"""Picture files: read whole or refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from device import picture_file
from device.picture_file import PictureUnreadable

COLOUR = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)


@pytest.mark.parametrize(
    ("picture", "suffix"),
    [(COLOUR, ".png"), (COLOUR[..., 0], ".png"), (COLOUR.astype(np.uint16) * 257, ".png"), (COLOUR, ".tiff")],
)
def test_a_lossless_picture_is_read_as_it_was_written(
    tmp_path: Path, picture: picture_file.Pixels, suffix: str
) -> None:
    """Breaks when depth, grey or channel order change between file and measurement."""
    path = tmp_path / f"a{suffix}"
    cv2.imwrite(str(path), picture)
    assert np.array_equal(picture_file.read(path), picture)


def test_an_alpha_channel_is_dropped(tmp_path: Path) -> None:
    """Breaks when a screenshot's alpha channel is measured as a colour."""
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.dstack([COLOUR, np.full(COLOUR.shape[:2], 255, np.uint8)]))
    assert np.array_equal(picture_file.read(path), COLOUR)


@pytest.mark.parametrize("file_format", ["jpeg", "png"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused(tmp_path: Path, file_format: picture_file.PictureFormat, share: float) -> None:
    """Breaks when the missing part of a picture is measured as bald skin."""
    content = picture_file.encode(COLOUR, file_format)
    path = tmp_path / "cut"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(PictureUnreadable, match=r"ends early|not a picture"):
        picture_file.read(path)


def test_what_follows_the_picture_is_no_harm(tmp_path: Path) -> None:
    """Breaks when a camera's trailer after the JPEG's end makes a whole picture look cut."""
    path = tmp_path / "a.jpg"
    path.write_bytes(picture_file.encode(COLOUR, "jpeg") + b"\0" * 300)
    assert picture_file.read(path).shape == COLOUR.shape


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xd8\xff\xd9", b"\x89PNG\r\n\x1a\nIEND", b"%PDF-1.7 x"])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    """Breaks when another kind of file ends in a traceback."""
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureUnreadable, match=r"a\.jpg"):
        picture_file.read(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Breaks when a wrong path ends in a traceback."""
    with pytest.raises(PictureUnreadable, match="cannot be read"):
        picture_file.read(tmp_path / "none.png")


def test_floating_point_samples_are_refused(tmp_path: Path) -> None:
    """Breaks when a picture of unknown range is measured as if it were known."""
    path = tmp_path / "a.tiff"
    cv2.imwrite(str(path), COLOUR.astype(np.float32))
    with pytest.raises(PictureUnreadable, match="8 or 16 bits"):
        picture_file.read(path)
