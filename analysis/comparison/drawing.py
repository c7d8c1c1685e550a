"""Two pictures of a place side by side, the later one laid as the earlier, with what became of each hair drawn in."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.comparison.change import Change, Fate, Thickness
from analysis.overlay import CASING_BGR, FRAME_BGR, TERMINAL_BGR, VELLUS_BGR
from analysis.picture import Channels, as_bgr8
from analysis.registration.transform import Transform

_SHIFT = 4  # OpenCV draws at 1/16 px
_RADIUS_UM = 55.0
_GRID_PX = 16
"""The skin's stretch is slow: between points this far apart a straight line is as good."""

Marker = Callable[[NDArray[np.uint8], NDArray[np.float64], float, tuple[int, int, int], int], None]


def draw_change(
    baseline: NDArray[np.generic], followup: NDArray[np.generic], change: Change, *, channels: Channels = "bgr"
) -> NDArray[np.uint8]:
    """Draw a comparison.

    A kept hair has a ring (blue), a new one a triangle (lime), a lost one a cross (magenta); a kept hair that became
    thicker or thinner has a second ring outside or inside of the first. The shapes tell them apart without colour.

    Parameters
    ----------
    baseline, followup : ndarray
        The pictures that were compared, of any type that `measure` takes.
    change : Change
        Of the two.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        BGR: the baseline, and right of it the follow-up as the baseline shows the place. Where the place is not the
        same, the two pictures as they are.
    """
    left, right = as_bgr8(baseline, channels), as_bgr8(followup, channels)
    if change.transform is not None:
        right = _as_baseline(right, change.transform, change.um_per_px, left.shape[:2])
        width = max(1, round(12 / change.um_per_px[0]))
        for canvas, fates in ((left, (Fate.KEPT, Fate.LOST)), (right, (Fate.KEPT, Fate.NEW))):
            _mark(canvas, change, fates, width)
    rows = max(left.shape[0], right.shape[0])
    sides = [
        cv2.copyMakeBorder(side, 0, rows - side.shape[0], 0, 0, cv2.BORDER_CONSTANT, value=CASING_BGR)
        for side in (left, right)
    ]
    return np.asarray(np.hstack(sides), np.uint8)


def _as_baseline(
    followup: NDArray[np.uint8], transform: Transform, um_per_px: tuple[float, float], shape: tuple[int, int]
) -> NDArray[np.uint8]:
    rows, columns = shape
    x, y = np.arange(0, columns + _GRID_PX, _GRID_PX), np.arange(0, rows + _GRID_PX, _GRID_PX)
    places_mm = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float64) * um_per_px[0] / 1000.0
    coarse = (transform.to_followup_mm(places_mm) * 1000.0 / um_per_px[1]).reshape(len(y), len(x), 2).astype(np.float32)
    at = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).astype(np.float32) / _GRID_PX
    maps = cv2.remap(coarse, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    laid = cv2.remap(
        followup, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=CASING_BGR
    )
    return np.asarray(laid, np.uint8)


def _mark(canvas: NDArray[np.uint8], change: Change, fates: tuple[Fate, ...], width: int) -> None:
    radius = _RADIUS_UM / change.um_per_px[0]
    for colours, extra in ((None, 2 * max(1, width // 2)), (_BGR, 0)):
        for hair in change.hairs:
            if hair.fate not in fates:
                continue
            bgr = CASING_BGR if colours is None else colours[hair.fate]
            place = np.array(hair.baseline_px)
            _MARKERS[hair.fate](canvas, place, radius, bgr, width + extra)
            if hair.thickness in _RINGS:
                _ring(canvas, place, radius * _RINGS[hair.thickness], bgr, width + extra)


def _ring(
    canvas: NDArray[np.uint8], place: NDArray[np.float64], radius: float, bgr: tuple[int, int, int], width: int
) -> None:
    x, y = (round(float(v) * 2**_SHIFT) for v in place)
    cv2.circle(canvas, (x, y), round(radius * 2**_SHIFT), bgr, width, cv2.LINE_AA, _SHIFT)


def _triangle(
    canvas: NDArray[np.uint8], place: NDArray[np.float64], radius: float, bgr: tuple[int, int, int], width: int
) -> None:
    angles = np.deg2rad([-90.0, 30.0, 150.0])
    corners = place + 1.3 * radius * np.column_stack([np.cos(angles), np.sin(angles)])
    cv2.polylines(canvas, [np.rint(corners * 2**_SHIFT).astype(np.int32)], True, bgr, width, cv2.LINE_AA, _SHIFT)


def _cross(
    canvas: NDArray[np.uint8], place: NDArray[np.float64], radius: float, bgr: tuple[int, int, int], width: int
) -> None:
    for way in ((1.0, 1.0), (1.0, -1.0)):
        ends = np.rint((place + np.outer((-radius, radius), way)) * 2**_SHIFT).astype(np.int32)
        cv2.polylines(canvas, [ends], False, bgr, width, cv2.LINE_AA, _SHIFT)


_BGR = {Fate.KEPT: FRAME_BGR, Fate.NEW: VELLUS_BGR, Fate.LOST: TERMINAL_BGR}
_MARKERS: dict[Fate, Marker] = {Fate.KEPT: _ring, Fate.NEW: _triangle, Fate.LOST: _cross}
_RINGS = {Thickness.THICKER: 1.6, Thickness.THINNER: 0.5}
