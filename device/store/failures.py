"""What to do when the disk under the store does not do its part: told by the cause."""

import errno
import shutil
import sqlite3
from pathlib import Path

_FULL_BYTES = 1_000_000


def cure(error: OSError | sqlite3.Error, folder: Path) -> str:
    """Return what to do about a failure of the store, as a sentence.

    Parameters
    ----------
    error
        What failed.
    folder
        The store's.
    """
    said, number = str(error), getattr(error, "errno", None)
    if "locked" in said:
        return "Another program is writing to the store: try again in a moment."
    if number == errno.EROFS or "readonly" in said:
        return f"The disk of {folder} is read-only just now: restart the instrument, and have the disk looked at."
    if number in {errno.ENOSPC, errno.EDQUOT} or "full" in said or _is_full(folder):
        return f"The disk of {folder} is full: free space on it."
    return f"Check that {folder} is writable and its disk is sound."


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False
