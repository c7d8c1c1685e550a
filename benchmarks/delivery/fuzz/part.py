"""The benchmark's part: so many messages to each handler, on two processes, and what is asked of all of them."""

from __future__ import annotations

import gc
import logging
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from benchmarks.delivery.fuzz import to_clinic, to_instrument
from benchmarks.delivery.fuzz.strangers import PictureDesk, Registry
from benchmarks.delivery.fuzz.tally import Tally, resident_mb
from benchmarks.targets import Bound

Row: TypeAlias = tuple[str, str, str, str]

SEED = 6
PROCESSES = 2

_STORE_LIVES_FOR = 20_000
"""Messages until a store is compared with what it should hold, and another one made: a disk is not what is tried."""

_INSTRUMENT_LIVES_FOR = 2000
"""Messages until most of its captures have their receipts."""

_FEWER = {"certificates": 10, "pictures": 100}
"""Of messages by HTTPS there are so many times fewer."""

FAULTS = Bound("faults", "crashed, lost, or answered wrongly", high=0, digits=0)
UNACCOUNTED = Bound("unaccounted", "messages that ended in nothing known", high=0, digits=0)
SLOWEST_S = Bound("slowest_s", "slowest step", high=1.0, digits=3, unit="s")
GROWN_MB = Bound("grown_mb", "memory, from a tenth of the run to its end", high=20.0, digits=1, unit="MB")

_NAMES = {
    "clinic": "to the collector",
    "instrument": "to the instrument's receipt and answer handlers",
    "certificates": "enrolments, renewals and the answers to them",
    "pictures": "picture files",
}


def rows(runs: int, processes: int = PROCESSES) -> list[Row]:
    """Send ``runs`` messages to the collector and as many to the instrument, and word what is asked and reached.

    Parameters
    ----------
    runs
        A tenth as many requests for certificates and answers are sent besides, and a hundredth as many pictures.
    processes
        Among which the numbers are divided; 1 for this one alone.
    """
    tallies = tallied(runs, processes)
    return [row for name, tally in tallies.items() for row in _worded(name, tally)]


def tallied(runs: int, processes: int = PROCESSES, seed: int = SEED) -> dict[str, Tally]:
    """Send the messages, and return what became of them by handler."""
    shares = [range(runs * one // processes, runs * (one + 1) // processes) for one in range(processes)]
    if processes == 1:
        return _sent(seed, shares[0])
    with ProcessPoolExecutor(processes) as executor:
        first, *others = executor.map(_sent, [seed] * processes, shares)
    for other in others:
        first = {name: tally.joined(other[name]) for name, tally in first.items()}
    return first


def _worded(name: str, tally: Tally) -> Iterator[Row]:
    became = ", ".join(f"{count} {word}" for word, count in tally.became.most_common())
    yield f"fuzz, {_NAMES[name]}", f"{tally.sent} messages", became, ""
    for bound, value in (
        (FAULTS, tally.fault_count),
        (UNACCOUNTED, tally.unaccounted),
        (SLOWEST_S, tally.slowest_s),
        (GROWN_MB, tally.grown_mb),
    ):
        yield f"fuzz, {_NAMES[name]}: {bound.words}", bound.asked(), bound.shown(value), bound.verdict(value)
    for fault in tally.faults:
        yield f"fuzz, {_NAMES[name]}", "no fault", fault, "**fault**"


def _sent(seed: int, numbers: range) -> dict[str, Tally]:
    tallies = {name: Tally() for name in _NAMES}
    with _quiet(), tempfile.TemporaryDirectory() as folder:
        for name, send in (("clinic", _to_clinic), ("instrument", _to_instrument)):
            send(Path(folder), seed, numbers, tallies[name])
        for name, of_number in (
            ("certificates", Registry(Path(folder, "registry"), tallies["certificates"]).exchange),
            ("pictures", PictureDesk(Path(folder, "pictures"), tallies["pictures"]).receive),
        ):
            own = range(numbers.start // _FEWER[name], numbers.stop // _FEWER[name])
            for chunk in _watched(tallies[name], own, max(1, len(own) // 10)):
                for number in chunk:
                    of_number(seed, number)
    return tallies


def _to_clinic(folder: Path, seed: int, numbers: range, tally: Tally) -> None:
    length = min(_STORE_LIVES_FOR, max(to_clinic.BATCH, len(numbers) // 10))
    for chunk in _watched(tally, numbers, length):
        with _room(folder) as room:
            clinic = to_clinic.Clinic(room, tally)
            for start in range(chunk.start, chunk.stop, to_clinic.BATCH):
                batch = range(start, min(start + to_clinic.BATCH, chunk.stop))
                clinic.take_in([to_clinic.message(seed, number) for number in batch])
            clinic.close()


def _to_instrument(folder: Path, seed: int, numbers: range, tally: Tally) -> None:
    for chunk in _watched(tally, numbers, min(_INSTRUMENT_LIVES_FOR, max(1, len(numbers) // 10))):
        with _room(folder) as room:
            instrument = to_instrument.Instrument(room, tally)
            for number in chunk:
                instrument.hear(number, to_instrument.message(seed, number, instrument.kept, instrument.ask_id))
            instrument.close()


def _watched(tally: Tally, numbers: range, length: int) -> Iterator[range]:
    """Give the numbers in pieces, and note by how much memory grows from a tenth of them on."""
    early_mb: float | None = None
    for start in range(numbers.start, numbers.stop, length):
        if early_mb is None and start - numbers.start >= len(numbers) / 10:
            early_mb = _settled_mb()
        yield range(start, min(start + length, numbers.stop))
    tally.grown_mb = float("nan") if early_mb is None else _settled_mb() - early_mb


def _settled_mb() -> float:
    gc.collect()
    return resident_mb()


@contextmanager
def _room(folder: Path) -> Iterator[Path]:
    room = Path(tempfile.mkdtemp(dir=folder))
    try:
        yield room
    finally:
        shutil.rmtree(room)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep a line for each refused message off the screen."""
    known = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(known)
