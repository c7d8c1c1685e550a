"""One thread that owns a device: everybody else asks it, in turn, and waits no longer than a limit.

A camera's software must not be entered by two threads, and a call into it may never return (picamera2 #1086). The
owner keeps the first from happening, and keeps the second from taking the caller along.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

Answer = TypeVar("Answer")

_abandoned: list[threading.Thread] = []


def abandoned_threads() -> int:
    """Return how many threads were told to end and are still in a call that has not returned."""
    _abandoned[:] = [thread for thread in _abandoned if thread.is_alive()]
    return len(_abandoned)


class OwnerThread:
    """A thread that runs what it is asked to, one after the other.

    It is a daemon: when a call into the device never returns, the program can still end.

    Parameters
    ----------
    name
        The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._asked: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, task: Callable[[], Answer], time_limit_s: float) -> Answer:
        """Run a task on the owner's thread and return its answer.

        Parameters
        ----------
        task
            What to run. It should keep a shorter limit of its own.
        time_limit_s
            How long to wait, tasks of others before it included.

        Raises
        ------
        TimeoutError
            When the limit has passed. A task that has not begun by then is dropped.
        """
        future: Future[Answer] = Future()
        self._asked.put((future, task))
        try:
            return future.result(time_limit_s)
        finally:
            future.cancel()

    def end(self, time_limit_s: float, last: Callable[[], object] | None = None) -> bool:
        """End the thread once it is through with what it was asked.

        Parameters
        ----------
        time_limit_s
            How long to wait for it. A call that never returns keeps its thread, and whoever asked for it has had the
            error.
        last
            What to run before it ends, however late that is; nobody learns of an error in it.

        Returns
        -------
        bool
            Whether it has ended. `abandoned_threads` counts those that have not.
        """
        if last is not None:
            self._asked.put((Future(), last))
        self._asked.put(None)
        self._thread.join(time_limit_s)
        if self._thread.is_alive():
            _abandoned.append(self._thread)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            future, task = asked
            if not future.set_running_or_notify_cancel():
                continue
            try:
                answer = task()
            except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the one who asked
                future.set_exception(error)
            else:
                future.set_result(answer)
            # The next wait may be long: nothing of this task, an error's frames least of all, is kept over it.
            del asked, future, task
