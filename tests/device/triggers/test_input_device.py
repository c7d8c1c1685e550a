"""The stand-in for evdev's InputDevice, against the real class."""

from __future__ import annotations

import inspect

import evdev
import pytest

from tests.device.triggers import input_device

REAL, STAND_IN = evdev.InputDevice, input_device.InputDevice
METHODS = ["__init__", "capabilities", "read", "grab", "close"]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_called_as_the_real_one(name: str) -> None:
    """Product code would call what the real class does not have, or with arguments that it does not take."""

    def shape(owner: type) -> list[tuple[str, object, object]]:
        parameters = inspect.signature(getattr(owner, name)).parameters.values()
        return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]

    assert shape(STAND_IN) == shape(REAL)


def test_the_attributes_are_the_real_ones() -> None:
    """Product code would read an attribute that only the stand-in has."""
    assert {"fd", "path", "name"} <= set(REAL.__slots__)


def test_reading_is_lazy_as_with_the_real_one() -> None:
    """An error of reading would come at another place than with the real one: at the call, not at the first event."""
    assert inspect.isgeneratorfunction(STAND_IN.read)
    assert inspect.isgeneratorfunction(REAL.read)


def test_a_file_that_is_not_there_is_the_same_error() -> None:
    """A foot switch that is not plugged in would be taken for a broken one."""
    with pytest.raises(FileNotFoundError):
        REAL("/dev/input/not-there")
