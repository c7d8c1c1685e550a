"""Power cuts of a real file system: ext4 on a loop device, whose image is copied while a program works on it.

The image holds what the file system has sent to its disk; what only its memory knows is not in the copy. With
``commit=300`` nothing goes to the disk by the clock while a run lasts: only what was forced is there. The program is
stopped for the moment of the copy, so that the copy is of one moment; it may be in the middle of a capture, not of a
sync (what :mod:`~benchmarks.delivery.crash.replayed` cuts everywhere).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

_SETTLE_S = 0.05  # writes that the stopped program had sent to the disk come to the image's file
_UNMOUNT_TRIES, _UNMOUNT_PAUSE_S = 50, 0.1
_TOOLS_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def why_not() -> str | None:
    """Return why no disk can be mounted here, None if one can."""
    if os.geteuid() != 0:
        return "only root may mount a loop device"
    if not Path("/dev/loop-control").exists():
        return "there are no loop devices here"
    if shutil.which("mkfs.ext4", path=_TOOLS_PATH) is None:
        return "there is no mkfs.ext4 here (Debian: e2fsprogs)"
    return None


class LoopDisk:
    """An ext4 file system in a file, mounted for the length of a ``with`` block.

    Parameters
    ----------
    folder
        Where the image, its copies and the mount point are made.
    name
        Of this disk in that folder.
    size_mb
        Of the disk.
    """

    def __init__(self, folder: Path, name: str, size_mb: int) -> None:
        self.root = folder / name
        self._image = folder / f"{name}.ext4"
        self._size_mb = size_mb
        self._cuts = 0

    def __enter__(self) -> LoopDisk:
        """Make and mount it."""
        self.root.mkdir(exist_ok=True)
        with self._image.open("wb") as image:
            image.truncate(self._size_mb * 1_000_000)
        _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self._image))
        _run("mount", "-o", "loop,commit=300", str(self._image), str(self.root))
        os.sync()
        return self

    def __exit__(self, *_: object) -> None:
        """Unmount it; the mount point is empty again."""
        _unmount(self.root)

    @contextlib.contextmanager
    def cut(self, process_id: int) -> Iterator[Path]:
        """Cut the power of a copy while a process is stopped; give the copy's root, then let the process go on."""
        self._cuts += 1
        copy, at = self._image.with_suffix(f".{self._cuts}"), self.root.with_name(f"{self.root.name}-{self._cuts}")
        os.kill(process_id, signal.SIGSTOP)
        try:
            time.sleep(_SETTLE_S)
            _run("cp", "--sparse=always", str(self._image), str(copy))
            at.mkdir()
            _run("mount", "-o", "loop", str(copy), str(at))
            try:
                yield at
            finally:
                _unmount(at)
                at.rmdir()
        finally:
            os.kill(process_id, signal.SIGCONT)
            copy.unlink(missing_ok=True)


def _unmount(at: Path) -> None:
    for _ in range(_UNMOUNT_TRIES):
        umount = subprocess.run(("umount", str(at)), capture_output=True, check=False, env=_environment())  # noqa: S607
        if umount.returncode == 0:
            return
        time.sleep(_UNMOUNT_PAUSE_S)
    _run("umount", "--lazy", str(at))  # somebody still holds a file: the disk goes when they let go


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=_environment())


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": _TOOLS_PATH}
