"""The faults of a plan, done to a clinic as the time comes, and healed."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg

from benchmarks.collector.faults.clinic import FaultyClinic
from benchmarks.collector.faults.plan import RIGHTS, Fault, Kind, Plan
from benchmarks.collector.faults.traffic import Traffic
from benchmarks.delivery.chaos.plan import Right
from benchmarks.delivery.chaos.programs import ENDS_WITH_THIS_PROCESS
from device.demo.processes import own_program

_LOOK_EVERY_S = 0.02
_STARTED_WITHIN_S = 8.0  # longer only where something else is wrong: the database is away, say
_HEALED_WITHIN_S = 60.0
_AGAIN_AFTER_S = 0.5
_TERMINATE_EVERY_S = 0.05
_TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'trichoscope-collector'"
)
_LOCK = "LOCK TABLE captures, patients, erasures IN ACCESS EXCLUSIVE MODE"
_ERASED_WITHIN_S = 60.0
_ALREADY = "was erased on"

Act = Callable[[], None]


class Void(RuntimeError):
    """What the fault was to meet was just away: it did not come to pass."""


class Course:
    """The faults of a plan.

    Parameters
    ----------
    clinic : FaultyClinic
    traffic : Traffic
    plan : Plan
    sandboxed : bool
        Whether faults of disks can be made.
    """

    def __init__(self, clinic: FaultyClinic, traffic: Traffic, plan: Plan, *, sandboxed: bool) -> None:
        self.made: Counter[str] = Counter()
        self.void: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._clinic, self._traffic = clinic, traffic
        self._chance = random.Random(f"course {plan.seed}")  # noqa: S311  drawn anew by its number
        self._beside: list[threading.Thread] = []
        self._due: list[tuple[float, Act]] = []
        for fault in plan.faults:
            if RIGHTS.get(fault.kind) is Right.SANDBOX and not sandboxed:
                self.left_out[fault.kind.value] += 1
                continue
            begin, end = self._acts(fault)
            self._due.append((fault.begins_s, partial(self._begin, fault, begin)))
            if end is not None:
                self._due.append((fault.ends_s, end))
        self._due.sort(key=lambda due: due[0])

    def run(self, until_s: float) -> None:
        """Do all of it, each at its time; keep messages coming, and the programs running that nothing holds down."""
        # The plan's clock stands while all collectors start: else faults would meet nobody on a slow machine.
        clock_s, last_s, held_s = 0.0, time.monotonic(), 0.0
        while self._due or clock_s < until_s:
            while self._due and self._due[0][0] <= clock_s:
                self._due.pop(0)[1]()
            self.look()
            now_s = time.monotonic()
            passed_s, last_s = now_s - last_s, now_s
            if self._clinic.stands:
                clock_s, held_s = clock_s + passed_s, 0.0
            elif held_s < _STARTED_WITHIN_S and not self._held_down():
                held_s += passed_s
            else:
                clock_s += passed_s
            self._traffic.keep_due(now_s)
        # what goes on beside the course needs the programs that it holds up
        end_s = time.monotonic() + _HEALED_WITHIN_S
        while any(thread.is_alive() for thread in self._beside) and time.monotonic() < end_s:
            self.look()
        if self._traffic.erased is not None:
            self._traffic.keep_of(self._traffic.erased)  # and still nothing of them is taken

    def _held_down(self) -> bool:
        """Whether a fault keeps all collectors from running: then its end has to come."""
        return all(self._clinic.services[name].pid is None for name in self._clinic.collectors)

    def look(self) -> None:
        """Start what is to run and does not, and pause for a moment."""
        self._clinic.look()
        time.sleep(_LOOK_EVERY_S)

    def _begin(self, fault: Fault, begin: Act) -> None:
        try:
            begin()
        except Void:
            self.void[fault.kind.value] += 1
        else:
            self.made[fault.kind.value] += 1

    def _acts(self, fault: Fault) -> tuple[Act, Act | None]:
        """Return what begins a fault and what ends it."""
        kind = fault.kind
        if kind.name.startswith(("BROKER_", "DATABASE_")) and (spoiling := _SPOILING.get(kind.name.partition("_")[2])):
            line = self._clinic.broker_line if kind.name.startswith("BROKER_") else self._clinic.database_line
            begun, ended = spoiling(fault.amount)
            return partial(line.tell, **begun), partial(line.tell, **ended) if ended else None
        match kind:
            case Kind.ERASURE:
                acts: tuple[Act, Act | None] = partial(self._erase, fault), None
            case Kind.POISON:
                acts = self._traffic.spoil, None
            case Kind.REPEATED:
                acts = self._repeat, None
            case Kind.LOCKED | Kind.TERMINATED | Kind.TIMED_OUT:
                acts = partial(self._disturb, fault), None
            case Kind.DISK_FULL if self._clinic.disk is not None:
                acts = self._clinic.disk.fill, self._clinic.disk.free
            case _:
                acts = self._acts_on_programs(fault)
        return acts

    def _acts_on_programs(self, fault: Fault) -> tuple[Act, Act]:
        services = self._clinic.services
        one = self._clinic.collectors[fault.member]
        names, how = {
            Kind.COLLECTOR_KILLED: ([one], signal.SIGKILL),
            Kind.COLLECTOR_ENDED: ([one], signal.SIGTERM),
            Kind.COLLECTOR_HALTED: ([one], signal.SIGSTOP),
            Kind.ALL_KILLED: (self._clinic.collectors, signal.SIGKILL),
            Kind.BROKER_KILLED: (["broker"], signal.SIGKILL),
            Kind.BROKER_ENDED: (["broker"], signal.SIGTERM),
            Kind.BROKER_FORGOT: (["broker"], signal.SIGKILL),
            Kind.POSTGRESQL_CRASHED: (["postgresql"], signal.SIGQUIT),
            Kind.POSTGRESQL_KILLED: (["postgresql"], signal.SIGKILL),
            Kind.POSTGRESQL_ENDED: (["postgresql"], signal.SIGINT),
            Kind.DEVICE_KILLED: (["device"], signal.SIGKILL),
        }[fault.kind]

        def begin() -> None:
            away = all(services[name].pid is None for name in names)
            for name in names:
                if how is signal.SIGSTOP:
                    services[name].send(how)
                else:
                    services[name].hold_down(how)
            if fault.kind is Kind.BROKER_FORGOT:
                self._clinic.forget()
            if away:
                raise Void

        def end() -> None:
            for name in names:
                if how is signal.SIGSTOP:
                    services[name].send(signal.SIGCONT)
                else:
                    services[name].let_run()

        return begin, end

    def _repeat(self) -> None:
        if not self._traffic.send_again():
            raise Void

    def _disturb(self, fault: Fault) -> None:
        """Do something to the database in a session of one's own, beside the course."""
        if self._clinic.plan.sqlite:
            self._start_beside(partial(_lock_file, Path(self._clinic.store), fault.lasts_s), fault)
            return
        do = {Kind.LOCKED: _lock_tables, Kind.TERMINATED: _terminate, Kind.TIMED_OUT: _time_out}[fault.kind]
        self._start_beside(partial(do, self._clinic.session, fault.lasts_s), fault)

    def _start_beside(self, do: Act, fault: Fault) -> None:
        def run() -> None:
            try:
                do()
            except Void:
                self.made[fault.kind.value] -= 1
                self.void[fault.kind.value] += 1

        self._beside.append(threading.Thread(target=run, name=fault.kind.value, daemon=True))
        self._beside[-1].start()

    def _erase(self, fault: Fault) -> None:
        codes = sorted({sent.patient_code for _, sent in self._traffic.stored()})
        if not codes:
            raise Void
        self._traffic.erased = self._chance.choice(codes)
        self._start_beside(partial(self._erase_until_done, self._traffic.erased, fault.lasts_s), fault)

    def _erase_until_done(self, code: str, killed_after_s: float) -> None:
        """Give the command, kill it, and give it again until it says that it is done."""
        options = ["--reason", "asked for", "--yes", "--settings", str(self._clinic.settings[0])]
        command = [*ENDS_WITH_THIS_PROCESS, own_program("trichoscope-collector"), "erase", code, *options]
        log = self._clinic.folder / "logs" / "erase.log"
        end_s = time.monotonic() + _ERASED_WITHIN_S
        limit_s = killed_after_s + 1.0  # of it a second passes before it has read its settings
        while time.monotonic() < end_s:
            with log.open("ab") as said:
                erasing = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            try:
                erasing.wait(limit_s)
            except subprocess.TimeoutExpired:
                erasing.kill()
                erasing.wait()
            if erasing.returncode == 0 or _ALREADY in log.read_text(encoding="utf-8", errors="replace"):
                return
            limit_s = _ERASED_WITHIN_S
            time.sleep(_AGAIN_AFTER_S)


