"""Cross-sections of shafts: where each shaft is cut, what lies beside it, and the colours along the cut.

A cut reaches over the shaft and the skin on both sides.  Shafts beside it that run nearly parallel are named, so that
they can be fitted together with it; where a shaft crosses at a large angle, or a third one lies beside, the cut ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import tone
from analysis.picture import Picture

SECTIONS = 10
"""Per shaft: their median is then within 1.25 / sqrt(12) of one section's scatter."""
SAMPLES = 32
"""Across: 0.5 px apart on fine shafts, 1 px on the widest."""
MOST_BESIDE = 2
MOUTH_UM = 80.0
"""From the root on, the dark mouth of the follicle and the streak under the skin lie beside the shaft."""
FLANK_UM = 50.0
"""Skin on either side of a cut: level and slope need some, more would only meet more neighbours."""
ROUGH_TOO_NARROW = 1.5
"""A rough width may be 40 % off: the cut must reach over a shaft that is wider than it."""
PARALLEL_DEG = 25.0
"""At this angle a neighbour's edges look 10 % softer than they are; beyond, it is left out."""
SAME_SHAFT_SHARE = 0.3
"""Of the thinner one's rough width: two lines nearer than this run on one visible shaft, and neither is beside."""
_ROWS = np.array([-1.5, 0.0, 1.5])
"""Parallel cuts in px that are averaged: the noise falls, and over 3 px no shaft bends."""
_CHORD_UM = 60.0
_SEGMENT_PX = 8.0
_BEYOND_ENDS_PX = 5.0  # ends are less sure than sides, and the streak goes on beyond a root
_MOST_ROWS = 30_000  # OpenCV samples at most 32766 rows at once

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """Cuts across shafts; S is their number, ``SECTIONS`` for each shaft in turn.

    Parameters
    ----------
    hair : ndarray of int, shape (S,)
        Index of the shaft.
    along_px : ndarray, shape (S,)
        Distance from the root along the centreline.
    offsets_px : ndarray, shape (S, SAMPLES)
        Distance of the samples from the centreline.
    bgr : ndarray of float32, shape (S, SAMPLES, 3)
        Colours, 0 to 1: of the light where the optics blurred light, else the picture's values.
    own : ndarray of bool, shape (S, SAMPLES)
        False where another shaft lies that is not named in `beside`, and outside the picture.
    beside : ndarray of int, shape (S, MOST_BESIDE)
        The nearest shafts beside the cut, or -1.
    beside_px : ndarray, shape (S, MOST_BESIDE)
        Where their centrelines meet the cut.
    beside_stretch : ndarray, shape (S, MOST_BESIDE)
        How much wider than they are the cut shows them, as it meets them at an angle.
    shared : ndarray of bool, shape (S,)
        Another line runs on the same visible shaft: one of them lies over the other, or they are one hair.
    """

    hair: NDArray[np.intp]
    along_px: Array
    offsets_px: Array
    bgr: NDArray[np.float32]
    own: Bools
    beside: NDArray[np.intp]
    beside_px: Array
    beside_stretch: Array
    shared: Bools


def cut(working: Picture, centrelines_px: list[Array], rough_widths_px: Array) -> Sections:
    """Cut every shaft across at ``SECTIONS`` places between its mouth and its tip.

    Parameters
    ----------
    working : Picture
        At the working scale.
    centrelines_px : list of ndarray, each of shape (n, 2)
        Middles of the shafts from root to tip, (x, y), n >= 2; within about 1.5 px.
    rough_widths_px : ndarray, shape (hairs,)
        Within about 40 %.
    """
    course = _Course.through(centrelines_px)
    um_per_px = working.um_per_px
    hair = np.repeat(np.arange(len(centrelines_px)), SECTIONS)
    along = _places(course.lengths_px, rough_widths_px, um_per_px).ravel()
    at = course.points(hair, along)
    normal = course.normals(hair, along, _CHORD_UM / um_per_px)
    reach = ROUGH_TOO_NARROW * rough_widths_px[hair] / 2 + FLANK_UM / um_per_px
    offsets = reach[:, None] * np.linspace(-1, 1, SAMPLES)
    beside = _beside(course, hair, at=at, normal=normal, reach=reach, widths_px=rough_widths_px)
    own = (offsets > beside.ends_px[:, :1]) & (offsets < beside.ends_px[:, 1:])
    bgr, inside = _colours(working, at, normal, offsets)
    return Sections(
        hair, along, offsets, bgr, own & inside, beside.hair, beside.offsets_px, beside.stretch, beside.shared
    )


