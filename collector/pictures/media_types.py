"""What kind of picture a file is, by its first bytes."""

from typing import BinaryIO

_MEDIA_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}

MAGIC_BYTES = max(map(len, _MEDIA_TYPES))
"""So many bytes tell the kind."""


def media_type(file: BinaryIO) -> str | None:
    """Return the media type of a picture that is open at its first byte, and go back there; ``None`` if it is none."""
    start = file.read(MAGIC_BYTES)
    file.seek(0)
    return media_type_of(start)


def media_type_of(start: bytes) -> str | None:
    """Return the media type that a file's first bytes tell; ``None`` if they are those of no picture."""
    return next((kind for magic, kind in _MEDIA_TYPES.items() if start.startswith(magic)), None)
