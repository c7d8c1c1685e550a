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
"""Time and memory grow with the seeds; the densest clipped scalps have 6500 per cm2."""
_SEED_STEP_PX = 4
_TURN = 0.2
_SHIFT = 0.8
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


def draw(evidence: Evidence) -> list[Line]:
    """Every line the evidence supports, several per shaft.

    Parameters
    ----------
    evidence : Evidence
        At the line scale.

    Raises
    ------
    PictureUnusable
        Where more of the picture looks like hair than can be followed.
    """
    seeds = _ridge_points(evidence)
    if not len(seeds):
        return []
    if len(seeds) > MOST_SEEDS:
        raise PictureUnusable(HAIR_THROUGHOUT)
    darkest, fainter = [], []
    for path, seed in _follow(evidence, seeds):
        first, last = _longest_run(path, evidence.contrast)
        darkest.append(path[first:last])
        if not first <= seed < last:
            rest = path[:first] if seed < first else path[last:]
            start, end = _longest_run(rest, evidence.contrast)
            fainter.append(rest[start:end])
    return [
        *_described(darkest, evidence, beside_darker=False),
        *_described(fainter, evidence, beside_darker=True),
    ]


def _ridge_points(evidence: Evidence) -> Array:
    """Points (x, y, angle) that are maximal across their direction and between directions."""
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


def _follow(evidence: Evidence, seeds: Array) -> list[tuple[Array, int]]:
    """Paths (x, y, angle) through the seeds, both ways, each with its seed's place in it."""
    half_turn = np.array([0, 0, np.pi])
    ahead, behind = _walk(evidence, seeds), _walk(evidence, seeds + half_turn)
    return [
        (np.concatenate([back[::-1] - half_turn, seed[None], on]), len(back))
        for back, seed, on in zip(behind, seeds, ahead, strict=True)
    ]


def _walk(evidence: Evidence, seeds: Array) -> list[Array]:
    """Step all seeds on until each leaves the evidence: the steps (x, y, angle) of each, without the seed itself."""
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
    walker = np.concatenate(walkers)
    in_order = np.concatenate(course)[np.argsort(walker, kind="stable")]
    return np.split(in_order, np.cumsum(np.bincount(walker, minlength=len(seeds)))[:-1])


def _longest_run(path: Array, contrast: Plane) -> tuple[int, int]:
    """Find the longest run above half of the core's contrast: a shaft without its streak under the skin."""
    nearest = np.rint(path[:, :2]).astype(np.intp)
    along = contrast[nearest[:, 1], nearest[:, 0]]
    core = np.sort(along)[(3 * len(along)) // 4]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], along > END_SHARE * core, [0]])))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest])


def _described(paths: list[Array], evidence: Evidence, *, beside_darker: bool) -> list[Line]:
    """Describe the paths that are long enough for a shaft."""
    paths = [path for path in paths if len(path) * evidence.um_per_px >= SHORTEST_UM]
    if not paths:
        return []
    widths = full_widths_px(evidence.contrast, paths)
    lines = []
    for path, width in zip(paths, widths, strict=True):
        nearest = np.rint(path[:, :2]).astype(np.intp)
        k = np.rint(path[:, 2] / np.pi * DIRECTIONS).astype(np.intp) % DIRECTIONS
        score = float(evidence.scores[k, nearest[:, 1], nearest[:, 0]].sum())
        core = float(np.sort(evidence.contrast[nearest[:, 1], nearest[:, 0]])[len(path) // 2])
        lines.append(Line(path[:, :2], score, core, float(width), beside_darker))
    return lines


def full_widths_px(contrast: Plane, paths: list[Array], reach_px: float = 9.0) -> Array:
    """Full width at half contrast of each path (x, y, angle): the median of five sections, shape (paths,)."""
    parts = [paths[first : first + _PATHS_AT_ONCE] for first in range(0, len(paths), _PATHS_AT_ONCE)]
    return np.concatenate([_full_widths_px(contrast, part, reach_px) for part in parts])


def _full_widths_px(contrast: Plane, paths: list[Array], reach_px: float) -> Array:
    at = np.stack([path[(np.array([0.2, 0.35, 0.5, 0.65, 0.8]) * (len(path) - 1)).astype(int)] for path in paths])
    offsets = np.arange(-reach_px, reach_px + 0.25, 0.5)
    x = (at[..., 0, None] - np.sin(at[..., 2, None]) * offsets).astype(np.float32)
    y = (at[..., 1, None] + np.cos(at[..., 2, None]) * offsets).astype(np.float32)
    flat = (len(paths), 5 * len(offsets))
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
