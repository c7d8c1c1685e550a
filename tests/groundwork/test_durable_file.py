"""Durable files: the old content or the new, nothing between."""

import os
import stat
import threading
from pathlib import Path

import pytest

from groundwork.durable_file import write_durably


def test_the_new_content_replaces_the_old(tmp_path: Path) -> None:
    """Breaks when a file is not written, or something is left beside it."""
    for content in (b"old", b"new and longer"):
        write_durably(tmp_path / "a", content)
        assert (tmp_path / "a").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_secret_is_never_readable_by_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a key lies open for a moment before its permissions are set."""
    seen: list[int] = []
    really_sync = os.fsync

    def look(descriptor: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        really_sync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    write_durably(tmp_path / "key", b"secret", mode=0o600)
    assert seen[0] == 0o600
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_content_and_name_are_forced_to_the_disk_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a rename can reach the disk before the content it names."""
    order: list[str] = []
    really_sync, really_replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        really_sync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        order.append("rename")
        return really_replace(self, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    write_durably(tmp_path / "a", b"content")
    assert order == ["content", "rename", "folder"]


def test_a_full_disk_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a failed write harms what was there."""
    write_durably(tmp_path / "a", b"old")

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_durably(tmp_path / "a", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


def test_two_writers_of_one_name_do_not_meet(tmp_path: Path) -> None:
    """Breaks when two writers share one temporary file and a mixture of both appears."""
    contents = [bytes([number]) * 200_000 for number in range(4)]
    threads = [threading.Thread(target=write_durably, args=(tmp_path / "a", content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a").read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
