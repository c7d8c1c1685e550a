"""What the flags of a measurement mean, in sentences for technician and clinic.

Imports nothing but the registry of flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analysis.flags import Flag

FLAGS: Mapping[str, str] = MappingProxyType(
    {
        Flag.BLUR_ESTIMATED: "The blur was read from the hairs themselves; thin diameters depend on it.",
        Flag.DEFOCUSED: ("The hairs' edges are softer than at the calibration: the picture is a little out of focus."),
        Flag.BLUR_LIMITS_DIAMETERS: (
            "Some hairs are thinner than the optics resolve: their diameters are upper limits."
        ),
        Flag.GLARE: "Saturated light covers part of the frame; it is left out of the area.",
        Flag.OPTIC_BORDER: "Part of the picture lies outside the round of the optic; it is left out of the area.",
        Flag.FEW_DIAMETERS: (
            "Fewer than seven in ten hairs had a clean stretch to read a diameter from; kind and thickness of the"
            " others are estimates."
        ),
        Flag.NO_HAIR: "No hair was found in the counting frame.",
        Flag.HAIR_CROSSES_BORDER: (
            "Hairs leave the picture: their lengths are lower limits, and roots outside do not count."
        ),
        Flag.LONG_HAIR: "Hairs are longer than clipped ones: crossings hide roots, and the density is a lower limit.",
        Flag.LIGHT_HAIR: "The hair is lighter than the skin.",
        Flag.COVERED: "Bubbles, print or a wet film hide part of the frame; it is left out of the area.",
        Flag.COLOUR_UNCALIBRATED: (
            "Colours are not calibrated: lightness and contrast compare only within this instrument and light."
        ),
        Flag.SMALL_FRAME: "The counting frame is below 0.2 cm²: chance dominates the intervals.",
    }
)


def flag_sentence(flag: str) -> str:
    """Return what a flag means; one of a later release by its own name."""
    return FLAGS.get(flag, flag.replace("-", " "))
