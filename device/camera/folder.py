"""Pictures from a folder in place of a camera: each is given out once, in the order of the names."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from device import picture_file
from device.camera.errors import (
    CameraClosed,
    CameraMissing,
    DngUnavailable,
    OutOfPictures,
    PictureRefused,
    RawUnavailable,
    SettingsRefused,
)
from device.camera.protocol import (
    CameraDescription,
    Frame,
    FrameMetadata,
    HeldTo,
    Picture,
    RawStill,
    Still,
    StillSettings,
)
from device.camera.settings import FolderSettings

_PREVIEW_WIDTH_PX = 640


class FolderCamera:
    """A folder of pictures that stands in for a camera.

    A preview shows the picture that the next still will be. A still moves on to the next, also when its file is
    refused: one bad file does not end a series.

    Parameters
    ----------
    settings
        Where the pictures lie.
    """

    def __init__(self, settings: FolderSettings) -> None:
        self._settings = settings
        self._files: list[Path] | None = None
        self._given = 0
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        """List the folder.

        Raises
        ------
        CameraMissing
            When there is no such folder, or no file in it matches.
        """
        folder, pattern = self._settings.folder, self._settings.pattern
        try:
            files = sorted(path for path in folder.glob(pattern) if path.is_file())
        except (ValueError, NotImplementedError, OSError) as error:
            raise CameraMissing(
                f"The folder {folder} cannot be searched for {pattern!r} ({error})",
                "Correct folder or pattern under [camera]",
            ) from error
        if not files:
            raise CameraMissing(
                f"The folder {folder} holds no file that matches {pattern}",
                "Correct folder or pattern under [camera], or put pictures there",
            )
        self._files, self._given = files, 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Forget the list."""
        self._files = None

    def describe(self) -> CameraDescription:
        """Say which folder this is.

        Raises
        ------
        CameraClosed
        """
        self._listed()
        return CameraDescription(model="folder", identity=str(self._settings.folder), simulated=False)

    def preview(self, aim: HeldTo | None) -> Frame:
        """Return the coming picture, small.

        Raises
        ------
        CameraClosed, OutOfPictures, PictureRefused
        """
        picture = _read(self._next_file())
        height, width = picture.shape[:2]
        if width > _PREVIEW_WIDTH_PX:
            size_px = (_PREVIEW_WIDTH_PX, max(1, round(height * _PREVIEW_WIDTH_PX / width)))
            picture = np.asarray(cv2.resize(picture, size_px, interpolation=cv2.INTER_AREA), np.uint8)
        return Frame(picture, FrameMetadata(), aim)

    def still(self, aim: HeldTo | None, asked: StillSettings | None = None) -> Still:
        """Return the next picture.

        Raises
        ------
        CameraClosed, OutOfPictures, PictureRefused
        SettingsRefused
            When settings are asked for: a picture that exists has been taken already.
        """
        if asked is not None:
            self._refuse_settings()
        with self._turn:
            file = self._next_file()
            self._given += 1
        return Still(_read(file), FrameMetadata(), aim)

    def burst(self, aim: HeldTo | None, asked: Sequence[StillSettings]) -> tuple[Still, ...]:
        """Refuse the settings of a burst: a picture that exists has been taken already.

        Raises
        ------
        CameraClosed, SettingsRefused
        """
        del aim
        if asked:
            self._refuse_settings()
        self._listed()
        return ()

    def raw(self, aim: HeldTo | None, asked: StillSettings | None = None) -> RawStill:
        """Refuse: pictures in a folder are no raw values.

        Raises
        ------
        CameraClosed, RawUnavailable
        """
        del aim, asked
        self._listed()
        raise RawUnavailable("A folder of pictures holds no raw values", "Take them with a camera")

    def dng(self, aim: HeldTo | None, asked: StillSettings | None = None) -> bytes:
        """Refuse: pictures in a folder are no raw values.

        Raises
        ------
        CameraClosed, DngUnavailable
        """
        del aim, asked
        self._listed()
        raise DngUnavailable("A folder of pictures holds no raw values", "Take them with a camera")

    @property
    def usual(self) -> None:
        """No settings: the pictures exist."""
        return None

    def _refuse_settings(self) -> None:
        self._listed()
        raise SettingsRefused(
            "Settings were asked of pictures that exist already", "Take them with a camera, or ask for no settings"
        )

    def _listed(self) -> list[Path]:
        if self._files is None:
            raise CameraClosed("The folder is not open", "Use it inside `with open_camera(settings) as camera:`")
        return self._files

    def _next_file(self) -> Path:
        files = self._listed()
        if self._given >= len(files):
            raise OutOfPictures(
                f"All {len(files)} pictures of {self._settings.folder} have been given out",
                "Put more pictures there, or start again from the first",
            )
        return files[self._given]


def _read(file: Path) -> Picture:
    """Read a whole picture as uint8 in blue, green, red; a grey one has three equal channels.

    Raises
    ------
    PictureRefused
    """
    try:
        pixels = picture_file.read(file)
    except picture_file.PictureUnreadable as error:
        raise PictureRefused(
            str(error).rstrip("."), "Take the file out of the folder, then take the next picture"
        ) from error
    if pixels.dtype != np.uint8:
        raise PictureRefused(f"{file} has 16 bits a channel", "Save it with 8 bits a channel")
    picture = pixels.astype(np.uint8, copy=False)
    return picture if picture.ndim == 3 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8)
