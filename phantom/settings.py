"""Refusing settings that cannot be drawn, by name and with the range that can."""

from __future__ import annotations

import math


class SettingError(ValueError):
    """A setting cannot be drawn; the message names it, its value and what it may be."""


def require_between(name: str, value: float, low: float, high: float) -> None:
    """Refuse `value` outside of [low, high].

    Raises
    ------
    SettingError
        Naming the setting and its range.
    """
    if not (math.isfinite(value) and low <= value <= high):
        raise SettingError(f"{name} is {value}, which cannot be drawn: give a number from {low:g} to {high:g}")
