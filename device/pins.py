"""The board's pins by gpiozero, through the library it prefers and no other."""

from __future__ import annotations

import warnings
from typing import Any

from device.hardware_error import HardwareError


class PinsUnavailable(HardwareError):
    """The machine has no pins that gpiozero could use."""


def pin_factory() -> Any:  # noqa: ANN401  gpiozero has no types
    """Return gpiozero's pins: those of lgpio, or of what ``GPIOZERO_PIN_FACTORY`` names.

    gpiozero would try three further libraries and warn; each times pulses in its own way, so its first failure is an
    error here.

    Raises
    ------
    PinsUnavailable
        If gpiozero or its pin library is not installed, or cannot open the board's pins.
    """
    try:
        from gpiozero import Device  # noqa: PLC0415  imported only where pins are used
        from gpiozero.exc import PinFactoryFallback  # noqa: PLC0415
    except ImportError as error:
        raise PinsUnavailable(
            f"gpiozero cannot be imported ({error})", "Install python3-gpiozero and python3-lgpio with apt"
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("error", PinFactoryFallback)
        try:
            Device.ensure_pin_factory()
        except Exception as error:  # lgpio's own error class is there only where lgpio is
            reason = error.__context__ if isinstance(error, PinFactoryFallback) else error
            raise PinsUnavailable(
                f"The board's pins cannot be used ({reason})",
                "On a Raspberry Pi install python3-lgpio and let the user into the group gpio; on another machine leave"
                " [lights] and the button out of the settings",
            ) from error
    return Device.pin_factory
