"""Files that are whole or not there, whatever happens to the power."""

import os
import secrets
from pathlib import Path


def write_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write ``content`` to ``path``: beside it first, forced to the disk, then renamed over it.

    After a power cut at any point ``path`` holds the old content, the new content, or was never there; a ``*.partial``
    may be left beside it.

    Parameters
    ----------
    path
        The file; its folder must exist.
    content
        All its bytes.
    mode
        Its permissions whatever the umask, set before the first byte is written.

    Raises
    ------
    OSError
        If the disk is full, read-only or broken; ``path`` is then as it was, or, if the folder's names alone could not
        be forced to the disk, already the new one.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")  # two writers of one name do not meet
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)  # the umask is whoever's calls this; who is to read the file is known here
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk: a rename alone may be forgotten by a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
