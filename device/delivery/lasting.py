"""Delivery outlasts a disk that is full, read-only or stumbling for a while: it waits, and begins anew."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

from device.backoff import waiting_times_s
from device.store import Store, StoreUnusable

_log = logging.getLogger(__name__)

_AGAIN_AFTER_S, _AGAIN_AFTER_AT_MOST_S = 0.5, 15.0


def last(open_store: Callable[[], Store], work: Callable[[Store], None], stop: threading.Event) -> None:
    """Do some work on a store of the calling thread's own until it returns, or ``stop`` is set.

    Nothing is lost in between: what the work had not written down yet it finds again in the store, or is told again.

    Parameters
    ----------
    open_store
        Opens the store.
    work
        Runs until ``stop`` is set.
    stop
        Set from another thread.

    Raises
    ------
    device.store.StoreUnusable
        If the store cannot be opened at the first try.
    sqlite3.DatabaseError
        If the database is damaged.
    """
    store = open_store()
    pauses_s = waiting_times_s(_AGAIN_AFTER_S, _AGAIN_AFTER_AT_MOST_S)
    while True:
        try:
            with closing(store):
                work(store)
                return
        except (sqlite3.OperationalError, StoreUnusable, OSError) as error:  # disk full, read-only, locked, failing
            trouble = str(error)
        while not stop.is_set():
            _log.error("The store failed (%s). Check the disk; nothing is lost, and delivery tries again.", trouble)
            stop.wait(next(pauses_s))
            try:
                store = open_store()
                break
            except StoreUnusable as error:
                trouble = str(error)
        if stop.is_set():
            return
