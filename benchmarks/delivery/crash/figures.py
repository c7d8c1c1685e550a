"""What is asked of both stores after a power cut, and what was found."""

from __future__ import annotations

from typing import TypeAlias

from benchmarks.delivery.crash.loop_disk import why_not
from benchmarks.delivery.crash.power_cuts import cut_collector, cut_device
from benchmarks.delivery.crash.recording import can_record
from benchmarks.delivery.crash.replayed import Side, Tally, cut, recorded
from benchmarks.targets import Bound

Row: TypeAlias = tuple[str, str, str, str]

FIRST_SEED = 6_100_000
_LONG_CAPTURES = 170
"""SQLite brings its log into the database after a thousand pages, which is eighty captures: this meets it twice."""
_SMALL_PICTURE_BYTES = 600

SOUND = Bound("faults", "faults", high=0, digits=0)
SEEN = Bound("faults", "faults", low=1, digits=0)
"""Where nothing is forced to the disk, whoever looks must find captures missing."""


def rows(runs: int) -> list[Row]:
    """Cut the power of both programs, in replay and on a real file system, and word what was found.

    Parameters
    ----------
    runs
        Power cuts of the real file system; in replay, a fifth as many disks by chance at every moment.

    Returns
    -------
    list of tuple
        What, asked, reached, verdict.
    """
    return [*_replayed_rows(runs), *_power_cut_rows(runs)]


def _replayed_rows(runs: int) -> list[Row]:
    if not can_record():
        return [("replayed power cuts", SOUND.asked(), "there is no strace here", "not measured")]
    torn = max(2, runs // 5)
    table = []
    for side in ("device", "collector"):
        few = cut(side, recorded(side, FIRST_SEED, 3), FIRST_SEED, torn=torn)
        table.append(_row(f"{side}: power cut at every operation of three captures, unforced kept, lost or torn", few))
        killed = cut(side, recorded(side, FIRST_SEED, 3, fault="killed"), FIRST_SEED, torn=torn)
        table.append(_row(f"{side}: the same, killed before each picture's name was forced to the disk", killed))
        table.append(
            _row(f"{side}: the same by chance in {_LONG_CAPTURES} captures with checkpoints", _long(side, torn))
        )
    careless = cut("device", recorded("device", FIRST_SEED, 3, fault="careless"), FIRST_SEED, torn=2)
    table.append(_row("device, forcing nothing to the disk (must be seen)", careless, SEEN))
    return table


def _long(side: Side, torn: int) -> Tally:
    seed = FIRST_SEED + 1
    operations = recorded(side, seed, _LONG_CAPTURES, picture_bytes=_SMALL_PICTURE_BYTES)
    return cut(side, operations, seed, torn=torn, of_moments=0.04, picture_bytes=_SMALL_PICTURE_BYTES)


def _power_cut_rows(runs: int) -> list[Row]:
    if (reason := why_not()) is not None:
        return [("power cuts of ext4 on a loop device", SOUND.asked(), reason, "not measured")]
    return [
        _row("device: power cut of ext4 while it keeps captures", cut_device(FIRST_SEED, runs)),
        _row("collector: power cut of ext4 while a device delivers", cut_collector(FIRST_SEED, max(1, runs // 2))),
        _row(
            "device on ext4, forcing nothing to the disk (must be seen)",
            cut_device(FIRST_SEED, 1, fault="careless"),
            SEEN,
        ),
    ]


def _row(what: str, tally: Tally, bound: Bound = SOUND) -> Row:
    faults = len(tally.faults)
    reached = f"{faults:,} in {tally.images:,} power cuts"
    if bound is SOUND and tally.faults:
        reached += f": {tally.faults[0]}"
    return what, f"{bound.asked()} faults", reached, bound.verdict(faults)
