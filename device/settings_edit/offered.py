"""Which settings the page offers, and the limits of each: read from the models, so that they stand in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from pydantic import BaseModel

from device.settings import DeviceSettings

Value: TypeAlias = str | int | float | bool | None
"""Of a setting; None leaves it out of the file."""

OFFERED = (
    ("chair", "language"),
    ("chair", "hand"),
    ("chair", "foot_switch_key"),
    ("chair", "lock_after_minutes"),
    ("capture", "hair"),
    ("capture", "mark_expected"),
    ("capture", "stills"),
    ("baseline", "answer_within_s"),
    ("calibration", "valid_days"),
    ("calibration", "check_within_hours"),
    ("storage", "keep_free_mb"),
)
"""Table and key. None of them is a secret, opens the instrument to anybody, or moves what is kept."""


class Kind(StrEnum):
    """How a setting is typed."""

    CHOICE = "choice"
    FLAG = "flag"
    WHOLE = "whole"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True)
class Offered:
    """One setting that the page offers.

    Parameters
    ----------
    table, key
        Where it stands.
    kind
        How it is typed.
    value
        In force.
    usual
        Where the file says nothing.
    choices
        Of a choice; None among them leaves it out.
    low, high
        Limits of a number, or of a text's length.
    above_low
        Whether the lower limit itself is too low.
    """

    table: str
    key: str
    kind: Kind
    value: Value
    usual: Value
    choices: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    above_low: bool = False

    @property
    def name(self) -> str:
        """As the file's sentences name it."""
        return f"{self.table}.{self.key}"

    @property
    def place(self) -> tuple[str, str]:
        """Table and key."""
        return self.table, self.key

    def differs(self, value: Value) -> bool:
        """Say whether a value is another than the one in force; ``1`` is not ``true``, and ``4`` is ``4.0``."""
        return value != self.value or isinstance(value, bool) != isinstance(self.value, bool)


def offered(settings: DeviceSettings) -> tuple[Offered, ...]:
    """Return the settings that the page offers, with their values.

    Parameters
    ----------
    settings
        In force.
    """
    return tuple(_offered(settings, table, key) for table, key in OFFERED)


def _offered(settings: DeviceSettings, table: str, key: str) -> Offered:
    values: BaseModel = getattr(settings, table)
    schema: Mapping[str, Any] = type(values).model_json_schema()["properties"][key]
    value: Value = getattr(values, key)
    usual: Value = schema.get("default")
    # what may be left out is one of two shapes, the second of which is null
    shapes = schema.get("anyOf", [schema])
    shape = next(one for one in shapes if one.get("type") != "null")
    if "enum" in shape:
        choices = (*shape["enum"], *((None,) if len(shapes) > 1 else ()))
        return Offered(table, key, Kind.CHOICE, value, usual, choices)
    if shape["type"] == "boolean":
        return Offered(table, key, Kind.FLAG, value, usual, (False, True))
    if shape["type"] == "string":
        return Offered(table, key, Kind.TEXT, value, usual, low=shape["minLength"], high=shape["maxLength"])
    kind = Kind.WHOLE if shape["type"] == "integer" else Kind.NUMBER
    low = shape.get("minimum", shape.get("exclusiveMinimum"))
    return Offered(
        table, key, kind, value, usual, low=low, high=shape.get("maximum"), above_low="exclusiveMinimum" in shape
    )
