"""Which presses count: one at a time, none during a capture, none right after another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from device import clock
from device.triggers.errors import TriggersError
from device.triggers.settings import Trigger


@dataclass(frozen=True)
class Press:
    """A press that counts.

    Parameters
    ----------
    trigger
        What was pressed.
    since_boot_ms
        When, in milliseconds since boot.
    """

    trigger: Trigger
    since_boot_ms: int


class Presses:
    """A queue of one, filled from the triggers' threads and emptied by whoever takes captures.

    A press counts while somebody waits, or between one wait that ended without a press and the next. From a press that
    was handed out until the next wait a capture runs: presses are dropped then, and before the first wait.

    Parameters
    ----------
    lock_s
        Time after a press that counts in which no other does.
    since_boot_ms
        The clock.
    """

    def __init__(self, lock_s: float, since_boot_ms: Callable[[], int] = clock.since_boot_ms) -> None:
        self._lock_ms = 1000 * lock_s
        self._since_boot_ms = since_boot_ms
        self._changed = threading.Condition()
        self._captures = 1  # those that run or may run: presses count only at none
        self._handed_out = True
        self._waiting: Press | None = None
        self._last_ms: int | None = None
        self._trouble: TriggersError | None = None

    def press(self, trigger: Trigger) -> None:
        """Take a press, if it counts."""
        with self._changed:
            moment_ms = self._since_boot_ms()
            locked = self._last_ms is not None and moment_ms - self._last_ms < self._lock_ms
            if self._captures or self._waiting is not None or locked:
                return
            self._waiting = Press(trigger, moment_ms)
            self._last_ms = moment_ms
            self._changed.notify_all()

    def report(self, trouble: TriggersError) -> None:
        """Have a trouble raised by the present or the next wait."""
        with self._changed:
            self._trouble = trouble
            self._changed.notify_all()

    def wait(self, timeout_s: float | None) -> Press | None:
        """Wait for a press; None when none came in time.

        Raises
        ------
        TriggersError
            If a trouble was reported; each is raised once.
        """
        with self._changed:
            if self._handed_out:
                self._handed_out = False
                self._captures -= 1
            self._changed.wait_for(lambda: self._waiting is not None or self._trouble is not None, timeout_s)
            if self._waiting is not None:
                press, self._waiting = self._waiting, None
                self._handed_out = True
                self._captures += 1
                return press
            if self._trouble is not None:
                trouble, self._trouble = self._trouble, None
                raise trouble
            return None

    @contextmanager
    def dropped(self) -> Iterator[None]:
        """Drop presses while a capture runs that something else started."""
        with self._changed:
            self._captures += 1
            self._waiting = None
        try:
            yield
        finally:
            with self._changed:
                self._captures -= 1
