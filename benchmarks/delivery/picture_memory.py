"""What memory device and collector take while a gigabyte of pictures passes: neither may hold one."""

from __future__ import annotations

import tempfile
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeAlias

from benchmarks.delivery.picture_way import FIRST_SEED, PICTURE_BYTES, await_pictures, clinic_in, keep_picture
from benchmarks.targets import Bound
from device.store import Store

Row: TypeAlias = tuple[str, str, str, str]

_SAMPLE_EVERY_S = 0.1
_SETTLING_PICTURES = 5
_MOST_WAITING = 4

GROWTH = Bound("growth_mb", "growth", high=20.0, digits=1, unit="MB")


def rows(runs: int) -> list[Row]:
    """Send ``runs`` pictures of 10 MB, and say by how much either program grew after the first five.

    Returns
    -------
    list of tuple
        What, asked, reached, verdict.
    """
    with tempfile.TemporaryDirectory() as folder:
        sizes = measure_mb(Path(folder), runs, PICTURE_BYTES, settling=_SETTLING_PICTURES)
    return [
        (
            f"{name}: growth of its memory while {runs * PICTURE_BYTES / 1e9:.1f} GB of pictures pass",
            GROWTH.asked(),
            f"{GROWTH.shown(max(later) - first)} (from {first:.0f} MB, most {max(later):.0f} MB)",
            GROWTH.verdict(max(later) - first),
        )
        for name, (first, *later) in sizes.items()
    ]


def measure_mb(folder: Path, pictures: int, size_bytes: int, *, settling: int) -> dict[str, list[float]]:
    """Return each program's resident memory, MB: after the first ``settling`` pictures, and over all the others."""
    clinic = clinic_in(folder)
    with ExitStack() as running:
        running.enter_context(clinic.broker())
        collector = running.enter_context(clinic.collector())
        device = running.enter_context(clinic.device())
        store = running.enter_context(closing(Store(clinic.folder / "device")))
        ids = {"device": device.process.pid, "collector": collector.process.pid}
        for number in range(settling):
            keep_picture(store, FIRST_SEED + number, size_bytes)
            await_pictures(store)
        sizes = {name: [_resident_mb(process_id)] for name, process_id in ids.items()}
        stop = threading.Event()

        def sample() -> None:
            while not stop.wait(_SAMPLE_EVERY_S):
                for name, process_id in ids.items():
                    sizes[name].append(_resident_mb(process_id))

        sampling = threading.Thread(target=sample)
        sampling.start()
        try:
            for number in range(settling, pictures):
                keep_picture(store, FIRST_SEED + number, size_bytes)
                await_pictures(store, _MOST_WAITING, _SAMPLE_EVERY_S)
            await_pictures(store)
        finally:
            stop.set()
            sampling.join()
    return {name: [*seen, seen[-1]] for name, seen in sizes.items()}


def _resident_mb(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"process {process_id} has ended")
