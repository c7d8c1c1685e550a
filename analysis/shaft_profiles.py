"""Sections of shafts as profiles to fit: one contrast along each cut, with what is roughly known of its bars."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.bar_fits import Profiles
from analysis.cross_sections import Sections
from analysis.shaft_colours import Colours

Array = NDArray[np.float64]


def profiles(
    sections: Sections, colours: Colours, rough_widths_px: Array, rows: NDArray[np.intp], beside: int
) -> Profiles:
    """See some sections along their shafts' own colour, each with so many bars beside.

    Parameters
    ----------
    rough_widths_px : ndarray, shape (hairs,)
        Within about 40 %.
    rows : ndarray of int, shape (n,)
        Which sections.
    beside : int
        How many shafts beside each is fitted with.
    """
    hair = sections.hair[rows]
    neighbours = sections.beside[rows, :beside]
    return Profiles(
        offsets_px=sections.offsets_px[rows],
        contrasts=colours.profiles(sections, rows),
        counts=sections.own[rows],
        rough_widths_px=rough_widths_px[hair],
        noise=colours.noise[hair],
        rim=colours.rim[hair],
        beside_px=sections.beside_px[rows, :beside],
        beside_widths_px=rough_widths_px[neighbours] * sections.beside_stretch[rows, :beside],
    )
