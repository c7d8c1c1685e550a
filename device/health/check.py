"""One check of the instrument."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How a part of the instrument stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """This machine does not tell: nothing is claimed of it, good or bad."""


_URGENCY: Final = {State.FAIL: 0, State.WARN: 1, State.OK: 2, State.UNKNOWN: 2}


@dataclass(frozen=True)
class Check:
    """What was found of one part.

    Parameters
    ----------
    name
        Of the part: a key that does not change.
    state
        How it stands.
    sentence
        What was found.
    cure
        What a person does about it; empty where there is nothing to do.
    way_out
        Address of the page's screen where that is done; None where it is done elsewhere.
    value
        The figure it rests on, with its unit; None where there is none.
    """

    name: str
    state: State
    sentence: str
    cure: str = ""
    way_out: str | None = None
    value: str | None = None

    @property
    def urgency(self) -> int:
        """Lower is more urgent; what is not urgent has the highest."""
        return _URGENCY[self.state]

    @property
    def troubles(self) -> bool:
        """Whether somebody should do something."""
        return self.state in {State.WARN, State.FAIL}


def failed_reading(name: str, error: Exception) -> Check:
    """Return what is said of a part that could not be looked at."""
    return Check(name, State.FAIL, f"{str(error).rstrip('.')}.", way_out="/log")
