"""The button on gpiozero's mock pins."""

from __future__ import annotations

import time

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory

from device.triggers import Trigger, TriggersSettings, TriggersUnavailable, open_triggers

BUTTON = TriggersSettings.model_validate({"button": {"pin": 17, "bounce_s": 0.05}, "lock_s": 0})


def test_a_press_counts_and_the_release_does_not(pins: MockFactory) -> None:
    """Letting go would take a second picture, or the press would not take the first."""
    with open_triggers(BUTTON) as triggers:
        assert triggers.kinds == (Trigger.BUTTON,)
        assert pins.pin(17).pull == "up"
        assert triggers.wait(0) is None
        pins.pin(17).drive_low()
        press = triggers.wait(5)
        assert press is not None
        assert press.trigger is Trigger.BUTTON
        assert triggers.wait(0) is None
        pins.pin(17).drive_high()
        assert triggers.wait(0) is None


def test_a_contact_that_bounces_on_release_is_no_press(pins: MockFactory) -> None:
    """Letting go after a second would take another picture: the lock of the press is over by then."""
    with open_triggers(BUTTON) as triggers:
        assert pins.pin(17).bounce == 0.05  # the library's own filter, where it has one
        assert triggers.wait(0) is None
        pins.pin(17).drive_low()
        assert triggers.wait(5) is not None
        assert triggers.wait(0) is None
        for _ in range(3):
            pins.pin(17).drive_high()
            pins.pin(17).drive_low()
        pins.pin(17).drive_high()
        assert triggers.wait(0) is None
        time.sleep(0.06)
        pins.pin(17).drive_low()
        assert triggers.wait(5) is not None


def test_a_button_held_while_opening_is_no_press(pins: MockFactory) -> None:
    """Something that lies on the button would take a picture at each start."""
    pin = pins.pin(17)
    pin.pull = "up"
    pin.drive_low()
    with open_triggers(BUTTON) as triggers:
        assert triggers.wait(0) is None


def test_leaving_frees_the_pin(pins: MockFactory) -> None:
    """The next program could not have the button."""
    with open_triggers(BUTTON) as triggers:
        assert triggers.wait(0) is None
    pins.pin(17).drive_low()
    assert triggers.wait(0) is None
    with LED(17):
        pass


def test_a_pin_in_use_is_named(pins: MockFactory) -> None:
    """The technician would see gpiozero's words instead of what to do."""
    assert pins.pins == {}
    with (
        LED(17),
        pytest.raises(TriggersUnavailable, match=r"Pin 17 cannot be the button's .*\. Stop what else uses the pin"),
        open_triggers(BUTTON),
    ):
        pytest.fail("the pin is taken")
