"""The foot switch, on a stand-in for evdev's device: grabbed, heard, unplugged and found again."""

from __future__ import annotations

import sys
import threading
import time

import pytest
from evdev import ecodes
from gpiozero import LED
from gpiozero.pins.mock import MockFactory

from device.triggers import (
    FootSwitchUnplugged,
    Press,
    Trigger,
    Triggers,
    TriggersSettings,
    TriggersUnavailable,
    open_triggers,
)
from tests.device.triggers.input_device import Kernel

NAME = "Pedal of a made-up maker"


def by_name(**changes: object) -> TriggersSettings:
    """Settings that name the foot switch."""
    return TriggersSettings.model_validate({"foot_switch": {"name": NAME, "key": "KEY_B"} | changes, "lock_s": 0})


def by_path(path: str) -> TriggersSettings:
    """Settings that give its device file."""
    return TriggersSettings.model_validate({"foot_switch": {"path": path, "key": "KEY_B"}, "lock_s": 0})


def heard(triggers: Triggers) -> Press:
    """Wait for a press that has to come."""
    press = triggers.wait(10)
    assert press is not None
    return press


def await_opened(kernel: Kernel, path: str) -> None:
    """Wait until the device is held."""
    until_s = time.monotonic() + 10
    while kernel.devices[path].holder is None:
        assert time.monotonic() < until_s
        time.sleep(0.001)


def test_a_press_counts_once(kernel: Kernel) -> None:
    """Holding the pedal would take a row of pictures by key repeat, or letting go a second one."""
    path = kernel.plug("event3", NAME, ecodes.KEY_A, ecodes.KEY_B)
    with open_triggers(by_path(path)) as triggers:
        assert triggers.kinds == (Trigger.FOOT_SWITCH,)
        assert triggers.wait(0) is None
        kernel.type(path, ecodes.KEY_B, (1, 2, 2, 2, 0))
        assert heard(triggers).trigger is Trigger.FOOT_SWITCH
        assert triggers.wait(0.05) is None
        kernel.type(path, ecodes.KEY_B, (1,))
        heard(triggers)
        assert triggers.wait(0) is None
        kernel.type(path, ecodes.KEY_B, (2, 2, 0))
        kernel.type(path, ecodes.KEY_A)
        assert triggers.wait(0.05) is None


def test_its_key_types_into_no_other_program(kernel: Kernel) -> None:
    """Each picture would write a b into the page's form; and the pedal would stay dumb after the program."""
    path = kernel.plug("event3", NAME, ecodes.KEY_B)
    with open_triggers(by_path(path)) as triggers:
        assert triggers.wait(0) is None
        kernel.type(path, ecodes.KEY_B)
        heard(triggers)
    assert kernel.typed == []
    kernel.type(path, ecodes.KEY_B)
    assert kernel.typed == [ecodes.KEY_B]
    assert kernel.devices[path].readers == []


def test_it_is_found_by_name_and_key(kernel: Kernel) -> None:
    """The mouse that many foot switches are as well would be held, and the pedal not be heard."""
    kernel.plug("event0", "Keyboard", ecodes.KEY_A, ecodes.KEY_B)
    kernel.plug("event1", NAME, ecodes.BTN_LEFT)
    path = kernel.plug("event2", NAME, ecodes.KEY_B)
    with open_triggers(by_name()) as triggers:
        assert [bool(device.holder) for device in kernel.devices.values()] == [False, False, True]
        assert triggers.wait(0) is None
        kernel.type(path, ecodes.KEY_B)
        heard(triggers)
        assert [len(device.readers) for device in kernel.devices.values()] == [0, 0, 1]


@pytest.mark.parametrize("named", ["by name", "by path"])
def test_it_comes_back_after_unplugging(kernel: Kernel, named: str) -> None:
    """A pulled plug would end the program, or need it started anew; or nobody would be told."""
    path = kernel.plug("event3", NAME, ecodes.KEY_B)
    with open_triggers(by_name() if named == "by name" else by_path(path)) as triggers:
        for _ in range(3):
            assert triggers.wait(0) is None
            kernel.unplug(path)
            with pytest.raises(FootSwitchUnplugged, match=r"is not plugged in\. Plug it in"):
                triggers.wait(10)
            assert triggers.wait(0.05) is None  # told once
            path = kernel.plug("event3" if named == "by path" else "event7", NAME, ecodes.KEY_B)
            await_opened(kernel, path)
            kernel.type(path, ecodes.KEY_B)
            heard(triggers)
    assert kernel.typed == []


