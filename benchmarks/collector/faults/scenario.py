"""Scenarios in processes of their own, and where root is, in namespaces of their own; many, and what came of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from benchmarks.collector.faults.judge import Judgement
from benchmarks.collector.faults.outcome import OUTCOME, Outcome, read, total, write_order
from benchmarks.collector.faults.plan import Plan, draw
from benchmarks.delivery.chaos.plan import Right
from benchmarks.delivery.chaos.programs import ENDS_WITH_THIS_PROCESS
from benchmarks.delivery.chaos.rights import SANDBOX, SEARCHED, missing
from benchmarks.targets import Bound

Row: TypeAlias = tuple[str, str, str, str]

AT_A_TIME = 2
_ENDS_WITHIN_S = 300.0
_LOOK_EVERY_S = 0.1
_WORD_LENGTH = 2000
_WORDS = {
    "lost": "told to be stored, and missing",
    "doubled": "stored twice",
    "altered": "altered",
    "strange": "stored or receipted, and never sent",
    "unreceipted": "without a receipt at the end",
    "refused": "refused with nothing wrong",
    "quarantined": "in quarantine with nothing wrong, or poison that is not there",
    "out_of_order": "out of the order of their patient",
    "patients": "patients whose list and captures disagree",
    "not_erased": "of an erased patient, or an erasure not done",
}


def run_scenario(plan: Plan, stopping: threading.Event | None = None, planted: str = "") -> Outcome:
    """Play a scenario with real processes, and judge it.

    Nothing of it is left but a folder with logs and stores where a promise was broken.

    Parameters
    ----------
    plan : Plan
    stopping : threading.Event, optional
        Breaks it off as soon as it is set.
    planted : str
        Faults that the collectors have, of :mod:`benchmarks.collector.faults.planted`, with commas between; none if
        empty.
    """
    stopping = stopping or threading.Event()
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{plan.seed}-"))
    write_order(folder, plan, planted)
    sandboxed = Right.SANDBOX not in missing()
    command = [sys.executable, "-m", "benchmarks.collector.faults.inside", str(folder), "yes" if sandboxed else "no"]
    words = folder / "words.log"
    with words.open("wb") as output:
        process = subprocess.Popen(
            # the sandbox's first process is killed with the sandbox's maker, and all others of it are then; memory
            # that PostgreSQL shares goes with it too
            [*ENDS_WITH_THIS_PROCESS, *((*SANDBOX, "--ipc") if sandboxed else ()), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": SEARCHED, "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
    try:
        broken_off = _wait(process, stopping)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if stopping.is_set():
        shutil.rmtree(folder, ignore_errors=True)
        return Outcome(plan.seed, broken_off=broken_off)
    outcome = Outcome(plan.seed, broken_off=broken_off) if broken_off else _outcome(plan.seed, folder, words)
    if outcome.good or planted:
        shutil.rmtree(folder)
        return outcome
    return replace(outcome, folder=str(folder))


def _wait(process: subprocess.Popen[bytes], stopping: threading.Event) -> str:
    """Wait for its end; return why it is not waited for any longer, or nothing."""
    end_s = time.monotonic() + _ENDS_WITHIN_S
    while process.poll() is None:
        if stopping.wait(_LOOK_EVERY_S):
            return "it was stopped"
        if time.monotonic() > end_s:
            return f"it did not end within {_ENDS_WITHIN_S:.0f} s"
    return ""


def _outcome(seed: int, folder: Path, words: Path) -> Outcome:
    written = folder / OUTCOME
    if not written.exists():
        said = words.read_text(errors="replace")[-_WORD_LENGTH:].strip()
        return Outcome(seed, broken_off=said or "it ended without a word")
    return read(written)


def play_all(plans: Iterable[Plan], note: Callable[[Outcome], None] = lambda _: None) -> list[Outcome]:
    """Play scenarios, two at a time, and return what came of them by their numbers.

    Parameters
    ----------
    plans : iterable of Plan
    note : callable
        Told of each as it ends.
    """
    outcomes = []
    stopping = threading.Event()
    with ThreadPoolExecutor(AT_A_TIME) as executor:
        jobs = [executor.submit(run_scenario, plan, stopping) for plan in plans]
        try:
            for job in as_completed(jobs):
                outcomes.append(job.result())
                note(outcomes[-1])
        except BaseException:
            stopping.set()
            executor.shutdown(cancel_futures=True)
            raise
    return sorted(outcomes, key=lambda outcome: outcome.seed)


def rows(runs: int = 100) -> list[Row]:
    """Play the scenarios 0 to ``runs - 1``, and word what is asked and reached."""
    begun_s = time.monotonic()
    outcomes = play_all(map(draw, range(runs)), lambda outcome: print(outcome.words(), flush=True))  # noqa: T201
    return table(outcomes, time.monotonic() - begun_s)


def table(outcomes: list[Outcome], seconds: float) -> list[Row]:
    """Word what came of scenarios that took so long together."""
    kept, of_real = (sum(getattr(outcome, name) for outcome in outcomes) for name in ("kept", "of_real"))
    lines = [
        ("random scenarios", "-", f"{len(outcomes)} in {seconds / 60:.1f} min", ""),
        ("on", "-", _listed(total([{outcome.store: 1} for outcome in outcomes])), ""),
        ("messages", "-", f"{kept}, {of_real} of them of a real instrument", ""),
    ]
    for name in Judgement.__dataclass_fields__:
        wrong = {outcome.seed: len(getattr(outcome.judgement, name)) for outcome in outcomes}
        lines.append(_none(_WORDS[name], wrong))
    lines.append(_none("not all receipted 75 s after healing", {o.seed: int(bool(o.not_empty)) for o in outcomes}))
    lines.append(_none("broken off", {o.seed: int(bool(o.broken_off)) for o in outcomes}))
    lines.append(_none("nothing stored", {o.seed: int(o.stored == 0) for o in outcomes}))
    lines.append(("until all was receipted", "-", _spread([o.emptied_s for o in outcomes]), ""))
    made = total([outcome.made for outcome in outcomes])
    lines.append(("faults made", "-", f"{made.total()}: {_listed(made)}", ""))
    if void := total([outcome.void for outcome in outcomes]):
        lines.append(("faults tried while what they meet was away", "-", f"{void.total()}: {_listed(void)}", ""))
    troubles = total([outcome.troubles for outcome in outcomes])
    lines.append(("what kept collectors from taking messages in, by their logs", "-", _listed(troubles) or "-", ""))
    ended = total([outcome.ended_by_themselves for outcome in outcomes])
    lines.append(("programs that ended by themselves and were started again", "-", _listed(ended) or "none", ""))
    if left_out := total([outcome.left_out for outcome in outcomes]):
        why = "; ".join(missing().values())
        lines.append(("faults left out", "0", f"{left_out.total()}: {_listed(left_out)}", f"**not made here: {why}**"))
    return lines


def _none(words: str, wrong: dict[int, int]) -> Row:
    bound = Bound("wrong", words, high=0, digits=0)
    count = sum(wrong.values())
    seeds = [str(seed) for seed, found in wrong.items() if found]
    reached = f"{count} (scenarios {', '.join(seeds)})" if count else "0"
    return words, "0", reached, bound.verdict(count) if wrong else "not measured"


def _spread(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"median {ordered[len(ordered) // 2]:.1f} s, at most {ordered[-1]:.1f} s" if ordered else "-"


def _listed(counts: dict[str, int]) -> str:
    return "; ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
