"""A PostgreSQL of its own for a run of tests: made, started and removed by it; the system's own is never touched."""

from __future__ import annotations

import getpass
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DEBIANS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_OWNER = "postgres"  # whom Debian's package makes: initdb refuses to run as root
_WITHIN_S = 60


class PostgreSQL:
    """A cluster that runs, reached by its socket alone.

    Parameters
    ----------
    folder
        Where it lies.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)

    def url(self, database: str) -> str:
        """Return how a database of it is reached."""
        return f"postgresql://trichoscope@/{database}?host={self.folder}"

    def fresh(self) -> str:
        """Make an empty database, and return its URL."""
        name = f"store_{next(self._numbers)}"
        self._run("createdb", "-h", str(self.folder), "-U", "trichoscope", name)
        return self.url(name)

    def start(self) -> None:
        """Start it; returns when it answers."""
        # As a test does not outlast a power cut, only what the collector itself waits for is left on.
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections=200 -c autovacuum=off"
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self, how: str = "fast") -> None:
        """End it: ``fast`` in good order, ``immediate`` as a crash does."""
        self._run("pg_ctl", "-D", self._data, "-m", how, "-w", "stop")

    def prepare(self) -> None:
        """Make the cluster."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, _OWNER)
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "trichoscope", "-E", "UTF8", "--locale=C")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        as_owner = ["runuser", "-u", _OWNER, "--"] if os.geteuid() == 0 else []
        command = [*as_owner, str(_DEBIANS[-1] / program), *arguments]
        # Not piped: the server that pg_ctl starts would hold the pipe open for as long as it runs.
        with (self.folder.parent / f"{self.folder.name}.said").open("ab") as said:
            done = subprocess.run(
                command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, check=False, timeout=_WITHIN_S, cwd="/"
            )
        if done.returncode:
            words = Path(said.name).read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"{program} ended with {done.returncode}, as {getpass.getuser()}: {words}")


def why_not() -> str | None:
    """Return why there can be none here, None if there can."""
    if not _DEBIANS:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "there is no runuser to become another than root with"
    return None


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Run a cluster."""
    # Not pytest's own folder: its path may be longer than a socket's may be, and closed to another user.
    with tempfile.TemporaryDirectory(prefix="tricho-pg-", ignore_cleanup_errors=True) as outer:
        Path(outer).chmod(0o755)
        folder = Path(outer) / "c"
        folder.mkdir()
        cluster = PostgreSQL(folder)
        cluster.prepare()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")
