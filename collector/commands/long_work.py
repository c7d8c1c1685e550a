"""What commands share that work for minutes: how far they are, on the standard error, and an end in good order."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from types import FrameType

import click

_EVERY_S = 0.5
_EVERY_S_IN_A_LOG = 30.0


class ShownProgress:
    """A line that is written over at a terminal; in a log a line now and then."""

    def __init__(self) -> None:
        self._at_a_terminal = sys.stderr.isatty()
        self._every_s = _EVERY_S if self._at_a_terminal else _EVERY_S_IN_A_LOG
        self._said_s = time.monotonic()
        self._width = 0

    def __call__(self, what: str, done: int, of: int | None, /) -> None:
        """Say how far it is, unless that was said just now."""
        if time.monotonic() - self._said_s < self._every_s:
            return
        self._said_s = time.monotonic()
        line = f"{what}: {done:,}" + ("" if of is None else f" of {of:,}")
        if self._at_a_terminal:
            click.echo(f"\r{line.ljust(self._width)}", err=True, nl=False)
            self._width = len(line)
        else:
            click.echo(line, err=True)

    def end(self) -> None:
        """Clear the line."""
        if self._at_a_terminal and self._width:
            click.echo(f"\r{' ' * self._width}\r", err=True, nl=False)


@contextmanager
def shown_progress() -> Iterator[ShownProgress]:
    """Show how far the work of the block is, and let SIGTERM end it as Ctrl-C does: nothing half-written stays."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    progress = ShownProgress()
    try:
        yield progress
    finally:
        signal.signal(signal.SIGTERM, before)
        progress.end()


def whoever_asks() -> str:
    """Return what the audit trail calls whoever gives a command."""
    return f"command line ({getuser()})"
