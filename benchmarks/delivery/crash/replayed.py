"""Power cuts by replay: a recorded run, cut at its operations, with what was not forced kept, dropped or torn."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from benchmarks.delivery.crash.disk import Disk, Fate
from benchmarks.delivery.crash.examined import collector_faults, device_faults, promises
from benchmarks.delivery.crash.operations import Operation, Promise
from benchmarks.delivery.crash.recording import record

Side: TypeAlias = Literal["device", "collector"]
Fault: TypeAlias = Literal["none", "careless", "killed"]
"""Of the program, beside the power cut: see :mod:`~benchmarks.delivery.crash.keeping`."""

PICTURE_BYTES = 20_000
"""Forty sectors to be torn; a picture's length changes nothing else."""


@dataclass
class Tally:
    """What came of many power cuts.

    Parameters
    ----------
    operations : int
        Recorded: as many moments at which the power could go.
    images : int
        Disks that were looked at.
    faults : list of str
        What was wrong with any.
    """

    operations: int = 0
    images: int = 0
    faults: list[str] = field(default_factory=list)


def recorded(
    side: Side, seed: int, captures: int, *, picture_bytes: int = PICTURE_BYTES, fault: Fault = "none"
) -> list[Operation]:
    """Run the keeping program in a fresh folder under strace, from its first file to its orderly end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.delivery.crash.keeping", side, folder]
        command += [str(seed), str(captures), str(picture_bytes), "0", fault]
        return record(command, Path(folder))


def cut(
    side: Side,
    operations: Sequence[Operation],
    seed: int,
    *,
    torn: int,
    of_moments: float = 1.0,
    after: int = 0,
    picture_bytes: int = PICTURE_BYTES,
) -> Tally:
    """Cut the power after each operation, and look at what may be found then.

    Parameters
    ----------
    side
        Whose operations they are.
    operations
        What :func:`recorded` gave for ``seed`` and ``picture_bytes``.
    seed
        Decides what comes to the disk, too.
    torn
        Disks by chance at each moment, beside the one with everything and the one with nothing that was not forced.
    of_moments
        The share of moments, by chance.
    after
        Only moments from this many promises on.
    """
    chance = random.Random(seed)  # noqa: S311  no secrecy
    disk, tally = Disk(), Tally(operations=len(operations))
    for operation in operations:
        disk.apply(operation)
        if len(disk.promises) < after or isinstance(operation, Promise) or chance.random() >= of_moments:
            continue
        by_chance = (random.Random(chance.random()) for _ in range(torn))  # noqa: S311  no secrecy
        fates: list[Fate] = ["all", "none", *by_chance]
        for fate in fates if disk.unforced else fates[:1]:
            tally.images += 1
            tally.faults += _faults(side, disk, fate, seed, picture_bytes)
    return tally


def _faults(side: Side, disk: Disk, fate: Fate, seed: int, picture_bytes: int) -> list[str]:
    with tempfile.TemporaryDirectory(dir=_memory()) as image:
        disk.write_image(Path(image), fate)
        promised = promises(disk.promises)
        if side == "device":
            return device_faults(Path(image), promised, seed, picture_bytes)
        return collector_faults(Path(image), promised, one_at_a_time=True)


def _memory() -> str | None:
    """Return a folder in memory, where looking at thousands of disks wears none; None for the usual place."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  a folder of its own is made there
