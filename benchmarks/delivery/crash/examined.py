"""What is found in a folder after a power cut: everything promised, nothing by halves, and a store that goes on."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.delivery.captures import composer, picture
from benchmarks.delivery.crash.keeping import CLINIC, DEVICE
from collector.ingestion.decisions import decide
from collector.pictures.folder import PicturesInFolder
from collector.store.store import Store as ClinicStore
from contract import Channel, Topic, content_sha256
from device.store import Store

_SMALL_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A capture as its keeper named it.

    Parameters
    ----------
    message_id : str
    content_sha256 : str
        Of the message's bytes.
    picture_sha256 : str
    """

    message_id: str
    content_sha256: str
    picture_sha256: str


@dataclass(frozen=True, slots=True)
class Promises:
    """What was promised before a moment.

    Parameters
    ----------
    kept : tuple of Kept
        In order.
    pictures : frozenset of str
        Digests of the pictures that were promised by themselves.
    """

    kept: tuple[Kept, ...]
    pictures: frozenset[str]


def promises(lines: Sequence[str]) -> Promises:
    """Read what :mod:`~benchmarks.delivery.crash.keeping` said; a half line at the end counts for nothing."""
    words = [line.split() for line in lines]
    kept = tuple(Kept(*rest) for what, *rest in words if what == "kept")
    return Promises(kept, frozenset(rest[0] for what, *rest in words if what == "received"))


def device_faults(folder: Path, promised: Promises, seed: int, picture_bytes: int) -> list[str]:
    """Open a device's store after a power cut, look at all it holds, and keep in it what was interrupted.

    Parameters
    ----------
    folder
        The state folder as the power cut left it.
    promised
        What its keeper had promised until then.
    seed, picture_bytes
        Of the keeper: they give the picture that it was about to keep.

    Returns
    -------
    list of str
        What is wrong, a sentence each; empty if nothing is.
    """
    try:
        with closing(Store(folder)) as store:
            faults = _missing_or_half(store.connection, "message", promised)
            faults += _pictures_wrong(_rows(store.connection, "message"), folder / "pictures")
            shown, content = picture(seed + len(promised.kept) + 1, picture_bytes)
            compose = composer(shown, patient=1, visit_number=2, clinic_id=CLINIC, device_id=DEVICE)
            again = store.keep(shown, content, compose)
            faults += _pictures_wrong({str(again.message_id): ("", shown.sha256)}, folder / "pictures")
            return faults + _broken(store.connection)
    except Exception as error:  # noqa: BLE001  whatever it is, the store does not serve
        return [f"the store cannot be used: {error!r}"]


def collector_faults(folder: Path, promised: Promises, *, one_at_a_time: bool) -> list[str]:
    """Open the collector's store and pictures after a power cut, look at all they hold, and take in one more.

    Parameters
    ----------
    folder
        The collector's folder as the power cut left it.
    promised
        What it had answered for until then.
    one_at_a_time
        Whether each capture was answered for before the next came; then at most one more may be there.

    Returns
    -------
    list of str
        What is wrong, a sentence each; empty if nothing is.
    """
    try:
        pictures = PicturesInFolder(folder / "pictures")
        pictures.sweep()
        there = {path.name for path in (folder / "pictures").iterdir() if path.is_file()}
        faults = [f"picture {name} was taken in and is gone" for name in promised.pictures - there]
        faults += [
            f"picture {name} is not what its name says" for name in there if not _whole(folder / "pictures" / name)
        ]
        path = folder / "collector.sqlite3"
        with closing(ClinicStore(path)) as store, closing(sqlite3.connect(path)) as database:
            faults += _missing_or_half(database, "captures", promised, one_at_a_time)
            shown, _ = picture(0, _SMALL_BYTES)
            compose = composer(shown, patient=1, visit_number=2, clinic_id=CLINIC, device_id=DEVICE)
            topic = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))
            store.store_batch([decide(CLINIC, topic, compose(1).encode())], datetime.now(UTC))
            return faults + _broken(database)
    except Exception as error:  # noqa: BLE001  whatever it is, the store does not serve
        return [f"the store cannot be used: {error!r}"]


def _missing_or_half(
    connection: sqlite3.Connection, table: str, promised: Promises, one_at_a_time: bool = True
) -> list[str]:
    """Compare rows with promises: each is there and unchanged; of others, one at a time, at most the one being kept."""
    there = _rows(connection, table)
    faults = [
        f"capture {number} was kept and is gone"
        for number, kept in enumerate(promised.kept, 1)
        if kept.message_id not in there
    ]
    of_promised = {kept.message_id: kept for kept in promised.kept}
    for message_id, (content, shown) in there.items():
        kept = of_promised.get(message_id)
        if kept is not None and (content, shown) != (kept.content_sha256, kept.picture_sha256):
            faults.append(f"capture {message_id} is not what was kept")
    if one_at_a_time and len(there.keys() - of_promised.keys()) > 1:
        faults.append("more is there than was kept and being kept")
    return faults


def _rows(connection: sqlite3.Connection, table: str) -> dict[str, tuple[str, str]]:
    """Return digest and picture of each capture's message, read from its bytes, by its id.

    Raises
    ------
    ValueError
        If a row names another digest than its bytes have.
    """
    rows = connection.execute(
        "SELECT message_id, payload, content_sha256, json_extract(payload, '$.picture.sha256')"  # noqa: S608
        f" FROM {table}"
    )
    found = {}
    for message_id, payload, stated, shown in rows:
        if content_sha256(bytes(payload)) != stated:
            raise ValueError(f"capture {message_id} is not what its row says")
        found[message_id] = (stated, shown)
    return found


def _pictures_wrong(rows: dict[str, tuple[str, str]], folder: Path) -> list[str]:
    return [f"capture {key} has no whole picture" for key, (_, shown) in rows.items() if not _whole(folder / shown)]


def _whole(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def _broken(connection: sqlite3.Connection) -> list[str]:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return [] if found == ["ok"] else [f"the database is broken: {found[0]}"]
