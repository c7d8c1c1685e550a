"""A disk that forgets: what a power cut may leave of the operations before it.

Stricter than ext4, whose journal keeps names in order and forces a new file's name together with the file: here a sync
forces a file's bytes *or* a folder's names and nothing else, and what was not forced comes in any order, in part, or
not at all. A write is torn at sectors of 512 bytes, the unit that disks promise (and SQLite's *powersafe overwrite*
builds on). A rename within a folder is one change; from one folder to another it is two.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias, TypeVar

from benchmarks.delivery.crash.operations import (
    ROOT,
    Make,
    MakeFolder,
    Operation,
    Promise,
    Remove,
    Rename,
    Resize,
    Sync,
    SyncFolder,
    Write,
)

SECTOR_BYTES = 512

Fate: TypeAlias = Literal["all", "none"] | random.Random
"""What becomes of what was not forced: all of it came, none of it, or by chance."""

_FOLDER = 0  # no file has this number


@dataclass
class _File:
    forced: bytes = b""
    since: list[Write | Resize] = field(default_factory=list)


@dataclass
class _Names:
    """One change of a folder's names: these are set, then those are taken away, or nothing of it."""

    set: dict[PurePosixPath, int]
    gone: tuple[PurePosixPath, ...] = ()


_ChangeT = TypeVar("_ChangeT", Write | Resize, _Names)


class Disk:
    """A disk with one empty folder on it, to which operations are applied one after another."""

    def __init__(self) -> None:
        self.promises: list[str] = []
        self._files: dict[int, _File] = {}
        self._names: dict[PurePosixPath, int] = {}
        self._since: dict[PurePosixPath, list[_Names]] = {ROOT: []}

    def apply(self, operation: Operation) -> None:
        """Do what the program did."""
        match operation:
            case Make(path, file):
                self._files[file] = _File()
                self._since[path.parent].append(_Names({path: file}))
            case MakeFolder(path):
                self._since[path] = []
                self._since[path.parent].append(_Names({path: _FOLDER}))
            case Write(file) | Resize(file):
                self._files[file].since.append(operation)
            case Sync(file):
                known = self._files[file]
                known.forced, known.since = _changed(known.forced, known.since), []
            case SyncFolder(path):
                self._names = _renamed(self._names, self._since[path])
                self._since[path] = []
            case Rename(old, new, file) if old.parent == new.parent:
                self._since[new.parent].append(_Names({new: file}, (old,)))
            case Rename(old, new, file):
                self._since[new.parent].append(_Names({new: file}))
                self._since[old.parent].append(_Names({}, (old,)))
            case Remove(path):
                self._since[path.parent].append(_Names({}, (path,)))
            case Promise(text):
                self.promises.append(text)

    @property
    def unforced(self) -> int:
        """How many changes a power cut now may take away."""
        return sum(len(known.since) for known in self._files.values()) + sum(map(len, self._since.values()))

    def write_image(self, folder: Path, fate: Fate) -> None:
        """Write into an empty folder what would be found after a power cut now."""
        names = self._names
        for since in self._since.values():
            names = _renamed(names, _left(since, fate))
        for path, file in sorted(names.items()):
            if path.parent != ROOT and names.get(path.parent) != _FOLDER:
                continue  # its folder is not there
            if file == _FOLDER:
                (folder / path).mkdir()
            else:
                (folder / path).write_bytes(self._content(path, self._files[file], fate))

    def _content(self, path: PurePosixPath, known: _File, fate: Fate) -> bytes:
        content = _changed(known.forced, _torn(_left(known.since, fate), fate))
        if path.name.endswith("-shm") and isinstance(fate, random.Random):
            return fate.randbytes(len(content))  # it is mapped into memory: what is in the file is anybody's guess
        return content


def _changed(content: bytes, changes: Iterable[Write | Resize]) -> bytes:
    held = bytearray(content)
    for change in changes:
        match change:
            case Write(_, offset, data):
                held.extend(bytes(max(0, offset - len(held))))
                held[offset : offset + len(data)] = data
            case Resize(_, size):
                del held[size:]
                held.extend(bytes(size - len(held)))
    return bytes(held)


def _renamed(names: dict[PurePosixPath, int], changes: Iterable[_Names]) -> dict[PurePosixPath, int]:
    held = dict(names)
    for change in changes:
        held |= change.set
        for path in change.gone:
            held.pop(path, None)
    return held


def _left(changes: list[_ChangeT], fate: Fate) -> list[_ChangeT]:
    """Return which changes came to the disk: those before a moment, or each or not."""
    if fate == "all":
        return changes
    if fate == "none":
        return []
    if fate.random() < 0.5:
        return changes[: fate.randint(0, len(changes))]
    return [change for change in changes if fate.random() < 0.5]


def _torn(changes: list[Write | Resize], fate: Fate) -> list[Write | Resize]:
    """Return the changes with every other write in sectors, of which each came or not."""
    if not isinstance(fate, random.Random):
        return changes
    torn: list[Write | Resize] = []
    for change in changes:
        if isinstance(change, Resize) or fate.random() < 0.5:
            torn.append(change)
        else:
            torn.extend(sector for sector in _sectors(change) if fate.random() < 0.7)
    return torn


def _sectors(write: Write) -> list[Write]:
    first = -(-(write.offset + 1) // SECTOR_BYTES) * SECTOR_BYTES  # the first border after its start
    end = write.offset + len(write.data)
    borders = [write.offset, *range(first, end, SECTOR_BYTES), end]
    return [
        Write(write.file, start, write.data[start - write.offset : stop - write.offset])
        for start, stop in pairwise(borders)
    ]
