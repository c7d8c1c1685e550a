"""The programs, disks and lines of one scenario, as they stand before anything goes wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.collector.collector_settings import Place, write_settings
from benchmarks.collector.faults.plan import Plan
from benchmarks.collector.faults.traffic import NAMES
from benchmarks.delivery.chaos.disks import Disk
from benchmarks.delivery.chaos.network import SpoiltConnections
from benchmarks.delivery.chaos.plan import DiskKind
from benchmarks.delivery.chaos.programs import Service
from collector import authority, broker
from device.demo.broker import mosquitto
from device.demo.clinic import CLINIC, Clinic
from device.demo.processes import own_program
from tests.free_ports import free_port, free_ports

_READY_WITHIN_S = 45.0
_DATABASE_OWNER = "trichoscope"
_TROUBLE = re.compile(r"Nothing is taken in: (.*?)(?:\. Trying again|$)", re.MULTILINE)
_OF_ONE_RUN = re.compile(r"\d+\.\d+\.\d+\.\d+|\b\d+\b|\"[^\"]*\"|/[^ ]+")  # ports, numbers, names of files
_TROUBLE_LENGTH = 90
_POSTGRES = "postgres"  # whom Debian's package makes: the server refuses to run as root


@dataclass(frozen=True)
class _Ports:
    """What the collectors' settings name: the near ends of the lines, and where the real instrument sends pictures."""

    near_broker: int
    near_database: int
    pictures: int


