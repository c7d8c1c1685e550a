"""Find the shafts of clipped dark hair, and say whether they stand out clearly enough to be believed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.classical import evidence, identity, lines, parting, roots
from analysis.classical.evidence import Evidence
from analysis.classical.lines import Line
from analysis.found import CLIPPED_MM, LEAST_DOUBTED, MOST_HAIRS, Doubted, Found, smoothed
from analysis.measurement import HairMode, PictureUnusable
from analysis.picture import Picture, least_of_channels

CLEAR_PROMINENCE, CLEAR_CONTRAST = 9.0, 0.38
"""Where the usual dark line stands out less than this, or takes less of the light, it may be pale hair, or the shadow
of light hair: brown shafts on drawn scalps and dark ones on real scalps take 0.45 and more, blond ones 0.3."""

USUAL_CLIPPED_MM = 1.0
"""Where the usual shaft is longer, the hair has grown on, and bends."""
GLANCED_AT = 100
"""Seeds of the first glance: the median of their shafts' lengths is known to a tenth."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Clear:
    """Shafts, and whether they are clipped dark hair that stands out."""

    found: Found
    clear: bool


def find(working: Picture, hair_mode: HairMode | Literal["auto"]) -> Clear:
    """Find the shafts of a picture at the working scale; where all of it looks like hair, nothing is clear.

    Unless the operator says "clipped", hair that looks long at a first glance is not looked for further.
    """
    coarse = at_line_scale(working)
    skin = evidence.background(coarse.bgr, coarse.um_per_px)
    seen = evidence.gather(coarse.bgr, coarse.um_per_px, skin)
    seeds = lines.ridge_points(seen)
    if hair_mode != "clipped" and _look_long(seen, seeds):
        return Clear(Found([], np.zeros(0), np.zeros(0), np.zeros(0, bool), "long"), clear=False)
    try:
        drawn = lines.draw(seen, seeds)
    except PictureUnusable:
        drawn = []
    shafts = identity.explain(drawn, seen)
    if hair_mode == "clipped" or _mode_of(shafts, coarse.um_per_px) == "clipped":
        shafts = parting.part(shafts, seen)
    veiled = -least_of_channels(-np.abs(1 - coarse.bgr / np.maximum(skin, np.float32(0.02))))
    turned = roots.orient([one.line for one in shafts], veiled, coarse.um_per_px)
    ratio = coarse.um_per_px / working.um_per_px
    centrelines = []
    for one, turn in zip(shafts, turned, strict=True):
        smooth = (smoothed(one.line.points_px, coarse.um_per_px) + 0.5) * ratio - 0.5
        centrelines.append(smooth[::-1] if turn else smooth)
    rough_um = np.array([one.line.width_px for one in shafts], float) * coarse.um_per_px
    probabilities = np.array([one.probability for one in shafts], float)
    mode = _mode_of(shafts, coarse.um_per_px) if hair_mode == "auto" else hair_mode
    found = Found(centrelines, rough_um, probabilities, np.ones(len(shafts), bool), mode)
    if mode != "clipped" or not 0 < len(shafts) <= MOST_HAIRS or not _stand_out(shafts):
        return Clear(found, clear=False)
    return Clear(replace(found, doubted=_doubted(drawn, shafts, seen, ratio)), clear=True)


def _doubted(drawn: list[Line], shafts: list[identity.Found], seen: Evidence, ratio: float) -> tuple[Doubted, ...]:
    others = identity.explain(drawn, seen, identity.DOUBTED, beside=shafts)
    return tuple(
        Doubted(
            line_px=(smoothed(one.line.points_px, seen.um_per_px) + 0.5) * ratio - 0.5,
            rough_um=one.line.width_px * seen.um_per_px,
            probability=one.probability,
        )
        for one in others
        if one.probability >= LEAST_DOUBTED
    )


def _mode_of(shafts: list[identity.Found], um_per_px: float) -> HairMode:
    """By the middle length: where hair is dense, a tenth of the lines runs on from one shaft into the next."""
    lengths_mm = [len(one.line.points_px) * um_per_px / 1000 for one in shafts]
    return "long" if lengths_mm and float(np.median(lengths_mm)) > USUAL_CLIPPED_MM else "clipped"


def _stand_out(shafts: list[identity.Found]) -> bool:
    prominence = float(np.median([one.prominence for one in shafts]))
    contrast = float(np.median([one.line.core for one in shafts]))
    return prominence >= CLEAR_PROMINENCE and contrast >= CLEAR_CONTRAST


def _look_long(seen: Evidence, seeds: Array) -> bool:
    """Whether most of some shafts are longer than clipped hair; longer ones are met more often."""
    glanced = lines.draw(seen, seeds[:: 1 + len(seeds) // GLANCED_AT])
    lengths_mm = [len(line.points_px) * seen.um_per_px / 1000 for line in glanced]
    return len(lengths_mm) > 0 and float(np.median(lengths_mm)) > CLIPPED_MM


def at_line_scale(working: Picture) -> Picture:
    """Halve a picture to the scale at which lines are drawn."""
    halvings = evidence.line_halvings(working.um_per_px)
    rows, columns = (size // 2**halvings for size in working.bgr.shape[:2])
    whole = working.bgr[: rows * 2**halvings, : columns * 2**halvings]
    bgr = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA) if halvings else whole
    return Picture(np.asarray(bgr, np.float32), working.um_per_px * 2**halvings, working.halvings + halvings)
