"""A result that is kept while a picture of 10 MB travels over 50 Mbit/s: how soon its receipt is there.

Device and clinic are the real programs, each in a network namespace of its own, joined by a pair of virtual ports whose
both ends send at 50 Mbit/s (tc tbf). That is a device whose own port is the narrow place, as on a slow Wi-Fi.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks.delivery.captures import composer, picture
from benchmarks.targets import Bound
from device.demo.clinic import CLINIC, DEVICE, Clinic, Ports
from device.demo.processes import own_program, started
from device.outbox import Outbox
from device.store import Store

Row: TypeAlias = tuple[str, str, str, str]

FIRST_SEED = 6_400_000
_RATE = ("rate", "50mbit", "burst", "64kb", "latency", "200ms")
_CLINIC_ADDRESS, _DEVICE_ADDRESS = "10.214.77.1", "10.214.77.2"  # known in the two namespaces alone
PICTURE_BYTES = 10_000_000
_SMALL_BYTES = 2_000
_WITHIN_S = 60.0
_LOOK_S = 0.001
_BYTES_PER_S = 50e6 / 8
_UNDER_WAY_SHARE = 0.1, 0.6
"""Of the time that the picture takes, a result is kept so late after the picture's first bytes came to the clinic."""
_APART_S = 0.25
_TOOLS_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

SOON = Bound("ms", "until the receipt", high=50.0, digits=1, unit="ms")


@dataclass
class Latencies:
    """Milliseconds from the call of ``keep`` until the receipt is written down.

    Parameters
    ----------
    alone : list of float
        While nothing else travels.
    beside : list of float
        While a picture of 10 MB travels, from before the call until after the receipt.
    """

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)


def why_not() -> str | None:
    """Return why no two machines can be played here, None if they can."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    missing = [name for name in ("ip", "tc", "mosquitto") if shutil.which(name, path=_TOOLS_PATH) is None]
    return f"{', '.join(missing)} cannot be found here" if missing else None


def rows(runs: int) -> list[Row]:
    """Keep ``runs`` results beside pictures and as many alone, and word what is asked and reached.

    Returns
    -------
    list of tuple
        What, asked, reached, verdict.
    """
    what = "result kept while 10 MB travel at 50 Mbit/s, until its receipt"
    if (reason := why_not()) is not None:
        return [(what, SOON.asked(), reason, "not measured")]
    with tempfile.TemporaryDirectory() as folder:
        latencies = measure(Path(folder), runs, PICTURE_BYTES)
    alone_ms, beside_ms = statistics.median(latencies.alone), statistics.median(latencies.beside)
    p95_ms = float(np.percentile(latencies.beside, 95))
    return [
        (
            f"{what}, median of {len(latencies.beside)}",
            SOON.asked(),
            f"{SOON.shown(beside_ms)} ({alone_ms:.1f} ms without a picture: {beside_ms - alone_ms:+.1f} ms)",
            SOON.verdict(beside_ms),
        ),
        (
            f"{what}, 95th percentile",
            SOON.asked(),
            f"{SOON.shown(p95_ms)} ({np.percentile(latencies.alone, 95):.1f} ms without a picture)",
            SOON.verdict(p95_ms),
        ),
    ]


def measure(folder: Path, runs: int, picture_bytes: int) -> Latencies:
    """Keep results beside pictures and alone."""
    latencies, chance = Latencies(), random.Random(FIRST_SEED)  # noqa: S311  no secrecy
    with ExitStack() as running:
        clinic_space, device_space = running.enter_context(_two_machines())
        clinic = _clinic(folder)
        store = running.enter_context(closing(Store(clinic.folder / "device")))
        running.enter_context(_programs(clinic, clinic_space, device_space))
        arriving = clinic.folder / "collector" / "pictures" / "incoming"
        number = _keep(store, 0, _SMALL_BYTES)
        _await(lambda: not _waits(store), "the first capture's receipt and picture")
        while len(latencies.alone) < runs:
            number += 1
            time.sleep(_APART_S)
            latencies.alone.append(_receipt_ms(store, number))
        while len(latencies.beside) < runs:
            number += 1
            _keep(store, number, picture_bytes)
            _await(lambda: not Outbox(store).waiting(1), "the receipt of the large picture's capture")
            _await(lambda: any(arriving.iterdir()), "the large picture's beginning")
            time.sleep(chance.uniform(*_UNDER_WAY_SHARE) * picture_bytes / _BYTES_PER_S)
            number += 1
            took_ms = _receipt_ms(store, number)
            if not any(arriving.iterdir()):
                raise RuntimeError("the large picture was there before the result: nothing was measured")
            latencies.beside.append(took_ms)
            _await(lambda: not _waits(store), "the large picture's 201")
    return latencies


def _receipt_ms(store: Store, number: int) -> float:
    outbox = Outbox(store)
    content = picture(FIRST_SEED + number, _SMALL_BYTES)
    begun_s = time.perf_counter()
    compose = composer(content[0], number, 1, clinic_id=CLINIC, device_id=DEVICE)
    store.keep(*content, compose)
    _await(lambda: not outbox.waiting(1), "a result's receipt")
    return 1000 * (time.perf_counter() - begun_s)


def _keep(store: Store, number: int, size_bytes: int) -> int:
    shown, content = picture(FIRST_SEED + number, size_bytes)
    store.keep(shown, content, composer(shown, number, 1, clinic_id=CLINIC, device_id=DEVICE))
    return number


def _waits(store: Store) -> bool:
    outbox = Outbox(store)
    return bool(outbox.waiting(1) or outbox.waiting_pictures(1))


def _await(condition: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + _WITHIN_S
    while not condition():
        if time.monotonic() > end_s:
            raise RuntimeError(f"not within {_WITHIN_S:.0f} s: {what}")
        time.sleep(_LOOK_S)


def _clinic(folder: Path) -> Clinic:
    """Return a clinic whose programs listen on, and look for, the clinic's address."""
    place = folder / "clinic"
    place.mkdir()
    clinic = Clinic(place, Ports(), "mosquitto", FIRST_SEED)
    certificates = place / "certificates"
    for suffix in ("crt", "key"):
        (certificates / f"server.{suffix}").unlink()
    collector = own_program("trichoscope-collector")
    _run(collector, "certificates", "--folder", str(certificates), "--server", _CLINIC_ADDRESS)
    broker = ["--clinic", CLINIC, "--folder", str(place / "broker"), "--certificates", str(certificates)]
    listener = ["--port", str(clinic.ports.broker), "--address", _CLINIC_ADDRESS, "--user", "root"]
    _run(collector, "broker", *broker, *listener)
    for settings in (clinic.device_settings, clinic.collector_settings):
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace("127.0.0.1", _CLINIC_ADDRESS), encoding="utf-8")
    return clinic


