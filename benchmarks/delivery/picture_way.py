"""How soon a picture of 10 MB is at the clinic, beside a bare PUT.

The peer is httpx against aiohttp (:mod:`benchmarks.delivery.picture_sink`), over the same mTLS on the same disk: it
sends, hashes, forces to the disk and answers 201, and that is all. Each is timed from a standing start: reading the
certificates, connecting, sending, until the answer. The two are run in turn.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import httpx

from benchmarks.delivery.captures import composer, picture
from benchmarks.targets import Bound
from contract import Picture
from device.delivery import PictureDelivery
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.demo.processes import started
from device.outbox import Outbox
from device.settings import DeviceSettings
from device.store import Store
from groundwork.client_tls import client_context
from groundwork.settings_file import read
from tests.free_ports import free_ports

Row: TypeAlias = tuple[str, str, str, str]

FIRST_SEED = 6_300_000
PICTURE_BYTES = 10_000_000
_WITHIN_S = 60.0
_LOOK_S = 0.001

TIMES_A_BARE_PUT = Bound("times", "times a bare PUT", high=2.0, digits=2)


@dataclass
class Times:
    """Seconds that 10 MB took, a run each.

    Parameters
    ----------
    bare : list of float
        httpx to the sink.
    bare_kept : list of float
        The same, after the picture was forced to the sender's own disk.
    delivered : list of float
        The device's delivery, from its start to the 201 written down.
    kept : list of float
        Device and collector as programs, from the call of ``keep`` to the 201 written down.
    """

    bare: list[float] = field(default_factory=list)
    bare_kept: list[float] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)


def rows(runs: int) -> list[Row]:
    """Time ``runs`` pictures each way, and word what is asked and reached.

    Returns
    -------
    list of tuple
        What, asked, reached, verdict.
    """
    with tempfile.TemporaryDirectory() as folder:
        times = measure(Path(folder), runs, PICTURE_BYTES)
    return [
        _row(
            "10 MB by the device's delivery until its 201, times a bare httpx PUT to aiohttp",
            times.delivered,
            times.bare,
        ),
        _row(
            "10 MB from the call of keep until its 201, both programs running, times fsync and a bare PUT",
            times.kept,
            times.bare_kept,
        ),
    ]


def _row(what: str, took_s: list[float], peer_s: list[float]) -> Row:
    median_s, bare_s = statistics.median(took_s), statistics.median(peer_s)
    times = median_s / bare_s
    reached = f"{TIMES_A_BARE_PUT.shown(times)} ({1000 * median_s:.0f} ms of {1000 * bare_s:.0f} ms)"
    return what, TIMES_A_BARE_PUT.asked(), reached, TIMES_A_BARE_PUT.verdict(times)


def measure(folder: Path, runs: int, size_bytes: int) -> Times:
    """Time pictures each way, in turn."""
    clinic = clinic_in(folder)
    times = Times()
    with ExitStack() as running:
        running.enter_context(clinic.broker())
        running.enter_context(clinic.collector())
        sink = running.enter_context(_sink(clinic))
        store = running.enter_context(closing(Store(clinic.folder / "device")))
        for run in range(runs):
            seed = FIRST_SEED + 2 * run
            put_s, kept_and_put_s = _bare_put_s(clinic, sink, seed, size_bytes)
            times.bare.append(put_s)
            times.bare_kept.append(kept_and_put_s)
            times.delivered.append(_delivered_s(clinic, store, seed, size_bytes))
        with clinic.device():
            for run in range(runs):
                times.kept.append(_kept_s(store, FIRST_SEED + 2 * run + 1, size_bytes))
    return times


@contextmanager
def _sink(clinic: Clinic) -> Iterator[str]:
    place, port = clinic.folder / "sink", free_ports().pictures
    place.mkdir()
    command = [sys.executable, "-m", "benchmarks.delivery.picture_sink"]
    command += [str(port), str(place), str(clinic.folder / "certificates")]
    with started("sink", command, clinic.folder / "logs" / "sink.log") as program:
        program.wait_for_line("sink ready", _WITHIN_S)
        program.wait_for_port(port, _WITHIN_S)
        yield f"https://127.0.0.1:{port}"


def _bare_put_s(clinic: Clinic, sink: str, seed: int, size_bytes: int) -> tuple[float, float]:
    """Return what a PUT took, and what it took together with forcing the picture to the sender's disk before."""
    shown, content = picture(seed, size_bytes)
    place, own = clinic.folder / "certificates", clinic.folder / "sent"
    began_s = time.perf_counter()
    with own.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    put_began_s = time.perf_counter()
    tls = client_context(place / "authority.crt", place / f"{DEVICE}.crt", place / f"{DEVICE}.key")
    with httpx.Client(verify=tls, timeout=_WITHIN_S, trust_env=False) as client:
        answer = client.put(f"{sink}/images/{shown.sha256}", content=own.read_bytes())
    ended_s = time.perf_counter()
    if answer.status_code != httpx.codes.CREATED or answer.json()["sha256"] != shown.sha256:
        raise RuntimeError(f"the sink answered {answer.status_code}")
    return ended_s - put_began_s, ended_s - began_s


def _delivered_s(clinic: Clinic, store: Store, seed: int, size_bytes: int) -> float:
    keep_picture(store, seed, size_bytes)
    settings, stop = read(DeviceSettings, clinic.device_settings), threading.Event()
    begun = threading.Event()

    def deliver() -> None:
        with closing(Store(settings.state_folder)) as own:
            begun.set()
            PictureDelivery(settings, own).run(stop)

    thread = threading.Thread(target=deliver)
    thread.start()
    begun.wait(_WITHIN_S)
    begun_s = time.perf_counter()
    try:
        await_pictures(store)
        return time.perf_counter() - begun_s
    finally:
        stop.set()
        thread.join()


def _kept_s(store: Store, seed: int, size_bytes: int) -> float:
    content = picture(seed, size_bytes)
    time.sleep((seed % 7) / 10)  # wherever the device is in its looking
    begun_s = time.perf_counter()
    keep_picture(store, seed, size_bytes, content)
    await_pictures(store)
    return time.perf_counter() - begun_s


def keep_picture(store: Store, seed: int, size_bytes: int, made: tuple[Picture, bytes] | None = None) -> None:
    """Keep a capture with a picture drawn by its seed, or made before."""
    shown, content = made or picture(seed, size_bytes)
    store.keep(shown, content, composer(shown, seed % 10_000, 1, clinic_id=CLINIC, device_id=DEVICE))


def await_pictures(store: Store, most: int = 0, look_s: float = _LOOK_S) -> None:
    """Wait until no more than ``most`` pictures wait for their 201."""
    outbox, end_s = Outbox(store), time.monotonic() + _WITHIN_S
    while len(outbox.waiting_pictures(most + 1)) > most:
        if time.monotonic() > end_s:
            raise RuntimeError(f"pictures still wait after {_WITHIN_S:.0f} s")
        time.sleep(look_s)


def clinic_in(folder: Path) -> Clinic:
    """Return a clinic in a folder of its own; nothing runs in it yet."""
    place = folder / "clinic"
    place.mkdir()
    return Clinic(place, free_ports(), "mosquitto", FIRST_SEED)