class FaultyClinic:
    """A broker, a database, collectors and instruments, with all that can be spoilt of them.

    Parameters
    ----------
    folder : Path
        Existing and empty.
    plan : Plan
        How many collectors, on what, and whether the real instrument is there.
    planted : str
        Faults that the collectors have, of :data:`benchmarks.collector.faults.planted.PLANTED`, with commas between.
    sandboxed : bool
        Whether disks of its own can be made.
    until : ExitStack
        Ends everything.
    """

    def __init__(self, folder: Path, plan: Plan, planted: str, until: ExitStack, *, sandboxed: bool) -> None:
        self.folder, self.plan = folder, plan
        self.certificates = folder / "certificates"
        self.device_folder, self.journal = folder / "device", folder / "journal"
        folder.chmod(0o755)  # PostgreSQL's owner has to pass
        ports = free_ports()
        self.broker_port, self._database_port = ports.broker, free_port()
        near_broker, near_database = free_port(), free_port()
        if plan.real_instrument:
            Clinic(folder, ports, "mosquitto", seed=plan.seed)
        else:
            (folder / "logs").mkdir()
        self._logs = folder / "logs"
        self.collectors = [f"collector-{place + 1}" for place in range(plan.collectors)]
        names = self.collectors if plan.collectors > 1 else [broker.COLLECTOR_USER]
        self._certify([*names, *NAMES])
        self._write_broker(names)
        self.database = folder / "database"
        self.disk = Disk(self.database, DiskKind.TMPFS) if sandboxed else None
        self.database.mkdir(exist_ok=True)
        self.broker_line = self._line(near_broker, self.broker_port, "broker-line", until)
        self.database_line = self._line(near_database, self._database_port, "database-line", until)
        self.settings = [
            self._write_settings(place, name, _Ports(near_broker, near_database, ports.pictures))
            for place, name in enumerate(names)
        ]
        self.services = self._services(planted)
        for service in self.services.values():
            until.callback(service.hold_down)

    def _certify(self, clients: list[str]) -> None:
        authority.ensure_authority(self.certificates)
        authority.ensure_server(self.certificates, [])
        for name in clients:
            authority.ensure_client(self.certificates, name)

    def _write_broker(self, collectors: list[str]) -> None:
        broker.write(
            self.folder / "broker",
            clinic_id=CLINIC,
            certificates=self.certificates,
            port=self.broker_port,
            address="127.0.0.1",
            user="root" if os.geteuid() == 0 else None,
            collectors=collectors,
        )

    def _line(self, here: int, there: int, name: str, until: ExitStack) -> SpoiltConnections:
        routes = json.dumps([[here, "127.0.0.1", there]])
        command = [sys.executable, "-m", "benchmarks.delivery.chaos.proxy", routes]
        return SpoiltConnections(command, self._logs / f"{name}.log", until)

    def _write_settings(self, place: int, name: str, ports: _Ports) -> Path:
        url = f"postgresql://{_DATABASE_OWNER}@127.0.0.1:{ports.near_database}/{CLINIC}"
        return write_settings(
            self.folder / f"collector-{place + 1}.toml",
            Place(
                clinic_id=CLINIC,
                name=name,
                # SQLite's file lies in the state folder, and so on the disk that is spoilt
                state_folder=self.database / "state" if self.plan.sqlite else self.folder / f"state-{place + 1}",
                certificates=self.certificates,
                broker_port=ports.near_broker,
                pictures_port=free_port() if place else ports.pictures,
                page_port=free_port(),
                url=None if self.plan.sqlite else url,
                shared=self.plan.collectors > 1,
            ),
        )

    def _services(self, planted: str) -> dict[str, Service]:
        program = (
            [sys.executable, "-m", "benchmarks.collector.faults.planted", planted]
            if planted
            else [own_program("trichoscope-collector"), "run"]
        )
        commands = {"broker": [mosquitto() or "mosquitto", "-c", str(self.folder / "broker" / broker.CONFIGURATION)]}
        if not self.plan.sqlite:
            commands["postgresql"] = self._prepare_postgresql()
        for name, settings in zip(self.collectors, self.settings, strict=True):
            commands[name] = [*program, "--settings", str(settings)]
        if self.plan.real_instrument:
            commands["device"] = [own_program("trichoscope"), "run", "--settings", str(self.folder / "device.toml")]
        services = {name: Service(name, self._always(command), self._logs) for name, command in commands.items()}
        if self.plan.real_instrument:
            chair = [sys.executable, "-m", "benchmarks.delivery.chaos.chair", str(self.device_folder)]
            words = [*chair, str(self.journal), str(self.plan.seed)]
            services["chair"] = Service("chair", lambda life: [*words, str(life)], self._logs)
        return services

    @staticmethod
    def _always(command: list[str]) -> Callable[[int], list[str]]:
        return lambda _life: command

    def _prepare_postgresql(self) -> list[str]:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        as_owner = []
        if os.geteuid() == 0:
            shutil.chown(self.database, _POSTGRES, _POSTGRES)
            as_owner = ["setpriv", "--reuid", _POSTGRES, "--regid", _POSTGRES, "--clear-groups"]
        data = str(self.database / "data")
        options = ["-A", "trust", "-U", _DATABASE_OWNER, "-E", "UTF8", "--locale=C", "-N"]
        made = subprocess.run(
            [*as_owner, str(programs / "initdb"), "-D", data, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr.strip()}")
        listening = ["-k", str(self.database), "-p", str(self._database_port), "-c", "listen_addresses=127.0.0.1"]
        sizes = ["-c", "shared_buffers=32MB", "-c", "max_wal_size=64MB", "-c", "max_connections=150"]
        return [*as_owner, str(programs / "postgres"), "-D", data, *listening, *sizes]

    @property
    def store(self) -> str | Path:
        """What holds the messages: SQLite's file, or PostgreSQL's URL past the line that is spoilt."""
        if self.plan.sqlite:
            return self.database / "state" / "collector.sqlite3"
        return f"postgresql://{_DATABASE_OWNER}@/{CLINIC}?host={self.database}&port={self._database_port}"

    def session(self) -> psycopg.Connection:
        """Open a session of one's own with PostgreSQL, past the line that is spoilt; each statement commits."""
        return psycopg.connect(str(self.store), autocommit=True, connect_timeout=2)

    def start(self) -> None:
        """Start everything, and wait until it stands."""
        end_s = time.monotonic() + _READY_WITHIN_S
        first = [name for name in ("broker", "postgresql") if name in self.services]
        for each in first:
            self.services[each].look()
        _await(lambda: _listens(self.broker_port), "broker", end_s)
        if not self.plan.sqlite:
            _await(self._made_database, "PostgreSQL", end_s)
        for service in self.services.values():
            service.look()
        ready = dict.fromkeys(self.collectors, "collector ready")
        if self.plan.real_instrument:
            ready |= {"device": "device ready", "chair": "chair ready"}
        for name, line in ready.items():
            _await(lambda name=name, line=line: self.services[name].said(line), name, end_s)  # type: ignore[misc]

    def _made_database(self) -> bool:
        try:
            with psycopg.connect(str(self.store).replace(f"/{CLINIC}?", "/postgres?"), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {CLINIC}")
        except psycopg.OperationalError:
            return False
        return True

    @property
    def stands(self) -> bool:
        """Whether a collector has started and takes messages, or tries to."""
        return any(self._is_ready(name) for name in self.collectors)

    def _is_ready(self, name: str) -> bool:
        if self.services[name].pid is None:
            return False
        _, _, said = (self._logs / f"{name}.log").read_text(encoding="utf-8", errors="replace").rpartition("--- life")
        return "collector ready" in said

    def troubles(self) -> dict[str, int]:
        """Return what kept the collectors from taking messages in, by their logs, and how often it began."""
        said: Counter[str] = Counter()
        for name in self.collectors:
            log = (self._logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
            for trouble in _TROUBLE.findall(log):
                said[_OF_ONE_RUN.sub("...", trouble)[:_TROUBLE_LENGTH]] += 1
        return dict(said)

    def look(self) -> None:
        """Start what is to run and does not."""
        for service in self.services.values():
            service.look()

    def forget(self) -> None:
        """Lose what the broker has written of its sessions and messages; it must be down."""
        for file in (self.folder / "broker" / "persistence").iterdir():
            file.unlink()

    def stop(self) -> None:
        """End all programs in good order but the database, so that it can be read."""
        for name in ("device", *self.collectors, "broker"):
            if name in self.services:
                self.services[name].hold_down(signal.SIGTERM)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _await(condition: Callable[[], bool], what: str, end_s: float) -> None:
    while not condition():
        if time.monotonic() > end_s:
            raise RuntimeError(f"The {what} was not ready within {_READY_WITHIN_S:.0f} s; see its log.")
        time.sleep(0.03)
