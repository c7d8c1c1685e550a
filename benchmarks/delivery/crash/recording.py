"""A program run under strace, and its trace read as operations on the files of one folder.

The program must be single-threaded and begin with an empty folder. What it maps into memory is not seen: of SQLite's
files that is the wal-index alone, which SQLite makes anew after a crash (sqlite.org/walformat.html, 2.0). What was read
is held against what the program left behind, so a call that was misread is noticed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from benchmarks.delivery.crash.disk import Disk
from benchmarks.delivery.crash.operations import (
    ROOT,
    Make,
    MakeFolder,
    Operation,
    Promise,
    Remove,
    Rename,
    Resize,
    Sync,
    SyncFolder,
    Write,
)

_HOUSE = Path(__file__).parents[3]
"""Where the program's own packages lie."""
_WITHIN_S = 120.0
_STANDARD_OUTPUT = 1
_TRACED = (
    "open,openat,creat,close,lseek,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,fdatasync,"
    "rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,dup,dup2,dup3,"
    "copy_file_range,sendfile,sync_file_range"
)
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)(?: .*)?")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class NotUnderstood(RuntimeError):
    """The trace holds a call that the reader does not know the effect of; nothing may be concluded from it."""


def can_record() -> bool:
    """Return whether strace is here."""
    return shutil.which("strace") is not None


def record(command: Sequence[str], folder: Path) -> list[Operation]:
    """Run a program to its end and return what it did to the files of ``folder``, and what it printed, line by line.

    Raises
    ------
    RuntimeError
        If it failed.
    NotUnderstood
        If it did something that has no replay.
    """
    with tempfile.NamedTemporaryFile(suffix=".strace") as trace:
        strace = ["strace", "-o", trace.name, "-xx", "-s", "100000000", "-e", f"trace={_TRACED}", "-e", "signal=none"]
        ended = subprocess.run([*strace, *command], capture_output=True, check=False, timeout=_WITHIN_S, cwd=_HOUSE)
        if ended.returncode:
            raise RuntimeError(f"{command[-1]} failed under strace: {ended.stderr.decode(errors='replace')[-500:]}")
        with open(trace.name, encoding="ascii") as lines:  # noqa: PTH123  it is a name that tempfile gave
            operations = list(_Reader(folder).operations(lines))
    _hold_against(folder, operations)
    return operations


def _hold_against(folder: Path, operations: Iterable[Operation]) -> None:
    disk = Disk()
    for operation in operations:
        disk.apply(operation)
    with tempfile.TemporaryDirectory() as image:
        disk.write_image(Path(image), "all")
        if (wrong := _contents(Path(image)) ^ _contents(folder)) != set():
            raise NotUnderstood(f"the replay of {len(wrong)} files differs, of {min(wrong)[0]} for one")


def _contents(folder: Path) -> set[tuple[str, bytes]]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    return {(str(path.relative_to(folder)), path.read_bytes()) for path in files}


