"""Pictures on their way in: written to this machine's disk chunk by chunk, looked at, and only then put in their place.

The same for every place: what is not the picture that its name says never gets as far as a folder or a bucket.
"""

import errno
import hashlib
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from collector.pictures.identifying_tags import identifying_tags
from collector.pictures.media_types import MAGIC_BYTES, media_type_of

_log = logging.getLogger(__name__)

QUARANTINED_BYTES = 1024 * 1024
"""Of a body that is another than its name says, this much is kept: enough to see what it is."""

QUARANTINED_PICTURES = 16
"""Of such beginnings the newest are kept: whoever sends them fills no disk."""

_INCOMING, _QUARANTINE = "incoming", "quarantine"

PutInPlace = Callable[[Path, str, str], bool]
"""Puts a whole file under its digest, as a picture of this media type; says whether that was new. It may take the
file away, and has made the picture durable when it returns."""


class PictureRejected(Exception):
    """What was sent is not the picture it should be, or not fit to be kept; the message says why.

    Parameters
    ----------
    reason
        Why, in words.
    found_sha256, size_bytes
        What was sent.
    altered
        Whether it is another picture than its name says.
    """

    def __init__(self, reason: str, *, found_sha256: str, size_bytes: int, altered: bool = False) -> None:
        super().__init__(reason)
        self.found_sha256 = found_sha256
        self.size_bytes = size_bytes
        self.altered = altered


class RoomReserved(OSError):
    """The picture would take what is to stay free on the disk; the message says so."""

    def __init__(self, words: str) -> None:
        super().__init__(errno.ENOSPC, words)
        self.words = words


class IncomingPicture:
    """A picture on its way in: in its place only when it is whole.

    Parameters
    ----------
    folder
        Whose ``incoming`` holds the temporary file.
    sha256
        The picture's name.
    put_in_place
        Called with the file once it has been looked at.
    release
        Called once it is written, or will not be.
    """

    def __init__(self, folder: Path, sha256: str, put_in_place: PutInPlace, release: Callable[[], None]) -> None:
        self._folder = folder
        self._sha256 = sha256
        self._put_in_place = put_in_place
        self._release = release
        self._hash = hashlib.sha256()
        self._start = b""
        self.size_bytes = 0
        descriptor, name = tempfile.mkstemp(dir=folder / _INCOMING)
        self._file, self._path = os.fdopen(descriptor, "wb"), Path(name)

    def write(self, chunk: bytes) -> None:
        """Append a chunk.

        Raises
        ------
        OSError
            If the disk is full or broken.
        """
        self._start += chunk[: MAGIC_BYTES - len(self._start)]
        self.size_bytes += len(chunk)
        self._hash.update(chunk)
        self._file.write(chunk)

    def finish(self) -> bool:
        """Check the picture and put it in its place; it is durable when this returns.

        Returns
        -------
        bool
            False if it was there already; it then stays as it is.

        Raises
        ------
        PictureRejected
            If it is another picture than its name says, neither JPEG nor PNG, or carries what may name somebody. Of
            another picture the beginning is kept in quarantine.
        PicturesAway
            If its place is not on this machine and cannot be reached.
        OSError
            If the disk is full or broken.
        """
        self._file.flush()
        found = self._hash.hexdigest()
        if found != self._sha256:
            self._quarantine(found)
            raise self._rejected(f"The body's SHA-256 is {found}, not the one in the address.", altered=True)
        if (kind := media_type_of(self._start)) is None:
            raise self._rejected("The body is neither a JPEG nor a PNG file.")
        if (tags := identifying_tags(self._path)) is not None:
            raise self._rejected(f"The picture carries {tags}, which may tell who or where it is of. Send pixels only.")
        self._file.close()
        try:
            return self._put_in_place(self._path, self._sha256, kind)
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove what was received and give its room back; due after :meth:`finish` too, where it removes nothing."""
        self._path.unlink(missing_ok=True)
        self._file.close()
        self._release()

    def _rejected(self, reason: str, *, altered: bool = False) -> PictureRejected:
        found = self._hash.hexdigest()
        return PictureRejected(reason, found_sha256=found, size_bytes=self.size_bytes, altered=altered)

    def _quarantine(self, found: str) -> None:
        """Keep the beginning of the body for a person's look, and of such beginnings the newest few."""
        quarantine = self._folder / _QUARANTINE
        try:
            quarantine.mkdir(mode=0o700, exist_ok=True)
            self._file.truncate(min(self.size_bytes, QUARANTINED_BYTES))
            self._path.replace(quarantine / found)
            kept = sorted(quarantine.iterdir(), key=lambda path: path.stat().st_mtime_ns)
            for path in kept[:-QUARANTINED_PICTURES]:
                path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("The beginning of a refused picture could not be kept: %s", error)


class Receiving:
    """Where pictures come in on this machine's disk, and how much of it they may take.

    Parameters
    ----------
    folder
        Holds what comes in and what was quarantined; made if it is not there.
    keep_free_bytes
        What is to stay free on its disk; 0 sets no bound.
    put_in_place
        Takes each picture that has been looked at.
    """

    def __init__(self, folder: Path, keep_free_bytes: int, put_in_place: PutInPlace) -> None:
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes
        self._put_in_place = put_in_place
        self._promised_bytes = 0
        self._promising = threading.Lock()
        self.incoming = folder / _INCOMING
        self.incoming.mkdir(parents=True, exist_ok=True)

    def begin(self, sha256: str, size_bytes: int) -> IncomingPicture:
        """Begin to receive a picture of at most that size.

        Raises
        ------
        RoomReserved
            If it would take what is to stay free.
        OSError
            If the disk is full or broken.
        """
        with self._promising:
            # Those that are on their way count whole: what of them is written already is counted twice, for a while.
            if (words := self.no_room_for(self._promised_bytes + size_bytes)) is not None:
                raise RoomReserved(words)
            self._promised_bytes += size_bytes
        release = self._give_back(size_bytes)
        try:
            return IncomingPicture(self._folder, sha256, self._put_in_place, release)
        except OSError:
            release()
            raise

    def _give_back(self, size_bytes: int) -> Callable[[], None]:
        promised = [size_bytes]

        def release() -> None:
            with self._promising:
                self._promised_bytes -= promised.pop() if promised else 0

        return release

    def no_room_for(self, size_bytes: int) -> str | None:
        """Say why there is no room for a picture of that size; None if there is.

        Raises
        ------
        OSError
            If the disk is broken.
        """
        free_bytes = shutil.disk_usage(self._folder).free
        if not self._keep_free_bytes or free_bytes - size_bytes >= self._keep_free_bytes:
            return None
        return (
            f"The clinic's disk has {free_bytes / 1e6:.0f} MB free, and {self._keep_free_bytes / 1e6:.0f} MB of it are"
            " to stay free (keep_free_mb). Make room there"
        )

    def sweep(self) -> int:
        """Remove what an interrupted run left half received; return how many files."""
        leftovers = list(self.incoming.iterdir())
        for leftover in leftovers:
            leftover.unlink()
        return len(leftovers)

    def forget_refused(self, sha256: str) -> None:
        """Remove the beginning of a picture that came under another's name.

        Raises
        ------
        OSError
            If the disk is broken.
        """
        (self._folder / _QUARANTINE / sha256).unlink(missing_ok=True)
