"""The chair: keeps captures, now and then a comparison or a visit, and writes down what was accepted.

Run as ``python -m benchmarks.delivery.chaos.chair FOLDER JOURNAL SEED LIFE``; it works until SIGTERM. A line of the
journal is forced to the disk after `Store.keep` returned, as a technician would have read "kept" by then: what a line
names must never be lost. The journal lies on a disk of its own, which nothing spoils.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from benchmarks.delivery.captures import composer, picture
from contract import (
    Capture,
    Change,
    ComparedCapture,
    Comparison,
    Picture,
    Site,
    Visit,
    content_sha256,
    new_message_id,
)
from device import clock
from device.demo.clinic import CLINIC, DEVICE
from device.store import Store, StoreUnusable

PATIENTS = 4
_PAUSE_S = (0.05, 0.35)
_AFTER_REFUSAL_S = 0.1
_OTHER_SHARE, _LATER_VISIT_SHARE = 0.25, 0.2
_LARGE_SHARE = 0.04
_SMALL_BYTES, _LARGE_BYTES = (20_000, 1_000_000), 10_000_000
_LIVES_OF_ONE = 1_000
_PICTURES_OF_A_LIFE = 10_000


@dataclass(frozen=True)
class Accepted:
    """One line of the journal."""

    message_id: str
    content_sha256: str
    picture_sha256: str | None


class Journal:
    """The file of what was accepted.

    Parameters
    ----------
    path : Path
        Made if it is not there; what it holds stays.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(self._file, b"\n")  # ends a line that a kill broke off

    def write(self, accepted: Accepted) -> None:
        """Add a line; it is on the disk when this returns."""
        os.write(self._file, json.dumps(asdict(accepted)).encode() + b"\n")
        os.fsync(self._file)

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)


def read_journal(path: Path) -> list[Accepted]:
    """Return all whole lines of a journal."""
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return [Accepted(**json.loads(line)) for line in lines if line.endswith("}")]


class Chair:
    """Keeps one message after the other.

    Parameters
    ----------
    folder : Path
        The device's state folder.
    journal : Journal
    seed, life : int
        The scenario, and how often the chair was started before in it.
    """

    def __init__(self, folder: Path, journal: Journal, seed: int, life: int) -> None:
        self._folder = folder
        self._journal = journal
        self._chance = random.Random(f"{seed} {life}")  # noqa: S311  drawn anew by its number
        self._next_picture = (seed * _LIVES_OF_ONE + life) * _PICTURES_OF_A_LIFE
        self._last_of: dict[str, Capture] = {}
        self.stopping = threading.Event()

    def work(self) -> None:
        """Keep until told to stop; what the disk refuses was not accepted, and another one is taken."""
        while not self.stopping.is_set():
            try:
                with closing(Store(self._folder)) as store:
                    while not self.stopping.is_set():
                        self._keep_one(store)
                        self.stopping.wait(self._chance.uniform(*_PAUSE_S))
            except (StoreUnusable, sqlite3.Error):
                self.stopping.wait(_AFTER_REFUSAL_S)

    def _keep_one(self, store: Store) -> None:
        followed = self._chance.choice(list(self._last_of.values())) if self._last_of else None
        message: Capture | Comparison | Visit
        if followed is None or self._chance.random() > _OTHER_SHARE:
            message = self._keep_capture(store)
        elif self._chance.random() < 0.5:
            message = store.keep_message(lambda sequence: _visit(followed, sequence))
        else:
            message = store.keep_message(lambda sequence: _comparison(followed, sequence))
        shown = message.picture.sha256 if isinstance(message, Capture) else None
        self._journal.write(Accepted(str(message.message_id), content_sha256(message.encode()), shown))

    def _keep_capture(self, store: Store) -> Capture:
        large = self._chance.random() < _LARGE_SHARE
        shown, content = picture(self._next_picture, _LARGE_BYTES if large else self._chance.randint(*_SMALL_BYTES))
        self._next_picture += 1
        patient = self._chance.randrange(PATIENTS)
        visit_number = 2 if self._chance.random() < _LATER_VISIT_SHARE else 1
        capture = store.keep(shown, content, lambda sequence: _capture(shown, patient, visit_number, sequence))
        self._last_of[capture.patient_code] = capture
        return capture


def _capture(shown: Picture, patient: int, visit_number: int, sequence: int) -> Capture:
    capture = composer(shown, patient, visit_number, clinic_id=CLINIC, device_id=DEVICE)(sequence)
    return capture.model_copy(update={"created_at": clock.now(), "taken_at": clock.now()})


def _visit(of: Capture, sequence: int) -> Visit:
    return Visit.model_validate(
        _envelope(of, sequence)
        | {
            "visit_number": of.visit_number,
            "visit_date": clock.date_here(),
            "protocol": (Site.FRONTAL, Site.OCCIPITAL),
            "taken": (Site.FRONTAL,),
        }
    )


def _comparison(of: Capture, sequence: int) -> Comparison:
    followup = ComparedCapture(message_id=of.message_id, device_id=of.device_id, visit_number=2, taken_at=of.taken_at)
    return Comparison.model_validate(
        _envelope(of, sequence)
        | {
            "site": of.site,
            "baseline": followup.model_copy(update={"message_id": new_message_id(), "visit_number": 1}),
            "followup": followup,
            "change": Change(same_place=0.99, matched=140, new=6, lost=3),
        }
    )


def _envelope(of: Capture, sequence: int) -> dict[str, object]:
    return {
        "message_id": new_message_id(),
        "clinic_id": of.clinic_id,
        "device_id": of.device_id,
        "boot_id": of.boot_id,
        "sequence": sequence,
        "created_at": clock.now(),
        "clock_trusted": True,
        "patient_code": of.patient_code,
        "software_version": of.software_version,
    }


def _main(folder: str, journal: str, seed: str, life: str) -> None:
    chair = Chair(Path(folder), Journal(Path(journal)), int(seed), int(life))

    def end(_number: int, _frame: FrameType | None) -> None:
        chair.stopping.set()

    signal.signal(signal.SIGTERM, end)
    print("chair ready", flush=True)  # noqa: T201  the line that the scenario waits for
    chair.work()


if __name__ == "__main__":
    _main(*sys.argv[1:])
