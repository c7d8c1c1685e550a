"""Lines: paths that follow the evidence both ways from a point on a shaft's middle, cut where the shaft ends.

Each path keeps its own direction as it steps on (a streamline through the directions' planes), so it goes straight
over crossings and along a shaft that others touch.  All paths step at once: the loops run over steps and directions,
never over pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.direction_planes import between, peak
from analysis.found import HAIR_THROUGHOUT
from analysis.learned.evidence import DIRECTIONS, Evidence
from analysis.measurement import PictureUnusable
from analysis.picture import Plane
from analysis.view import LINE_UM_PER_PX

SHORTEST_UM = 90.0
"""Shorter marks are debris, pores or stumps without a direction."""
FAINTEST_RIDGE = 0.2
"""Ridge points below this are skin in more than nine of ten cases."""
SHARE_OF_RIVAL = 0.4
"""Where shafts cross, the second direction is about as strong as the first; weaker ones are the first one's fringe."""
GIVE_UP = 0.08
"""Paths step on over evidence as faint as this: a glint or a crossing does not end a shaft."""
END_SHARE, FAINTEST_END = 0.45, 0.12
"""A shaft ends where its evidence falls to this share of its usual, or to skin's."""
BRIDGED_UM = 90.0
"""A glint or another shaft across hides a shaft no longer than this."""
MARGIN_PX = 3
"""Paths stop this near the border, where the network sees repeated pixels."""
MOST_RIDGE_POINTS = 600_000
"""Six times the shafts' length on the densest scalps: beyond, the picture is hair or texture throughout."""
TIGHTEST_BEND = 0.01
"""Radians a step: curls of a millimetre's radius."""
_FIRST_TURN, _TURN, _BEND, _SHIFT = 0.3, 0.06, 0.001, 0.5
"""What a step takes of the evidence's departure from its own course: little, so that a path goes over the shallow
crossing of two shafts on the course and with the bend that it had before; more in its first steps, for a seed knows its
direction to within half a plane."""
_SMOOTHED_STEPS = 5

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A path along a shaft at the line scale.

    Parameters
    ----------
    points_px : ndarray, shape (n, 2)
        (x, y) about one pixel apart.
    angles_rad : ndarray, shape (n,)
        Its direction at each point.
    scores : ndarray, shape (n,)
        Evidence at each point in that direction, 0 to 1.
    """

    points_px: Array
    angles_rad: Array
    scores: Array

    @property
    def cells(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Direction, row and column of the planes at each point."""
        nearest = np.rint(self.points_px).astype(np.intp)
        return planes_of(self.angles_rad), nearest[:, 1], nearest[:, 0]

    def part(self, first: int, last: int) -> Line:
        """Cut out the points from `first` to before `last`."""
        return Line(self.points_px[first:last], self.angles_rad[first:last], self.scores[first:last])

    def reversed(self) -> Line:
        """Give the same line from its other end."""
        return Line(self.points_px[::-1], self.angles_rad[::-1], self.scores[::-1])


def planes_of(angles_rad: Array) -> NDArray[np.intp]:
    """Numbers of the planes nearest to directions."""
    return np.rint(angles_rad / np.pi * DIRECTIONS).astype(np.intp) % DIRECTIONS


def ridge_points(evidence: Evidence) -> Array:
    """Points (x, y, angle), shape (n, 3), that are largest across their direction and between directions.

    Raises
    ------
    PictureUnusable
        Where more of the picture looks like hair than can be followed.
    """
    scores = evidence.scores
    likely = scores.max(axis=0) > FAINTEST_RIDGE
    likely[:MARGIN_PX], likely[-MARGIN_PX:], likely[:, :MARGIN_PX], likely[:, -MARGIN_PX:] = (False,) * 4
    rows, columns = np.nonzero(likely)
    if len(rows) > MOST_RIDGE_POINTS:
        raise PictureUnusable(HAIR_THROUGHOUT)
    here = scores[:, rows, columns]
    best = here > np.maximum(FAINTEST_RIDGE, SHARE_OF_RIVAL * here.max(axis=0, initial=0.0))
    best &= (here >= np.roll(here, 1, axis=0)) & (here >= np.roll(here, -1, axis=0))
    k, at = np.nonzero(best)
    rows, columns, value = rows[at], columns[at], here[k, at]
    angle = np.pi * k / DIRECTIONS
    right, down = np.rint(-np.sin(angle)).astype(int), np.rint(np.cos(angle)).astype(int)
    largest = (value >= scores[k, rows + down, columns + right]) & (value > scores[k, rows - down, columns - right])
    return np.asarray(np.column_stack([columns, rows, angle])[largest], float)


def every(points: Array, spacing_px: int) -> Array:
    """Thin out ridge points to one every `spacing_px` along a line."""
    along = np.rint(points[:, 0] * np.cos(points[:, 2]) + points[:, 1] * np.sin(points[:, 2])).astype(int)
    return np.asarray(points[along % spacing_px == 0])


