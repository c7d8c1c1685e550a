"""How many captures more the disk takes: what the instrument may hold while the clinic is away.

The rule is one: a capture is taken as long as ``[storage] keep_free_mb`` stay free, and nothing is deleted. Past that
the chair says so before a picture is taken, and everything kept stays deliverable: the reserve is what the store itself
needs to write receipts down.
"""

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from device.outbox.outbox import Outbox
from device.store import StoreUnusable

_MB = 1_000_000

FIRST_CAPTURE_BYTES = 12 * _MB
"""What a capture is taken to need as long as there is none: the JPEG of a 12 MP still and its figures, rounded up."""


class NoRoom(RuntimeError):
    """The disk takes no capture more; the message says what to do."""


@dataclass(frozen=True)
class Room:
    """How much the disk still takes.

    Parameters
    ----------
    captures
        Captures of the size of those that were kept last.
    free_bytes
        Free now, the reserve within it.
    """

    captures: int
    free_bytes: int


def room(outbox: Outbox, folder: Path, keep_free_mb: int) -> Room:
    """Return how much room is left in the state folder's file system.

    Parameters
    ----------
    outbox
        Of the store there.
    folder
        The state folder.
    keep_free_mb
        Megabytes (of 1,000,000 bytes) that stay free.

    Raises
    ------
    device.store.StoreUnusable
        If disk or store cannot be read.
    """
    try:
        free_bytes = shutil.disk_usage(folder).free
        each_bytes = (outbox.bytes_of_a_capture() or FIRST_CAPTURE_BYTES) + _raw_bytes(outbox, folder)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(f"The store in {folder} cannot be read ({error}). Check the disk.") from error
    return Room(max(0, free_bytes - keep_free_mb * _MB) // each_bytes, free_bytes)


def refuse_without_room(outbox: Outbox, folder: Path, keep_free_mb: int) -> None:
    """Refuse to take a capture that the disk does not take.

    Raises
    ------
    NoRoom
    device.store.StoreUnusable
        If disk or store cannot be read.
    """
    left = room(outbox, folder, keep_free_mb)
    if left.captures:
        return
    counts = outbox.counts()
    cure = "Give it a larger disk; what the clinic holds may be moved away from it."
    if counts.waiting_captures or counts.waiting_pictures:
        waits = f"{counts.waiting_captures} captures and {counts.waiting_pictures} pictures wait for the clinic"
        cure = f"{waits}: bring the instrument to where it reaches the clinic. {cure}"
    raise NoRoom(
        f"No capture is taken: {left.free_bytes // _MB} MB are free on the disk of {folder}, and {keep_free_mb} stay"
        f" free. {cure}"
    )


def _raw_bytes(outbox: Outbox, folder: Path) -> int:
    """Return what the last capture's DNG file takes, where they are kept."""
    newest = outbox.newest_picture()
    try:
        return 0 if newest is None else (folder / "pictures" / f"{newest}.dng").stat().st_size
    except FileNotFoundError:
        return 0