@contextmanager
def _programs(clinic: Clinic, clinic_space: str, device_space: str) -> Iterator[None]:
    logs = clinic.folder / "logs"
    mosquitto = shutil.which("mosquitto", path=_TOOLS_PATH) or "mosquitto"
    broker = [mosquitto, "-c", str(clinic.folder / "broker" / "mosquitto.conf")]
    collector = [own_program("trichoscope-collector"), "run", "--settings", str(clinic.collector_settings)]
    device = [own_program("trichoscope"), "run", "--settings", str(clinic.device_settings)]
    with (
        started("broker", [*_inside(clinic_space), *broker], logs / "broker.log"),
        started("collector", [*_inside(clinic_space), *collector], logs / "collector.log") as collecting,
        started("device", [*_inside(device_space), *device], logs / "device.log") as delivering,
    ):
        collecting.wait_for_line("collector ready", _WITHIN_S)
        delivering.wait_for_line("device ready", _WITHIN_S)
        yield


def _inside(space: str) -> list[str]:
    return [shutil.which("ip", path=_TOOLS_PATH) or "ip", "netns", "exec", space]


@contextmanager
def _two_machines() -> Iterator[tuple[str, str]]:
    """Give the names of two namespaces that reach each other, and nothing else, at 50 Mbit/s."""
    ends = {f"tricho{os.getpid()}c": _CLINIC_ADDRESS, f"tricho{os.getpid()}d": _DEVICE_ADDRESS}
    clinic_space, device_space = ends
    with ExitStack() as made:
        for space in ends:
            _run("ip", "netns", "add", space)
            made.callback(_run, "ip", "netns", "delete", space)
        _run("ip", "link", "add", "end", "netns", clinic_space, "type", "veth", "peer", "end", "netns", device_space)
        for space, address in ends.items():
            _run("ip", "-n", space, "address", "add", f"{address}/30", "dev", "end")
            _run("ip", "-n", space, "link", "set", "end", "up")
            _run("ip", "-n", space, "link", "set", "lo", "up")
            _run("ip", "netns", "exec", space, "tc", "qdisc", "add", "dev", "end", "root", "tbf", *_RATE)
        yield clinic_space, device_space


def _run(*command: str) -> None:
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": _TOOLS_PATH}
    )
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed: {ended.stderr.strip()}")
