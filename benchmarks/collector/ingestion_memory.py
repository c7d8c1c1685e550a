"""Whether a collector's memory grows with what passes through it."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from benchmarks.collector.ingestion_load import PlainBroker, Publisher, await_true, captures, collector, renewed
from benchmarks.targets import Bound

Row: TypeAlias = tuple[str, str, str, str]

_TEMPLATES = 300
_LOOK_S = 0.05
_MOST_AHEAD = 4000
_WARM = 0.1  # of all: what a program grows to once, its caches and its process that validates
_STANDS_STILL_S = 30.0

GROWTH = Bound("growth", "growth", high=0.05, digits=1, unit="%")


@dataclass(frozen=True)
class Held:
    """What the collector and its processes held, in MB, after each capture count that was looked at."""

    counts: tuple[int, ...]
    mb: tuple[float, ...]

    def most(self, begin: float, end: float) -> float:
        """Return the most that was held between two shares of all captures."""
        last = self.counts[-1]
        return max(mb for count, mb in zip(self.counts, self.mb, strict=True) if begin * last <= count <= end * last)


def rows(runs: int) -> list[Row]:
    """Let captures pass, and word what was held in the first and the last third after warming up.

    Parameters
    ----------
    runs
        Captures.
    """
    with tempfile.TemporaryDirectory() as folder:
        held = measure(Path(folder), runs)
    early, late = held.most(_WARM, 0.4), held.most(0.7, 1.0)
    grown = late / early - 1
    return [
        (
            f"memory held over {runs:,} captures: the last 30 %'s most, against that from 10 to 40 %",
            GROWTH.asked(),
            f"{GROWTH.shown(grown)} ({early:.0f} to {late:.0f} MB, both processes)",
            GROWTH.verdict(grown),
        )
    ]


def measure(folder: Path, number: int) -> Held:
    """Publish captures to a collector on SQLite, and look at its memory and rows while they come."""
    templates = captures(_TEMPLATES)
    database = folder / "rows.sqlite3"

    counts: list[int] = []
    mb: list[float] = []

    def load() -> Iterator[bytes]:
        for place in range(number):
            # the product's broker keeps 10,000 messages; what it would drop is not what is measured here
            while counts and place - counts[-1] > _MOST_AHEAD:
                time.sleep(_LOOK_S / 10)
            yield renewed(templates[place % _TEMPLATES], place + 1)

    with PlainBroker(folder / "broker") as broker, collector(broker.port, database, folder / "log") as process:
        await_true(lambda: broker.subscriptions("ask/baseline") > 0, "the collector subscribes")
        with Publisher(broker.port, load()), closing(sqlite3.connect(database, timeout=20)) as reader:
            known_s = time.monotonic()
            while not counts or counts[-1] < number:
                time.sleep(_LOOK_S)
                count = int(reader.execute("SELECT coalesce(max(rowid), 0) FROM captures").fetchone()[0])
                if not counts or count > counts[-1]:
                    known_s = time.monotonic()
                elif time.monotonic() - known_s > _STANDS_STILL_S:
                    raise RuntimeError(f"it stands still at {count} captures of {number}")
                counts.append(count)
                mb.append(_held_mb(process.pid))
    return Held(tuple(counts), tuple(mb))


def _held_mb(pid: int) -> float:
    """Return the memory of a process and its children in MB, without what files are mapped to."""
    return sum(_resident_kb(one) for one in (pid, *_children(pid))) / 1000


def _children(pid: int) -> list[int]:
    # each thread lists those that it started
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]


def _resident_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1])
    return 0
