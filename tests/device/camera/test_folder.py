"""Pictures from a folder: in order, whole, and until they end."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera import (
    CameraMissing,
    DngUnavailable,
    FolderSettings,
    FrameMetadata,
    OutOfPictures,
    PictureRefused,
    RawUnavailable,
    SettingsRefused,
    StillSettings,
    open_camera,
)


def write(file: Path, grey: int, *, width: int = 80, height: int = 60) -> None:
    """Write a plain picture with a little texture, so that a JPEG of it has a body to lose."""
    picture = np.random.default_rng(grey).integers(grey - 4, grey + 5, (height, width, 3)).astype(np.uint8)
    assert cv2.imwrite(str(file), picture)


def settings(folder: Path, pattern: str = "*") -> FolderSettings:
    """The settings of a folder."""
    return FolderSettings(kind="folder", folder=folder, pattern=pattern)


def test_pictures_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """A series would be mixed up: the file system lists it in any order."""
    for name, grey in (("c.png", 150), ("a.png", 50), ("b.jpg", 100)):
        write(tmp_path / name, grey)
    with open_camera(settings(tmp_path)) as camera:
        greys = [camera.still(None).picture.mean() for _ in range(3)]
    assert greys == pytest.approx([50, 100, 150], abs=1)


def test_the_preview_is_the_coming_picture_and_small(tmp_path: Path) -> None:
    """The operator would see another picture than the one taken, or wait for a full one."""
    write(tmp_path / "a.png", 50, width=1280, height=960)
    write(tmp_path / "b.png", 100, width=1280, height=960)
    with open_camera(settings(tmp_path)) as camera:
        previews = [camera.preview(None).picture]
        camera.still(None)
        previews += [camera.preview(None).picture, camera.preview(None).picture]
    assert [preview.mean() for preview in previews] == pytest.approx([50, 100, 100], abs=1)
    assert {preview.shape for preview in previews} == {(480, 640, 3)}


def test_the_pixels_are_those_of_the_file(tmp_path: Path) -> None:
    """A lossless file would be changed on the way, or its colours swapped."""
    picture = np.random.default_rng(1).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    with open_camera(settings(tmp_path)) as camera:
        still = camera.still(None)
    assert np.array_equal(still.picture, picture)
    assert still.metadata == FrameMetadata()


def test_a_grey_picture_gets_three_channels(tmp_path: Path) -> None:
    """A grey file would break every step that expects colour."""
    grey = np.random.default_rng(1).integers(0, 256, (60, 80)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), grey)
    with open_camera(settings(tmp_path)) as camera:
        assert np.array_equal(camera.still(None).picture, np.dstack([grey] * 3))


def test_only_files_of_the_pattern_are_taken(tmp_path: Path) -> None:
    """Notes beside the pictures would be taken for pictures."""
    write(tmp_path / "a.png", 50)
    (tmp_path / "notes.txt").write_text("seen")
    (tmp_path / "b.png").mkdir()
    with open_camera(settings(tmp_path, "*.png")) as camera:
        camera.still(None)
        with pytest.raises(OutOfPictures):
            camera.still(None)


@pytest.mark.parametrize("fault", ["no picture", "empty", "truncated jpeg", "truncated png", "16 bits"])
def test_a_bad_file_is_refused_by_name_and_the_next_is_taken(tmp_path: Path, fault: str) -> None:
    """Half a picture, filled up with grey, would be measured; or one bad file would end the series."""
    bad = tmp_path / ("a.jpg" if "jpeg" in fault else "a.png")
    if fault == "no picture":
        bad.write_text("not a picture")
    elif fault == "empty":
        bad.write_bytes(b"")
    elif fault == "16 bits":
        cv2.imwrite(str(bad), np.full((60, 80, 3), 40_000, np.uint16))
    else:
        write(bad, 50, width=400, height=300)
        bad.write_bytes(bad.read_bytes()[: bad.stat().st_size // 2])
    write(tmp_path / "b.png", 100)
    with open_camera(settings(tmp_path)) as camera:
        with pytest.raises(PictureRefused, match=bad.name):
            camera.preview(None)
        with pytest.raises(PictureRefused, match=bad.name):
            camera.still(None)
        assert camera.still(None).picture.mean() == pytest.approx(100, abs=1)


def test_the_end_of_the_folder_says_so(tmp_path: Path) -> None:
    """The last picture would be given out again and again, or an IndexError reach the operator."""
    write(tmp_path / "a.png", 50)
    with open_camera(settings(tmp_path)) as camera:
        camera.still(None)
        for ask in (camera.still, camera.preview):
            with pytest.raises(OutOfPictures, match="All 1 pictures"):
                ask(None)
        assert camera.describe().model == "folder"


@pytest.mark.parametrize("name", ["", "absent"])
def test_a_folder_without_pictures_is_named(tmp_path: Path, name: str) -> None:
    """A mistyped folder would show only at the first still."""
    with pytest.raises(CameraMissing, match="pattern"), open_camera(settings(tmp_path / name, "*.png")):
        pass


def test_pictures_that_exist_take_no_settings(tmp_path: Path) -> None:
    """A calibration from a folder would look as if its exposures had been taken; or a refusal use up a file."""
    write(tmp_path / "a.png", 50)
    asked = StillSettings((80, 60), 10_000, 1.0, (1.8, 2.0), None)
    with open_camera(settings(tmp_path), asked) as camera:
        assert camera.usual is None
        with pytest.raises(SettingsRefused, match="exist already"):
            camera.still(None, asked)
        with pytest.raises(SettingsRefused, match="exist already"):
            camera.burst(None, [asked] * 3)
        with pytest.raises(RawUnavailable, match="no raw values"):
            camera.raw(None)
        with pytest.raises(DngUnavailable, match="no raw values"):
            camera.dng(None)
        assert camera.still(None).picture.mean() == pytest.approx(50, abs=1)
