"""The triggers: a button and a USB foot switch that start captures; none at all is a valid instrument."""

from device.triggers.errors import FootSwitchUnplugged, TriggersError, TriggersUnavailable
from device.triggers.presses import Press
from device.triggers.settings import ButtonSettings, FootSwitchSettings, Trigger, TriggersSettings
from device.triggers.watched import Triggers

__all__ = [
    "ButtonSettings",
    "FootSwitchSettings",
    "FootSwitchUnplugged",
    "Press",
    "Trigger",
    "Triggers",
    "TriggersError",
    "TriggersSettings",
    "TriggersUnavailable",
    "open_triggers",
]


def open_triggers(settings: TriggersSettings | None) -> Triggers:
    """Return the triggers that the settings name; entering their context watches them.

    Parameters
    ----------
    settings
        The `[triggers]` table; None for an instrument without button and foot switch.
    """
    return Triggers(settings)
