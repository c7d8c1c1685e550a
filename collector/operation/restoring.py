"""A back-up brought back: held against its own digests first, then put where nothing is yet, then looked through."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collector.operation import backup_manifest
from collector.operation.backup_manifest import PICTURE_LIST, PICTURES, Manifest, NoBackup, digest_of
from collector.operation.progress import Progress, silent
from collector.people import audit
from collector.pictures.pictures import Pictures, is_sha256
from collector.pictures.receiving import PictureRejected
from collector.store import copying, people, postgresql_programs, schema, soundness
from collector.store.database import Database, StoreUnusable
from collector.store.soundness import Finding
from collector.store.store import Store
from groundwork.durable_file import sync_folder

_PIECE_BYTES = 1 << 20
_MOST_NAMED = 5


class BackupDamaged(Exception):
    """A back-up is not what it was when it was made, or cannot be brought back whole; the message says what differs."""


class NotRestored(Exception):
    """Nothing was restored; the message says why and what to do."""


@dataclass(frozen=True)
class Restored:
    """What was brought back.

    Parameters
    ----------
    manifest
        Of the back-up.
    pictures
        How many were put in their place; those that were there already are not counted.
    absent
        Pictures that the back-up only lists, and that their place does not hold.
    rotten
        Pictures that are missing from the back-up or altered there; all others were put.
    """

    manifest: Manifest
    pictures: int = 0
    absent: tuple[str, ...] = ()
    rotten: tuple[str, ...] = ()


def verify(
    folder: Path, place: str | None = None, password: str | None = None, progress: Progress = silent
) -> Manifest:
    """Hold every file and picture against its digest, and bring the store back into a temporary place.

    Parameters
    ----------
    folder
        The back-up; nothing is written there.
    place, password
        Of a store of PostgreSQL: a URL on a server where a database may be made beside it, for as long as it takes.
        SQLite's is made in the folder of temporary files.
    progress
        Told how far it is.

    Raises
    ------
    collector.operation.backup_manifest.NoBackup
        If it is none.
    BackupDamaged
        If anything differs.
    NotRestored
        If there is no place to bring it back into.
    collector.store.postgresql_programs.ProgramFailed
        If PostgreSQL's programs cannot be used.
    """
    manifest = backup_manifest.read(folder)
    _verify_files(folder, manifest)
    _verify_pictures(folder, manifest, progress)
    if manifest.database == "sqlite":
        with tempfile.TemporaryDirectory(prefix="trichoscope-restore-") as temporary:
            copy = Path(temporary) / "store.sqlite3"
            shutil.copyfile(folder / manifest.store_file, copy)
            _verify_store(copy, None, manifest, progress)
        return manifest
    if place is None:
        raise NotRestored("To verify a store of PostgreSQL give --settings: a database is made on that server for it.")
    with postgresql_programs.scratch_database(place, password) as scratch:
        postgresql_programs.load(folder / manifest.store_file, scratch, password)
        _verify_store(scratch, password, manifest, progress)
    return manifest


def restore(
    folder: Path,
    place: Path | str,
    pictures: Pictures,
    by: str,
    *,
    password: str | None = None,
    progress: Progress = silent,
) -> Restored:
    """Bring a back-up back where there is no store yet; a store of an older format is brought forward.

    Interrupted, there is no store: the same can be done again. Nobody is signed in to the store that is brought back,
    and no link or token of it works: they may have been withdrawn since.

    Parameters
    ----------
    folder
        The back-up.
    place, password
        Of the store to be: a file that is not there, or the URL of an empty database.
    pictures
        Where pictures go; those that are there already stay.
    by
        Who asks, for the audit trail.
    progress
        Told how far it is.

    Raises
    ------
    collector.operation.backup_manifest.NoBackup
        If it is none.
    NotRestored
        If there is a store, or it is one of another kind.
    BackupDamaged
        If the store in the back-up differs from what it says. Pictures that do are named, and the rest is restored.
    collector.store.postgresql_programs.ProgramFailed, collector.pictures.pictures.PicturesAway, OSError
        If the place cannot take it.
    """
    manifest = backup_manifest.read(folder)
    _refuse_unless_free(place, password, manifest)
    _verify_files(folder, manifest)
    put, rotten = _restore_pictures(folder, manifest, pictures, progress)
    if isinstance(place, Path):
        _restore_file(folder / manifest.store_file, place, manifest, by, progress)
    else:
        _restore_database(folder / manifest.store_file, place, password, manifest, by, progress=progress)
    absent = tuple(_absent(folder, pictures)) if manifest.pictures == "listed" else ()
    return Restored(manifest, put, absent, tuple(rotten))


def _refuse_unless_free(place: Path | str, password: str | None, manifest: Manifest) -> None:
    wanted = "sqlite" if isinstance(place, Path) else "postgresql"
    if wanted != manifest.database:
        raise NotRestored(
            f"The back-up is of a store in {_NAMES[manifest.database]}, the settings name one in {_NAMES[wanted]}. Give"
            " settings with the same; nothing was restored."
        )
    if isinstance(place, Path):
        there = [one for one in (place, *_beside(place)) if os.path.lexists(one)]
        if there:
            raise NotRestored(f"{there[0]} is there already: move it away. Nothing was restored, and nothing changed.")
        return
    with closing(Database(place, password)) as database, database.reading() as connection:
        if not copying.is_empty(connection):
            raise NotRestored(
                f"{database.shown} has tables already: make an empty database and name that in the settings. Nothing"
                " was restored, and nothing changed."
            )


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _beside(file: Path) -> list[Path]:
    """Return the files that SQLite would take for what is not yet in a store's own."""
    return [file.with_name(f"{file.name}{ending}") for ending in ("-wal", "-shm", "-journal")]


