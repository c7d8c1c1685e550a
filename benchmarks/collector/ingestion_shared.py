"""Four collectors that share a clinic's captures over one PostgreSQL, each of them killed while captures come."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psycopg

from benchmarks.collector.ingestion_load import PlainBroker, Publisher, await_true, captures, start_collector
from benchmarks.targets import Bound
from tests.postgresql import postgresql

Row: TypeAlias = tuple[str, str, str, str]

COLLECTORS = 4
_GROUP = "clinic"
_WITHIN_S = 240.0

MISSING = Bound("missing", "captures that are missing", high=0, digits=0)
DOUBLED = Bound("doubled", "captures that are there twice", high=0, digits=0)
LEAST_SHARE = Bound("least_share", "share of the collector that did least", low=0.10, digits=0, unit="%")


@dataclass(frozen=True)
class Shared:
    """What was left of so many captures, and what each collector took in.

    Parameters
    ----------
    sent, stored, distinct : int
        Captures published, rows, and different ids among them.
    kills : int
        Of collectors, each with SIGKILL, each started again.
    shares : tuple of float
        Of what was committed, each member's part.
    """

    sent: int
    stored: int
    distinct: int
    kills: int
    shares: tuple[float, ...]


def rows(runs: int) -> list[Row]:
    """Let four collectors take captures in, kill each once, and word what is asked and reached.

    Parameters
    ----------
    runs
        Captures.
    """
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        shared = measure(Path(folder), runs, cluster.fresh())
    missing, doubled = shared.sent - shared.distinct, shared.stored - shared.distinct
    about = f"of {shared.sent:,} on {COLLECTORS} collectors, {shared.kills} kills"
    least = min(shared.shares)
    every = ", ".join(f"{100 * share:.0f} %" for share in shared.shares)
    return [
        (f"{MISSING.words}, {about}", MISSING.asked(), str(missing), MISSING.verdict(missing)),
        (f"{DOUBLED.words}, {about}", DOUBLED.asked(), str(doubled), DOUBLED.verdict(doubled)),
        (LEAST_SHARE.words, LEAST_SHARE.asked(), f"{LEAST_SHARE.shown(least)} ({every})", LEAST_SHARE.verdict(least)),
    ]


def measure(folder: Path, number: int, database: str) -> Shared:
    """Publish captures to four collectors, kill each once while they come, start it again, and count what is there."""
    load = captures(number)
    members = [f"collector-{place + 1}" for place in range(COLLECTORS)]

    def start(member: str, broker: PlainBroker) -> subprocess.Popen[bytes]:
        return start_collector(broker.port, database, folder / f"{member}.log", group=_GROUP, member=member)

    with ExitStack() as ends, PlainBroker(folder / "broker") as broker:
        running: dict[str, subprocess.Popen[bytes]] = {}
        ends.callback(_end_all, running)
        # one after the other: the first makes the tables
        for place, member in enumerate(members):
            running[member] = start(member, broker)
            await_true(lambda wanted=place + 1: broker.subscriptions("ask/baseline") >= wanted, "it subscribes")  # type: ignore[misc]
        reader = ends.enter_context(psycopg.connect(database, autocommit=True))

        def stored() -> int:
            return int((reader.execute("SELECT count(*) FROM captures").fetchone() or (0,))[0])

        with Publisher(broker.port, load):
            _await_rows(stored, number // 10)
            for place, member in enumerate(members):
                _await_rows(stored, number * (place + 2) // 10)
                running[member].kill()
                running[member].wait()
                running[member] = start(member, broker)
        _await_rows(stored, number)
        _end_all(running)
        counted = reader.execute("SELECT count(*), count(DISTINCT message_id) FROM captures").fetchone()
        rows_left, distinct = counted or (0, 0)
        return Shared(number, rows_left, distinct, COLLECTORS, _shares(folder, members))


def _shares(folder: Path, members: list[str]) -> tuple[float, ...]:
    counts = [sum(map(int, (folder / f"{member}.taken").read_text(encoding="utf-8").split())) for member in members]
    return tuple(count / max(1, sum(counts)) for count in counts)


def _await_rows(stored: Callable[[], int], wanted: int) -> None:
    await_true(lambda: stored() >= wanted, f"{wanted} captures are stored", _WITHIN_S)


def _end_all(running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        if process.poll() is None:
            process.terminate()
        process.wait(_WITHIN_S)
