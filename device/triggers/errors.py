"""What can go wrong with button and foot switch: each error says its cause in one sentence, and its cure."""

from __future__ import annotations


class TriggersError(Exception):
    """A button or foot switch is not there as the settings say.

    Parameters
    ----------
    cause
        What happened, without a full stop.
    cure
        What to do about it, without a full stop.
    """

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(f"{cause}. {cure}.")
        self.cause = cause
        self.cure = cure


class TriggersUnavailable(TriggersError):
    """A button or foot switch that the settings name cannot be used."""


class FootSwitchUnplugged(TriggersError):
    """The foot switch is not plugged in; it works again by itself once it is."""