class _Reader:
    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())
        self._files: dict[PurePosixPath, int] = {}
        self._folders = {ROOT}
        self._made = 0
        # By descriptor: a file, and where its next plain write goes. Plain reads would move it unseen.
        self._open_files: dict[int, tuple[int, int]] = {}
        self._open_folders: dict[int, PurePosixPath] = {}

    def operations(self, lines: Iterable[str]) -> Iterator[Operation]:
        for line in lines:
            call = _CALL.fullmatch(line.strip())
            if call is None:
                if "(" in line and "exited" not in line and not line.startswith(("exit", "---", "+++")):
                    raise NotUnderstood(line[:200])
                continue
            name, rest, result = call[1], call[2].split(", "), int(call[3])
            if result >= 0:
                yield from self._effect(name, rest, result)

    def _effect(self, name: str, rest: list[str], result: int) -> Iterator[Operation]:
        match name:
            case "openat" | "open" | "creat":
                yield from self._opened(name, rest, result)
            case "write" | "pwrite64":
                yield from self._written(name, rest, result)
            case "rename" | "renameat" | "renameat2":
                yield from self._renamed(rest)
            case "unlink" | "unlinkat" | "mkdir" | "mkdirat":
                yield from self._named(name, rest)
            case "close" | "lseek" | "ftruncate" | "fsync" | "fdatasync":
                yield from self._handled(name, int(rest[0]), rest, result)
            case _:
                if self._touches(rest):
                    raise NotUnderstood(f"{name}({', '.join(rest)[:100]})")

    def _handled(self, name: str, descriptor: int, rest: list[str], result: int) -> Iterator[Operation]:
        """Follow what is done to an open file or folder."""
        if descriptor in self._open_folders:
            if name in {"fsync", "fdatasync"}:
                yield SyncFolder(self._open_folders[descriptor])
        elif descriptor in self._open_files:
            file, _ = self._open_files[descriptor]
            if name == "lseek":
                self._open_files[descriptor] = (file, result)
            elif name == "ftruncate":
                yield Resize(file, int(rest[1]))
            elif name != "close":
                yield Sync(file)
        if name == "close":
            self._open_files.pop(descriptor, None)
            self._open_folders.pop(descriptor, None)

    def _named(self, name: str, rest: list[str]) -> Iterator[Operation]:
        path = self._path(rest)
        if path is None or path == ROOT:
            return
        if name.startswith("mkdir"):
            self._folders.add(path)
            yield MakeFolder(path)
        else:
            del self._files[path]
            yield Remove(path)

    def _opened(self, name: str, rest: list[str], descriptor: int) -> Iterator[Operation]:
        path = self._path(rest)
        if path is None:
            return
        flags = "O_WRONLY|O_CREAT|O_TRUNC" if name == "creat" else rest[2 if name == "openat" else 1]
        if path in self._folders:
            self._open_folders[descriptor] = path
            return
        if path not in self._files:
            self._made += 1
            self._files[path] = self._made
            yield Make(path, self._made)
        elif "O_TRUNC" in flags:
            yield Resize(self._files[path], 0)
        self._open_files[descriptor] = (self._files[path], 0)
        if "O_APPEND" in flags:
            raise NotUnderstood(f"{path} is appended to")

    def _written(self, name: str, rest: list[str], size: int) -> Iterator[Operation]:
        descriptor = int(rest[0])
        if descriptor == _STANDARD_OUTPUT:
            for line in _text(rest[1]).decode().splitlines():
                yield Promise(line)
        elif descriptor in self._open_files:
            file, place = self._open_files[descriptor]
            if name == "pwrite64":
                place = int(rest[3])
            else:
                self._open_files[descriptor] = (file, place + size)
            yield Write(file, place, _text(rest[1])[:size])

    def _renamed(self, rest: list[str]) -> Iterator[Operation]:
        paths = [self._inside(_text(part).decode()) for part in rest if part.startswith('"')]
        if paths == [None, None]:
            return
        old, new = paths
        if old is None or new is None or old in self._folders:
            raise NotUnderstood("a rename of a folder, or into or out of the folder that is watched")
        file = self._files[new] = self._files.pop(old)
        yield Rename(old, new, file)

    def _path(self, rest: list[str]) -> PurePosixPath | None:
        """Return the first path of a call, None if it lies elsewhere."""
        return next((self._inside(_text(part).decode()) for part in rest if part.startswith('"')), None)

    def _inside(self, path: str) -> PurePosixPath | None:
        if path == self._folder:
            return ROOT
        return PurePosixPath(path[len(self._folder) + 1 :]) if path.startswith(f"{self._folder}/") else None

    def _touches(self, rest: list[str]) -> bool:
        return self._path(rest) is not None or (rest[0].isdecimal() and int(rest[0]) in self._open_files)


def _text(argument: str) -> bytes:
    quoted = _HEX.fullmatch(argument)
    if quoted is None:
        raise NotUnderstood(f"not a whole string: {argument[:50]}")
    return bytes.fromhex(quoted[1].replace("\\x", ""))
