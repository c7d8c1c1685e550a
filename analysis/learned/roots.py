"""Roots: which end of a shaft is in the skin, and where it leaves it.

Three cues, all named by trichoscopists.  The network marks where a sharp shaft comes out of its blurred streak or its
follicle's mouth, and where it is cut off.  And hair of one region leaves the skin in one direction, so neighbours
vote.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.hair_stream import with_neighbours
from analysis.learned.evidence import Evidence
from analysis.learned.lines import Line
from analysis.picture import Plane
from analysis.view import LINE_UM_PER_PX

INWARD_UM, OUTWARD_UM = 110.0, 70.0
"""Where along a shaft's course its end is looked for: the line may run on into the streak, or stop short of it."""
INWARD_SHARE = 3
"""And not further inward than a third of the line: there begins what may belong to its other end."""
SEEN = 0.15
"""A root or tip seen less clearly than this does not move an end."""
NEIGHBOURS_WEIGHT = 0.7
_COURSE_PX = 12

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rooted:
    """Shafts from root to tip at the line scale, one entry each.

    Parameters
    ----------
    lines : list of Line
        Their first point is the root.
    roots, tips : ndarray, shape (n,)
        How clearly a root is seen at the first end and a tip at the last, 0 to 1.
    belief : ndarray, shape (n,)
        How sure the sense is, 0 to 1.
    """

    lines: list[Line]
    roots: Array
    tips: Array
    belief: Array

    @property
    def first_px(self) -> Array:
        """Where each is rooted, (x, y), shape (n, 2)."""
        return np.array([line.points_px[0] for line in self.lines]).reshape(-1, 2)


def root(lines: list[Line], evidence: Evidence) -> Rooted:
    """Turn every line so that it starts at its root, and move its ends to where root and tip are seen."""
    if not lines:
        return Rooted([], np.zeros(0), np.zeros(0), np.zeros(0))
    ends = [_Ends.of(lines, last) for last in (False, True)]
    seen = [[end.look(plane) for plane in (evidence.roots, evidence.tips)] for end in ends]
    own = np.clip((seen[0][0][0] - seen[0][1][0]) - (seen[1][0][0] - seen[1][1][0]), -1, 1)
    starts_um, ends_um = (end.points_px * LINE_UM_PER_PX for end in ends)
    belief = with_neighbours(own, starts_um, ends_um, NEIGHBOURS_WEIGHT)
    turned = belief < 0
    root_seen, root_step = (np.where(turned, seen[1][0][i], seen[0][0][i]) for i in (0, 1))
    tip_seen, tip_step = (np.where(turned, seen[0][1][i], seen[1][1][i]) for i in (0, 1))
    senses = [line.reversed() if turn else line for line, turn in zip(lines, turned, strict=True)]
    outward = np.where(root_seen > SEEN, root_step, 0), np.where(tip_seen > SEEN, tip_step, 0)
    moved = [_moved(line, int(root), int(tip)) for line, root, tip in zip(senses, *outward, strict=True)]
    return Rooted(moved, root_seen, tip_seen, np.abs(belief))


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """One end of every line: where it is, and which way is out."""

    points_px: Array
    outward: Array

    longest_inward: NDArray[np.intp]

    @classmethod
    def of(cls, lines: list[Line], last: bool) -> _Ends:
        at = np.array([line.points_px[-1 if last else 0] for line in lines])
        outward = np.array([_outward(line, last) for line in lines])
        return cls(at, outward, np.array([len(line.points_px) for line in lines]) // INWARD_SHARE)

    def look(self, plane: Plane) -> tuple[Array, NDArray[np.intp]]:
        """Largest value near the end along its course, and how many pixels outward it lies."""
        wide = cv2.dilate(plane, np.ones((3, 3), np.uint8))
        steps = np.arange(-round(INWARD_UM / LINE_UM_PER_PX), round(OUTWARD_UM / LINE_UM_PER_PX) + 1)
        at = np.rint(self.points_px[:, None] + steps[:, None] * self.outward[:, None]).astype(np.intp)
        x, y = at[..., 0].clip(0, plane.shape[1] - 1), at[..., 1].clip(0, plane.shape[0] - 1)
        # An end stays a pixel within the picture, and does not see what belongs to the other end.
        candidate = (x >= 1) & (y >= 1) & (x <= plane.shape[1] - 2) & (y <= plane.shape[0] - 2)
        candidate &= (x == at[..., 0]) & (y == at[..., 1]) & (-steps <= self.longest_inward[:, None])
        values = np.where(candidate, wide[y, x], 0).astype(float)
        largest = values.max(axis=1)
        # Dilation makes plateaus: their middle is where the plane itself is largest.
        best = np.where(candidate & (values == largest[:, None]), plane[y, x], -1).argmax(axis=1)
        return largest, steps[best]


def _outward(line: Line, last: bool) -> Array:
    """Direction of a line's course out of one of its ends, of length 1."""
    reach = min(_COURSE_PX, len(line.points_px) - 1)
    end, inner = (-1, -1 - reach) if last else (0, reach)
    course = line.points_px[end] - line.points_px[inner]
    return np.asarray(course / max(float(np.hypot(*course)), 1e-9))


def _moved(line: Line, first_px: int, last_px: int) -> Line:
    """Move the ends of a line by whole steps, outward or, where negative, inward."""
    kept = line.part(max(-first_px, 0), len(line.points_px) - max(-last_px, 0))
    before, after = max(first_px, 0), max(last_px, 0)
    points = np.concatenate(
        [
            kept.points_px[0] + np.arange(before, 0, -1)[:, None] * _outward(line, last=False),
            kept.points_px,
            kept.points_px[-1] + np.arange(1, after + 1)[:, None] * _outward(line, last=True),
        ]
    )
    angles, scores = (np.pad(values, (before, after), mode="edge") for values in (kept.angles_rad, kept.scores))
    return Line(points, angles, scores)
