"""What can go wrong with button and foot switch: each error says its cause in one sentence, and its cure."""

from __future__ import annotations

from device.hardware_error import HardwareError


class TriggersError(HardwareError):
    """A button or foot switch is not there as the settings say."""


class TriggersUnavailable(TriggersError):
    """A button or foot switch that the settings name cannot be used."""


class FootSwitchUnplugged(TriggersError):
    """The foot switch is not plugged in; it works again by itself once it is."""
