"""Tiny drawn pictures whose every shaft is known: bars of exact width, blurred by a known sigma.

And the evidence of known centrelines, as a perfect network would give it: with it the steps that read the evidence are
tested whatever the network has learned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.learned.evidence import DIRECTIONS, Evidence

UM_PER_PX = 5.3
SKIN_BGR = (150, 170, 200)
HAIR_BGR = (30, 35, 45)
_FINE = 4

Picture = NDArray[np.uint8]


def skin(width: int = 400, height: int = 400, bgr: tuple[int, int, int] = SKIN_BGR) -> NDArray[np.float32]:
    """Bare skin, four times finer than the picture it becomes."""
    return np.full((height * _FINE, width * _FINE, 3), bgr, np.float32)


def add_shaft(
    fine: NDArray[np.float32],
    root: tuple[float, float],
    tip: tuple[float, float],
    width_um: float,
    bgr: tuple[int, int, int] = HAIR_BGR,
) -> None:
    """Add a straight shaft with square ends from root to tip, both (x, y) in pixels of the picture."""
    a, b = ((np.array(end, float) + 0.5) * _FINE - 0.5 for end in (root, tip))
    half_length, half_width = np.hypot(*(b - a)) / 2, width_um / UM_PER_PX * _FINE / 2
    course = (b - a) / (2 * half_length)
    reach = half_length * np.abs(course) + half_width * np.abs(course[::-1]) + 1
    first = np.maximum(np.floor((a + b) / 2 - reach), 0).astype(int)
    last = np.ceil((a + b) / 2 + reach).astype(int)
    part = fine[first[1] : last[1] + 1, first[0] : last[0] + 1]
    y, x = np.mgrid[first[1] : first[1] + part.shape[0], first[0] : first[0] + part.shape[1]]
    x, y = x - (a + b)[0] / 2, y - (a + b)[1] / 2
    within_length = np.clip(half_length + 0.5 - np.abs(x * course[0] + y * course[1]), 0, 1)
    within_width = np.clip(half_width + 0.5 - np.abs(y * course[0] - x * course[1]), 0, 1)
    covered = (within_length * within_width)[..., None]
    part[:] = part * (1 - covered) + np.array(bgr) * covered


def add_streak(
    fine: NDArray[np.float32], root: tuple[float, float], away: tuple[float, float], width_um: float
) -> None:
    """Add the hair under the skin: a bluish blur that goes on beyond the root, from `root` to `away`."""
    veil = np.zeros(fine.shape[:2], np.float32)
    a, b = ((np.array(end) + 0.5) * _FINE - 0.5 for end in (root, away))
    cv2.line(veil, np.rint(a).astype(int).tolist(), np.rint(b).astype(int).tolist(), 1.0, round(width_um / 5.3 * _FINE))
    veil = np.asarray(cv2.GaussianBlur(veil, (0, 0), 4 * _FINE), np.float32)
    fine *= 1 - veil[..., None] * np.array([0.1, 0.25, 0.45], np.float32)


def developed(fine: NDArray[np.float32], blur_px: float = 1.0) -> Picture:
    """Blur and reduce to the picture; `blur_px` is the sigma in its pixels, its own pixel's square included."""
    own = (1 - 1 / _FINE**2) / 12
    blurred = cv2.GaussianBlur(fine, (0, 0), _FINE * float(np.sqrt(max(blur_px**2 - own, 1e-6))))
    reduced = cv2.resize(blurred, None, fx=1 / _FINE, fy=1 / _FINE, interpolation=cv2.INTER_AREA)
    return np.rint(np.clip(reduced, 0, 255)).astype(np.uint8)


def lone_shaft(width_um: float = 70.0, blur_px: float = 1.0, degrees: float = 62.0) -> Picture:
    """One shaft of 0.74 mm through the middle of a picture."""
    half = 70 * np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    fine = skin()
    add_shaft(fine, tuple(200 - half), tuple(200 + half), width_um)
    return developed(fine, blur_px)


