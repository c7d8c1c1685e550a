"""One scenario from its start to its judgement, in the namespaces that it was given.

Run by `benchmarks.delivery.chaos.scenario`: ``python -m benchmarks.delivery.chaos.inside SEED FOLDER SANDBOXED``.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.delivery.chaos.chair import read_journal
from benchmarks.delivery.chaos.clinic import ChaosClinic
from benchmarks.delivery.chaos.judge import judge
from benchmarks.delivery.chaos.messages import NotSaid
from benchmarks.delivery.chaos.outcome import Outcome
from benchmarks.delivery.chaos.plan import RIGHTS, Fault, Kind, Plan, Right, Side, draw
from benchmarks.delivery.chaos.rights import faketime
from device.outbox import Outbox
from device.store import Store

EMPTY_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.02
_SAID_WITHIN_S = 10.0

_USERS = {Side.DEVICE: (Side.DEVICE, Side.CHAIR), Side.COLLECTOR: (Side.COLLECTOR,)}
"""Who works on whose disk."""

_ON_A_PROCESS = (Kind.KILLED, Kind.ENDED, Kind.FORGOT, Kind.HALTED)

Act = Callable[[], None]


class Course:
    """The faults of a plan, done to a clinic as the time comes.

    Parameters
    ----------
    clinic : ChaosClinic
    plan : Plan
    lacking : dict of Right to str
    """

    def __init__(self, clinic: ChaosClinic, plan: Plan, lacking: dict[Right, str]) -> None:
        self.made: Counter[str] = Counter()
        self.void: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._clinic = clinic
        self._chance = random.Random(f"said {plan.seed}")  # noqa: S311  drawn anew by its number
        self._voices: list[threading.Thread] = []
        self._due: list[tuple[float, Act]] = []
        for fault in plan.faults:
            if RIGHTS.get(fault.kind, Right.NONE) in lacking:
                self.left_out[fault.name] += 1
                continue
            begin, end = self._acts(fault)
            self._due.append((fault.begins_s, partial(self._begin, fault, begin)))
            if end is not None:
                self._due.append((fault.ends_s, end))
        # of what comes at one moment the beginnings come first, as they were drawn
        self._due.sort(key=lambda due: due[0])

    def run(self, until_s: float) -> None:
        """Do all of it, each at its time, and keep the programs running that nothing holds down."""
        start_s = time.monotonic()
        while self._due or time.monotonic() - start_s < until_s:
            while self._due and self._due[0][0] <= time.monotonic() - start_s:
                self._due.pop(0)[1]()
            self._clinic.look()
            time.sleep(_LOOK_EVERY_S)
        for voice in self._voices:
            voice.join(_SAID_WITHIN_S)

    def _begin(self, fault: Fault, begin: Act) -> None:
        away = fault.kind in _ON_A_PROCESS and self._clinic.services[_side(fault)].pid is None
        (self.void if away else self.made)[fault.name] += 1
        begin()

    def _acts(self, fault: Fault) -> tuple[Act, Act | None]:
        """Return what begins a fault and what ends it."""
        match fault.kind:
            case Kind.KILLED | Kind.ENDED | Kind.FORGOT | Kind.HALTED | Kind.DUPLICATES | Kind.CLOCK:
                return self._acts_on_a_program(fault, _side(fault))
            case Kind.DISK_FULL | Kind.READ_ONLY | Kind.READ_ONLY_AT_START:
                return self._acts_on_a_disk(fault, _side(fault))
            case Kind.LINK_DOWN | Kind.LOW_RATE | Kind.LOSS:
                return self._acts_on_the_link(fault)
            case Kind.DELAY | Kind.TRICKLE | Kind.RESET | Kind.CUT_AFTER | Kind.BLACKHOLE | Kind.REFUSED:
                return self._acts_on_connections(fault)
            case Kind.RECEIPTS:
                return partial(self._say, fault, lambda: self._clinic.stranger.send_receipts(self._chance)), None
            case Kind.TAKE_OVER:
                take_over = partial(
                    self._clinic.stranger.take_over, self._chance, lasts_s=fault.lasts_s, clean=bool(fault.amount)
                )
                return partial(self._say, fault, take_over), None

    def _acts_on_a_program(self, fault: Fault, side: Side) -> tuple[Act, Act | None]:
        service = self._clinic.services[side]

        def die_and_forget() -> None:
            service.hold_down()
            self._clinic.forget()

        def die_and_come_again() -> None:
            service.hold_down()
            self._say(fault, partial(self._clinic.stranger.publish_again, self._chance))

        match fault.kind:
            case Kind.ENDED:
                return partial(service.hold_down, signal.SIGTERM), service.let_run
            case Kind.FORGOT:
                return die_and_forget, service.let_run
            case Kind.HALTED:
                return partial(service.send, signal.SIGSTOP), partial(service.send, signal.SIGCONT)
            case Kind.DUPLICATES:
                return die_and_come_again, service.let_run
            case Kind.CLOCK:
                clock = self._clinic.clocks[side]
                return partial(clock.set, fault.amount), partial(clock.set, 0)
            case _:
                return service.hold_down, service.let_run

    def _acts_on_a_disk(self, fault: Fault, side: Side) -> tuple[Act, Act]:
        disk, users = self._clinic.disks[side], [self._clinic.services[user] for user in _USERS[side]]

        def with_users_down(act: Act) -> None:
            for user in users:
                user.hold_down()
            act()
            for user in users:
                user.let_run()

        match fault.kind:
            case Kind.DISK_FULL:
                return disk.fill, disk.free
            case Kind.READ_ONLY:
                return disk.abort, partial(with_users_down, disk.mount_anew)
            case _:
                return partial(with_users_down, partial(disk.set_read_only, True)), partial(disk.set_read_only, False)

    def _acts_on_the_link(self, fault: Fault) -> tuple[Act, Act]:
        link = self._clinic.link
        if link is None:
            raise RuntimeError("There is no link where there are no namespaces.")
        match fault.kind:
            case Kind.LINK_DOWN:
                return partial(link.set_up, False), partial(link.set_up, True)
            case Kind.LOW_RATE:
                return partial(link.set_rate, fault.amount), partial(link.set_rate, None)
            case _:
                return partial(link.set_loss, fault.amount), partial(link.set_loss, None)

    def _acts_on_connections(self, fault: Fault) -> tuple[Act, Act | None]:
        tell = self._clinic.connections.tell
        match fault.kind:
            case Kind.DELAY:
                return partial(tell, delay_s=fault.amount / 1000), partial(tell, delay_s=0)
            case Kind.TRICKLE:
                return partial(tell, rate_bytes_per_s=1000 * fault.amount), partial(tell, rate_bytes_per_s=0)
            case Kind.CUT_AFTER:
                return partial(tell, cut_after_bytes=round(1000 * fault.amount)), partial(tell, cut_after_bytes=0)
            case Kind.BLACKHOLE:
                return partial(tell, blackhole=True), partial(tell, blackhole=False)
            case Kind.REFUSED:
                return partial(tell, refuse=True), partial(tell, refuse=False)
            case _:
                return partial(tell, reset=True), None

    def _say(self, fault: Fault, say: Callable[[], int]) -> None:
        """Say something beside the course, which goes on; what could not be said is counted as void."""

        def speak() -> None:
            try:
                say()
            except NotSaid:
                self.made[fault.name] -= 1
                self.void[fault.name] += 1

        self._voices.append(threading.Thread(target=speak, name=fault.name))
        self._voices[-1].start()


def play(seed: int, folder: Path, lacking: dict[Right, str]) -> Outcome:
    """Play a scenario in an empty folder; leave it to the caller to remove that."""
    begun_s = time.monotonic()
    plan, outcome = draw(seed), Outcome(seed)
    with ExitStack() as until:
        try:
            clinic = ChaosClinic(folder, plan, lacking, until)
            course = Course(clinic, plan, lacking)
            course.run(plan.ends_s)
            outcome = replace(
                outcome,
                made={name: count for name, count in course.made.items() if count},
                void=dict(course.void),
                left_out=dict(course.left_out),
            )
            clinic.services[Side.CHAIR].hold_down(signal.SIGTERM)
            not_empty, emptied_s = _wait_until_empty(clinic)
            clinic.stop()
            journal = read_journal(clinic.journal)
            outcome = replace(
                outcome,
                accepted=len(journal),
                pictures=sum(accepted.picture_sha256 is not None for accepted in journal),
                not_empty=not_empty,
                emptied_s=emptied_s,
                ended_by_themselves={
                    str(side): service.ended_by_itself
                    for side, service in clinic.services.items()
                    if service.ended_by_itself
                },
                judgement=judge(
                    journal,
                    clinic.device_folder,
                    clinic.collector_folder,
                    clocks_agree=not any(f.kind is Kind.CLOCK and f.side is Side.COLLECTOR for f in plan.faults),
                ),
            )
        except Exception as error:  # noqa: BLE001  whatever it was, the others go on and this one is reported
            outcome = replace(outcome, broken_off=f"{type(error).__name__}: {error}")
        if not outcome.good:
            _save(folder)
    return replace(outcome, seconds=time.monotonic() - begun_s)


def _wait_until_empty(clinic: ChaosClinic) -> tuple[str, float]:
    """Wait until nothing waits at the device; return what still does after the time for it, and how long it took."""
    start_s = time.monotonic()
    with closing(Store(clinic.device_folder)) as store:
        outbox = Outbox(store)
        while (waited_s := time.monotonic() - start_s) < EMPTY_WITHIN_S:
            clinic.look()
            counts = outbox.counts()
            if not (counts.waiting_captures or counts.waiting_pictures or counts.waiting_others):
                return "", waited_s
            time.sleep(0.1)
    return str(counts), waited_s


def _save(folder: Path) -> None:
    """Copy what lies on the scenario's own disks to where it outlives them."""
    for side in _USERS:
        with suppress(OSError, shutil.Error):
            shutil.copytree(folder / side, folder / f"{side}-as-found", ignore=shutil.ignore_patterns("filler"))


def _side(fault: Fault) -> Side:
    if fault.side is None:
        raise RuntimeError(f"{fault} meets nobody.")
    return fault.side


def _main(seed: str, folder: str, sandboxed: str) -> None:
    lacking = {} if faketime() else {Right.FAKETIME: "not installed"}
    if sandboxed == "no":
        lacking[Right.SANDBOX] = "no namespaces"
    os.umask(0o077)
    play(int(seed), Path(folder), lacking).write(Path(folder) / "outcome.json")


if __name__ == "__main__":
    _main(*sys.argv[1:])
