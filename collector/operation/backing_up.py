"""A back-up taken while the collector runs: the store at one moment, then every picture; whole, or not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, TextIO

from collector.exports.tabular.whole_folder import FolderExists, whole_folder
from collector.operation import backup_manifest
from collector.operation.backup_manifest import (
    KEYS,
    PICTURE_LIST,
    PICTURES,
    STORE_FILES,
    BackedUpFile,
    Manifest,
    NoBackup,
    file_of,
)
from collector.operation.progress import Progress, silent
from collector.people import audit
from collector.pictures.pictures import PictureDamaged, Pictures
from collector.store import copying
from collector.store.database import Database
from collector.store.schema import newest
from groundwork.durable_file import sync_folder, write_durably

_PIECE_BYTES = 1 << 20


class NotBackedUp(Exception):
    """There is no back-up; the message says why and what to do."""


@dataclass(frozen=True)
class Keys:
    """Files that whoever has them can be the collector with: they are in a back-up only where that is asked for."""

    files: Sequence[Path]


def back_up(
    database: Database,
    pictures: Pictures,
    folder: Path,
    by: str,
    *,
    clinic_id: str,
    copy_pictures: bool = True,
    previous: Path | None = None,
    keys: Keys | None = None,
    progress: Progress = silent,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Manifest:
    """Back up the clinic's store and pictures.

    What a receipt was given for before it began is in it. The store comes first: a picture that its captures name and
    that was there is there still. Nothing that writes has to wait.

    Parameters
    ----------
    database, pictures
        Of the clinic; the store may be of an older format.
    folder
        Where; it must not be there yet, the folder that holds it must. Interrupted, nothing is left of it.
    by
        Who asks, for the audit trail.
    clinic_id
        Whose.
    copy_pictures
        Whether pictures are copied, or only listed with their digests, as where a bucket keeps them.
    previous
        An earlier back-up on the same disk: its pictures are linked, not copied, as they never change.
    keys
        What else to put in it.
    progress
        Told how far it is.
    now
        The clock.

    Raises
    ------
    NotBackedUp
        If it cannot be written.
    collector.operation.backup_manifest.NoBackup
        If `previous` is none.
    collector.store.stored.StoreFailed
        If the store cannot be read.
    collector.store.postgresql_programs.ProgramFailed
        If pg_dump is absent or fails.
    collector.pictures.pictures.PicturesAway
        If the place of pictures cannot be reached.
    """
    earlier = None if previous is None else _pictures_of(previous)
    begun_at = now()
    try:
        with whole_folder(folder) as partial:
            _note(database, by, folder)
            store_format, counted = _copy_store(database, partial / STORE_FILES[_kind(database)], progress)
            listing = _Listing(pictures, partial, earlier, progress)
            if copy_pictures:
                listing.copy()
            else:
                listing.write_down()
            files = [file_of(partial, partial / name) for name in (STORE_FILES[_kind(database)], PICTURE_LIST)]
            files += _copy_keys(partial, keys)
            manifest = Manifest(
                clinic_id=clinic_id,
                release=version("trichoscope"),
                begun_at=begun_at,
                done_at=now(),
                database="sqlite" if database.is_sqlite else "postgresql",
                store_format=store_format,
                counts=counted,
                files=tuple(files),
                pictures="copied" if copy_pictures else "listed",
                pictures_number=listing.number,
                pictures_bytes=listing.size_bytes,
                damaged=tuple(listing.damaged),
            )
            backup_manifest.write(partial, manifest)
    except FolderExists as error:
        raise NotBackedUp(f"{error}.") from error
    except OSError as error:
        raise NotBackedUp(
            f"The back-up to {folder} could not be written ({error.strerror or error}). Free space or name another"
            " disk; nothing is left of it."
        ) from error
    return manifest


def _kind(database: Database) -> str:
    return "sqlite" if database.is_sqlite else "postgresql"


def _note(database: Database, by: str, folder: Path) -> None:
    """Write into the audit trail that all of it is being copied; a store of an older format has none."""
    with database.reading() as connection:
        has_trail = copying.format_told(connection) == newest()
    if has_trail:
        with database.writing() as connection:
            audit.write(connection, by, audit.Action.BACKED_UP, subject=folder.name)


def _copy_store(database: Database, target: Path, progress: Progress) -> tuple[str, dict[str, int]]:
    with copying.snapshot(database) as connection:
        store_format = copying.format_told(connection)
        if store_format is None:
            raise NotBackedUp(f"{database.shown} holds no store: check the settings. Nothing was backed up.")
        counted = copying.counts(connection)
        copying.copy_out(connection, target, lambda done, of: progress("pages of the store", done, of))
    return store_format, counted


def _pictures_of(previous: Path) -> Path:
    if backup_manifest.read(previous).pictures != "copied":
        raise NoBackup(f"{previous} holds no pictures, only their list: name one that does, or none.")
    return previous / PICTURES


class _Listing:
    """The pictures of a back-up, one after another: copied or linked, or written down; and their list."""

    def __init__(self, pictures: Pictures, folder: Path, earlier: Path | None, progress: Progress) -> None:
        self._pictures = pictures
        self._folder = folder
        self._earlier = earlier
        self._progress = progress
        self.number = 0
        self.size_bytes = 0
        self.damaged: list[str] = []

    def copy(self) -> None:
        """Copy each, or link it to that of the earlier back-up."""
        into = self._folder / PICTURES
        into.mkdir(mode=0o700)
        with _new_text(self._folder / PICTURE_LIST) as listed:
            for sha256, size_bytes in self._pictures.listed():
                if self._linked(sha256, size_bytes, into) or self._copied(sha256, into):
                    self._add(listed, sha256, (into / sha256).stat().st_size)
            _force(listed)
        sync_folder(into)

    def write_down(self) -> None:
        """Write down each, with its size."""
        with _new_text(self._folder / PICTURE_LIST) as listed:
            for sha256, size_bytes in self._pictures.listed():
                self._add(listed, sha256, size_bytes)
            _force(listed)

    def _add(self, listed: TextIO, sha256: str, size_bytes: int) -> None:
        listed.write(f"{sha256}  {PICTURES}/{sha256}\n")
        self.number += 1
        self.size_bytes += size_bytes
        self._progress("pictures", self.number, None)

    def _linked(self, sha256: str, size_bytes: int, into: Path) -> bool:
        if self._earlier is None:
            return False
        known = self._earlier / sha256
        try:
            if known.stat().st_size != size_bytes:
                return False
            os.link(known, into / sha256)
        except OSError:  # not there, or on another disk
            return False
        return True

    def _copied(self, sha256: str, into: Path) -> bool:
        try:
            file = self._pictures.open(sha256)
        except PictureDamaged:
            self.damaged.append(sha256)
            return False
        if file is None:  # erased just now
            return False
        with file:
            _write(file, into / sha256)
        return True


def _write(file: BinaryIO, path: Path) -> None:
    with path.open("xb") as copy:
        path.chmod(0o600)
        while piece := file.read(_PIECE_BYTES):
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())


def _new_text(path: Path) -> TextIO:
    path.touch(mode=0o600, exist_ok=False)
    return path.open("w", encoding="ascii")


def _force(file: TextIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _copy_keys(folder: Path, keys: Keys | None) -> list[BackedUpFile]:
    if keys is None:
        return []
    into = folder / KEYS
    into.mkdir(mode=0o700)
    copied = []
    for number, path in enumerate(keys.files, start=1):
        target = into / f"{number:02}-{path.name}"
        write_durably(target, path.read_bytes(), mode=0o600)
        copied.append(file_of(folder, target, was=str(path)))
    sync_folder(into)
    return copied
