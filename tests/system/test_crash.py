"""Both stores after a power cut: everything promised is there, nothing by halves; and the cuts themselves are tried."""

import random
import sys
from pathlib import Path, PurePosixPath

import pytest

from benchmarks.delivery.crash import loop_disk
from benchmarks.delivery.crash.disk import SECTOR_BYTES, Disk, Fate
from benchmarks.delivery.crash.examined import device_faults, promises
from benchmarks.delivery.crash.operations import ROOT, Make, Rename, Sync, SyncFolder, Write
from benchmarks.delivery.crash.power_cuts import cut_collector, cut_device
from benchmarks.delivery.crash.recording import NotUnderstood, can_record, record
from benchmarks.delivery.crash.replayed import Fault, Side, cut, recorded

SEED = 6_900_000
NAME, PARTIAL = PurePosixPath("picture"), PurePosixPath("picture.partial")

records = pytest.mark.skipif(not can_record(), reason="strace is not here (Debian: strace)")
mounts = pytest.mark.skipif(loop_disk.why_not() is not None, reason=str(loop_disk.why_not()))


@records
@pytest.mark.parametrize("side", ["device", "collector"])
@pytest.mark.parametrize("fault", ["none", "killed"])
def test_a_power_cut_at_any_operation_leaves_a_capture_whole_or_not_there(side: Side, fault: Fault) -> None:
    """Breaks when a commit, a picture or its name is promised before it is on the disk, or is found by halves.

    ``killed``: the program also died between a picture's rename and the sync of its folder, and was sent it again.
    """
    tally = cut(side, recorded(side, SEED, 2, fault=fault), SEED, torn=3, after=1)
    assert tally.faults == []
    assert tally.images > 100


@records
@pytest.mark.parametrize("side", ["device", "collector"])
def test_a_program_that_forces_nothing_to_the_disk_is_found_out(side: Side) -> None:
    """Breaks when the replayed power cut takes nothing away, so that any store would pass it."""
    assert cut(side, recorded(side, SEED, 2, fault="careless"), SEED, torn=0, of_moments=0.3).faults != []


@mounts
def test_a_device_on_a_real_disk_keeps_its_captures_through_power_cuts() -> None:
    """Breaks when ext4 forgets what the store has promised; and when the cut disks forget nothing at all."""
    tally = cut_device(SEED, 3)
    assert tally.faults == []
    assert tally.images == 3
    assert cut_device(SEED, 1, fault="careless").faults != []


@mounts
def test_a_collector_on_a_real_disk_keeps_what_it_has_answered_for() -> None:
    """Breaks when a receipt or a 201 leaves the collector before capture or picture is on its disk."""
    tally = cut_collector(SEED, 3)
    assert tally.faults == []
    assert tally.images == 3


def _image(disk: Disk, folder: Path, fate: Fate) -> dict[str, bytes]:
    folder.mkdir()
    disk.write_image(folder, fate)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_was_not_forced_may_be_gone_and_what_was_may_not(tmp_path: Path) -> None:
    """Breaks when the disk of the replay keeps a name or bytes that no sync covers, or loses some that one does."""
    disk, old, new = Disk(), b"o" * 700, b"n" * 700
    for operation in (Make(PARTIAL, 1), Write(1, 0, old), Sync(1), SyncFolder(ROOT)):
        disk.apply(operation)
    assert _image(disk, tmp_path / "forced", "none") == {PARTIAL.name: old}
    disk.apply(Write(1, 0, new))
    disk.apply(Rename(PARTIAL, NAME, 1))
    assert _image(disk, tmp_path / "all", "all") == {NAME.name: new}
    assert _image(disk, tmp_path / "none", "none") == {PARTIAL.name: old}
    disk.apply(SyncFolder(ROOT))
    assert _image(disk, tmp_path / "named", "none") == {NAME.name: old}, "a folder's sync forces names, not bytes"


def test_a_write_is_torn_at_sectors_only(tmp_path: Path) -> None:
    """Breaks when a torn write mixes bytes within a sector, which no disk does, or is never torn."""
    disk, chance = Disk(), random.Random(SEED)
    for operation in (Make(NAME, 1), Write(1, 0, b"o" * 2000), Sync(1), SyncFolder(ROOT), Write(1, 100, b"n" * 1500)):
        disk.apply(operation)
    torn = 0
    for number in range(40):
        content = _image(disk, tmp_path / str(number), random.Random(chance.random()))[NAME.name]
        assert content[:100] + content[1600:] == b"o" * 500
        pieces = [
            content[100:SECTOR_BYTES],
            *(content[at : at + SECTOR_BYTES] for at in (512, 1024)),
            content[1536:1600],
        ]
        assert all(len(set(piece)) == 1 for piece in pieces)
        torn += len({piece[0] for piece in pieces}) == 2
    assert torn > 0


@records
def test_a_call_that_has_no_replay_is_not_passed_over(tmp_path: Path) -> None:
    """Breaks when a program's write is missed, and its store is praised for a disk that never was."""
    folder = tmp_path / "watched"
    folder.mkdir()
    script = f"open({str(folder / 'log')!r}, 'a').write('more')"
    with pytest.raises(NotUnderstood, match="appended"):
        record([sys.executable, "-c", script], folder)


def test_an_examination_finds_a_capture_that_was_promised_and_is_gone(tmp_path: Path) -> None:
    """Breaks when an empty store passes for one that kept its promises."""
    promised = promises(["kept 0192f0c1-2a53-7d55-b7c0-2b8f3a5c8a11 aa bb"])
    assert device_faults(tmp_path / "state", promised, SEED, 2_000) == ["capture 1 was kept and is gone"]
