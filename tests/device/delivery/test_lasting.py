"""Delivery outlasts a store that fails for a while."""

import sqlite3
import threading
from pathlib import Path

import pytest

from device.delivery import lasting
from device.delivery.lasting import last
from device.store import Store, StoreUnusable


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting, "waiting_times_s", lambda *_: iter(lambda: 0.0, None))


def test_work_begins_anew_when_the_disk_works_again(tmp_path: Path) -> None:
    """Breaks when a disk that was full for a minute ends the delivery of an instrument."""
    tries: list[Store] = []

    def work(store: Store) -> None:
        tries.append(store)
        if len(tries) < 3:
            raise sqlite3.OperationalError("database or disk is full")

    last(lambda: Store(tmp_path), work, threading.Event())
    assert len(set(map(id, tries))) == 3, "on a store opened anew each time"


def test_a_store_that_cannot_be_opened_again_is_tried_until_it_can(tmp_path: Path) -> None:
    """Breaks when a disk that is read-only for a while ends the service."""
    opened: list[int] = []

    def open_store() -> Store:
        opened.append(1)
        if len(opened) in {2, 3}:
            raise StoreUnusable("read-only")
        return Store(tmp_path)

    def work(_store: Store) -> None:
        if len(opened) == 1:
            raise sqlite3.OperationalError("attempt to write a readonly database")

    last(open_store, work, threading.Event())
    assert len(opened) == 4


def test_stopping_ends_the_waiting(tmp_path: Path) -> None:
    """Breaks when a service with a full disk cannot be stopped."""
    stop, tries = threading.Event(), 0

    def work(_store: Store) -> None:
        nonlocal tries
        tries += 1
        stop.set()
        raise sqlite3.OperationalError("disk I/O error")

    last(lambda: Store(tmp_path), work, stop)
    assert tries == 1


def test_a_damaged_database_is_not_outlasted(tmp_path: Path) -> None:
    """Breaks when a store that is broken for good looks like one that will work again."""

    def work(_store: Store) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        last(lambda: Store(tmp_path), work, threading.Event())


def test_a_store_that_cannot_be_opened_at_all_is_said(tmp_path: Path) -> None:
    """Breaks when a service starts on a folder that it can never use, and says nothing."""
    (tmp_path / "device.sqlite3").write_bytes(b"no database at all, and long enough to be told from an empty file" * 9)
    with pytest.raises(StoreUnusable):
        last(lambda: Store(tmp_path), lambda _: None, threading.Event())
