"""Disks of a few megabytes for the state folders, which can be filled, and turn read-only.

They are made inside a mount namespace of the scenario's own, and so go with it, whatever ends it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.delivery.chaos.plan import DiskKind

_EXT4_BYTES = 1 << 30  # sparse: what is not written takes no room
_TMPFS_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 16
_UNMOUNT_WITHIN_S = 5.0


def run(command: Sequence[str | Path]) -> None:
    """Run a system's tool.

    Raises
    ------
    RuntimeError
        If it fails, with its own words.
    """
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {ended.stderr.strip()}")


class Disk:
    """A disk that is mounted on a folder.

    Parameters
    ----------
    folder : Path
        Made for it.
    kind : DiskKind
    """

    def __init__(self, folder: Path, kind: DiskKind) -> None:
        self._folder = folder
        self._kind = kind
        self._image = folder.with_suffix(".ext4")
        self._filler = folder / "filler"
        folder.mkdir()
        if kind is DiskKind.TMPFS:
            run(["mount", "-t", "tmpfs", "-o", f"size={_TMPFS_BYTES},mode=700", "tmpfs", folder])
        else:
            with self._image.open("wb") as image:
                image.truncate(_EXT4_BYTES)
            run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", self._image])
            self._mount()

    def _mount(self) -> None:
        run(["mount", "-o", "loop", self._image, self._folder])

    def fill(self) -> None:
        """Leave not a byte."""
        with self._filler.open("wb", buffering=0) as filler:
            room = os.statvfs(self._folder)
            with contextlib.suppress(OSError):  # what is announced as free may not be had in one piece
                os.posix_fallocate(filler.fileno(), 0, max(1, (room.f_bavail - 64) * room.f_frsize))
            filler.seek(0, os.SEEK_END)
            with contextlib.suppress(OSError):
                while True:
                    filler.write(bytes(_CHUNK_BYTES))
            with contextlib.suppress(OSError):
                while True:
                    filler.write(bytes(512))

    def free(self) -> None:
        """Give all room back."""
        self._filler.unlink(missing_ok=True)

    def abort(self) -> None:
        """Let the file system turn read-only under whoever writes on it, as it does when a memory card fails."""
        run(["mount", "-o", "remount,abort", self._folder])

    def mount_anew(self) -> None:
        """Mount it again, as at the machine's next start; nobody may use it meanwhile."""
        end_s = time.monotonic() + _UNMOUNT_WITHIN_S
        while True:
            try:
                run(["umount", self._folder])
            except RuntimeError:
                if time.monotonic() > end_s:
                    raise
                time.sleep(0.05)
            else:
                break
        self._mount()

    def set_read_only(self, read_only: bool) -> None:
        """Mount it read-only, or for writing again; read-only only while nobody writes on it."""
        run(["mount", "-o", f"remount,{'ro' if read_only else 'rw'}", self._folder])
