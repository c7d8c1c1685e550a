"""What is said of a comparison beside its figures: what limits it, and why there is none.

Whether a change is called one is decided in :mod:`analysis.noise.floor`.  Imports no OpenCV.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analysis.comparison.change import ChangeFlag

_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        ChangeFlag.NOT_THE_SAME_PLACE: (
            "The two pictures do not show the same place, or share too little of it: nothing is compared. Check the"
            " patient, the site and the side, and take the site again by its baseline."
        ),
        ChangeFlag.TOO_FEW_HAIRS: (
            "There are too few hairs to find a place again by: nothing is compared. Use a mark, or a site with hair."
        ),
        ChangeFlag.TOO_LITTLE_SHARED: (
            "The two pictures share hardly any of the place: nothing is compared. Take the site again by its baseline."
        ),
        ChangeFlag.SAME_PICTURE: "Both are the very same picture: that nothing changed says nothing of the patient.",
        ChangeFlag.SCALES_DISAGREE: (
            "The same hairs lie farther apart, or closer, than the two scales allow: one of the calibrations is wrong."
            " Densities are in the baseline's scale; diameters cannot be compared. Check the calibration."
        ),
        ChangeFlag.SCALE_UNCERTAIN: (
            "The scale of at least one picture was not calibrated: its square centimetre is only as good as the number"
            " that was given."
        ),
        ChangeFlag.SMALL_SHARED_AREA: "Less than 0.2 cm2 is shared: the change is that of a very small place.",
        ChangeFlag.LITTLE_SHARED: "The pictures share less than half of a frame: place the camera by the baseline.",
        ChangeFlag.LONG_HAIR: (
            "Long hair hides roots: hairs are missed in both pictures, and the change may miss what they did. Clip the"
            " hair to 0.5-1 mm."
        ),
        ChangeFlag.PALE_HAIR: "Pale hair: more hairs are missed than of dark hair, in both pictures.",
        ChangeFlag.HAIR_MODES_DIFFER: (
            "The hair was clipped in one picture and long in the other: hairs hidden in one seem to come or go."
        ),
        ChangeFlag.CUT_OFFS_DIFFER: (
            "Terminal hair begins at another diameter in the one measurement than in the other: what became terminal or"
            " vellus is not said. Measure both with the same cut-off."
        ),
        ChangeFlag.MANY_UNCLEAR: (
            "Many hairs were drawn otherwise in the two pictures, so that what became of them is a guess: hold focus,"
            " light and clipping the same."
        ),
        ChangeFlag.STRONGLY_STRETCHED: (
            "The skin was stretched by more than a quarter of a millimetre between the pictures: press less."
        ),
    }
)


def sentence(flag: str) -> str:
    """Return what a flag of a comparison means; the flag itself where a later release raised it."""
    return _SENTENCES.get(flag, flag)