def follow(evidence: Evidence, seeds: Array) -> list[Line]:
    """Lines through the seeds (x, y, angle), each cut to its shaft; those shorter than ``SHORTEST_UM`` are left out."""
    if not len(seeds):
        return []
    half_turn = np.array([0, 0, np.pi])
    walked = _walk(evidence.scores, np.concatenate([seeds, seeds + half_turn]))
    ahead, behind = walked[: len(seeds)], walked[len(seeds) :]
    paths = [
        np.concatenate([back[::-1] - half_turn, seed[None], on])
        for back, seed, on in zip(behind, seeds, ahead, strict=True)
    ]
    lengths = np.array([len(path) for path in paths])
    scores = np.split(_scores_along(evidence.scores, np.concatenate(paths)), np.cumsum(lengths)[:-1])
    seeds_at = [len(back) for back in behind]
    cut = (_cut_to_shaft(path, along, at) for path, along, at in zip(paths, scores, seeds_at, strict=True))
    return [line for line in cut if len(line.scores) * LINE_UM_PER_PX >= SHORTEST_UM]


def _walk(scores: Plane, seeds: Array) -> list[Array]:
    """Step all seeds on until each leaves the evidence: the steps (x, y, angle) of each, without the seed itself."""
    rows, columns = scores.shape[1:]
    at = seeds.copy()
    bend = np.zeros(len(seeds))
    walking = np.arange(len(seeds))
    walkers, course = [walking[:0]], [at[:0]]
    for step in range(1, 2 * (rows + columns)):
        angle = at[walking, 2]
        x, y = at[walking, 0] + np.cos(angle), at[walking, 1] + np.sin(angle)
        i, j = np.rint(y).astype(np.intp), np.rint(x).astype(np.intp)
        inside = np.minimum(np.minimum(i, j), np.minimum(rows - 1 - i, columns - 1 - j)) >= MARGIN_PX
        walking, x, y, angle, i, j = (v[inside] for v in (walking, x, y, angle, i, j))
        k = np.rint(angle / np.pi * DIRECTIONS).astype(np.intp)
        left, middle, right = (scores[(k + turn) % DIRECTIONS, i, j] for turn in (-1, 0, 1))
        on = np.maximum(np.maximum(left, right), middle) > GIVE_UP
        walking, x, y, angle, k, left, middle, right = (v[on] for v in (walking, x, y, angle, k, left, middle, right))
        if not len(walking):
            break
        off = (k + peak(left, middle, right)) * np.pi / DIRECTIONS - angle
        bend[walking] = np.clip(bend[walking] + _BEND * off, -TIGHTEST_BEND, TIGHTEST_BEND)
        angle = angle + bend[walking] + max(_TURN, _FIRST_TURN / step) * off
        across_x, across_y = -np.sin(angle), np.cos(angle)
        k = planes_of(angle)
        left, middle, right = (between(scores, k, x + s * across_x, y + s * across_y) for s in (-1, 0, 1))
        shift = _SHIFT * np.clip(peak(left, middle, right), -0.5, 0.5)
        at[walking] = np.column_stack([x + shift * across_x, y + shift * across_y, angle])
        walkers.append(walking)
        course.append(at[walking])
    walker = np.concatenate(walkers)
    in_order = np.concatenate(course)[np.argsort(walker, kind="stable")]
    return np.split(in_order, np.cumsum(np.bincount(walker, minlength=len(seeds)))[:-1])


def _scores_along(scores: Plane, path: Array) -> Array:
    k = planes_of(path[:, 2])
    nearest = np.rint(path[:, :2]).astype(np.intp)
    beside = [scores[(k + turn) % DIRECTIONS, nearest[:, 1], nearest[:, 0]] for turn in (-1, 0, 1)]
    return np.asarray(np.maximum(np.maximum(beside[0], beside[2]), beside[1]), float)


def _cut_to_shaft(path: Array, scores: Array, seed: int) -> Line:
    """Cut out the run of evidence in which the seed lies; gaps shorter than ``BRIDGED_UM`` do not end it."""
    half = _SMOOTHED_STEPS // 2
    smooth = np.convolve(np.pad(scores, half, mode="edge"), np.full(_SMOOTHED_STEPS, 1 / _SMOOTHED_STEPS), "valid")
    usual = np.sort(smooth)[(3 * len(smooth)) // 4]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], smooth > max(FAINTEST_END, END_SHARE * usual), [0]])))
    starts, ends = edges[::2], edges[1::2]
    apart = np.flatnonzero((starts[1:] - ends[:-1]) * LINE_UM_PER_PX > BRIDGED_UM)
    if len(starts):
        starts, ends = starts[np.append(0, apart + 1)], ends[np.append(apart, len(ends) - 1)]
    own = np.flatnonzero((starts <= seed) & (seed < ends))
    if not len(own):
        return Line(path[:0, :2], path[:0, 2], scores[:0])
    return Line(path[:, :2], path[:, 2], scores).part(int(starts[own[0]]), int(ends[own[0]]))
