"""The controlled list of scalp sites: free-typed names would break a patient's series."""

from enum import StrEnum


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
