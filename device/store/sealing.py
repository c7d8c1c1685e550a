"""Pictures sealed for the disk: AES-256-GCM, under a key that is not kept beside them.

Whoever takes the instrument's disk, and not its key, has no patient's picture; and a sealed file that was altered, or
stands under another's name, does not open. Nonces are random: 96 bits serve 2**32 files under one key (NIST SP
800-38D, 8.3), more than an instrument takes in its life.
"""

import hashlib
import os
import stat
from pathlib import Path

from groundwork.credential import is_credential

KEY_BYTES = 32

_MAGIC = b"\x93TRICHO\n"  # the first byte is no text's, and no picture's that travels
_VERSION = b"\x01"
_KEY_ID_BYTES, _NONCE_BYTES, _TAG_BYTES = 8, 12, 16
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
        # cryptography takes 60 ms to import on a Pi: only where pictures are sealed
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        self._cipher = AESGCM(key)
        # Tells a wrong key from a damaged file; of a random key its hash tells nothing.
        self._id = hashlib.sha256(b"trichoscope picture key 1" + key).digest()[:_KEY_ID_BYTES]

    def seal(self, name: str, content: bytes) -> bytes:
        """Return a file's bytes that this key alone opens, under this name alone."""
        nonce = os.urandom(_NONCE_BYTES)
        return b"".join((_MAGIC, _VERSION, self._id, nonce, self._cipher.encrypt(nonce, content, name.encode())))

    def open(self, name: str, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises
        ------
        PictureKeyUnusable
            If it was sealed with another key, or by a later release.
        NotAsSealed
            If it is not what was sealed under this name.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        if len(sealed) < _HEAD_BYTES + _TAG_BYTES:
            raise NotAsSealed("the file ends early")
        version, key_id, nonce = sealed[8:9], sealed[9:17], sealed[17:29]
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
        try:
            return self._cipher.decrypt(nonce, memoryview(sealed)[_HEAD_BYTES:], name.encode())
        except InvalidTag as error:
            raise NotAsSealed("its content was altered") from error


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
        with path.open("rb") as file:
            key = file.read(KEY_BYTES + 1)
            mode = os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise PictureKeyUnusable(
            f"{path}: the pictures' key cannot be read ({error.strerror}). Bring it back from the copy that was put"
            " away, or correct picture_key under [storage]."
        ) from error
    if len(key) != KEY_BYTES:
        raise PictureKeyUnusable(
            f"{path} is no key of pictures: that has {KEY_BYTES} bytes. Make one with `trichoscope picture-key`."
        )
    if mode & (stat.S_IRWXG | stat.S_IRWXO) and not is_credential(path):
        raise PictureKeyUnusable(f"{path}: other users may read the pictures' key. Run: chmod 600 {path}")
    return PictureKey(key)