def _places(lengths_px: Array, widths_px: Array, um_per_px: float) -> Array:
    """Distances from the root, shape (hairs, SECTIONS): off the mouth and the tip where the shaft is long enough."""
    first = np.minimum(MOUTH_UM / um_per_px, 0.45 * lengths_px)
    last = np.maximum(lengths_px - widths_px / 2 - 4.0, 0.65 * lengths_px)
    return np.asarray(first[:, None] + np.linspace(0, 1, SECTIONS) * (last - first)[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """All centrelines end to end, so that one interpolation serves them all.

    `distance_px` grows along each line and by a gap from one to the next; a line starts at its entry of `starts_px`.
    """

    xy: Array
    distance_px: Array
    starts_px: Array
    lengths_px: Array

    @classmethod
    def through(cls, lines: list[Array]) -> _Course:
        counts = np.array([len(line) for line in lines])
        xy = np.concatenate(lines).astype(float)
        step = np.hypot(*np.diff(xy, axis=0).T)
        first = np.concatenate([[0], np.cumsum(counts)[:-1]])
        step[first[1:] - 1] = 1.0
        distance = np.concatenate([[0.0], np.cumsum(step)])
        return cls(xy, distance, distance[first], distance[first + counts - 1] - distance[first])

    def points(self, hair: NDArray[np.intp], along: Array) -> Array:
        """Points (n, 2) at distances (n,) from the roots, held to the lines' ends."""
        where = self.starts_px[hair] + np.clip(along, 0, self.lengths_px[hair])
        return np.column_stack([np.interp(where, self.distance_px, self.xy[:, axis]) for axis in (0, 1)])

    def normals(self, hair: NDArray[np.intp], along: Array, chord_px: float) -> Array:
        """Give unit normals (n, 2), of chords of twice `chord_px` where the line's ends are not nearer."""
        half = np.clip(np.minimum(along, self.lengths_px[hair] - along), 0.15 * self.lengths_px[hair], chord_px)
        chord = self.points(hair, along + half) - self.points(hair, along - half)
        chord /= np.maximum(np.hypot(*chord.T), 1e-9)[:, None]
        return np.column_stack([-chord[:, 1], chord[:, 0]])

    def segments(self) -> tuple[NDArray[np.intp], Array, Array]:
        """Short pieces of all lines, a little longer at the ends: the hair of each, their starts and ends (n, 2)."""
        counts = np.ceil(self.lengths_px / _SEGMENT_PX).astype(int) + 1
        hair = np.repeat(np.arange(len(counts)), counts)
        rank = np.arange(len(hair)) - np.repeat(np.cumsum(counts) - counts, counts)
        points = self.points(hair, rank / np.maximum(counts[hair] - 1, 1) * self.lengths_px[hair])
        joined = hair[1:] == hair[:-1]
        starts, ends, of = points[:-1][joined], points[1:][joined].copy(), hair[:-1][joined]
        way = (ends - starts) / np.maximum(np.hypot(*(ends - starts).T), 1e-9)[:, None]
        is_first, is_last = rank[:-1][joined] == 0, rank[1:][joined] == counts[of] - 1
        return (
            of,
            starts - _BEYOND_ENDS_PX * way * is_first[:, None],
            ends + _BEYOND_ENDS_PX * way * is_last[:, None],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Beside:
    """Neighbours of cuts, as in `Sections`; `ends_px` (S, 2) is where each side ends at a shaft that is not named."""

    hair: NDArray[np.intp]
    offsets_px: Array
    stretch: Array
    ends_px: Array
    shared: Bools


def _beside(
    course: _Course, hair: NDArray[np.intp], *, at: Array, normal: Array, reach: Array, widths_px: Array
) -> _Beside:
    """Find the shafts that meet each cut within its reach."""
    of, starts, ends = course.segments()
    furthest = reach + 0.5 * float(widths_px.max(initial=0.0))
    section, segment = _near(at, furthest, (starts + ends) / 2)
    keep = of[segment] != hair[section]
    section, segment = section[keep], segment[keep]
    along = np.column_stack([normal[:, 1], -normal[:, 0]])[section]
    a, b = starts[segment] - at[section], ends[segment] - at[section]
    ahead_a, ahead_b = (a * along).sum(axis=1), (b * along).sum(axis=1)
    crossing = (ahead_a <= 0) != (ahead_b <= 0)
    share = ahead_a / np.where(crossing, ahead_a - ahead_b, 1.0)
    offset = ((a + share[:, None] * (b - a)) * normal[section]).sum(axis=1)
    cosine = np.abs(ahead_b - ahead_a) / np.maximum(np.hypot(*(b - a).T), 1e-9)
    half = widths_px[of[segment]] / 2 / np.maximum(cosine, 0.2)
    met = crossing & (np.abs(offset) - half < reach[section])
    section, offset, cosine, half = section[met], offset[met], cosine[met], half[met]
    other = of[segment[met]]

    count = len(hair)
    parallel = cosine >= np.cos(np.deg2rad(PARALLEL_DEG))
    thinner = np.minimum(widths_px[hair[section]], widths_px[other])
    same = parallel & (np.abs(offset) < SAME_SHAFT_SHARE * thinner)
    shared = np.zeros(count, bool)
    shared[section[same]] = True
    section, offset, cosine, half, other, parallel = (
        v[~same] for v in (section, offset, cosine, half, other, parallel)
    )
    order = np.lexsort((np.abs(offset), ~parallel, section))
    section, offset, cosine, half, other, parallel = (
        v[order] for v in (section, offset, cosine, half, other, parallel)
    )
    first_of = np.searchsorted(section, section, side="left")
    rank = np.arange(len(section)) - first_of
    named = parallel & (rank < MOST_BESIDE)
    beside = np.full((count, MOST_BESIDE), -1, np.intp)
    offsets, stretch = np.zeros((count, MOST_BESIDE)), np.ones((count, MOST_BESIDE))
    beside[section[named], rank[named]] = other[named]
    offsets[section[named], rank[named]] = offset[named]
    stretch[section[named], rank[named]] = 1 / cosine[named]
    limits = np.column_stack([np.full(count, -np.inf), np.full(count, np.inf)])
    near_edge = np.maximum(np.abs(offset) - half - 3.0, 0.0)  # 3 px: its blur, and what its line may be off
    left, right = ~named & (offset < 0), ~named & (offset >= 0)
    np.maximum.at(limits[:, 0], section[left], -near_edge[left])
    np.minimum.at(limits[:, 1], section[right], near_edge[right])
    return _Beside(beside, offsets, stretch, limits, shared)


def _near(at: Array, reach: Array, middles: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (section, segment) that may meet: the segments are sorted into square cells, and nine of them looked at."""
    cell = float(reach.max(initial=1.0)) + _SEGMENT_PX + _BEYOND_ENDS_PX
    low = np.minimum(at.min(axis=0), middles.min(axis=0)) - 2 * cell
    columns = int((max(at[:, 0].max(), middles[:, 0].max()) - low[0]) / cell) + 4
    key = (np.floor((middles - low) / cell) @ np.array([1, columns])).astype(np.intp)
    order = np.argsort(key, kind="stable")
    key = key[order]
    home = (np.floor((at - low) / cell) @ np.array([1, columns])).astype(np.intp)
    pairs = []
    for row in (-1, 0, 1):  # three cells of one row lie side by side in the order
        first = np.searchsorted(key, home + row * columns - 1, side="left")
        count = np.searchsorted(key, home + row * columns + 1, side="right") - first
        section = np.repeat(np.arange(len(at)), count)
        rank = np.arange(len(section)) - np.repeat(np.cumsum(count) - count, count)
        pairs.append((section, order[first[section] + rank]))
    return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])


def _colours(working: Picture, at: Array, normal: Array, offsets: Array) -> tuple[NDArray[np.float32], Bools]:
    """Colours (S, SAMPLES, 3) along the cuts, averaged over parallel ones, and which samples lie in the picture."""
    along = np.column_stack([normal[:, 1], -normal[:, 0]])
    middle = at[:, None] + offsets[..., None] * normal[:, None]
    total = np.zeros((*offsets.shape, 3), np.float32)
    rows, columns = working.bgr.shape[:2]
    for shift in _ROWS:
        grid = (middle + shift * along[:, None]).astype(np.float32)
        for top in range(0, len(grid), _MOST_ROWS):
            part = grid[top : top + _MOST_ROWS]
            # linear interpolation would blur thin shafts by a further 0.4 px, cubic narrow them by up to 0.1 px
            cut = cv2.remap(
                working.bgr, part[..., 0], part[..., 1], cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
            )
            total[top : top + _MOST_ROWS] += tone.to_light(cut) if working.linear_light else cut
    x, y = middle[..., 0], middle[..., 1]
    inside = (x > 2) & (y > 2) & (x < columns - 3) & (y < rows - 3)
    return np.asarray(total / np.float32(len(_ROWS)), np.float32), np.asarray(inside)
