"""A signal that would end the program at once ends it by leaving its contexts instead."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)  # SIGINT raises KeyboardInterrupt already


@contextmanager
def signals_leave_contexts() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into ``SystemExit`` while the context is open.

    A signal that the program handles or ignores is left to it; so are all where this is not the main thread, which
    alone may set handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in taken:
            signal.signal(number, _leave)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)  # the status a shell gives for a program ended by this signal
