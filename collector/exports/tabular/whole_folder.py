"""A folder that appears whole, or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groundwork.durable_file import sync_folder


class FolderExists(Exception):
    """There is something of that name already; it is left as it is."""


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write into that takes its name once the block has ended well, and is removed otherwise.

    Parameters
    ----------
    folder
        What it shall be called; the folder that holds it must exist. For its owner only.

    Raises
    ------
    FolderExists
        If there is something of that name.
    OSError
        If the disk is full, read-only or broken.
    """
    if os.path.lexists(folder):
        raise FolderExists(f"{folder} is there already: choose another name, or move it away")
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
    partial.mkdir(mode=0o700)
    try:
        yield partial
        sync_folder(partial)
        try:
            partial.rename(folder)
        except OSError as error:
            if os.path.lexists(folder):
                raise FolderExists(f"{folder} came about meanwhile: choose another name") from error
            raise
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_folder(folder.parent)
