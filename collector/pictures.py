"""Picture files named by their own SHA-256: written once, whole or not there, never changed."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from groundwork.durable_file import sync_folder

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_MAGIC_BYTES = max(map(len, _MEDIA_TYPES))


class PictureRejected(Exception):
    """What was sent is not the picture it should be; the message says why."""


class IncomingPicture:
    """A picture on its way in: written chunk by chunk beside the others, in its place only when it is whole.

    Parameters
    ----------
    folder
        Where the temporary file is made; on the file system of ``destination``.
    destination
        The picture's place, named by its SHA-256.
    """

    def __init__(self, folder: Path, destination: Path) -> None:
        self._destination = destination
        self._hash = hashlib.sha256()
        self._start = b""
        self.size_bytes = 0
        descriptor, name = tempfile.mkstemp(dir=folder)
        self._file, self._path = os.fdopen(descriptor, "wb"), Path(name)

    def write(self, chunk: bytes) -> None:
        """Append a chunk.

        Raises
        ------
        OSError
            If the disk is full or broken.
        """
        self._start += chunk[: _MAGIC_BYTES - len(self._start)]
        self.size_bytes += len(chunk)
        self._hash.update(chunk)
        self._file.write(chunk)

    def finish(self) -> None:
        """Check the picture and put it in its place; it is durable when this returns.

        Raises
        ------
        PictureRejected
            If it is neither JPEG nor PNG, or another picture than its name says.
        OSError
            If the disk is full or broken.
        """
        if _media_type(self._start) is None:
            raise PictureRejected("The body is neither a JPEG nor a PNG file.")
        if self._hash.hexdigest() != self._destination.name:
            raise PictureRejected(f"The body's SHA-256 is {self._hash.hexdigest()}, not the one in the address.")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._destination)
        sync_folder(self._destination.parent)

    def discard(self) -> None:
        """Remove what was received; harmless after :meth:`finish`."""
        self._path.unlink(missing_ok=True)
        self._file.close()


class Pictures:
    """The folder of pictures.

    Parameters
    ----------
    folder
        Where they are; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def sweep(self) -> int:
        """Remove what an interrupted run left half received; return how many files."""
        leftovers = list(self._incoming.iterdir())
        for leftover in leftovers:
            leftover.unlink()
        return len(leftovers)

    def path(self, sha256: str) -> Path | None:
        """Return the picture's file, or ``None`` while it is not there (or ``sha256`` is no digest)."""
        path = self._folder / sha256
        return path if is_sha256(sha256) and path.is_file() else None

    def receive(self, sha256: str) -> IncomingPicture:
        """Begin to receive a picture.

        Raises
        ------
        OSError
            If the disk is full or broken.
        """
        return IncomingPicture(self._incoming, self._folder / sha256)


def is_sha256(text: str) -> bool:
    """Return whether a text is a SHA-256 digest as it names a picture: 64 lower-case hexadecimal digits."""
    return _SHA256.fullmatch(text) is not None


def media_type(path: Path) -> str | None:
    """Return the media type of a stored picture by its first bytes; ``None`` if it is no picture any more."""
    with path.open("rb") as file:
        return _media_type(file.read(_MAGIC_BYTES))


def _media_type(start: bytes) -> str | None:
    return next((kind for magic, kind in _MEDIA_TYPES.items() if start.startswith(magic)), None)
