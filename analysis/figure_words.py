"""How the figures of a measurement that are compared are called, and how their values are shown.

Imports nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Figure:
    """How a figure of a measurement is called and in which unit; "%" for a share, which is kept as 0 to 1."""

    words: str
    unit: str


FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "hair_density_per_cm2": Figure("hair density", "hairs/cm2"),
        "terminal_density_per_cm2": Figure("terminal density", "hairs/cm2"),
        "vellus_density_per_cm2": Figure("vellus density", "hairs/cm2"),
        "mean_diameter_um": Figure("mean diameter", "um"),
        "cumulative_thickness_mm_per_cm2": Figure("cumulative thickness", "mm/cm2"),
        "thin_hair_share": Figure("thin-hair share", "%"),
        "terminal_share": Figure("terminal share", "%"),
        "unit_density_per_cm2": Figure("unit density", "units/cm2"),
        "hairs_per_unit": Figure("hairs per unit", "hairs/unit"),
    }
)
"""The figures of a :class:`~analysis.measurement.Measurement` that have a noise floor, by their names there."""
_DIGITS: Mapping[str, int] = MappingProxyType({"um": 2, "mm/cm2": 2, "hairs/unit": 2})


def shown(value: float, unit: str, *, signed: bool = False) -> str:
    """Word a value with the digits that its unit deserves, without the unit; a share as per cent."""
    digits = _DIGITS.get(unit, 1)
    rounded = round(100 * value if unit == "%" else value, digits) + 0.0  # no minus before a zero
    return f"{rounded:{'+' if signed else ''}.{digits}f}"
