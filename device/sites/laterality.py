"""Sites typed by hand that are probably a slip: the other side, or a known place spelled anew."""

import math
from collections.abc import Collection, Sequence

from contract import Place, Site, SiteKey, place_of, site_name

_CONTROLLED = frozenset(Site)

NEAR_MM = 15.0
"""Two places closer than this share much of a picture's field of 10 to 12 mm once both are found with a tape."""


def doubts(asked: Sequence[SiteKey], known: Collection[SiteKey]) -> tuple[str, ...]:
    """Say which of the sites asked for are probably not meant.

    Parameters
    ----------
    asked
        Sites typed by a person.
    known
        The protocol's, and those taken of this patient before. What is known is never doubted, and where nothing is
        known there is nothing to doubt by.

    Returns
    -------
    tuple[str, ...]
        One sentence a doubt.
    """
    said = []
    for site in asked:
        if site in known:
            continue
        # A controlled site's place is the drawing's and not this patient's: no landmark is held against it.
        alike = [one for one in known if (one in _CONTROLLED) == (site in _CONTROLLED)]
        place = place_of(site)
        beside_mm, beside = _nearest(place, alike)
        across_mm, across = _nearest(Place(place.behind_glabella_mm, -place.right_mm), alike)
        if min(beside_mm, across_mm) >= NEAR_MM:
            continue
        if across_mm < beside_mm:
            said.append(
                f"{site} ({site_name(site)}) was never taken of this patient, but its mirror image is known: {across}"
                f" ({site_name(across)}). Check the side; it is always the patient's own."
            )
        else:
            said.append(
                f"{site} was never taken of this patient, and lies {beside_mm:.0f} mm from {beside}, which is known."
                f" A place has one key: use {beside} if it is the same."
            )
    return tuple(said)


def _nearest(place: Place, known: Sequence[SiteKey]) -> tuple[float, SiteKey]:
    return min(((place.distance_mm(place_of(site)), site) for site in known), default=(math.inf, ""))
