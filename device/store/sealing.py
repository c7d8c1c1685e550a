"""Pictures sealed for the disk: AES-256-GCM, under a key that is not kept beside them.

Whoever takes the instrument's disk, and not its key, has no patient's picture; and a sealed file that was altered, or
stands under another's name, does not open. Nonces are random: 96 bits serve 2**32 files under one key (NIST SP
800-38D, 8.3), more than an instrument takes in its life.
"""

import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from groundwork.credential import CredentialAbsent, SecretOpenToOthers, check_secret

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

KEY_BYTES = 32

_MAGIC = b"\x93TRICHO\n"  # the first byte is no text's, and no picture's that travels
_VERSION = b"\x01"
_KEY_ID_BYTES, _NONCE_BYTES, _TAG_BYTES = 8, 12, 16
_PIECE_BYTES = 256 * 1024
_HEAD_BYTES = len(_MAGIC) + len(_VERSION) + _KEY_ID_BYTES + _NONCE_BYTES


class PictureKeyUnusable(RuntimeError):
    """The key of the kept pictures is missing, unfit or another one; the message says what to do."""


class NotAsSealed(ValueError):
    """A sealed file is not what was sealed: altered, cut short, or under another name."""


class PictureKey:
    """The key of one instrument's pictures.

    Parameters
    ----------
    key
        32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        # Tells a wrong key from a damaged file; of a random key its hash tells nothing.
        self._id = hashlib.sha256(b"trichoscope picture key 1" + key).digest()[:_KEY_ID_BYTES]

    def seal(self, name: str, content: bytes) -> bytes:
        """Return a file's bytes that this key alone opens, under this name alone."""
        # cryptography takes 60 ms to import on a Pi: only where pictures are sealed
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._key).encrypt(nonce, content, name.encode())
        return b"".join((_MAGIC, _VERSION, self._id, nonce, sealed))

    def opened(self, name: str, file: BinaryIO) -> BinaryIO:
        """Give what was sealed, piece by piece from its beginning: only read to its end it is known to be unaltered.

        Parameters
        ----------
        name
            The file's.
        file
            The sealed file; it must stay open as long as what is returned is read.

        Raises
        ------
        PictureKeyUnusable
            If it was sealed with another key, or by a later release.
        NotAsSealed
            If it ends early; when its end is read, if it is not what was sealed under this name.
        """
        file.seek(0)
        head = file.read(_HEAD_BYTES)
        content_bytes = file.seek(0, io.SEEK_END) - _HEAD_BYTES - _TAG_BYTES
        if content_bytes < 0:
            raise NotAsSealed("the file ends early")
        version, key_id, nonce = head[8:9], head[9:17], head[17:29]
        if version != _VERSION:
            raise PictureKeyUnusable(
                f"The picture was sealed in form {version[0]}, and this release opens form {_VERSION[0]}. Install the"
                " release that sealed it."
            )
        if key_id != self._id:
            raise PictureKeyUnusable(
                "The picture was sealed with another key. Name the key it was sealed with under picture_key in"
                " [storage], from the copy that was put away."
            )
        file.seek(_HEAD_BYTES + content_bytes)
        return io.BufferedReader(_Unsealing(file, self._key, nonce, file.read(), name.encode()), _PIECE_BYTES)


class _Unsealing(io.RawIOBase):
    """A sealed file's content as it is read, once."""

    def __init__(self, file: BinaryIO, key: bytes, nonce: bytes, tag: bytes, name: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

        self._file, self._end = file, file.tell() - _TAG_BYTES
        self._file.seek(_HEAD_BYTES)
        self._decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce, tag)).decryptor()
        self._decryptor.authenticate_additional_data(name)
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, into: "WriteableBuffer", /) -> int:
        view = memoryview(into)
        sealed = self._file.read(min(len(view), self._end - self._file.tell()))
        if not sealed:
            self._finish()
            return 0
        view[: len(sealed)] = self._decryptor.update(sealed)
        return len(sealed)

    def _finish(self) -> None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        if self._ended:
            return
        try:
            self._decryptor.finalize()
        except InvalidTag as error:
            raise NotAsSealed("its content was altered") from error
        self._ended = True


def is_sealed(start: bytes) -> bool:
    """Return whether a file that starts so is a sealed one."""
    return start.startswith(_MAGIC)


def read_key(path: Path) -> PictureKey:
    """Read the key of `trichoscope picture-key`, or one that systemd hands over.

    Raises
    ------
    PictureKeyUnusable
        If it cannot be read, is no key, or other users may read it.
    """
    try:
        check_secret(path)
        with path.open("rb") as file:
            key = file.read(KEY_BYTES + 1)
    except (SecretOpenToOthers, CredentialAbsent) as error:
        raise PictureKeyUnusable(f"The pictures' key cannot be used: {error}.") from error
    except OSError as error:
        raise PictureKeyUnusable(
            f"{path}: the pictures' key cannot be read ({error.strerror}). Bring it back from the copy that was put"
            " away, or correct picture_key under [storage]."
        ) from error
    if len(key) != KEY_BYTES:
        raise PictureKeyUnusable(
            f"{path} is no key of pictures: that has {KEY_BYTES} bytes. Make one with `trichoscope picture-key`."
        )
    return PictureKey(key)
