"""Where on the scalp a capture was taken: the controlled sites, and places by landmark distances.

A place is named by one key and by nothing else. The key of a landmark place *is* its definition: how many millimetres
behind the glabella along the midline, and how many to the patient's left or right of it, both with a tape on the skin.
There is no second field for the side that could contradict the first, and no free-typed name that could break a
patient's series.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

MIN_BEHIND_GLABELLA_MM = 30
"""No scalp begins closer to the glabella: the hairline lies about 60 mm above it."""

MAX_BEHIND_GLABELLA_MM = 420
"""Past the nape of a large head: glabella to inion is 350 mm in the usual adult, and the hair ends 50 mm below."""

MAX_BESIDE_MIDLINE_MM = 160
"""From the midline to the root of the ear, along the skin."""

_LANDMARK = re.compile(r"g([1-9][0-9]{1,2})-(?:(l|r)([1-9][0-9]{0,2})|m0)")


class Site(StrEnum):
    """A place on the scalp that is taken again at every visit."""

    FRONTAL = "frontal"
    MID_SCALP = "mid-scalp"
    VERTEX = "vertex"
    OCCIPITAL = "occipital"
    TEMPORAL_LEFT = "temporal-left"
    TEMPORAL_RIGHT = "temporal-right"


PROTOCOL: tuple[Site, ...] = tuple(Site)
"""The sites of one full visit, in the order they are taken. Occipital is the donor control of every visit."""

DONOR_CONTROL = Site.OCCIPITAL
"""The site that does not thin: in every protocol, so that the instrument's own drift shows."""


class Side(StrEnum):
    """The patient's side, never the onlooker's."""

    LEFT = "left"
    MIDLINE = "midline"
    RIGHT = "right"


class MarkKind(StrEnum):
    """What finds the place again, beside the follicles themselves."""

    TATTOOED_DOT = "tattooed-dot"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site lies, with a tape on the skin.

    Parameters
    ----------
    behind_glabella_mm
        From the glabella backwards along the midline.
    right_mm
        From there to the patient's right; negative to the patient's left.
    """

    behind_glabella_mm: int
    right_mm: int

    @property
    def side(self) -> Side:
        """The patient's side on which it lies."""
        if self.right_mm == 0:
            return Side.MIDLINE
        return Side.RIGHT if self.right_mm > 0 else Side.LEFT

    def distance_mm(self, other: "Place") -> float:
        """Return how far two places lie apart, the skin taken for flat: good to a tenth near each other."""
        return float(
            ((self.behind_glabella_mm - other.behind_glabella_mm) ** 2 + (self.right_mm - other.right_mm) ** 2) ** 0.5
        )


# The drawing's places, not a patient's: on a head of 350 mm from glabella to inion and 360 mm from ear to ear (the
# usual adult of the 10-20 system's arcs, Jasper 1958), each in the middle of what its name covers. A patient's site is
# found by name and mark; nothing is measured from these.
_PLACES: dict[Site, Place] = {
    Site.FRONTAL: Place(90, 0),
    Site.MID_SCALP: Place(150, 0),
    Site.VERTEX: Place(230, 0),
    Site.OCCIPITAL: Place(320, 0),
    Site.TEMPORAL_LEFT: Place(140, -125),
    Site.TEMPORAL_RIGHT: Place(140, 125),
}


def _one_place(key: str) -> str:
    place_of(key)
    return key


SiteKey = Annotated[str, StringConstraints(max_length=16), AfterValidator(_one_place)]
"""A site's key: a name of `Site`, or a landmark place such as ``g120-l35``; see `place_of`."""


def place_of(key: str) -> Place:
    """Return where a site lies: the drawing's place of a controlled site, a landmark place exactly.

    Parameters
    ----------
    key
        A name of `Site`, or ``g<mm behind the glabella>-l<mm>``, ``-r<mm>`` or ``-m0``: ``g120-l35`` lies 120 mm behind
        the glabella and 35 mm to the patient's left, ``g120-m0`` on the midline. Whole millimetres without leading
        zeros: each place has one spelling.

    Raises
    ------
    ValueError
        If it is neither, or lies off the scalp.
    """
    if key in _PLACES:
        return _PLACES[Site(key)]
    parts = _LANDMARK.fullmatch(key)
    if parts is None:
        raise ValueError(
            f"a site is one of {', '.join(Site)}; or a place by its distances in mm from the glabella along the midline"
            " and from the midline to the patient's left or right, such as g120-l35, g120-r35 or g120-m0"
        )
    behind, side, beside = int(parts[1]), parts[2], int(parts[3] or 0)
    if not MIN_BEHIND_GLABELLA_MM <= behind <= MAX_BEHIND_GLABELLA_MM or beside > MAX_BESIDE_MIDLINE_MM:
        raise ValueError(
            f"a place on the scalp lies {MIN_BEHIND_GLABELLA_MM} to {MAX_BEHIND_GLABELLA_MM} mm behind the glabella and"
            f" at most {MAX_BESIDE_MIDLINE_MM} mm beside the midline"
        )
    return Place(behind, -beside if side == "l" else beside)


def landmark_key(place: Place) -> str:
    """Return the one spelling of a landmark place.

    Raises
    ------
    ValueError
        If it lies off the scalp.
    """
    side = {Side.LEFT: "l", Side.MIDLINE: "m", Side.RIGHT: "r"}[place.side]
    return _one_place(f"g{place.behind_glabella_mm}-{side}{abs(place.right_mm)}")


def site_name(key: str) -> str:
    """Return a site in words, with the patient's side: the same at the chair, on the clinic's pages and in reports.

    Raises
    ------
    ValueError
        If the key is none.
    """
    place = place_of(key)
    if key == DONOR_CONTROL:
        return f"{key} (donor control)"
    if key in _PLACES:
        return key if place.side is Side.MIDLINE else f"{key.removesuffix(f'-{place.side}')}, patient's {place.side}"
    beside = "on the midline" if place.right_mm == 0 else f"{abs(place.right_mm)} mm to the patient's {place.side}"
    return f"{place.behind_glabella_mm} mm behind the glabella, {beside}"


def side_of(key: str) -> Side:
    """Return the patient's side of a site, by its key alone.

    Raises
    ------
    ValueError
        If the key is none.
    """
    return place_of(key).side
