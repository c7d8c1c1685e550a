"""Both programs on a disk that loses its power: the device's keeping, and the collector with a device that delivers."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.delivery.captures import composer, picture
from benchmarks.delivery.crash.examined import Kept, Promises, collector_faults, device_faults, promises
from benchmarks.delivery.crash.loop_disk import LoopDisk
from benchmarks.delivery.crash.replayed import PICTURE_BYTES, Fault, Tally
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.store import Store
from tests.free_ports import free_ports

_MOST_CAPTURES = 100_000  # it is stopped long before
_PAUSE_S = 0.002
_CLINIC_PAUSE_S = 0.02
_DISK_MB = 100
_WITHIN_S = 20.0
_HOUSE = Path(__file__).parents[3]


def cut_device(seed: int, cuts: int, *, fault: Fault = "none") -> Tally:
    """Cut the power of a device that keeps one capture after another, at moments by chance; examine each disk."""
    chance, tally = random.Random(seed), Tally()  # noqa: S311  no secrecy
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name)
        disk = running.enter_context(LoopDisk(folder, "device", _DISK_MB))
        said = folder / "said"
        keeper = running.enter_context(_keeper(disk.root / "state", said, seed, fault))
        running.callback(keeper.kill)
        _await_lines(said, 1)
        for _ in range(cuts):
            time.sleep(chance.uniform(0.05, 0.4))
            with disk.cut(keeper.pid) as found:
                promised = promises(_whole_lines(said))
                tally.images += 1
                tally.faults += device_faults(found / "state", promised, seed, PICTURE_BYTES)
        tally.operations = len(_whole_lines(said))
        keeper.kill()
        keeper.wait()
    return tally


def _keeper(folder: Path, said: Path, seed: int, fault: Fault) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.delivery.crash.keeping", "device", str(folder), str(seed)]
    command += [str(_MOST_CAPTURES), str(PICTURE_BYTES), str(_PAUSE_S), fault]
    with said.open("wb") as output:
        return subprocess.Popen(command, stdout=output, cwd=_HOUSE)


def _whole_lines(said: Path) -> list[str]:
    return said.read_text(encoding="utf-8").split("\n")[:-1]


def _await_lines(said: Path, lines: int) -> None:
    end_s = time.monotonic() + _WITHIN_S
    while len(_whole_lines(said)) < lines:
        if time.monotonic() > end_s:
            raise RuntimeError(f"nothing was kept within {_WITHIN_S:.0f} s")
        time.sleep(0.01)


def cut_collector(seed: int, cuts: int) -> Tally:
    """Cut the power of a collector that takes in what a device delivers: broker, TLS and programs are the real ones.

    Whatever the device holds a receipt or a 201 for at the moment of the cut must be on the collector's disk.
    """
    chance, tally = random.Random(seed), Tally()  # noqa: S311  no secrecy
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name)
        disk = running.enter_context(LoopDisk(folder, "disk", _DISK_MB))
        (folder / "clinic").mkdir()
        clinic = Clinic(folder / "clinic", free_ports(), "mosquitto", seed)
        (clinic.folder / "collector").symlink_to(disk.root)
        running.enter_context(clinic.broker())
        collector = running.enter_context(clinic.collector())
        running.enter_context(clinic.device())
        store = running.enter_context(closing(Store(clinic.folder / "device")))
        number = 0
        for _ in range(cuts):
            until_s = time.monotonic() + chance.uniform(0.3, 0.8)
            while time.monotonic() < until_s:
                number += 1
                shown, content = picture(seed + number, PICTURE_BYTES)
                store.keep(shown, content, composer(shown, number, 1, clinic_id=CLINIC, device_id=DEVICE))
                time.sleep(_CLINIC_PAUSE_S)
            with disk.cut(collector.process.pid) as found:
                # What was sent before the stop may still come in; nothing is sent after it.
                time.sleep(0.1)
                told = _told(store.connection)
                tally.images += 1
                tally.operations = len(told.kept) + len(told.pictures)
                tally.faults += collector_faults(found, told, one_at_a_time=False)
        if not tally.operations:
            tally.faults.append("no receipt came before the last cut: nothing was tried")
    return tally


def _told(connection: sqlite3.Connection) -> Promises:
    """Return what the device was told that the clinic holds."""
    rows = connection.execute(
        "SELECT message_id, content_sha256, picture_sha256 FROM message WHERE state = 'received' ORDER BY sequence"
    )
    pictures = connection.execute("SELECT sha256 FROM picture WHERE received_at IS NOT NULL")
    return Promises(tuple(Kept(*row) for row in rows), frozenset(row[0] for row in pictures))
