"""Find the shafts of pale, light, faint, curly or long hair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.found import CLIPPED_MM, HAIR_THROUGHOUT, LEAST_DOUBTED, MOST_HAIRS, Doubted, Found, smoothed
from analysis.learned import evidence, identity, plausibility, roots
from analysis.learned.evidence import Evidence
from analysis.learned.lines import Line
from analysis.learned.roots import Rooted
from analysis.measurement import HairMode, PictureUnusable
from analysis.picture import Picture, Plane
from analysis.view import LINE_UM_PER_PX, View

GROWN_MM = 3.0
"""Where a tenth of the shafts is longer, the hair was not clipped, whatever ends it shows."""
CLEARLY = 0.5
"""A root or tip above this is more likely there than not."""
WHOLE_SHARE = 0.15
"""Of the shafts whose root shows, long hair shows the tips of at most a twentieth, curls of a quarter and more."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Shafts, and what hides the skin.

    Parameters
    ----------
    found : Found
    cover : ndarray of float32, shape (rows, columns)
        0 to 1, over the whole picture at the network's line scale.
    """

    found: Found
    cover: Plane


def find(working: Picture, hair_mode: HairMode | Literal["auto"]) -> Seen:
    """Find the shafts of a picture at the working scale; long hair must show its root.

    Raises
    ------
    PictureUnusable
        Where more of the picture looks like hair than can be followed.
    """
    view = View.of(working)
    seen = evidence.look(view.bgr)
    lines = identity.explain(seen)
    if len(lines) > MOST_HAIRS:
        raise PictureUnusable(HAIR_THROUGHOUT)
    rooted = roots.root(lines, seen)
    mode = mode_of(rooted) if hair_mode == "auto" else hair_mode
    known = plausibility.features(rooted, seen)
    one_hair = plausibility.that_each_is_one_hair(known, mode)
    shaft = plausibility.that_each_is_a_shaft(known, mode)
    centrelines = [view.to_working_px(smoothed(line.points_px, LINE_UM_PER_PX)) for line in rooted.lines]
    rough_um = np.array([_rough_um(line, seen) for line in rooted.lines], float)
    counted = one_hair >= plausibility.COUNTED_FROM
    shafts = counted | (shaft >= plausibility.COUNTED_FROM)
    doubted = tuple(
        Doubted(centrelines[i], float(rough_um[i]), float(one_hair[i]))
        for i in np.flatnonzero(~shafts & (one_hair >= LEAST_DOUBTED))
    )
    found = Found(centrelines, rough_um, one_hair, counted, mode, doubted)
    return Seen(found.chosen(shafts), seen.cover)


def mode_of(rooted: Rooted) -> HairMode:
    """Say whether the hair is long: longer than clipped hair, and without ends that would show beside its roots.

    Hair that has grown for days is as long as what a small picture shows of long hair, but it ends in the picture.
    """
    if not rooted.lines:
        return "clipped"
    longest_mm = float(np.percentile([len(line.scores) for line in rooted.lines], 90)) * LINE_UM_PER_PX / 1000
    whole = rooted.tips[rooted.roots > CLEARLY] > CLEARLY
    ends_seen = len(whole) > 0 and float(whole.mean()) > WHOLE_SHARE
    return "long" if longest_mm > (GROWN_MM if ends_seen else CLIPPED_MM) else "clipped"


def _rough_um(line: Line, seen: Evidence) -> float:
    _, row, column = line.cells
    return float(np.median(seen.widths_um[row, column]))
