"""Step 2, exclusions: where no root could be seen, so that the place counts neither for hairs nor for area.

Glare and the border of the optic are told by brightness alone; what the network sees as cover (bubbles, print,
wet film) is taken out after it has looked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.picture import Plane, least_of_channels
from analysis.view import LINE_UM_PER_PX

GUARD_UM = 100.0
"""Guard band at every border: a root nearer than this has too little shaft in the picture to be told from a tip."""
SATURATED = 0.985
SMALLEST_GLARE_UM = 60.0
"""Smaller glints lie within a shaft or a bubble and hide no root."""
DARK_OUTSIDE = 0.12
"""Outside the optic's round there is less than this share of the picture's usual light."""
SMALLEST_OUTSIDE_SHARE = 0.01
COVERED = 0.5
"""The network's cover above this hides the skin."""
SMALLEST_COVER_UM = 60.0
LEAST_COUNTED = 0.5
"""A cell of which less than this counts is left out."""
_RIM_PX = 5  # the rim is blurred: darkness reaches in by this much


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The counting frame at the line scale.

    Parameters
    ----------
    counts : ndarray of bool, shape (rows, columns)
        True where a root counts.
    outside : ndarray of bool, shape (rows, columns)
        True outside the round of the optic and on its blurred rim.
    glare_share : float
        Share of glare in the optic's field.
    outside_share : float
        Share of the picture outside the optic.
    cover_share : float
        Share of the frame that bubbles, print or a wet film hide.
    """

    counts: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    glare_share: float
    outside_share: float
    cover_share: float = 0.0

    @property
    def box_px(self) -> tuple[int, int, int, int]:
        """First column, first row, last column, last row of the frame."""
        columns, rows = np.flatnonzero(self.counts.any(axis=0)), np.flatnonzero(self.counts.any(axis=1))
        return (int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1]))

    def holds(self, points_px: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each (x, y) lies where roots count."""
        rows, columns = self.counts.shape
        nearest = np.rint(points_px).astype(int)
        x, y = nearest[:, 0].clip(0, columns - 1), nearest[:, 1].clip(0, rows - 1)
        return np.asarray(self.counts[y, x])

    def uncounted_cells(self, cell_px: float) -> tuple[tuple[int, int, int], ...]:
        """Give what of the frame's box does not count: row, first column and number of cells of about this size."""
        first_column, first_row, last_column, last_row = self.box_px
        inside = self.counts[first_row : last_row + 1, first_column : last_column + 1].astype(np.float32)
        rows, columns = (max(1, round(side / cell_px)) for side in inside.shape)
        left_out = cv2.resize(inside, (columns, rows), interpolation=cv2.INTER_AREA) < LEAST_COUNTED
        runs = []
        for row in np.flatnonzero(left_out.any(axis=1)):
            edges = np.flatnonzero(np.diff(left_out[row].astype(np.int8), prepend=0, append=0))
            runs += [(int(row), int(start), int(end - start)) for start, end in edges.reshape(-1, 2)]
        return tuple(runs)

    def less(self, cover: Plane) -> Frame:
        """Take out what the network sees as cover (0 to 1, shape (rows, columns))."""
        size = max(3, round(SMALLEST_COVER_UM / LINE_UM_PER_PX) | 1)
        covered = cv2.morphologyEx((cover > COVERED).astype(np.uint8), cv2.MORPH_OPEN, _disc(size)) > 0
        share = float((covered & self.counts).sum() / max(int(self.counts.sum()), 1))
        return replace(self, counts=self.counts & ~covered, cover_share=share)

    def cuts(self, points_px: NDArray[np.float64], near_px: int) -> bool:
        """Whether any (x, y) lies within `near_px` of the picture's border or of what is outside the optic."""
        rows, columns = self.counts.shape
        far = np.array([columns - 1 - near_px, rows - 1 - near_px])
        if bool((points_px < near_px).any() or (points_px > far).any()):
            return True
        # What lies this near is inside the picture, so only the line's own surroundings are looked at.
        first = np.floor(points_px.min(axis=0)).astype(int) - near_px
        last = np.ceil(points_px.max(axis=0)).astype(int) + near_px
        around = grown(self.outside[first[1] : last[1] + 1, first[0] : last[0] + 1], near_px)
        x, y = (np.rint(points_px).astype(int) - first).T
        return bool(around[y, x].any())


def counting_frame(bgr: Plane) -> Frame:
    """Cut from the picture its guard band, glare, and what lies outside the optic.

    Parameters
    ----------
    bgr : ndarray of float32, shape (rows, columns, 3)
        Picture at the line scale.
    """
    guard = max(2, round(GUARD_UM / LINE_UM_PER_PX))
    counts = np.zeros(bgr.shape[:2], bool)
    counts[guard:-guard, guard:-guard] = True
    glare = _glare(bgr)
    outside = _outside(bgr)
    counts &= ~grown(outside, guard)
    return Frame(counts & ~glare, grown(outside, _RIM_PX), float(glare[~outside].mean()), float(outside.mean()))


def grown(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    """Widen a mask by `by_px` on every side."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disc(2 * by_px + 1)) > 0)


def without_outside(bgr: Plane, frame: Frame) -> Plane:
    """Replace what lies outside the optic by the usual skin, so that no shaft runs on into the black.

    Parameters
    ----------
    bgr : ndarray of float32, shape (rows, columns, 3)
        Picture, at any scale.
    """
    if not frame.outside.any():
        return bgr
    size = (bgr.shape[1], bgr.shape[0])
    outside = cv2.resize(frame.outside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    inside = bgr.copy()
    inside[outside] = np.median(bgr[~outside], axis=0)
    return inside


def _glare(bgr: Plane) -> NDArray[np.bool_]:
    saturated = (least_of_channels(bgr) >= SATURATED).astype(np.uint8)
    size = max(3, round(SMALLEST_GLARE_UM / LINE_UM_PER_PX) | 1)
    return np.asarray(cv2.morphologyEx(saturated, cv2.MORPH_OPEN, _disc(size)) > 0)


def _outside(bgr: Plane) -> NDArray[np.bool_]:
    """Dark areas wider than any unit of hairs that reach a corner of the picture."""
    brightness = -least_of_channels(-bgr)
    dark = (brightness < DARK_OUTSIDE * float(np.percentile(brightness[::4, ::4], 90))).astype(np.uint8)
    size = round(400 / LINE_UM_PER_PX) | 1
    # The dark goes on beyond the picture: so the outside is wide even where the round nearly fills the height.
    beyond = cv2.copyMakeBorder(dark, size, size, size, size, cv2.BORDER_CONSTANT, value=1)
    opened = cv2.morphologyEx(beyond, cv2.MORPH_OPEN, _disc(size))
    wide = np.ascontiguousarray(opened[size:-size, size:-size])
    _, labels = cv2.connectedComponents(wide)
    corners = {int(labels[i, j]) for i in (0, -1) for j in (0, -1)} - {0}
    outside = np.isin(labels, sorted(corners))
    return outside if outside.mean() > SMALLEST_OUTSIDE_SHARE else np.zeros_like(outside)


def _disc(size: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