Points = NDArray[np.float64]
_CENTRELINE_SIGMA_PX, _END_SIGMA_PX = 1.1, 1.7
_DIRECTION_SIGMA_RAD = np.deg2rad(9.0)
_REACH_PX = 5
_STEP_PX = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What is seen of one shaft at the line scale: where it runs from root to tip, (x, y), and how clearly."""

    points_px: Points
    clear: float = 0.9
    root: float = 0.9
    tip: float = 0.9
    width_um: float = 70.0
    depth: float = 1.5
    """Of its relief: how much darker than skin, as a logarithm."""

    def reversed(self) -> Course:
        """Root and tip change places."""
        return replace(self, points_px=self.points_px[::-1])


def straight(middle: tuple[float, float], degrees: float, length_px: float = 50.0, **seen: float) -> Course:
    """A straight shaft about its middle; the root is behind, the tip lies in the direction of `degrees`."""
    half = length_px / 2 * np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    return Course(np.array([middle - half, middle + half]), **seen)


def evidence_of(*courses: Course, rows: int = 120, columns: int = 120) -> Evidence:
    """Evidence of shafts, their roots and tips, without a fault: Gaussians about each centreline and end."""
    margin = _REACH_PX + 1
    size = (rows + 2 * margin, columns + 2 * margin)
    scores = np.zeros((DIRECTIONS, *size), np.float32)
    roots, tips, widths_um, darkness = (np.zeros(size, np.float32) for _ in range(4))
    directions_rad = np.arange(DIRECTIONS)[:, None, None] * np.pi / DIRECTIONS
    for course in courses:
        points = _evenly(course.points_px)
        steps = np.gradient(points, axis=0)
        for point, angle in zip(points, np.arctan2(steps[:, 1], steps[:, 0]), strict=True):
            off = (angle - directions_rad + np.pi / 2) % np.pi - np.pi / 2
            turned = course.clear * np.exp(-0.5 * (off / _DIRECTION_SIGMA_RAD) ** 2)
            near = _raise(scores, point, _CENTRELINE_SIGMA_PX, turned)
            if near is not None:
                widths_um[near[0]][near[1] > 0.4] = course.width_um
            _raise(darkness[None], point, _CENTRELINE_SIGMA_PX, course.depth)
        _raise(roots[None], points[0], _END_SIGMA_PX, course.root)
        _raise(tips[None], points[-1], _END_SIGMA_PX, course.tip)
    inside = (slice(margin, -margin), slice(margin, -margin))
    scores, roots, tips, widths_um, darkness = (
        plane[..., *inside] for plane in (scores, roots, tips, widths_um, darkness)
    )
    bare = np.zeros((rows, columns), np.float32)
    return Evidence(scores, roots, tips, bare, widths_um, np.repeat(-darkness[..., None], 3, axis=2))


def _evenly(line: Points) -> Points:
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    steps = np.linspace(0, along[-1], max(3, round(along[-1] / _STEP_PX) + 1))
    return np.column_stack([np.interp(steps, along, axis) for axis in line.T])


def _raise(
    planes: NDArray[np.float32], point: Points, sigma_px: float, height: NDArray[np.float64] | float
) -> tuple[tuple[slice, slice], NDArray[np.float64]] | None:
    """Raise planes with a margin to a Gaussian about a point, and say where; nothing where it lies outside."""
    x, y = (float(value) for value in point)
    margin = _REACH_PX + 1
    column, row = round(x) + margin, round(y) + margin
    if not (_REACH_PX <= row < planes.shape[1] - _REACH_PX and _REACH_PX <= column < planes.shape[2] - _REACH_PX):
        return None
    offsets = np.arange(-_REACH_PX, _REACH_PX + 1)
    squared = (offsets[:, None] + round(y) - y) ** 2 + (offsets + round(x) - x) ** 2
    hill = np.exp(-0.5 * squared / sigma_px**2)
    at = (slice(row - _REACH_PX, row + _REACH_PX + 1), slice(column - _REACH_PX, column + _REACH_PX + 1))
    part = planes[:, *at]
    np.maximum(part, hill * height, out=part, casting="same_kind")
    return at, hill


def off_px(points: Points, course: Course) -> Points:
    """How far points (x, y) lie from a shaft's centreline."""
    apart = points[:, None] - _evenly(course.points_px)
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]).min(axis=1))


@dataclass(frozen=True, slots=True)
class Turn:
    """A camera held otherwise: mirrored left to right, then turned clockwise by quarters."""

    quarters: int
    mirrored: bool

    def evidence(self, seen: Evidence) -> Evidence:
        """The same scalp as this camera sees it."""
        scores = self._plane(seen.scores)
        if self.mirrored:
            scores = scores[-np.arange(DIRECTIONS) % DIRECTIONS]
        scores = np.roll(scores, self.quarters * DIRECTIONS // 2, axis=0)
        roots, tips, cover, widths_um = (
            self._plane(each) for each in (seen.roots, seen.tips, seen.cover, seen.widths_um)
        )
        relief = np.moveaxis(self._plane(np.moveaxis(seen.relief, -1, 0)), 0, -1)
        return Evidence(np.ascontiguousarray(scores), roots, tips, cover, widths_um, np.ascontiguousarray(relief))

    def points(self, points_px: Points, shape: tuple[int, int]) -> Points:
        """Where points (x, y) of a plane of that shape, (rows, columns), then lie."""
        rows, columns = shape
        x, y = points_px.T
        if self.mirrored:
            x = columns - 1 - x
        for _ in range(self.quarters):
            x, y, rows, columns = rows - 1 - y, x, columns, rows
        return np.column_stack([x, y])

    def _plane(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        seen = plane[..., ::-1] if self.mirrored else plane
        return np.ascontiguousarray(np.rot90(seen, -self.quarters, axes=(-2, -1)))