def _restore_file(copy: Path, place: Path, manifest: Manifest, by: str, progress: Progress) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}.partial")
    try:
        shutil.copyfile(copy, partial)
        partial.chmod(0o600)
        _verify_store(partial, None, manifest, progress)
        _begin_anew(partial, None, manifest, by)
        copying.settled(partial)
        partial.rename(place)
        sync_folder(place.parent)
    finally:
        for one in (partial, *_beside(partial)):
            one.unlink(missing_ok=True)


def _restore_database(
    archive: Path, place: str, password: str | None, manifest: Manifest, by: str, *, progress: Progress
) -> None:
    postgresql_programs.load(archive, place, password)
    try:
        _verify_store(place, password, manifest, progress)
        _begin_anew(place, password, manifest, by)
    except BaseException:
        with closing(Database(place, password)) as database:
            schema.empty(database)
        raise


def _begin_anew(place: Path | str, password: str | None, manifest: Manifest, by: str) -> None:
    """Note the restoring, and take from everybody what may have been withdrawn since the back-up."""
    now = datetime.now(UTC)
    with closing(Store(place, password)) as store, store.writing() as connection:
        audit.write(
            connection, by, audit.Action.RESTORED, detail=f"of the back-up of {manifest.begun_at:%Y-%m-%d %H:%M} UTC"
        )
        people.withdraw_all(connection, now)


def _verify_store(place: Path | str, password: str | None, manifest: Manifest, progress: Progress) -> None:
    """Compare a store that was brought back with what the back-up says, bring it forward, and read every fact of it."""
    with closing(Database(place, password)) as database, copying.snapshot(database) as connection:
        found = copying.counts(connection)
        damage = [] if found != manifest.counts else list(soundness.database_findings(connection))
    if found != manifest.counts:
        tables = sorted(name for name in {*found, *manifest.counts} if found.get(name) != manifest.counts.get(name))
        raise BackupDamaged(f"The store that was brought back has another number of rows in {', '.join(tables)}.")
    _refuse_damage(damage)
    try:
        with closing(Store(place, password)) as store, copying.snapshot(store.database) as connection:
            found_wrong = soundness.fact_findings(connection, lambda what, done: progress(what, done, None))
            _refuse_damage([one for one in found_wrong if one.serious][: _MOST_NAMED + 1])
    except StoreUnusable as error:
        raise BackupDamaged(f"The store that was brought back cannot be used: {error}") from error


def _refuse_damage(findings: list[Finding]) -> None:
    serious = [one for one in findings if one.serious]
    if serious:
        named = "; ".join(f"{one.subject}: {one.sentence}" for one in serious[:_MOST_NAMED])
        raise BackupDamaged(f"In the store that was brought back: {named}")


def _verify_files(folder: Path, manifest: Manifest) -> None:
    for one in manifest.files:
        path = folder / one.path
        if not path.is_file():
            raise BackupDamaged(f"{path} is missing from the back-up. Take an earlier or a later one.")
        if digest_of(path) != one.sha256:
            raise BackupDamaged(f"{path} is not what it was when the back-up was made. Take another one.")
    if manifest.store_file not in {one.path for one in manifest.files}:
        raise NoBackup(f"{folder} names no copy of a store: it is no back-up.")


def _verify_pictures(folder: Path, manifest: Manifest, progress: Progress) -> None:
    if manifest.pictures != "copied":
        return
    wrong = []
    number = 0
    for sha256 in _listed(folder):
        number += 1
        path = folder / PICTURES / sha256
        if not path.is_file() or digest_of(path) != sha256:
            wrong.append(sha256)
        progress("pictures", number, manifest.pictures_number)
    if number != manifest.pictures_number:
        raise BackupDamaged(f"The list names {number} pictures, the manifest {manifest.pictures_number}.")
    if wrong:
        raise BackupDamaged(
            f"{len(wrong)} pictures of the back-up are missing or altered: {', '.join(one[:12] for one in wrong[:5])}."
            " Take another one, or the pictures from another one."
        )


def _restore_pictures(
    folder: Path, manifest: Manifest, pictures: Pictures, progress: Progress
) -> tuple[int, list[str]]:
    """Return how many were put, and which could not be taken from the back-up."""
    put, rotten = 0, []
    for number, sha256 in enumerate(_listed(folder) if manifest.pictures == "copied" else (), start=1):
        progress("pictures", number, manifest.pictures_number)
        if pictures.vouched(sha256) is not None:
            continue
        path = folder / PICTURES / sha256
        if not path.is_file():
            rotten.append(sha256)
            continue
        incoming = pictures.receive(sha256, path.stat().st_size)
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    incoming.write(piece)
            incoming.finish()
        except PictureRejected:
            rotten.append(sha256)
            continue
        finally:
            incoming.discard()
        put += 1
    return put, rotten


def _listed(folder: Path) -> Iterator[str]:
    with (folder / PICTURE_LIST).open(encoding="ascii") as lines:
        for line in lines:
            sha256 = line.partition(" ")[0]
            if not is_sha256(sha256):
                raise BackupDamaged(f"{folder / PICTURE_LIST} holds a line that names no picture.")
            yield sha256


def _absent(folder: Path, pictures: Pictures) -> list[str]:
    there = {sha256 for sha256, _ in pictures.listed()}
    return [sha256 for sha256 in _listed(folder) if sha256 not in there]
