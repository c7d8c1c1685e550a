"""What kind of error was made: why a true hair is hard, and what a false one lies on, with small pictures of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring import Finding, FoundHair, Score, off_line_px, quarter_points
from phantom import Photograph, Truth, TruthHair

Crop: TypeAlias = NDArray[np.uint8]
HairKind: TypeAlias = Literal["vellus", "touching", "crossing", "near border", "other"]
FalseKind: TypeAlias = Literal["double", "on skin"]

HAIR_KINDS: tuple[HairKind, ...] = ("vellus", "touching", "crossing", "near border", "other")
FALSE_KINDS: tuple[FalseKind, ...] = ("double", "on skin")

TOUCHING_UM, TOUCHING_DEG = 100.0, 15.0
DOUBLE_UM = 60.0
BORDER_MM = 0.3
CROP_MM = 1.0
_CROP_PX = 144
_GREEN, _MAGENTA = (60, 220, 60), (230, 40, 230)


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """The errors on one picture.

    Parameters
    ----------
    needed, missed, false : Counter
        Hairs that should be found, and those not found, by what makes a hair hard; false ones by what they lie on.
    crops : dict
        One example a kind: the place as it is, and beside it with true hairs in green and found ones in magenta.
    """

    needed: Counter[str]
    missed: Counter[str]
    false: Counter[str]
    crops: dict[str, Crop]


def errors_of(finding: Finding, photo: Photograph, score: Score) -> Errors:
    """Sort one picture's errors by kind."""
    truth = photo.truth
    kinds = {int(j): hair_kind(truth.hairs[j], truth) for j in score.needed}
    crops: dict[str, Crop] = {}
    for j in score.missed:
        crops.setdefault(f"missed: {kinds[int(j)]}", _crop(truth.hairs[j].centreline_px, finding, photo))
    false: Counter[str] = Counter()
    for i in score.false:
        kind = false_kind(finding.hairs[i], truth)
        false[kind] += 1
        crops.setdefault(f"false: {kind}", _crop(finding.hairs[i].centreline_px, finding, photo))
    return Errors(Counter(kinds.values()), Counter(kinds[int(j)] for j in score.missed), false, crops)


def hair_kind(hair: TruthHair, truth: Truth) -> HairKind:
    """Say what makes a true hair hard to find: the first that holds, in the order of `HAIR_KINDS`.

    *touching*: another hair's root within 100 um, and both run within 15 degrees, so that the shafts touch or nearly
    do along most of their length.  *crossing*: another shaft lies over or under it elsewhere.  *near border*: the root
    lies within 0.3 mm of the picture's edge.
    """
    um_per_px = truth.optics.um_per_px
    if hair.kind == "vellus":
        return "vellus"
    near = [other for other in truth.hairs if other.hair_id != hair.hair_id and _boxes_meet(hair, other)]
    if any(_touch(hair, other, um_per_px) for other in near):
        return "touching"
    if any(_cross(hair, other, um_per_px) for other in near):
        return "crossing"
    width, height = truth.optics.size_px
    x, y = hair.root_px
    return "near border" if min(x, y, width - x, height - y) * um_per_px < BORDER_MM * 1000 else "other"


def false_kind(found: FoundHair, truth: Truth) -> FalseKind:
    """Say what a false hair lies on: a true hair that another was taken for (its middle within 60 um), or skin."""
    middle = quarter_points(found.centreline_px)[1:2]
    reach_px = DOUBLE_UM / truth.optics.um_per_px
    on_hair = any(float(off_line_px(middle, hair.centreline_px)[0]) < reach_px for hair in truth.hairs)
    return "double" if on_hair else "on skin"


def contact_sheet(examples: dict[str, list[Crop]], columns: int = 4) -> Crop:
    """Lay examples out by kind, a named row each."""
    rows = []
    for name in sorted(examples):
        crops = examples[name][:columns]
        crops += [np.full_like(crops[0], 255)] * (columns - len(crops))
        strip = np.hstack([np.pad(crop, ((2, 2), (3, 3), (0, 0)), constant_values=255) for crop in crops])
        title = np.full((20, strip.shape[1], 3), 255, np.uint8)
        cv2.putText(title, name, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
        rows += [title, strip]
    return np.asarray(np.vstack(rows), np.uint8)


def _touch(hair: TruthHair, other: TruthHair, um_per_px: float) -> bool:
    apart_um = float(np.hypot(*np.subtract(hair.root_px, other.root_px))) * um_per_px
    a, b = (h.centreline_px[-1] - h.centreline_px[0] for h in (hair, other))
    cosine = float(a @ b) / max(float(np.hypot(*a) * np.hypot(*b)), 1e-9)
    return apart_um < TOUCHING_UM and cosine > np.cos(np.deg2rad(TOUCHING_DEG))


def _cross(hair: TruthHair, other: TruthHair, um_per_px: float) -> bool:
    gap_px = float(off_line_px(hair.centreline_px, other.centreline_px).min())
    return gap_px * um_per_px < 0.5 * (hair.diameter_um + other.diameter_um)


def _boxes_meet(hair: TruthHair, other: TruthHair) -> bool:
    a, b = hair.centreline_px, other.centreline_px
    reach = 20.0
    return bool((a.min(axis=0) - reach <= b.max(axis=0)).all() and (b.min(axis=0) - reach <= a.max(axis=0)).all())


def _crop(line_px: NDArray[np.float64], finding: Finding, photo: Photograph) -> Crop:
    """Cut out what lies about the middle of a line, or for a long one about its start, as it is and drawn upon."""
    mm_per_px = photo.truth.optics.um_per_px / 1000.0
    half = CROP_MM / 2 / mm_per_px
    long = float(np.hypot(*np.diff(line_px, axis=0).T).sum()) > 2 * half
    middle = line_px[0] if long else quarter_points(line_px)[1]
    rows, columns = photo.picture.shape[:2]
    middle = np.clip(middle, half, [columns - 1 - half, rows - 1 - half])
    x0, y0 = np.rint(middle - half).astype(int)
    side = int(2 * half)
    plain = photo.picture[y0 : y0 + side, x0 : x0 + side]
    scale = _CROP_PX / side
    plain = np.asarray(cv2.resize(plain, (_CROP_PX, _CROP_PX), interpolation=cv2.INTER_CUBIC), np.uint8)
    drawn = plain.copy()
    for lines, colour in (
        ([hair.centreline_px for hair in photo.truth.hairs], _GREEN),
        ([hair.centreline_px for hair in finding.hairs], _MAGENTA),
    ):
        for line in lines:
            at = np.rint((line - [x0, y0]) * scale).astype(np.int32)
            cv2.polylines(drawn, [at.reshape(-1, 1, 2)], False, colour, 1, cv2.LINE_AA)
            cv2.circle(drawn, (int(at[0, 0]), int(at[0, 1])), 3, colour, 1, cv2.LINE_AA)
    return np.asarray(np.hstack([plain, drawn]), np.uint8)
