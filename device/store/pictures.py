"""The captures' pictures on the instrument's disk: a file each, named by the SHA-256 of the picture it holds.

With a key in the settings, what is kept from then on is sealed (:mod:`device.store.sealing`); what was kept before
stays as it was, and both are read the same way. A picture is given out only if it is the one that was kept.
"""

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from device.store.sealing import NotAsSealed, PictureKey, PictureKeyUnusable, is_sealed, read_key
from groundwork.durable_file import sync_folder, write_durably

_PIECE_BYTES = 64 * 1024
_START_BYTES = 16


class PictureDamaged(RuntimeError):
    """A kept picture's file is not what was kept; the message says what to do."""


class KeptPictures:
    """The folder of pictures.

    Parameters
    ----------
    folder
        Where they are; it must be there before the first is kept.
    key_file
        Of the key that they are sealed with; None keeps them as they are.
    """

    def __init__(self, folder: Path, key_file: Path | None = None) -> None:
        self._folder = folder
        self.key_file = key_file
        self._key: PictureKey | None = None

    def path(self, sha256: str, suffix: str = "") -> Path:
        """Return where the picture of that digest lies, or what is kept beside it."""
        return self._folder / f"{sha256}{suffix}"

    def check_key(self) -> None:
        """Read the key, if there is to be one.

        Raises
        ------
        PictureKeyUnusable
            If it cannot be used.
        """
        if self.key_file is not None:
            self._read_key()

    def keep(self, sha256: str, content: bytes, suffix: str = "") -> None:
        """Keep a picture, or what belongs beside it; what is there already, and whole, stays as it is.

        Parameters
        ----------
        sha256
            The picture's digest.
        content
            The bytes of the file.
        suffix
            What tells a file beside the picture from it, such as ``.dng``; none for the picture itself.

        Raises
        ------
        PictureKeyUnusable
            If it is to be sealed, and the key cannot be used.
        OSError
            If the disk refuses; nothing is kept then.
        """
        path = self.path(sha256, suffix)
        if self._holds(path, content):
            sync_folder(path.parent)  # who wrote it may have been killed before its name was on the disk
        else:
            write_durably(path, self.sealed(path.name, content), mode=0o600)

    def read(self, sha256: str) -> bytes:
        """Return a picture's bytes.

        Raises
        ------
        PictureDamaged
            If its file is gone, cannot be read, or is not what was kept.
        PictureKeyUnusable
            If it is sealed, and the key is missing or another one.
        """
        return b"".join(self.pieces(sha256))

    def pieces(self, sha256: str, size_bytes: int | None = None) -> Iterator[bytes]:
        """Give a picture piece by piece, in one pass; the last piece only once all was found to be what was kept.

        So whoever sends it on while reading never completes a damaged one.

        Parameters
        ----------
        sha256
            The picture's digest.
        size_bytes
            Its size where that is known: then not a byte more is given.

        Raises
        ------
        PictureDamaged, PictureKeyUnusable
            As of :meth:`read`.
        """
        path = self.path(sha256)
        try:
            with path.open("rb") as file:
                yield from _verified(self._unsealing(path.name, file), sha256, size_bytes)
        except NotAsSealed as error:
            raise PictureDamaged(
                f"{path} is not what was kept ({error}). Restore it from a backup; its figures are kept."
            ) from error
        except OSError as error:
            raise PictureDamaged(
                f"{path} cannot be read ({error.strerror}). Restore it from a backup; its figures are kept."
            ) from error

    def read_beside(self, sha256: str, suffix: str) -> bytes:
        """Return what is kept beside a picture.

        Raises
        ------
        PictureDamaged, PictureKeyUnusable
            As of :meth:`read`; of what is not sealed no damage is noticed.
        """
        path = self.path(sha256, suffix)
        try:
            return self._content(path)
        except (NotAsSealed, OSError) as error:
            raise PictureDamaged(f"{path} cannot be read ({error}). Restore it from a backup.") from error

    def _holds(self, path: Path, content: bytes) -> bool:
        if not path.exists():
            return False
        try:
            return self._content(path) == content
        except (NotAsSealed, PictureKeyUnusable, OSError):
            return False

    def _content(self, path: Path) -> bytes:
        return self.unsealed(path.name, path.read_bytes())

    def sealed(self, name: str, content: bytes) -> bytes:
        """Return what is to lie on the disk of a file that shows a patient: sealed where there is a key.

        Raises
        ------
        PictureKeyUnusable
            If the key cannot be used.
        """
        return content if self.key_file is None else self._read_key().seal(name, content)

    def unsealed(self, name: str, lying: bytes) -> bytes:
        """Return what :meth:`sealed` was given.

        Raises
        ------
        PictureKeyUnusable
            If it is sealed, and the key is missing or another one.
        NotAsSealed
            If it is not what was sealed.
        """
        return self._unsealing(name, BytesIO(lying)).read()

    def _unsealing(self, name: str, file: BinaryIO) -> BinaryIO:
        """Give a file's content from its beginning, unsealed where it is sealed."""
        sealed = is_sealed(file.read(_START_BYTES))
        file.seek(0)
        if not sealed:
            return file
        if self.key_file is None:
            raise PictureKeyUnusable(
                f"Picture {name[:12]} is sealed and the settings name no key. Name the one it was sealed with under"
                " picture_key in [storage]."
            )
        return self._read_key().opened(name, file)

    def _read_key(self) -> PictureKey:
        if self._key is None:
            assert self.key_file is not None  # noqa: S101  asked for only where there is one
            self._key = read_key(self.key_file)
        return self._key


def _verified(picture: BinaryIO, sha256: str, size_bytes: int | None) -> Iterator[bytes]:
    digest, given_bytes, held_back = hashlib.sha256(), 0, b""
    while piece := picture.read(_PIECE_BYTES):
        digest.update(piece)
        given_bytes += len(piece)
        if size_bytes is not None and given_bytes > size_bytes:
            raise NotAsSealed("it has gained bytes")
        if held_back:
            yield held_back
        held_back = piece
    if digest.hexdigest() != sha256:
        raise NotAsSealed("its content was altered")
    yield held_back
