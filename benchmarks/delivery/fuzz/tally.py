"""What became of the messages, and what it took."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

_Result = TypeVar("_Result")

_FAULTS_SHOWN = 10


@dataclass(slots=True)
class Tally:
    """Of one kind of handler.

    Parameters
    ----------
    sent : int
        Messages.
    became : Counter
        What became of them, each under one word.
    faults : list of str
        What must not be, the first ones in words; ``fault_count`` is of all.
    slowest_s : float
        The longest that one step took, and in ``slowest`` which.
    grown_mb : float
        By how much the process' memory has grown from a tenth of the run to its end.
    """

    sent: int = 0
    became: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    grown_mb: float = 0.0

    def fault(self, words: str) -> None:
        """Note what must not be."""
        self.fault_count += 1
        if len(self.faults) < _FAULTS_SHOWN:
            self.faults.append(words)

    def timed(self, what: str, step: Callable[[], _Result]) -> _Result:
        """Do a step and note how long it took."""
        begun_s = time.perf_counter()
        try:
            return step()
        finally:
            took_s = time.perf_counter() - begun_s
            if took_s > self.slowest_s:
                self.slowest_s, self.slowest = took_s, what

    @property
    def unaccounted(self) -> int:
        """How many messages ended in nothing that is known, or in two things."""
        return abs(self.sent - self.became.total())

    def joined(self, other: Tally) -> Tally:
        """Return both together."""
        slower = max(self, other, key=lambda one: one.slowest_s)
        return Tally(
            self.sent + other.sent,
            self.became + other.became,
            (self.faults + other.faults)[:_FAULTS_SHOWN],
            self.fault_count + other.fault_count,
            slower.slowest_s,
            slower.slowest,
            max(self.grown_mb, other.grown_mb),
        )


def resident_mb() -> float:
    """Return the memory that this process has in use."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
