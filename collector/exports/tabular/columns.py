"""A column: its name, type, unit and meaning, and how it is read from a row. All that is written follows from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

RowT = TypeVar("RowT")

Cell = object
"""What a column reads: of the type that its kind names, or None."""


class Kind(StrEnum):
    """What a column holds. The values are the types of Frictionless' Table Schema."""

    TEXT = "string"
    TEXTS = "array"
    WHOLE = "integer"
    NUMBER = "number"
    TRUTH = "boolean"
    MOMENT = "datetime"
    DAY = "date"


@dataclass(frozen=True)
class Column(Generic[RowT]):
    """One column of a table, and its entry in the codebook.

    Parameters
    ----------
    name
        Lower case with underscores, the unit in it where there is one.
    kind
        What it holds.
    definition
        What it says.
    read
        How it is read from what the row is made of.
    unit
        UCUM; empty where there is none.
    null
        What an empty cell says; None where no cell is empty.
    allowed
        The only values, where they are few.
    minimum, maximum
        Bounds of numbers, where the contract sets them.
    """

    name: str
    kind: Kind
    definition: str
    read: Callable[[RowT], Cell]
    unit: str = ""
    null: str | None = None
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime:
    """Return a time in UTC; at the calendar's ends, where UTC has no such year, the end itself."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == 1 else _LAST
