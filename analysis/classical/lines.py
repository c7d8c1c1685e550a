"""Lines: paths that follow the evidence from every ridge point both ways, cut where the shaft ends.

Each path keeps its own direction as it steps on (a streamline through the orientation scores), so it goes straight
over crossings and along a shaft that others touch.  There are many paths per shaft; `identity` chooses among them.
All paths step at once: the loops run over steps and directions, never over pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.classical.evidence import DIRECTIONS, Evidence
from analysis.classical.pieces import Indices, Pieces
from analysis.direction_planes import between, peak
from analysis.found import HAIR_THROUGHOUT
from analysis.measurement import PictureUnusable
from analysis.picture import Plane

SHORTEST_UM = 130.0
"""Shorter dark marks are debris, pores or stumps without a direction."""
LONGEST_UM = 8000.0
"""The widest field of view: a path needs no more steps."""
FAINTEST_SCORE = 0.035
FAINTEST_OF_TEXTURE = 2.5
"""A ridge point stands out of the skin's texture by at least this factor; below, seeds only cost time."""
SHARE_OF_RIVAL = 0.8
"""Where shafts cross, the second direction is about as strong as the first; weaker ones are the first one's fringe."""
FAINTEST_CONTRAST = 0.1
"""Skin folds and pores reach about 0.1 in the least-darkened channel, the thinnest shafts about 0.15."""
END_SHARE = 0.5
"""A shaft ends where its contrast falls to half of its core's: the edge of a blurred step lies there."""
MARGIN_PX = 3
"""Paths stop this near the border: beyond, the scores are read from repeated pixels."""
MOST_SEEDS = 30_000
"""Time and memory grow with the seeds; the densest clipped scalps have 3300 per cm2."""
_SEED_STEP_PX = 8
_TURN = 0.1
_SHIFT = 0.6
_PATHS_AT_ONCE = 8192  # OpenCV samples at most 32766 rows at once
_GIVE_UP_SHARE = 0.6
"""Steps follow evidence down to this share of the faintest that may start a path: a glint does not end a shaft."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A candidate shaft at the line scale.

    Parameters
    ----------
    points_px : ndarray, shape (n, 2)
        (x, y) about one pixel apart.
    score : float
        Sum of the orientation scores along it.
    core : float
        Median contrast of its middle.
    width_px : float
        Full width at half of the core's contrast; touching neighbours are included.
    beside_darker : bool
        Whether the path ran on into a darker shaft.
    """

    points_px: Array
    score: float
    core: float
    width_px: float
    beside_darker: bool = False

    @property
    def cells(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of the pixels it runs through."""
        nearest = np.rint(self.points_px).astype(np.intp)
        return nearest[:, 1], nearest[:, 0]


def draw(evidence: Evidence, seeds: Array | None = None) -> list[Line]:
    """Every line the evidence supports, several per shaft.

    Parameters
    ----------
    evidence : Evidence
        At the line scale.
    seeds : ndarray, shape (n, 3), optional
        The `ridge_points` from which paths start; all of them by default.

    Raises
    ------
    PictureUnusable
        Where more of the picture looks like hair than can be followed.
    """
    seeds = ridge_points(evidence) if seeds is None else seeds
    if not len(seeds):
        return []
    if len(seeds) > MOST_SEEDS:
        raise PictureUnusable(HAIR_THROUGHOUT)
    steps, paths, own = _follow(evidence, seeds)
    nearest = np.rint(steps[:, :2]).astype(np.intp)
    along = evidence.contrast[nearest[:, 1], nearest[:, 0]]
    darkest = _shafts(along, paths)
    left, right = own < darkest.starts, own >= darkest.ends
    beyond = Pieces(np.where(right, darkest.ends, paths.starts), np.where(left, darkest.starts, paths.ends))
    fainter = _shafts(along, beyond.chosen(left | right))
    return [
        *_described(steps, darkest, evidence, beside_darker=False),
        *_described(steps, fainter, evidence, beside_darker=True),
    ]


def ridge_points(evidence: Evidence) -> Array:
    """Points (x, y, angle), shape (n, 3), that are maximal across their direction and between directions."""
    scores, rows_columns = evidence.scores, evidence.contrast.shape
    inside = np.zeros(rows_columns, bool)
    inside[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX] = True
    dark = cv2.dilate(evidence.contrast, np.ones((3, 3), np.uint8)) > FAINTEST_CONTRAST
    rival = SHARE_OF_RIVAL * scores.max(axis=0)
    faintest = max(FAINTEST_SCORE, FAINTEST_OF_TEXTURE * evidence.texture)
    found = []
    for k in range(DIRECTIONS):
        angle = np.pi * k / DIRECTIONS
        dx, dy = round(-np.sin(angle)), round(np.cos(angle))
        here = scores[k]
        rows, columns = np.nonzero(inside & dark & (here > np.maximum(rival, faintest)))
        value = here[rows, columns]
        along = np.rint(columns * np.cos(angle) + rows * np.sin(angle)).astype(int)
        best = (
            (along % _SEED_STEP_PX == 0)
            & (value >= scores[k - 1][rows, columns])
            & (value >= scores[(k + 1) % DIRECTIONS][rows, columns])
            & (value >= here[rows + dy, columns + dx])
            & (value > here[rows - dy, columns - dx])
        )
        found.append(np.column_stack([columns[best], rows[best], np.full(int(best.sum()), angle)]))
    return np.concatenate(found).astype(float)


def _follow(evidence: Evidence, seeds: Array) -> tuple[Array, Pieces, Indices]:
    """Paths through the seeds, both ways: all steps (x, y, angle), those of each path, and where its seed is."""
    count, half_turn = len(seeds), np.array([0, 0, np.pi])
    walker, number, steps = _walk(evidence, np.concatenate([seeds, seeds + half_turn]))
    behind = walker >= count
    walker = np.concatenate([np.arange(count), np.where(behind, walker - count, walker)])
    number = np.concatenate([np.zeros(count, np.intp), np.where(behind, -number, number)])
    steps = np.concatenate([seeds, np.where(behind[:, None], steps - half_turn, steps)])
    order = np.lexsort((number, walker))
    ends = np.cumsum(np.bincount(walker))
    return steps[order], Pieces(np.append(0, ends[:-1]), ends), np.flatnonzero(number[order] == 0)


def _walk(evidence: Evidence, seeds: Array) -> tuple[Indices, Indices, Array]:
    """Step all seeds on until each leaves the evidence: of every step whose it is, its number from 1, (x, y, angle)."""
    scores, contrast = evidence.scores, evidence.contrast
    rows, columns = contrast.shape
    at = seeds.copy()
    walking = np.arange(len(seeds))
    walkers, course = [walking[:0]], [at[:0]]
    for _ in range(int(LONGEST_UM / evidence.um_per_px)):
        x = at[walking, 0] + np.cos(at[walking, 2])
        y = at[walking, 1] + np.sin(at[walking, 2])
        angle = at[walking, 2]
        i, j = np.rint(y).astype(np.intp), np.rint(x).astype(np.intp)
        inside = np.minimum(np.minimum(i, j), np.minimum(rows - 1 - i, columns - 1 - j)) >= MARGIN_PX
        walking, x, y, angle, i, j = (v[inside] for v in (walking, x, y, angle, i, j))
        k = np.rint(angle / np.pi * DIRECTIONS).astype(np.intp)
        left, middle, right = (scores[(k + turn) % DIRECTIONS, i, j] for turn in (-1, 0, 1))
        on = np.maximum(np.maximum(left, right), middle) > FAINTEST_SCORE * _GIVE_UP_SHARE
        on &= contrast[i, j] > FAINTEST_CONTRAST * _GIVE_UP_SHARE
        walking, x, y, angle, i, j, k, left, middle, right = (
            v[on] for v in (walking, x, y, angle, i, j, k, left, middle, right)
        )
        if not len(walking):
            break
        angle = angle + _TURN * ((k + peak(left, middle, right)) * np.pi / DIRECTIONS - angle)
        across_x, across_y = -np.sin(angle), np.cos(angle)
        k = np.rint(angle / np.pi * DIRECTIONS).astype(np.intp) % DIRECTIONS
        left, middle, right = (between(scores, k, x + s * across_x, y + s * across_y) for s in (-1.5, 0, 1.5))
        shift = _SHIFT * np.clip(1.5 * peak(left, middle, right), -0.5, 0.5)
        at[walking] = np.column_stack([x + shift * across_x, y + shift * across_y, angle])
        walkers.append(walking)
        course.append(at[walking])
    numbers = np.repeat(np.arange(len(walkers)), [len(each) for each in walkers])
    return np.concatenate(walkers), numbers, np.concatenate(course)


def _shafts(along: NDArray[np.floating], paths: Pieces) -> Pieces:
    """Longest run of each path above half of its core's contrast: a shaft without its streak under the skin."""
    return paths.longest_runs(along, END_SHARE * paths.ranked(along, 0.75))


def _described(steps: Array, shafts: Pieces, evidence: Evidence, *, beside_darker: bool) -> list[Line]:
    """Describe those that are long enough for a shaft."""
    shafts = shafts.chosen(shafts.lengths * evidence.um_per_px >= SHORTEST_UM)
    if not len(shafts.starts):
        return []
    column, row = np.rint(steps[:, :2]).astype(np.intp).T
    k = np.rint(steps[:, 2] / np.pi * DIRECTIONS).astype(np.intp) % DIRECTIONS
    total = np.concatenate([[0], np.cumsum(evidence.scores[k, row, column], dtype=float)])
    scores = total[shafts.ends] - total[shafts.starts]
    cores = shafts.ranked(evidence.contrast[row, column], 0.5)
    widths = full_widths_px(evidence.contrast, steps, shafts)
    return [
        Line(steps[start:end, :2], float(score), float(core), float(width), beside_darker)
        for start, end, score, core, width in zip(shafts.starts, shafts.ends, scores, cores, widths, strict=True)
    ]


def full_widths_px(contrast: Plane, steps: Array, paths: Pieces, reach_px: float = 9.0) -> Array:
    """Full width at half contrast of each path of steps (x, y, angle): the median of five sections, shape (paths,)."""
    sections = np.floor(np.array([0.2, 0.35, 0.5, 0.65, 0.8]) * (paths.lengths[:, None] - 1)).astype(np.intp)
    at = steps[paths.starts[:, None] + sections]
    parts = [at[first : first + _PATHS_AT_ONCE] for first in range(0, len(at), _PATHS_AT_ONCE)]
    return np.concatenate([_full_widths_px(contrast, part, reach_px) for part in parts])


def _full_widths_px(contrast: Plane, at: Array, reach_px: float) -> Array:
    offsets = np.arange(-reach_px, reach_px + 0.25, 0.5)
    x = (at[..., 0, None] - np.sin(at[..., 2, None]) * offsets).astype(np.float32)
    y = (at[..., 1, None] + np.cos(at[..., 2, None]) * offsets).astype(np.float32)
    flat = (len(at), at.shape[1] * len(offsets))
    profiles = np.asarray(cv2.remap(contrast, x.reshape(flat), y.reshape(flat), cv2.INTER_LINEAR)).reshape(x.shape)
    middle = len(offsets) // 2
    above = profiles > 0.5 * profiles[..., middle - 1 : middle + 2].mean(axis=-1, keepdims=True)
    ends = np.zeros((*above.shape[:-1], 1), bool)
    right = np.argmin(np.concatenate([above[..., middle:], ends], axis=-1), axis=-1)
    left = np.argmin(np.concatenate([above[..., middle::-1], ends], axis=-1), axis=-1)
    # each edge lies half a step before the first sample below
    return np.asarray(np.median((left + right - 1) * 0.5, axis=1), float)


def swath(points_px: Array, half_width_px: float, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels within `half_width_px` of a line whose points lie about one pixel apart."""
    along = np.gradient(points_px, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    offsets = np.arange(-half_width_px, half_width_px + 0.25, 0.5)
    x = points_px[:, 0, None] - along[:, 1, None] * offsets
    y = points_px[:, 1, None] + along[:, 0, None] * offsets
    return (
        np.rint(y).astype(np.intp).clip(0, shape[0] - 1).ravel(),
        np.rint(x).astype(np.intp).clip(0, shape[1] - 1).ravel(),
    )
