"""The one registry of flags a measurement can carry: each says what limits the figures beside it."""

from __future__ import annotations

from enum import StrEnum


class Flag(StrEnum):
    """What a reader of the figures should know about the picture they come from."""

    BLUR_ESTIMATED = "blur-estimated"
    """No calibrated blur was given, or the shafts' edges are clearly sharper than it; it was read from them, and thin
    diameters hang on it."""
    DEFOCUSED = "defocused"
    """The shafts' edges are clearly softer than the calibrated optics make them: the picture is out of focus. Diameters
    rest on the blur that the shafts tell of."""
    BLUR_LIMITS_DIAMETERS = "blur-limits-diameters"
    """Some shafts are thinner than three blur sigmas: their diameters are upper limits."""
    GLARE = "glare"
    """More than 2 % of the frame is saturated light; it is left out of the area."""
    COVERED = "covered"
    """Bubbles, print or a wet film hide more than 2 % of the frame; they are left out of the area."""
    OPTIC_BORDER = "optic-border"
    """Part of the picture lies outside the round of the optic; it is left out of the area."""
    NO_HAIR = "no-hair"
    """No hair was found in the counting frame."""
    HAIR_CROSSES_BORDER = "hair-crosses-border"
    """Hairs leave the picture: their lengths are lower limits, and roots outside are not counted."""
    LONG_HAIR = "long-hair"
    """Hairs are longer than clipped ones: crossings hide roots, and density is a lower limit."""
    LIGHT_HAIR = "light-hair"
    """Most hairs are lighter than the skin (white or grey): their dark rims are part of the shaft, and diameters are
    less sure."""
    FEW_DIAMETERS = "few-diameters"
    """Fewer than 70 % of the hairs have a clean section to measure: kinds and thickness rest on rough widths."""
    SMALL_FRAME = "small-frame"
    """The counting frame is below 0.2 cm2: few units are in it, and chance dominates the intervals."""
    COLOUR_UNCALIBRATED = "colour-uncalibrated"
    """The camera's colours are not calibrated: lightness and contrast of the shafts compare only with pictures of the
    same instrument under the same light."""