_SPOILING: dict[str, Callable[[float], tuple[dict[str, float], dict[str, float]]]] = {
    "RESET": lambda _: ({"reset": True}, {}),
    "AWAY": lambda _: ({"reset": True, "refuse": True}, {"refuse": False}),
    "SILENT": lambda _: ({"blackhole": True}, {"blackhole": False}),
    "CUT": lambda amount: ({"cut_after_bytes": round(1000 * amount)}, {"cut_after_bytes": 0}),
    "SLOW": lambda amount: ({"delay_s": amount / 1000}, {"delay_s": 0}),
}
"""What a line is told at the beginning of a fault, and at its end."""


def _lock_file(file: Path, lasts_s: float) -> None:
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as holding:
            holding.execute("BEGIN IMMEDIATE")
            time.sleep(lasts_s)
            holding.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise Void from error


def _lock_tables(session: Callable[[], psycopg.Connection], lasts_s: float) -> None:
    try:
        with session() as holding, holding.transaction():
            holding.execute("SET LOCAL lock_timeout = 1000")
            holding.execute(_LOCK)
            time.sleep(lasts_s)
    except psycopg.Error as error:
        raise Void from error


def _terminate(session: Callable[[], psycopg.Connection], lasts_s: float) -> None:
    end_s, terminated = time.monotonic() + lasts_s, 0
    while time.monotonic() < end_s:
        with contextlib.suppress(psycopg.Error), session() as own:
            while time.monotonic() < end_s:
                row = own.execute(_TERMINATE).fetchone()
                terminated += row[0] if row else 0
                time.sleep(_TERMINATE_EVERY_S)
        time.sleep(_TERMINATE_EVERY_S)
    if not terminated:
        raise Void


def _time_out(session: Callable[[], psycopg.Connection], lasts_s: float) -> None:
    """Let what a session says for itself nothing of end after 3 ms, for all new sessions; and make them new."""
    try:
        with session() as own:
            own.execute("ALTER DATABASE demo SET statement_timeout = 3")
            own.execute(_TERMINATE)
    except psycopg.Error as error:
        raise Void from error
    finally:
        time.sleep(lasts_s)
        end_s = time.monotonic() + _HEALED_WITHIN_S
        while time.monotonic() < end_s:
            with contextlib.suppress(psycopg.Error), session() as own:
                own.execute("SET statement_timeout = 0")
                own.execute("ALTER DATABASE demo RESET statement_timeout")
                own.execute(_TERMINATE)
                break
            time.sleep(_AGAIN_AFTER_S)
