"""What the clinic asks of a place for pictures, whether that is a folder or an S3 bucket.

A picture's name is its own SHA-256: it is written once, whole or not there, never changed, and whoever reads it gets
the bytes that the name says or is told that they are damaged.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from collector.pictures.receiving import IncomingPicture

_SHA256 = re.compile(r"[0-9a-f]{64}")


class PicturesAway(Exception):
    """The place for pictures cannot be reached, or refuses the collector; the message says which and what to do."""


class PictureDamaged(Exception):
    """What is kept under a picture's name is not that picture any more; the message says so."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"What is kept as picture {sha256[:12]} is not what its name says: restore it from a backup")


@dataclass(frozen=True)
class Vouched:
    """A picture that is there for good.

    Parameters
    ----------
    size_bytes
        Its size.
    media_type
        What it is; None if it is no picture any more.
    """

    size_bytes: int
    media_type: str | None


class Pictures(Protocol):
    """A place for pictures. Every method may be called from any thread, and may raise :class:`PicturesAway`."""

    def receive(self, sha256: str, size_bytes: int = 0) -> IncomingPicture:
        """Begin to receive a picture.

        Parameters
        ----------
        sha256
            Its name.
        size_bytes
            What it will take of this machine's disk, at the most.

        Raises
        ------
        RoomReserved
            If it would take what is to stay free.
        OSError
            If the disk is full or broken.
        """
        ...

    def has(self, sha256: str) -> bool:
        """Return whether the picture is there, as far as a page needs to know it."""
        ...

    def vouched(self, sha256: str) -> Vouched | None:
        """Return what a picture is once it is there for good, ``None`` before (or if ``sha256`` is no digest).

        Raises
        ------
        OSError
            If the disk is broken.
        """
        ...

    def open(self, sha256: str) -> BinaryIO | None:
        """Open a picture for reading, at its first byte; ``None`` while it is not there (or ``sha256`` is no digest).

        Its bytes were compared with its name just before.

        Raises
        ------
        PictureDamaged
            If they are others.
        OSError
            If the disk is full or broken.
        """
        ...

    def listed(self) -> Iterator[tuple[str, int]]:
        """Give the digest and the size in bytes of every picture that is there, in no order."""
        ...

    def delete(self, sha256: str) -> bool:
        """Remove a picture for good, with what was quarantined under its digest; return whether it was there.

        Raises
        ------
        OSError
            If the disk is broken.
        """
        ...

    def sweep(self) -> int:
        """Remove what an interrupted run left half received; return how many files. Nothing may be on its way."""
        ...

    def no_room_for(self, size_bytes: int) -> str | None:
        """Say why there is no room on this machine's disk for a picture of that size; None if there is.

        Raises
        ------
        OSError
            If the disk is broken.
        """
        ...

    @property
    def trouble(self) -> str | None:
        """What kept pictures from being taken in or read when last that was tried, as a sentence; None if nothing."""
        ...

    def probe(self) -> str | None:
        """Ask the place whether it serves, and return :attr:`trouble` as it is now; raises nothing."""
        ...


def is_sha256(text: str) -> bool:
    """Return whether a text is a SHA-256 digest as it names a picture: 64 lower-case hexadecimal digits."""
    return _SHA256.fullmatch(text) is not None
