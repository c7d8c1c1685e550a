"""Checks of the light: exposure, glare, and fall-off towards the edges."""

from __future__ import annotations

from contract import Check
from device.quality import light
from device.quality.limits import Limits, check
from device.quality.seen import Mask, Seen

UNDER_PERCENT = Limits(10.0, 25.0)
"""It rises steeply as light falls: of 55 drawn pictures that were too dark four lay between 10 and 50 %."""
OVER_PERCENT = Limits(5.0, 30.0)
GLARE_PERCENT = Limits(0.7, 0.8)
"""Small, for frayed glare is taken for hairs: on drawn scalps the density was off by 10 % and more from 0.9 % on."""
FALL_OFF_PERCENT = Limits(50.0, 85.0)
"""Wide, for hairs are found by their contrast to the skin beside them: on 68 drawn pictures, fall-off up to 86 %, none
was off by more than 5 %."""


def light_checks(seen: Seen, veiled: Mask) -> tuple[Check, ...]:
    """Judge exposure, glare and fall-off.

    Parameters
    ----------
    seen : Seen
    veiled : ndarray of bool, shape (rows, columns)
        Where glare covers the skin, at 10.6 um/px.
    """
    fall_off = light.fall_off_share(seen)
    return (
        check(
            "dark",
            100 * light.under_share(seen),
            "%",
            UNDER_PERCENT,
            good="Bright enough.",
            warned="Rather dark: {value:.0f} % of the picture is near black; check light and exposure.",
            refused="Too dark: {value:.0f} % of the picture is near black; check the light and that the instrument"
            " touches the skin, then take it again.",
        ),
        check(
            "bright",
            100 * light.over_share(seen),
            "%",
            OVER_PERCENT,
            good="Nothing is burnt out.",
            warned="Rather bright: in {value:.0f} % of the picture light is cut off; lower light or exposure.",
            refused="Too bright: in {value:.0f} % of the picture light is cut off; lower the light or the exposure,"
            " then take it again.",
        ),
        check(
            "glare",
            100 * float(veiled[seen.inside].mean()),
            "%",
            GLARE_PERCENT,
            good="No glare to speak of.",
            warned="Glare covers {value:.1f} % of the picture; hair under it cannot be counted.",
            refused="Glare covers {value:.1f} % of the picture: dry or degrease the skin, check the polarisers, and"
            " take it again.",
        ),
        check(
            "fall-off",
            None if fall_off is None else 100 * fall_off,
            "%",
            FALL_OFF_PERCENT,
            good="The light is even to {value:.0f} %.",
            warned="The dimmest part of the field lacks {value:.0f} % of the light: check the ring and that the"
            " instrument lies flat.",
            refused="The dimmest part of the field lacks {value:.0f} % of the light: a lamp has failed or something is"
            " in its way.",
            unknown="Fall-off was not measured: too little of the field is seen.",
        ),
    )
