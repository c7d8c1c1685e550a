"""Find the shafts of clipped dark hair, and say whether they stand out clearly enough to be believed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from analysis.classical import evidence, identity, lines, roots
from analysis.found import MOST_HAIRS, Found, smoothed
from analysis.measurement import PictureUnusable
from analysis.picture import Picture, least_of_channels

CLEAR_PROMINENCE = 9.0
"""Where the usual dark line stands out less than this, it may be the shadow of pale or light hair."""


@dataclass(frozen=True, slots=True, eq=False)
class Clear:
    """Shafts, and whether they stand out clearly."""

    found: Found
    clear: bool


def find(working: Picture) -> Clear:
    """Find the shafts of a picture at the working scale; where all of it looks like hair, nothing is clear."""
    coarse = at_line_scale(working)
    seen = evidence.gather(coarse.bgr, coarse.um_per_px)
    try:
        shafts = identity.explain(lines.draw(seen), seen)
    except PictureUnusable:
        shafts = []
    skin = evidence.background(coarse.bgr, coarse.um_per_px)
    veiled = -least_of_channels(-np.abs(1 - coarse.bgr / np.maximum(skin, np.float32(0.02))))
    turned = roots.orient([one.line for one in shafts], veiled, coarse.um_per_px)
    ratio = coarse.um_per_px / working.um_per_px
    centrelines = []
    for one, turn in zip(shafts, turned, strict=True):
        smooth = (smoothed(one.line.points_px, coarse.um_per_px) + 0.5) * ratio - 0.5
        centrelines.append(smooth[::-1] if turn else smooth)
    rough_um = np.array([one.line.width_px for one in shafts], float) * coarse.um_per_px
    probabilities = np.array([one.probability for one in shafts], float)
    found = Found(centrelines, rough_um, probabilities, np.ones(len(shafts), bool))
    clear = 0 < len(shafts) <= MOST_HAIRS and float(np.median([one.prominence for one in shafts])) >= CLEAR_PROMINENCE
    return Clear(found, clear)


def at_line_scale(working: Picture) -> Picture:
    """Halve a picture to the scale at which lines are drawn."""
    halvings = evidence.line_halvings(working.um_per_px)
    rows, columns = (size // 2**halvings for size in working.bgr.shape[:2])
    whole = working.bgr[: rows * 2**halvings, : columns * 2**halvings]
    bgr = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA) if halvings else whole
    return Picture(np.asarray(bgr, np.float32), working.um_per_px * 2**halvings, working.halvings + halvings)
