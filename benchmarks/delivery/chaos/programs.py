"""The programs of a scenario: killed, halted, and started again as a service manager would."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ENDS_WITH_THIS_PROCESS = ("setpriv", "--pdeathsig", "KILL")
"""Put before a command, so that no program outlives the one that started it."""

_STARTED_AGAIN_AFTER_S = 0.5  # the shipped units wait 2 s; a shorter pause leaves more room for faults
_STOP_WITHIN_S = 3.0


class Service:
    """A program that is to run unless something holds it down.

    Parameters
    ----------
    name : str
        Of its logs.
    command : callable
        From the number of lives before to the command line.
    logs : Path
        The folder.
    environment : mapping
        Beyond this process's own.
    """

    def __init__(
        self, name: str, command: Callable[[int], list[str]], logs: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.lives = 0
        self.ended_by_itself = 0
        self._command = command
        self._log = logs / f"{name}.log"
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._held = 0
        self._start_from_s = 0.0

    @property
    def pid(self) -> int | None:
        """Of the running process; None while there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def look(self) -> None:
        """Start it if it is to run and does not."""
        if self._process is not None and self._process.poll() is not None:
            with self._log.open("a") as log:
                log.write(f"--- ended by itself with {self._process.returncode}\n")
            self.ended_by_itself += 1
            self._process = None
            self._start_from_s = time.monotonic() + _STARTED_AGAIN_AFTER_S
        if self._process is None and not self._held and time.monotonic() >= self._start_from_s:
            self._start()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            log.write(f"--- life {self.lives}\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                [*ENDS_WITH_THIS_PROCESS, *self._command(self.lives)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        self.lives += 1

    def hold_down(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, and keep it from starting until `let_run`; holds add up."""
        self._held += 1
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)  # what is halted hears nothing but SIGKILL
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with self._log.open("a") as log:
            log.write(f"--- ended with {how.name}\n")

    def let_run(self) -> None:
        """Take one hold away."""
        self._held -= 1

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if there is a process to have it."""
        if self.pid is not None and self._process is not None:
            self._process.send_signal(number)

    def said(self, text: str) -> bool:
        """Whether its log holds a text."""
        return self._log.exists() and text in self._log.read_text(errors="replace")
