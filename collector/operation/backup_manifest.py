"""What a back-up says of itself: which files it has, with their digests, and what was in the store."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from contract import Sha256
from groundwork.durable_file import write_durably

MANIFEST = "manifest.json"
PICTURES = "pictures"
PICTURE_LIST = "pictures.sha256"
"""A line a picture, ``DIGEST  pictures/DIGEST``: as ``sha256sum --check`` reads it, without any program of ours."""
KEYS = "keys"

_MAX_BYTES = 50_000_000
_PIECE_BYTES = 1 << 20


class NoBackup(Exception):
    """A folder is no back-up that this release can read; the message says why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class BackedUpFile(_Part):
    """A file of the back-up: where in it, and what it was."""

    path: str
    size_bytes: int
    sha256: Sha256
    was: str | None = None


class Manifest(_Part):
    """A back-up.

    Parameters
    ----------
    layout
        Of the back-up itself.
    clinic_id, release
        Whose, and which program made it.
    begun_at, done_at
        When: every receipt that was given before `begun_at` is of a message that is in it.
    database, store_format, counts
        What the store is kept in, its format, and how many rows each table has.
    files
        All but the pictures.
    pictures
        Whether pictures were copied into it, or are only listed, as a bucket keeps them.
    pictures_number, pictures_bytes
        How many, and how large together.
    damaged
        Those whose bytes were not what their names say: they are not in it.
    """

    layout: Literal[1] = 1
    clinic_id: str
    release: str
    begun_at: AwareDatetime
    done_at: AwareDatetime
    database: Literal["sqlite", "postgresql"]
    store_format: str
    counts: dict[str, int]
    files: tuple[BackedUpFile, ...]
    pictures: Literal["copied", "listed"]
    pictures_number: int
    pictures_bytes: int
    damaged: tuple[Sha256, ...] = ()

    @property
    def store_file(self) -> str:
        """The store's file within the back-up."""
        return STORE_FILES[self.database]


STORE_FILES = {"sqlite": "store.sqlite3", "postgresql": "store.pgdump"}


def file_of(folder: Path, path: Path, was: str | None = None) -> BackedUpFile:
    """Return what a manifest says of a file."""
    return BackedUpFile(
        path=str(path.relative_to(folder)), size_bytes=path.stat().st_size, sha256=digest_of(path), was=was
    )


def digest_of(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, manifest: Manifest) -> None:
    """Write it into the back-up."""
    write_durably(folder / MANIFEST, manifest.model_dump_json(indent=1).encode(), mode=0o600)


def read(folder: Path) -> Manifest:
    """Read it.

    Raises
    ------
    NoBackup
        If there is none, or it cannot be read.
    """
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise NoBackup(f"{path} is too large to be a back-up's manifest.")
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise NoBackup(
            f"{folder} is no back-up: its {MANIFEST} cannot be read ({error.strerror}). Name the folder that 'backup'"
            " wrote."
        ) from error
    except ValidationError as error:
        raise NoBackup(
            f"{path} cannot be read by this release ({error.error_count()} faults). Use the release that wrote it, or a"
            " newer one."
        ) from error
    if any(Path(one.path).is_absolute() or ".." in Path(one.path).parts for one in manifest.files):
        raise NoBackup(f"{path} names files outside of the back-up: somebody altered it.")
    return manifest


def stamp(moment: datetime) -> str:
    """Return a time as a part of a file's name."""
    return moment.strftime("%Y%m%dT%H%M%SZ")
