"""How many captures a second one collector takes in, beside what others offer between MQTT and a database."""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psycopg

from benchmarks.collector import ingestion_peers as peers
from benchmarks.collector.ingestion_load import EVERYTHING, PlainBroker, Publisher, await_true, captures, collector
from benchmarks.targets import Bound
from tests.postgresql import PostgreSQL, postgresql

Row: TypeAlias = tuple[str, str, str, str]

_ROUNDS = 3
_MOST_TO_SLOW_ONES = 1000
_LOOK_S = 0.01
_STANDS_STILL_S = 10.0
_WARMING = 200
_SETTLED_S = 2.0  # after the first captures: what they make a program start

_MQTTWARN, _LOGGER, _BRIDGE = "mqttwarn", "mqtt-logger", "mq-bridge"
_OURS, _OURS_TLS = "the collector", "the collector over mutual TLS"

SQLITE = (
    (_MQTTWARN, Bound("sqlite_mqttwarn", "on SQLite, of mqttwarn's", low=4.0, digits=1, unit="times")),
    (_LOGGER, Bound("sqlite_logger", "on SQLite, of mqtt-logger's", low=3.0, digits=1, unit="times")),
    (_BRIDGE, Bound("sqlite_bridge", "on SQLite, of mq-bridge's", low=0.5, unit="times")),
)
POSTGRESQL = (
    (_MQTTWARN, Bound("pg_mqttwarn", "on PostgreSQL, of mqttwarn's", low=15.0, digits=1, unit="times")),
    (_BRIDGE, Bound("pg_bridge", "on PostgreSQL, of mq-bridge's", low=0.5, unit="times")),
)


@dataclass(frozen=True)
class Taken:
    """What one run took in: a second, and the rows that it left."""

    per_s: float
    rows: int


def rows(runs: int) -> list[Row]:
    """Measure all in turn, three rounds, and word what is asked and reached.

    Parameters
    ----------
    runs
        Captures of a run; mqttwarn and mqtt-logger, which are slow, get at most 1000.
    """
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        on_sqlite = measure(Path(folder) / "sqlite", runs, None)
        on_postgresql = measure(Path(folder) / "postgresql", runs, cluster)
    return [*worded(on_sqlite, SQLITE), *worded(on_postgresql, POSTGRESQL)]


def worded(measured: dict[str, list[float]], bounds: Sequence[tuple[str, Bound]]) -> list[Row]:
    """Word what was measured, as ratios of medians."""
    ours = statistics.median(measured[_OURS])
    lines = []
    for peer, bound in bounds:
        theirs = statistics.median(measured[peer])
        reached = f"{bound.shown(ours / theirs)} ({ours:,.0f}/s, {peer} {theirs:,.0f}/s)"
        lines.append((f"captures a second {bound.words}", bound.asked(), reached, bound.verdict(ours / theirs)))
    over_tls = statistics.median(measured[_OURS_TLS])
    lines.append((f"the same {bounds[0][1].words.split(',')[0]}, over mutual TLS", "", f"{over_tls:,.0f}/s", ""))
    return lines


def measure(folder: Path, number: int, cluster: PostgreSQL | None, rounds: int = _ROUNDS) -> dict[str, list[float]]:
    """Return what each took in a second, in each round.

    Parameters
    ----------
    cluster
        Where the databases are; SQLite's files where it is None.
    """
    names = [_OURS, _OURS_TLS, _BRIDGE, _MQTTWARN] + ([_LOGGER] if cluster is None else [])
    load = captures(number)
    per_s: defaultdict[str, list[float]] = defaultdict(list)
    for around in range(rounds):
        for name in names:
            place = folder / f"{name.replace(' ', '-')}-{around}"
            place.mkdir(parents=True)
            own = load[:_MOST_TO_SLOW_ONES] if name in {_MQTTWARN, _LOGGER} else load
            per_s[name].append(_one(name, place, own, cluster))
    return per_s


def _one(name: str, folder: Path, load: Sequence[bytes], cluster: PostgreSQL | None) -> float:
    database: Path | str = folder / "rows.sqlite3" if cluster is None else cluster.fresh()
    ours = name in {_OURS, _OURS_TLS}
    warming = captures(_WARMING)
    with PlainBroker(folder / "broker") as broker:
        program: AbstractContextManager[subprocess.Popen[bytes]]
        if ours:
            over_tls = name == _OURS_TLS
            port, certificates = (broker.tls_port, broker.certificates) if over_tls else (broker.port, None)
            program = collector(port, database, folder / "log", certificates=certificates)
        else:
            program = peers.running(_command(name, folder, broker.port, database, cluster), folder)
        with program as process:
            subscribed = f"/+/{'ask/baseline'}" if ours else EVERYTHING
            await_true(lambda: broker.subscriptions(subscribed) > 0 or process.poll() is not None, f"{name} subscribes")
            count = _counter(name, database)
            _timed(broker, warming, count, 0)
            time.sleep(_SETTLED_S)
            taken = _timed(broker, load, count, count())
        if taken.rows != len(load) and name != _LOGGER:
            raise RuntimeError(f"{name} left {taken.rows} rows of {len(load)}: {folder}")
        return taken.per_s


def _command(name: str, folder: Path, port: int, database: Path | str, cluster: PostgreSQL | None) -> list[str]:
    if isinstance(database, Path):
        if name == _LOGGER:
            return peers.mqtt_logger(folder, port, database)
        table: Path | tuple[Path, str] = database
    else:
        if cluster is None:
            raise ValueError("a database of no cluster")
        with psycopg.connect(database, autocommit=True) as made:
            made.execute("CREATE TABLE r (payload TEXT)")
            table = cluster.folder, made.info.dbname
    return (peers.mqttwarn if name == _MQTTWARN else peers.mq_bridge)(folder, port, table)


def _counter(name: str, database: Path | str) -> Callable[[], int]:
    """Return what counts the rows; cheaply, as it takes of the machine that is measured."""
    table = {_OURS: "captures", _OURS_TLS: "captures", _LOGGER: "LOG"}.get(name, "r")
    if isinstance(database, Path):

        def on_sqlite() -> int:
            try:
                with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)) as reader:
                    return int(reader.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").fetchone()[0])  # noqa: S608
            except sqlite3.OperationalError:  # there is no table yet
                return 0

        return on_sqlite
    opened = psycopg.connect(database, autocommit=True)
    return lambda: int((opened.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,))[0])  # noqa: S608


def _timed(broker: PlainBroker, load: Sequence[bytes], count: Callable[[], int], before: int) -> Taken:
    begun_s = time.perf_counter()
    with Publisher(broker.port, load):
        known, known_s = 0, begun_s
        while known < len(load) and time.perf_counter() - known_s < _STANDS_STILL_S:
            if (now := count() - before) != known:
                known, known_s = now, time.perf_counter()
            time.sleep(_LOOK_S)
    return Taken(known / (known_s - begun_s), known)
