"""Which presses count, on a clock of the test's own."""

from __future__ import annotations

import threading
import time

import pytest

from device.triggers import FootSwitchUnplugged, Press, Trigger
from device.triggers.presses import Presses

BUTTON, FOOT = Trigger.BUTTON, Trigger.FOOT_SWITCH


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.ms = 50_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    """At some time after boot."""
    return Clock()


@pytest.fixture
def presses(clock: Clock) -> Presses:
    """Somebody has waited once, for nothing."""
    made = Presses(1.0, clock)
    assert made.wait(0) is None
    return made


def test_a_press_is_kept_between_two_waits(presses: Presses) -> None:
    """A press would be lost in the moment in which the page is drawn."""
    presses.press(FOOT)
    assert presses.wait(0) == Press(FOOT, 50_000)
    assert presses.wait(0) is None


def test_only_one_press_is_kept(presses: Presses, clock: Clock) -> None:
    """Presses would heap up and take pictures long after."""
    presses.press(FOOT)
    clock.ms += 5000
    presses.press(BUTTON)
    assert presses.wait(0) == Press(FOOT, 50_000)
    assert presses.wait(0) is None


def test_presses_during_a_capture_are_dropped(presses: Presses, clock: Clock) -> None:
    """An impatient foot would take a second picture that nobody wants."""
    presses.press(FOOT)
    assert presses.wait(0) is not None
    clock.ms += 5000
    presses.press(FOOT)  # the capture runs until the next wait
    assert presses.wait(0) is None
    presses.press(FOOT)
    assert presses.wait(0) == Press(FOOT, 55_000)


def test_a_press_right_after_another_does_not_count(presses: Presses, clock: Clock) -> None:
    """A foot that slips would take two pictures; a second later it means it."""
    presses.press(FOOT)
    assert presses.wait(0) is not None
    assert presses.wait(0) is None
    clock.ms += 999
    presses.press(BUTTON)
    assert presses.wait(0) is None
    clock.ms += 1
    presses.press(BUTTON)
    assert presses.wait(0) == Press(BUTTON, 51_000)


def test_presses_before_the_first_wait_are_dropped(clock: Clock) -> None:
    """A picture would be taken before anybody is ready for one."""
    presses = Presses(1.0, clock)
    presses.press(FOOT)
    assert presses.wait(0) is None


def test_presses_during_a_capture_that_the_page_started_are_dropped(presses: Presses, clock: Clock) -> None:
    """A press would take a picture right after the one that the page took; also one that waits already."""
    presses.press(FOOT)
    with presses.dropped():
        clock.ms += 5000
        presses.press(FOOT)
    assert presses.wait(0) is None
    presses.press(FOOT)
    assert presses.wait(0) == Press(FOOT, 55_000)


def test_a_wait_ends_with_the_press(presses: Presses) -> None:
    """The picture would be taken when the time is over, not when the foot says so."""
    began_s = time.monotonic()
    timer = threading.Timer(0.05, presses.press, [BUTTON])
    timer.start()
    press = presses.wait(20)
    timer.join()
    assert press == Press(BUTTON, 50_000)
    assert time.monotonic() - began_s < 10


def test_a_trouble_is_raised_once_and_after_the_press(presses: Presses) -> None:
    """A press would be lost, or a trouble be told again and again."""
    presses.report(FootSwitchUnplugged("It is not plugged in", "Plug it in"))
    presses.press(BUTTON)
    assert presses.wait(0) is not None
    with pytest.raises(FootSwitchUnplugged, match=r"^It is not plugged in\. Plug it in\.$"):
        presses.wait(0)
    assert presses.wait(0) is None
