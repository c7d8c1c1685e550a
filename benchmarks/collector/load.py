"""Two hundred simulated chairs at many times their real pace, against two collectors that share one PostgreSQL.

Everything is a clinic's: mosquitto in the product's configuration, a certificate for each chair, and twice
``trichoscope-collector run``. The chairs keep the device's rules (:mod:`benchmarks.collector.instruments`). They and
the server work on the same cores here: what is measured is a floor.
"""

from __future__ import annotations

import heapq
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import psycopg

from benchmarks.collector.collector_settings import Place, write_settings
from benchmarks.collector.ingestion_load import await_true
from benchmarks.collector.instruments import Instrument, Instruments, Sent
from benchmarks.delivery.captures import composer, picture
from benchmarks.targets import Bound
from collector import authority, broker
from contract import Capture, Channel, Topic, new_message_id
from device.demo.broker import mosquitto
from device.demo.processes import own_program
from tests.free_ports import free_port
from tests.postgresql import postgresql

Row: TypeAlias = tuple[str, str, str, str]

CHAIRS, COLLECTORS = 200, 2
CAPTURE_EVERY_S = 60.0
"""At a chair while its technician takes pictures, which all chairs are said to do at once."""
PACE = 20
_FASTER, _FASTER_S = (100, 200, 400), 15.0
_SITES = 6
_CLINIC, _DEVICE = "riverside", "template"
_LOOK_S = 0.005
_SAMPLE_S = 0.25
_EMPTY_WITHIN_S = 120.0

SLOWEST = Bound("p99", "from kept at the chair to its receipt, p99", high=2.0, digits=3, unit="s")
GROWTH = Bound("growth", "backlog, last third less first third, in seconds of the load", high=0.1, digits=3, unit="s")


