"""How a device stands, in three words, and what a single reason for it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

Value = int | float | str | datetime | timedelta
"""What a sentence may name; it is written in the reader's language."""


class State(IntEnum):
    """How a device stands; the larger, the worse."""

    OK = 0
    LOOK = 1
    """Somebody should look at it; patients can be taken."""
    BAD = 2
    """Nothing can be taken or sent, or somebody may be attacking."""


@dataclass(frozen=True)
class Finding:
    """One reason why a device needs a look.

    Parameters
    ----------
    state
        How much.
    sentence, cure
        What is the matter and what to do: keys of the catalogues, with the names of values in braces.
    values
        What the sentence names.
    own_words
        A sentence of the instrument's own that says it better; None where it said none.
    """

    state: State
    sentence: str
    cure: str
    values: Mapping[str, Value] = field(default_factory=dict)
    own_words: str | None = None


@dataclass(frozen=True)
class Gate:
    """What the gate said of a device's newest captures: how many there are, and how many it refused."""

    captures: int
    refused: int

    @property
    def share(self) -> float | None:
        """The refused share; None where nothing was taken."""
        return self.refused / self.captures if self.captures else None


@dataclass(frozen=True)
class CertificateStanding:
    """A device's certificates, by what the clinic recorded: until when the newest holds, and whether it has one left.

    ``revoked`` where one or more were taken back and no other is in force.
    """

    until: datetime | None
    revoked: bool
