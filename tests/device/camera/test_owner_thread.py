"""The thread that owns a device."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from device.camera.owner_thread import OwnerThread, abandoned_threads


@pytest.fixture
def owner() -> Iterator[OwnerThread]:
    """An owner, ended after the test."""
    made = OwnerThread("owner under test")
    yield made
    made.end(2.0)


def test_all_tasks_run_on_one_thread_one_after_the_other(owner: OwnerThread) -> None:
    """Two threads would enter the camera's software at once."""
    inside: list[int] = []
    most_inside: list[int] = []

    def task() -> int:
        inside.append(1)
        most_inside.append(len(inside))
        time.sleep(0.001)
        inside.pop()
        return threading.get_ident()

    with ThreadPoolExecutor(8) as askers:
        idents = set(askers.map(lambda _: owner.ask(task, 5.0), range(40)))
    assert len(idents) == 1
    assert idents != {threading.get_ident()}
    assert set(most_inside) == {1}


def test_an_error_reaches_the_one_who_asked_and_the_owner_lives_on(owner: OwnerThread) -> None:
    """One failed picture would end the camera's thread."""
    with pytest.raises(ZeroDivisionError):
        owner.ask(lambda: 1 // 0, 1.0)
    assert owner.ask(lambda: 7, 1.0) == 7


def test_a_call_that_does_not_return_does_not_take_the_caller_along(owner: OwnerThread) -> None:
    """The visit would hang with the camera's software; and tasks nobody waits for would run when it wakes."""
    stuck, ran = threading.Event(), threading.Event()
    try:
        with pytest.raises(TimeoutError):
            owner.ask(lambda: stuck.wait(10.0), 0.05)
        with pytest.raises(TimeoutError):
            owner.ask(ran.set, 0.05)
    finally:
        stuck.set()
    assert owner.ask(lambda: 7, 1.0) == 7
    assert not ran.is_set()


def test_ending_ends_the_thread() -> None:
    """Every closed camera would leave a thread behind."""
    before = set(threading.enumerate())
    owner = OwnerThread("owner under test")
    owner.ask(lambda: None, 1.0)
    owner.end(2.0)
    assert set(threading.enumerate()) == before


def test_ending_does_not_wait_for_a_call_that_never_returns() -> None:
    """The service could not be stopped while the camera's software hangs."""
    stuck = threading.Event()
    owner = OwnerThread("owner under test")
    with pytest.raises(TimeoutError):
        owner.ask(lambda: stuck.wait(10.0), 0.01)
    begun_s = time.monotonic()
    owner.end(0.05)
    assert time.monotonic() - begun_s < 5.0  # not the ten that the task takes
    stuck.set()
    owner.end(2.0)


def test_what_is_last_is_run_when_a_late_call_returns() -> None:
    """A camera whose software hung and came back would stay open, with nobody left to close it."""
    owner, goes_on, closed = OwnerThread("owner"), threading.Event(), threading.Event()
    before = abandoned_threads()
    with pytest.raises(TimeoutError):
        owner.ask(goes_on.wait, 0.02)
    assert not owner.end(0.02, last=closed.set)
    assert abandoned_threads() == before + 1
    assert not closed.is_set()
    goes_on.set()
    assert closed.wait(2)
    end_s = time.monotonic() + 2
    while abandoned_threads() > before and time.monotonic() < end_s:
        time.sleep(0.005)
    assert abandoned_threads() == before


def test_an_error_in_what_is_last_ends_the_thread_all_the_same() -> None:
    """A camera that fails in closing would keep its thread."""
    owner = OwnerThread("owner")

    def fail() -> None:
        raise OSError("it does not close")

    assert owner.end(2, last=fail)
