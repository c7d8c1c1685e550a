"""What a program did to the files of one folder, in the order it did it, and the promises it made in between.

Files are numbered as they are made, since a name may pass from one to another; paths are relative to the folder, whose
own path is the empty one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

ROOT = PurePosixPath(".")


@dataclass(frozen=True, slots=True)
class Make:
    """A file is made, empty."""

    path: PurePosixPath
    file: int


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """A folder is made."""

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes are written."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    """A file is cut, or grown with zeros."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """What a file holds is forced to the disk; its name is not."""

    file: int


@dataclass(frozen=True, slots=True)
class SyncFolder:
    """A folder's names are forced to the disk."""

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Rename:
    """A file gets another name, and takes the place of what had it."""

    old: PurePosixPath
    new: PurePosixPath
    file: int


@dataclass(frozen=True, slots=True)
class Remove:
    """A name is taken away."""

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Promise:
    """The program said that something is kept: from here on, no power cut may take it away."""

    text: str


Operation: TypeAlias = Make | MakeFolder | Write | Resize | Sync | SyncFolder | Rename | Remove | Promise
