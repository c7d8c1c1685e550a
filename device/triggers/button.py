"""A button on one of the board's pins, by gpiozero."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from device.pins import PinsUnavailable, pin_factory
from device.triggers.errors import TriggersUnavailable
from device.triggers.settings import ButtonSettings


@contextmanager
def watched_button(settings: ButtonSettings, pressed: Callable[[], None]) -> Iterator[None]:
    """Call a function on each press of the button, from a thread of gpiozero's, while the context is open.

    A contact bounces when it opens as well as when it closes. The library's filter is asked to take both out; as not
    every pin library has one, a press right after a release is dropped here too, or letting go would be a press.

    Raises
    ------
    TriggersUnavailable
        If its pin cannot be had.
    """
    released_s = float("-inf")

    def on_pressed() -> None:
        if time.monotonic() - released_s >= settings.bounce_s:
            pressed()

    def on_released() -> None:
        nonlocal released_s
        released_s = time.monotonic()

    try:
        factory = pin_factory()
        from gpiozero import Button  # noqa: PLC0415  imported only where there is a button

        button = Button(settings.pin, pull_up=True, bounce_time=settings.bounce_s, pin_factory=factory)
    except PinsUnavailable as error:
        raise TriggersUnavailable(error.cause, error.cure) from error
    except Exception as error:  # lgpio's own error class is there only where lgpio is
        raise TriggersUnavailable(
            f"Pin {settings.pin} cannot be the button's ({error})",
            "Stop what else uses the pin, or name the right one under [triggers.button]",
        ) from error
    with button:
        button.when_pressed, button.when_released = on_pressed, on_released
        yield