@dataclass(frozen=True)
class Load:
    """What came of one pace.

    Parameters
    ----------
    per_s : float
        Captures kept a second.
    kept, stored : int
        Captures kept since the beginning, and rows in the end.
    waits_s : tuple of float
        Of each capture, from kept to its receipt.
    backlog : tuple of int
        How many waited for a receipt, looked at while captures were kept, at even times.
    """

    per_s: float
    kept: int
    stored: int
    waits_s: tuple[float, ...]
    backlog: tuple[int, ...]

    def wait_s(self, per_cent: float) -> float:
        """Return a percentile of the waits."""
        return float(np.percentile(self.waits_s, per_cent))

    @property
    def growth_s(self) -> float:
        """How much more waits in the last third than in the first, in seconds of the load."""
        third = max(1, len(self.backlog) // 3)
        return float(np.mean(self.backlog[-third:]) - np.mean(self.backlog[:third])) / self.per_s


def rows(runs: int) -> list[Row]:
    """Let the chairs work at the pace that is asked for, then faster, and word what was reached.

    Parameters
    ----------
    runs
        Seconds at the pace that is asked for.
    """
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        asked, *faster = measure(
            Path(folder), cluster.fresh(), [(PACE, runs), *((pace, _FASTER_S) for pace in _FASTER)]
        )
    missing = Bound("missing", "captures missing or doubled", high=0, digits=0)
    away = abs(asked.kept - asked.stored)
    about = f"{CHAIRS} chairs at {PACE} times their pace, {asked.per_s:.0f} captures/s"
    most = max(asked.backlog)
    return [
        (
            f"{about}: {SLOWEST.words}",
            SLOWEST.asked(),
            f"{SLOWEST.shown(asked.wait_s(99))} (p50 {asked.wait_s(50):.3f}, most {asked.wait_s(100):.3f} s)",
            SLOWEST.verdict(asked.wait_s(99)),
        ),
        (
            f"{about}: {GROWTH.words}",
            GROWTH.asked(),
            f"{GROWTH.shown(asked.growth_s)} (at most {most} waited)",
            GROWTH.verdict(asked.growth_s),
        ),
        (f"{about}: {missing.words}", missing.asked(), f"{away} of {asked.kept:,}", missing.verdict(away)),
        *(
            (
                f"the same chairs at {pace} times their pace, {one.per_s:.0f} captures/s",
                "-",
                f"p50 {one.wait_s(50):.2f}, p99 {one.wait_s(99):.2f} s; backlog grew by {one.growth_s:.2f} s of the"
                f" load; {abs(one.kept - one.stored)} missing or doubled",
                "",
            )
            for pace, one in zip(_FASTER, faster, strict=True)
        ),
    ]


def measure(folder: Path, database: str, paces: Sequence[tuple[float, float]], chairs: int = CHAIRS) -> list[Load]:
    """Let chairs keep captures at one pace after the other, each for so many seconds, until all are receipted."""
    names = [f"chair-{place + 1}" for place in range(chairs)]
    loads: list[Load] = []
    with _clinic(folder, database, names) as broker_port, ExitStack() as ends:
        instruments = ends.enter_context(Instruments(_CLINIC, names, folder / "certificates", broker_port))
        await_true(lambda: all(one.connected.is_set() for one in instruments.all), "all chairs are connected")
        reader = ends.enter_context(psycopg.connect(database, autocommit=True))
        for pace, lasts_s in paces:
            every_s = CAPTURE_EVERY_S / pace
            kept, backlog = _keep(instruments, every_s, lasts_s, first=1000 * len(loads))
            await_true(lambda: instruments.open == 0, "every capture has its receipt", _EMPTY_WITHIN_S)
            # the others of earlier paces are counted with them: all that was kept is to be there
            total = sum(len(one.kept) for one in instruments.all)
            stored = int((reader.execute("SELECT count(*) FROM captures").fetchone() or (0,))[0])
            waits_s = tuple(one.receipted_s - one.kept_s for one in kept if one.receipted_s is not None)
            loads.append(Load(len(kept) / lasts_s, total, stored, waits_s, tuple(backlog)))
    return loads


def _keep(instruments: Instruments, every_s: float, lasts_s: float, first: int) -> tuple[list[Sent], list[int]]:
    """Keep captures at every chair, each at times of its own; return them, and how many waited meanwhile."""
    chance = random.Random(every_s)  # noqa: S311  a load
    begun_s = time.monotonic()
    due = [(begun_s + chance.uniform(0, every_s), place) for place in range(len(instruments.all))]
    heapq.heapify(due)
    template = composer(picture(1, 20_000)[0], 0, 1, clinic_id=_CLINIC, device_id=_DEVICE)(1)
    encoded = template.encode()
    kept, backlog, numbers, sample_s = [], [], [first] * len(instruments.all), begun_s
    while (now_s := time.monotonic()) < begun_s + lasts_s:
        while due[0][0] <= now_s:
            at_s, place = heapq.heappop(due)
            heapq.heappush(due, (at_s + chance.uniform(0.5, 1.5) * every_s, place))
            one = _sent(template, encoded, instruments.all[place], numbers[place])
            numbers[place] += 1
            kept.append(one)
            instruments.do(partial(instruments.all[place].keep, one))
        if now_s >= sample_s:
            sample_s += _SAMPLE_S
            backlog.append(instruments.open)
        time.sleep(_LOOK_S)
    return kept, backlog


def _sent(template: Capture, encoded: bytes, instrument: Instrument, number: int) -> Sent:
    # six sites of one patient, then the next: those of one wait for each other, as at a chair
    patient = f"P-{instrument.device_id.removeprefix('chair-'):0>4}{number // _SITES:05d}"
    message_id = str(new_message_id())
    payload = encoded
    for old, new in (
        (str(template.message_id), message_id),
        (f'"{_DEVICE}"', f'"{instrument.device_id}"'),
        (f'"{template.patient_code}"', f'"{patient}"'),
    ):
        payload = payload.replace(old.encode(), new.encode())
    topic = str(Topic(_CLINIC, instrument.device_id, Channel.CAPTURE))
    return Sent(message_id, patient, topic, payload, time.monotonic())


@contextmanager
def _clinic(folder: Path, database: str, chairs: list[str]) -> Iterator[int]:
    """Run broker and collectors; give the broker's port."""
    certificates, port = folder / "certificates", free_port()
    members = [f"collector-{place + 1}" for place in range(COLLECTORS)]
    authority.ensure_authority(certificates)
    authority.ensure_server(certificates, [])
    for name in (*members, *chairs):
        authority.ensure_client(certificates, name)
    broker.write(
        folder / "broker",
        clinic_id=_CLINIC,
        certificates=certificates,
        port=port,
        address="127.0.0.1",
        user="root" if os.geteuid() == 0 else None,
        collectors=members,
    )
    with ExitStack() as ends:
        _start(
            ends, [mosquitto() or "mosquitto", "-c", str(folder / "broker" / broker.CONFIGURATION)], folder / "b.log"
        )
        for member in members:  # one after the other: the first makes the tables
            place = Place(
                clinic_id=_CLINIC,
                name=member,
                state_folder=folder / member,
                certificates=certificates,
                broker_port=port,
                pictures_port=free_port(),
                page_port=free_port(),
                url=database,
                shared=True,
            )
            settings = write_settings(folder / f"{member}.toml", place)
            log = folder / f"{member}.log"
            _start(ends, [own_program("trichoscope-collector"), "run", "--settings", str(settings)], log)
            await_true(lambda log=log: "Connected to the broker" in log.read_text(encoding="utf-8"), "it subscribes")  # type: ignore[misc]
        yield port


def _start(ends: ExitStack, command: list[str], log: Path) -> None:
    with log.open("ab") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=os.environ | {"OMP_NUM_THREADS": "1"})

    def end() -> None:
        process.terminate()
        process.wait(20)

    ends.callback(end)
