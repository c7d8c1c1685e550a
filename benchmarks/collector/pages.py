"""How long the server takes for every page of a clinic of 2,000 patients and 100,000 captures, and how large it is."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from benchmarks.collector.every_page import Address, FilledClinic
from benchmarks.collector.filled_store import CAPTURES_EACH
from benchmarks.targets import Bound
from tests.postgresql import postgresql

Row: TypeAlias = tuple[str, str, str, str]

SERVER_TIME = Bound("p95_ms", "server time, p95", high=150.0, digits=0, unit="ms")
SIZE = Bound("kilobytes", "size", high=300.0, digits=0, unit="kB")

_ASKED = 60
_WARMING = 3


@dataclass(frozen=True)
class Measured:
    """One page over many requests, each to another patient."""

    name: str
    p50_ms: float
    p95_ms: float
    cpu_p95_ms: float
    kilobytes: float


def rows(runs: int) -> list[Row]:
    """Measure every page on SQLite and on PostgreSQL, and word what is asked and reached: the slowest first.

    Parameters
    ----------
    runs
        Captures in the store.
    """
    number = max(1, runs // CAPTURES_EACH)
    lines: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        for database, place in (("SQLite", None), ("PostgreSQL", cluster.fresh())):
            own = Path(folder) / database
            own.mkdir()
            begun_s = time.monotonic()
            with FilledClinic(own, number, place) as clinic:
                filled_s = time.monotonic() - begun_s
                lines.append((f"{database}: {number:,} patients filled in", "", f"{filled_s:.0f} s", ""))
                measured = [measure(clinic, address) for address in clinic.addresses()]
            lines += worded(database, measured)
    return lines


def measure(clinic: FilledClinic, address: Address, asked: int = _ASKED) -> Measured:
    """Ask for one page of many patients.

    Raises
    ------
    RuntimeError
        If one was not shown.
    """
    for number in range(_WARMING):
        clinic.ask(address, number)
    seconds, cpu_seconds, sizes = [], [], []
    for number in range(_WARMING, _WARMING + asked):
        answer = clinic.ask(address, number)
        if answer.status != 200:
            raise RuntimeError(f"{address.name} of {address.role}: {answer.status} {answer.text}")
        seconds.append(answer.seconds)
        cpu_seconds.append(answer.cpu_seconds)
        sizes.append(answer.size_bytes)
    p95, cpu_p95 = (1000 * statistics.quantiles(one, n=20)[-1] for one in (seconds, cpu_seconds))
    name = f"{address.name} ({address.role.value})"
    return Measured(name, 1000 * statistics.median(seconds), p95, cpu_p95, max(sizes) / 1000)


def worded(database: str, measured: list[Measured]) -> list[Row]:
    """Word what was measured, the slowest page first."""
    lines = []
    for one in sorted(measured, key=lambda one: -one.p95_ms):
        # Computing beside waiting: where both are far apart, something else was busy on the machine.
        beside = f"p50 {one.p50_ms:.0f} ms, computing p95 {one.cpu_p95_ms:.0f} ms"
        reached = f"{SERVER_TIME.shown(one.p95_ms)} ({beside}), {SIZE.shown(one.kilobytes)}"
        verdicts = {SERVER_TIME.verdict(one.p95_ms), SIZE.verdict(one.kilobytes)}
        short = "; ".join(sorted(verdicts - {"met"}))
        name = f"{database}: `{one.name}`".replace("|", "\\|")
        lines.append((name, f"{SERVER_TIME.asked()}, {SIZE.asked()}", reached, short or "met"))
    return lines
