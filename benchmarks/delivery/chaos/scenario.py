"""Scenarios by their number: each in a process, and where root is, in namespaces of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.delivery.chaos.outcome import Outcome, read
from benchmarks.delivery.chaos.plan import Right
from benchmarks.delivery.chaos.programs import ENDS_WITH_THIS_PROCESS
from benchmarks.delivery.chaos.rights import SANDBOX, SEARCHED, missing

_ENDS_WITHIN_S = 240.0
_LOOK_EVERY_S = 0.1
_WORD_LENGTH = 2000


def run_scenario(seed: int, stopping: threading.Event | None = None) -> Outcome:
    """Play a scenario with real processes, and judge it.

    Nothing of it is left but a folder with logs and stores where a promise was broken.

    Parameters
    ----------
    seed : int
        Its number; `benchmarks.delivery.chaos.plan.draw` says what happens in it.
    stopping : threading.Event, optional
        Breaks it off as soon as it is set.
    """
    stopping = stopping or threading.Event()
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
    sandboxed = Right.SANDBOX not in missing()
    command = [sys.executable, "-m", "benchmarks.delivery.chaos.inside", str(seed), str(folder)]
    words = folder / "words.log"
    with words.open("wb") as output:
        process = subprocess.Popen(
            # the sandbox's first process is killed with the sandbox's maker, and all others of it are then
            [*ENDS_WITH_THIS_PROCESS, *(SANDBOX if sandboxed else ()), *command, "yes" if sandboxed else "no"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": SEARCHED},
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
        return Outcome(seed, broken_off=broken_off)
    outcome = Outcome(seed, broken_off=broken_off) if broken_off else _outcome(seed, folder, words)
    if outcome.good:
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
    written = folder / "outcome.json"
    if not written.exists():
        said = words.read_text(errors="replace")[-_WORD_LENGTH:].strip()
        return Outcome(seed, broken_off=said or "it ended without a word")
    return read(written)
