"""Taking back one correction among others: those after it keep their meaning, or it is said why that cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from contract import Edit
from contract.review import HairAdded, HairRemoved, HairsJoined, HairSplit, RootMoved
from device.chair.refusals import ChairRefused

_MADE = {HairAdded: 1, HairsJoined: 1, HairSplit: 2, HairRemoved: 0, RootMoved: 0}
"""How many hairs, and so numbers, a correction makes."""


def without(edits: Sequence[Edit], place: int, automatic_hairs: int) -> tuple[Edit, ...]:
    """Return corrections without one of them, the numbers that later ones name hairs by brought up to date.

    Parameters
    ----------
    edits
        In their order.
    place
        Of the one that is taken back, from 0.
    automatic_hairs
        How many hairs the measurement has: the first number that a correction makes.

    Raises
    ------
    ChairRefused
        If there is no such correction, or a later one is about a hair that it made.
    """
    if not 0 <= place < len(edits):
        raise ChairRefused("There is no such correction any more. Load the page again.")
    first = automatic_hairs + sum(_MADE[type(edit)] for edit in edits[:place])
    made = range(first, first + _MADE[type(edits[place])])
    for later in range(place + 1, len(edits)):
        if any(number in made for number in _named(edits[later])):
            raise ChairRefused(f"Correction {later + 1} is about a hair that this one made. Undo that one first.")
    return (*edits[:place], *(_renumbered(edit, made) for edit in edits[place + 1 :]))


def _named(edit: Edit) -> tuple[int, ...]:
    """Return the numbers of the hairs that a correction is about."""
    match edit:
        case HairsJoined():
            return edit.hairs
        case HairRemoved() | HairSplit() | RootMoved():
            return (edit.hair,)
        case HairAdded():
            return ()


def _renumbered(edit: Edit, gone: range) -> Edit:
    def renamed(number: int) -> int:
        return number - len(gone) if number >= gone.stop else number

    match edit:
        case HairsJoined(hairs=(first, second)):
            return edit.model_copy(update={"hairs": (renamed(first), renamed(second))})
        case HairRemoved() | HairSplit() | RootMoved():
            return edit.model_copy(update={"hair": renamed(edit.hair)})
        case HairAdded():
            return edit