def test_one_that_is_not_there_at_first_is_told_and_found_later(kernel: Kernel, pins: MockFactory) -> None:
    """An instrument whose pedal is in the drawer could not be used at all; its button works meanwhile."""
    settings = by_name().model_copy(update={"button": TriggersSettings.model_validate({"button": {"pin": 17}}).button})
    with open_triggers(settings) as triggers:
        with pytest.raises(FootSwitchUnplugged, match=f'foot switch "{NAME}" is not plugged in'):
            triggers.wait(0)
        pins.pin(17).drive_low()
        assert heard(triggers).trigger is Trigger.BUTTON
        pins.pin(17).drive_high()
        assert triggers.wait(0) is None
        path = kernel.plug("event3", NAME, ecodes.KEY_B)
        await_opened(kernel, path)
        kernel.type(path, ecodes.KEY_B)
        assert heard(triggers).trigger is Trigger.FOOT_SWITCH


def test_rights_that_come_a_moment_after_plugging_in_are_waited_for(kernel: Kernel) -> None:
    """A pedal that is plugged in again would stay dumb because udev was slower than we; a lasting refusal is told."""
    path = kernel.plug("event3", NAME, ecodes.KEY_B)
    with open_triggers(by_path(path)) as triggers:
        kernel.unplug(path)
        with pytest.raises(FootSwitchUnplugged):
            triggers.wait(10)
        kernel.unreadable.add(path)
        kernel.plug("event3", NAME, ecodes.KEY_B)
        with pytest.raises(TriggersUnavailable, match="Let the user into the group input"):
            triggers.wait(10)
        assert triggers.wait(0.05) is None  # told once
        kernel.unreadable.clear()
        await_opened(kernel, path)
        kernel.type(path, ecodes.KEY_B)
        heard(triggers)


def test_a_device_without_the_key_is_named(kernel: Kernel) -> None:
    """A wrong device would be held, and its owner's keyboard be dumb."""
    path = kernel.plug("event3", NAME, ecodes.KEY_A)
    with (
        pytest.raises(TriggersUnavailable, match=r"has no key KEY_B\. Press the foot switch in evtest"),
        open_triggers(by_path(path)),
    ):
        pytest.fail("no such key")
    assert kernel.devices[path].readers == []


def test_one_that_another_program_holds_is_named(kernel: Kernel) -> None:
    """Two programs would fight over the pedal, and the technician see why neither hears it."""
    path = kernel.plug("event3", NAME, ecodes.KEY_B)
    kernel.devices[path].holder = "another program"
    with (
        pytest.raises(TriggersUnavailable, match=r"cannot be held .*busy.*second trichoscope"),
        open_triggers(by_path(path)),
    ):
        pytest.fail("it is held")
    assert kernel.devices[path].readers == []


@pytest.mark.parametrize("named", ["by name", "by path"])
def test_one_that_may_not_be_opened_is_named(kernel: Kernel, named: str) -> None:
    """A missing right would be told as a pedal that is not plugged in."""
    path = kernel.plug("event3", NAME, ecodes.KEY_B)
    kernel.unreadable.add(path)
    settings = by_name() if named == "by name" else by_path(path)
    with pytest.raises(TriggersUnavailable, match="group input"), open_triggers(settings):
        pytest.fail("it may not be opened")


def test_two_of_one_name_are_not_chosen_between(kernel: Kernel) -> None:
    """One of two pedals would be heard, by chance of the order they were plugged in."""
    for node in ("event3", "event4"):
        kernel.plug(node, NAME, ecodes.KEY_B)
    with pytest.raises(TriggersUnavailable, match=r"Several devices .*event3, .*event4"), open_triggers(by_name()):
        pytest.fail("which?")


def test_a_key_that_the_kernel_does_not_know_is_named(kernel: Kernel) -> None:
    """A mistyped key would make the pedal dumb."""
    kernel.plug("event3", NAME, ecodes.KEY_B)
    with pytest.raises(TriggersUnavailable, match="knows no key KEY_PEDAL"), open_triggers(by_name(key="KEY_PEDAL")):
        pytest.fail("no such key")


def test_a_missing_evdev_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The technician would see an ImportError."""
    monkeypatch.setitem(sys.modules, "evdev", None)
    with pytest.raises(TriggersUnavailable, match="Install python3-evdev"), open_triggers(by_name()):
        pytest.fail("nothing to hear it with")


@pytest.mark.usefixtures("pins")
def test_an_error_lets_go_of_everything(kernel: Kernel) -> None:
    """A foot switch that cannot be used would keep the button's pin; an aborted visit would keep the pedal."""
    path = kernel.plug("event3", NAME, ecodes.KEY_B)
    settings = by_path(path).model_copy(
        update={"button": TriggersSettings.model_validate({"button": {"pin": 17}}).button}
    )
    kernel.unreadable.add(path)
    with pytest.raises(TriggersUnavailable), open_triggers(settings):
        pytest.fail("it may not be opened")
    kernel.unreadable.clear()
    with pytest.raises(ZeroDivisionError), open_triggers(settings):
        raise ZeroDivisionError
    with LED(17):
        pass
    assert kernel.devices[path].readers == []
    assert "foot switch" not in {thread.name for thread in threading.enumerate()}
