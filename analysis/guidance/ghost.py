"""A ghost of the baseline to lay over the live picture: its hairs as thin cased lines on nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.guidance.refinement import Placement
from analysis.measurement import Measurement, Point
from analysis.overlay import CASING_BGR, FRAME_BGR, TERMINAL_BGR, VELLUS_BGR

_SHIFT = 4  # OpenCV draws at 1/16 px
_LINE_PX, _CASING_PX = 2, 5
_AT_WIDTH_PX = 900.0
"""Picture width for which those lines are meant."""
_LINE_ALPHA, _CASING_ALPHA = 230, 150
_MARK_MM = 0.6
_THERE = Placement((0.0, 0.0), 0.0)


def ghost(
    baseline: Measurement,
    size_px: tuple[int, int],
    um_per_px: float,
    placement: Placement | None = None,
    *,
    mark_px: Point | None = None,
) -> NDArray[np.uint8]:
    """Draw the baseline's hairs for the page's live picture.

    Parameters
    ----------
    baseline : Measurement
    size_px : (int, int)
        Width and height of the live picture as shown.
    um_per_px : float
        Its scale.
    placement : Placement, optional
        Where the baseline lies in the live picture now (`Guidance.placement`). Without it the hairs are drawn where
        they appear once the camera is there: the technician brings the live hairs under them.
    mark_px : (float, float), optional
        Middle of the baseline's mark in its own picture; a ring with a cross is drawn there.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 4)
        B, G, R and opacity. Terminal hairs magenta with a dot at the root, vellus hairs lime and thinner with a ring
        there: told apart by shape as well as colour.
    """
    width, height = size_px
    drawing = _Drawing(baseline, placement or _THERE, (width, height), um_per_px)
    terminal = [hair for hair in baseline.hairs if hair.kind == "terminal"]
    vellus = [hair for hair in baseline.hairs if hair.kind == "vellus"]
    x0, y0, x1, y1 = baseline.frame_px
    outline = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    for casing in (True, False):
        drawing.line(outline, FRAME_BGR, casing=casing, closed=True)
        for hair in vellus:
            drawing.line(hair.centreline_px, VELLUS_BGR, casing=casing, thin=True)
            drawing.ring(hair.root_px, 2.5, VELLUS_BGR, casing=casing, filled=False)
        for hair in terminal:
            drawing.line(hair.centreline_px, TERMINAL_BGR, casing=casing)
            drawing.ring(hair.root_px, 3.0, TERMINAL_BGR, casing=casing, filled=True)
        if mark_px is not None:
            drawing.mark(mark_px, casing=casing)
    return drawing.canvas


class _Drawing:
    """A transparent canvas that is drawn on in the baseline's pixels."""

    def __init__(self, baseline: Measurement, placement: Placement, size_px: tuple[int, int], um_per_px: float) -> None:
        self.canvas = np.zeros((size_px[1], size_px[0], 4), np.uint8)
        self._baseline, self._placement = baseline, placement
        self._middle = (np.asarray(size_px, np.float64) - 1) / 2
        self._px_per_mm = 1000.0 / um_per_px
        self._thick = max(1.0, size_px[0] / _AT_WIDTH_PX)

    def line(
        self,
        points_px: NDArray[np.float64],
        bgr: tuple[int, int, int],
        *,
        casing: bool,
        thin: bool = False,
        closed: bool = False,
    ) -> None:
        """Draw a line through points (n, 2) of the baseline, or its casing."""
        width = max(1, round(self._thick * ((_CASING_PX if casing else _LINE_PX) - (1 if thin else 0))))
        cv2.polylines(self.canvas, [self._fixed(points_px)], closed, _ink(bgr, casing), width, cv2.LINE_8, _SHIFT)

    def ring(self, centre_px: Point, radius: float, bgr: tuple[int, int, int], *, casing: bool, filled: bool) -> None:
        """Draw a dot or a ring of some pixels' radius, or its casing."""
        (x, y) = self._fixed(np.array([centre_px]))[0].tolist()
        size = round(self._thick * (radius + (1.0 if casing and filled else 0.0)) * 2**_SHIFT)
        width = cv2.FILLED if filled else max(1, round(self._thick * (3 if casing else 1)))
        cv2.circle(self.canvas, (x, y), size, _ink(bgr, casing), width, cv2.LINE_8, _SHIFT)

    def mark(self, mark_px: Point, *, casing: bool) -> None:
        """Draw the mark as a ring around it and a cross through the ring, or the casing of both."""
        radius = 500.0 * _MARK_MM / self._baseline.um_per_px
        x, y = mark_px
        about = np.linspace(0, 2 * np.pi, 48)
        self.line(np.column_stack([x + radius * np.cos(about), y + radius * np.sin(about)]), FRAME_BGR, casing=casing)
        for step in (np.array([1.0, 0.0]), np.array([0.0, 1.0])):
            for side in (-1, 1):
                ends = np.array(mark_px) + side * radius * np.outer([0.6, 1.6], step)
                self.line(ends, FRAME_BGR, casing=casing)

    def _fixed(self, points_px: NDArray[np.float64]) -> NDArray[np.int32]:
        """Points (n, 2) of the baseline in sixteenths of the canvas's pixels."""
        middle_px = (np.asarray(self._baseline.picture_px, np.float64) - 1) / 2
        from_middle_mm = (np.asarray(points_px, np.float64) - middle_px) * self._baseline.um_per_px / 1000.0
        px = self._placement.to_frame_mm(from_middle_mm) * self._px_per_mm + self._middle
        return np.asarray(np.rint(np.clip(px, -1e4, 1e5) * 2**_SHIFT), np.int32)


def _ink(bgr: tuple[int, int, int], casing: bool) -> tuple[int, int, int, int]:
    return (*CASING_BGR, _CASING_ALPHA) if casing else (*bgr, _LINE_ALPHA)
