"""Colours of hair and skin as the picture shows them: BGR from 0 to 1, display-coded; and the light behind values."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from phantom.settings import SettingError, require_between

Colour: TypeAlias = NDArray[np.float32]
SkinType: TypeAlias = Literal["I", "II", "III", "IV", "V", "VI"]

MELANIN = {"black": 1.0, "dark brown": 0.85, "brown": 0.65, "red": 0.45, "blond": 0.3, "grey": 0.12, "white": 0.0}
"""Named hair colours on the scale from no pigment to black."""

SKIN_BGR: dict[str, tuple[float, float, float]] = {
    "I": (0.710, 0.745, 0.825),
    "II": (0.635, 0.680, 0.775),
    "III": (0.540, 0.605, 0.705),
    "IV": (0.400, 0.475, 0.600),
    "V": (0.265, 0.335, 0.450),
    "VI": (0.165, 0.215, 0.305),
}
"""Fitzpatrick types under white light at light level 1, chosen by eye: only their order is a claim."""


def light_of(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Decode sRGB values (IEC 61966-2-1) to linear light; beyond white the curve goes on, so that glare stays glare."""
    held = np.maximum(np.asarray(values, np.float32), np.float32(0.0))
    curved = ((held + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.asarray(np.where(held <= 0.04045, held / np.float32(12.92), curved), np.float32)


def values_of(light: NDArray[np.floating]) -> NDArray[np.float32]:
    """Code linear light as sRGB values: undoes `light_of`."""
    held = np.maximum(np.asarray(light, np.float32), np.float32(0.0))
    curved = np.float32(1.055) * held ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.asarray(np.where(held <= 0.0031308, np.float32(12.92) * held, curved), np.float32)


def melanin_of(hair_colour: str | float) -> float:
    """Melanin from 0 (white) to 1 (black) of a named colour or of the number itself.

    Raises
    ------
    SettingError
        For a name that is not in `MELANIN`, or a number outside of 0 to 1.
    """
    if isinstance(hair_colour, str):
        if hair_colour not in MELANIN:
            raise SettingError(
                f"hair_colour {hair_colour!r} is not known: name one of {', '.join(MELANIN)}, or give 0 to 1"
            )
        return MELANIN[hair_colour]
    require_between("hair_colour", hair_colour, 0.0, 1.0)
    return hair_colour


def hair_pigment(melanin: float) -> Colour:
    """Colour of an opaque shaft, shape (3,): melanin takes blue first, which leaves brown and blond between."""
    amount = melanin**1.5
    absorbed = np.exp(-np.array([7.0, 4.6, 3.2]) * amount)
    return np.asarray(0.055 + 0.83 * absorbed, np.float32)


def hair_opacity(melanin: float, diameter_um: float) -> float:
    """Share of the skin's light that a shaft stops: fine and pale shafts let the skin through (Beer-Lambert)."""
    return float(1.0 - np.exp(-diameter_um / 25.0 * (0.4 + 0.6 * melanin)))
