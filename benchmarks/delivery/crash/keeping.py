"""The program that is cut off: a device that keeps captures, or a collector that takes them in. Says what it promises.

    python -m benchmarks.delivery.crash.keeping device|collector FOLDER SEED CAPTURES PICTURE_BYTES PAUSE_S [FAULT]

Each line is ``kept ID SHA256 PICTURE`` or ``received PICTURE``, printed once the store has promised it. ``careless``
forces nothing to the disk: what looks on must see that. ``killed`` ends, with each picture, between its rename and the
sync of its folder, and starts again: the picture is there then, and its name may not be on the disk.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast
from unittest.mock import patch

from benchmarks.delivery.captures import composer, picture
from collector.ingestion.decisions import decide
from collector.pictures.folder import PicturesInFolder
from collector.store.store import Store as ClinicStore
from contract import Channel, Outcome, Picture, Topic, content_sha256
from device.store import Store

CLINIC, DEVICE = "demo", "chair-1"
_CHUNK_BYTES = 64 * 1024


class _Killed(BaseException):
    """Where a signal would have ended the program; nothing that handles errors sees it."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be kept, where, and with which fault; as in the command line."""

    folder: Path
    seed: int
    captures: int
    picture_bytes: int
    pause_s: float
    fault: str


def keep(work: Work) -> None:
    """Keep captures in a device's store."""
    with closing(Store(work.folder)) as store:
        if work.fault == "careless":
            _forget_syncs(store.connection)
        for number in range(1, work.captures + 1):
            shown, content = picture(work.seed + number, work.picture_bytes)
            compose = composer(shown, patient=number, visit_number=1, clinic_id=CLINIC, device_id=DEVICE)
            if work.fault == "killed":
                _killed_at_a_folder(partial(store.keep, shown, content, compose))
            capture = store.keep(shown, content, compose)
            _say(f"kept {capture.message_id} {content_sha256(capture.encode())} {shown.sha256}")
            time.sleep(work.pause_s)


def collect(work: Work) -> None:
    """Take captures and their pictures in, as the collector's subscriber and its picture service do."""
    topic = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))
    pictures = PicturesInFolder(work.folder / "pictures")
    with closing(ClinicStore(work.folder / "collector.sqlite3")) as store:
        if work.fault == "careless":
            with closing(store.database._writers.raw_connection()) as writer:
                _forget_syncs(cast(sqlite3.Connection, writer.driver_connection))
        for number in range(1, work.captures + 1):
            shown, content = picture(work.seed + number, work.picture_bytes)
            if work.fault == "killed":
                _killed_at_a_folder(partial(_receive, pictures, shown, content))
            _receive(pictures, shown, content)
            _say(f"received {shown.sha256}")
            compose = composer(shown, patient=number, visit_number=1, clinic_id=CLINIC, device_id=DEVICE)
            payload = compose(number).encode()
            (answer,) = store.store_batch([decide(CLINIC, topic, payload)], datetime.now(UTC))
            if answer is None or answer.receipt.outcome is not Outcome.STORED:
                raise RuntimeError("the collector's store did not take a capture")
            _say(f"kept {answer.receipt.message_id} {content_sha256(payload)} {shown.sha256}")
            time.sleep(work.pause_s)


def _receive(pictures: PicturesInFolder, shown: Picture, content: bytes) -> None:
    incoming = pictures.receive(shown.sha256, shown.size_bytes)
    try:
        for start in range(0, len(content), _CHUNK_BYTES):
            incoming.write(content[start : start + _CHUNK_BYTES])
        incoming.finish()
    finally:
        incoming.discard()


def _killed_at_a_folder(task: Callable[[], object]) -> None:
    """Do a task until a folder's names would be forced to the disk, and no further."""
    sync = os.fsync

    def sync_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise _Killed
        sync(descriptor)

    with suppress(_Killed), patch.object(os, "fsync", sync_files_only):
        task()


def _forget_syncs(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    patch.object(os, "fsync", lambda _descriptor: None).start()


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # in one write, as the trace shows it


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    side, folder, seed, captures, picture_bytes, pause_s, fault = [*arguments, "none"][:7]
    work = Work(Path(folder), int(seed), int(captures), int(picture_bytes), float(pause_s), fault)
    (keep if side == "device" else collect)(work)


if __name__ == "__main__":
    main(sys.argv[1:])
