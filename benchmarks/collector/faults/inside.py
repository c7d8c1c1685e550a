"""One scenario from its start to its judgement, in the namespaces that it was given.

Run by :mod:`benchmarks.collector.faults.scenario`: ``python -m benchmarks.collector.faults.inside FOLDER SANDBOXED``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.collector.faults.clinic import FaultyClinic
from benchmarks.collector.faults.course import Course
from benchmarks.collector.faults.judge import Told, held_in, judge
from benchmarks.collector.faults.outcome import OUTCOME, Outcome, read_order
from benchmarks.collector.faults.plan import Plan
from benchmarks.collector.faults.traffic import NAMES, Traffic
from benchmarks.collector.instruments import Instruments
from benchmarks.delivery.chaos.judge import kept_by
from contract import Outcome as Decided
from contract import content_sha256
from device.demo.clinic import CLINIC
from device.outbox import Outbox
from device.store import Store

EMPTY_WITHIN_S = 75.0
"""The collector's own pause between attempts grows to 30 s."""


def play(plan: Plan, folder: Path, planted: str, *, sandboxed: bool) -> Outcome:
    """Play a scenario in an empty folder; leave it to the caller to remove that."""
    begun_s = time.monotonic()
    outcome = Outcome(plan.seed, store=plan.store)
    with ExitStack() as until:
        try:
            clinic = FaultyClinic(folder, plan, planted, until, sandboxed=sandboxed)
            clinic.start()
            instruments = until.enter_context(Instruments(CLINIC, NAMES, clinic.certificates, clinic.broker_port))
            traffic = Traffic(instruments, plan.seed)
            course = Course(clinic, traffic, plan, sandboxed=sandboxed)
            course.run(plan.ends_s)
            outcome = replace(
                outcome,
                made={name: count for name, count in course.made.items() if count},
                void=dict(course.void),
                left_out=dict(course.left_out),
            )
            if plan.real_instrument:
                clinic.services["chair"].hold_down(signal.SIGTERM)
            not_empty, emptied_s = _wait_until_empty(clinic, instruments, course)
            clinic.stop()
            held = held_in(clinic.store)
            told = _told(instruments)
            of_real = _told_of_real(clinic) if plan.real_instrument else []
            strange = [f"{one.message_id} ({one.outcome})" for each in instruments.all for one in each.strange]
            outcome = replace(
                outcome,
                kept=len(told) + len(of_real),
                of_real=len(of_real),
                stored=len(held.rows),
                quarantined=len(held.quarantined),
                not_empty=not_empty,
                emptied_s=emptied_s,
                troubles=clinic.troubles(),
                ended_by_themselves={
                    name: service.ended_by_itself
                    for name, service in clinic.services.items()
                    if service.ended_by_itself
                },
                judgement=judge([*told, *of_real], held, traffic.poison, strange),
            )
            if "postgresql" in clinic.services:
                clinic.services["postgresql"].hold_down(signal.SIGINT)
        except Exception as error:  # noqa: BLE001  whatever it was, the others go on and this one is reported
            outcome = replace(outcome, broken_off=f"{type(error).__name__}: {error}")
        if not outcome.good:
            with suppress(OSError, shutil.Error):
                ignored = shutil.ignore_patterns("filler", ".s.*")
                shutil.copytree(folder / "database", folder / "database-as-found", ignore=ignored)
    return replace(outcome, seconds=time.monotonic() - begun_s)


def _wait_until_empty(clinic: FaultyClinic, instruments: Instruments, course: Course) -> tuple[str, float]:
    """Wait until nothing waits for a receipt; return what still does after the time for it, and how long it took."""
    start_s = time.monotonic()
    with ExitStack() as opened:
        outbox = None
        if clinic.plan.real_instrument:
            outbox = Outbox(opened.enter_context(closing(Store(clinic.device_folder))))
        while (waited_s := time.monotonic() - start_s) < EMPTY_WITHIN_S:
            course.look()
            waiting = {"light": instruments.open}
            if outbox is not None:
                counts = outbox.counts()
                waiting["real"] = counts.waiting_captures + counts.waiting_pictures + counts.waiting_others
            if not any(waiting.values()):
                return "", waited_s
    return str(waiting), waited_s


def _told(instruments: Instruments) -> list[Told]:
    told = []
    for instrument in instruments.all:
        for place, sent in enumerate(list(instrument.kept.values())):
            digest = content_sha256(sent.payload)
            outcomes = {one.outcome for one in sent.receipts if one.content_sha256 == digest}
            told.append(
                Told(
                    sent.message_id,
                    sent.patient_code,
                    place,
                    sent.payload,
                    stored=Decided.STORED in outcomes,
                    refused=Decided.REFUSED in outcomes,
                )
            )
    return told


def _told_of_real(clinic: FaultyClinic) -> list[Told]:
    return [
        Told(
            one.message_id,
            one.patient_code,
            one.sequence,
            one.payload,
            stored=one.state == "received",
            refused=one.state == "refused",
        )
        for one in kept_by(clinic.device_folder)
    ]


def _main(folder: str, sandboxed: str) -> None:
    os.umask(0o077)
    if sandboxed == "yes":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)  # noqa: S607  found by rights.py
    plan, planted = read_order(Path(folder))
    play(plan, Path(folder), planted, sandboxed=sandboxed == "yes").write(Path(folder) / OUTCOME)


if __name__ == "__main__":
    _main(*sys.argv[1:])
