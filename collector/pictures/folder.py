"""Pictures in a folder of this machine: a file for each, written beside the others and renamed when it is whole."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from collector.pictures.media_types import media_type
from collector.pictures.pictures import PictureDamaged, Vouched, is_sha256
from collector.pictures.receiving import IncomingPicture, Receiving
from groundwork.durable_file import sync_folder


class PicturesInFolder:
    """A folder of pictures; :class:`collector.pictures.pictures.Pictures` says what its methods do.

    Parameters
    ----------
    folder
        Where they are; made if it is not there.
    keep_free_bytes
        What is to stay free on its disk; 0 sets no bound.
    """

    def __init__(self, folder: Path, keep_free_bytes: int = 0) -> None:
        self._folder = folder
        self._receiving = Receiving(folder, keep_free_bytes, self._put_in_place)

    def receive(self, sha256: str, size_bytes: int = 0) -> IncomingPicture:
        """Begin to receive a picture."""
        return self._receiving.begin(sha256, size_bytes)

    def _put_in_place(self, incoming: Path, sha256: str, _media_type: str) -> bool:
        destination = self._folder / sha256
        if destination.exists():
            sync_folder(self._folder)  # who wrote it may have been killed before its name was on the disk
            return False
        with incoming.open("rb") as file:
            os.fsync(file.fileno())
        incoming.replace(destination)
        sync_folder(self._folder)
        return True

    def _path(self, sha256: str) -> Path | None:
        path = self._folder / sha256
        return path if is_sha256(sha256) and path.is_file() else None

    def has(self, sha256: str) -> bool:
        """Return whether the picture is there."""
        return self._path(sha256) is not None

    def vouched(self, sha256: str) -> Vouched | None:
        """Return what a picture is, once its name is on the disk for good."""
        if (path := self._path(sha256)) is None:
            return None
        sync_folder(self._folder)  # who wrote it may have been killed before that
        with path.open("rb") as file:
            return Vouched(os.fstat(file.fileno()).st_size, media_type(file))

    def open(self, sha256: str) -> BinaryIO | None:
        """Open a picture for reading, once its bytes are those that its name says."""
        if (path := self._path(sha256)) is None:
            return None
        try:
            file = path.open("rb")
        except FileNotFoundError:  # removed just now
            return None
        try:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise PictureDamaged(sha256)
            file.seek(0)
        except (PictureDamaged, OSError):
            file.close()
            raise
        return file

    def listed(self) -> Iterator[tuple[str, int]]:
        """Give the digest and the size of every picture that is there."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if is_sha256(entry.name) and entry.is_file():
                    yield entry.name, entry.stat().st_size

    def delete(self, sha256: str) -> bool:
        """Remove a picture, and force that to the disk; return whether it was there."""
        if not is_sha256(sha256):
            return False
        self._receiving.forget_refused(sha256)
        try:
            (self._folder / sha256).unlink()
        except FileNotFoundError:
            return False
        finally:
            sync_folder(self._folder)  # what an earlier run removed, and was killed before this, is gone for good too
        return True

    def sweep(self) -> int:
        """Remove what an interrupted run left half received; return how many files."""
        return self._receiving.sweep()

    def no_room_for(self, size_bytes: int) -> str | None:
        """Say why there is no room for a picture of that size; None if there is."""
        return self._receiving.no_room_for(size_bytes)

    @property
    def trouble(self) -> str | None:
        """What keeps pictures from being taken in now; None if nothing."""
        try:
            return self.no_room_for(0)
        except OSError as error:
            return f"The folder of pictures cannot be used: {error}"

    def probe(self) -> str | None:
        """Return :attr:`trouble`, which asks the disk each time."""
        return self.trouble
