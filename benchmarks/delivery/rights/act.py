"""A forbidden act, tried: what was tried, what came of it, and whether the permitted one beside it succeeded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """One forbidden act.

    Parameters
    ----------
    group
        What kind of act it is.
    what
        What was tried.
    how
        What happened, in words.
    refused
        Whether nothing was gained by it.
    control
        Whether the permitted act beside it succeeded: without that a refusal may be an accident.
    """

    group: str
    what: str
    how: str
    refused: bool
    control: bool
