"""Lines longer than clipped hair: hair that was not clipped, or hangs into the field from beside."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.quality.seen import Plane

LONG_MM = 2.6
"""Clipped hair is 0.5 to 1 mm, seldom 1.3 (the analysis' own cut); two of 0.8 mm lie in one line now and then, three
hardly ever."""
_UM_PER_PX = 21.2
_WIDEST_UM = 230.0
_DIRECTIONS = 36
_LEAST_DEPTH = 0.10
_LEAST_DARK = 0.002
"""Share of the picture: in fewer lines a share says nothing."""


def long_share(grey: Plane, um_per_px: float) -> float:
    """Share of the dark lines' area that belongs to straight lines of at least ``LONG_MM``.

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, columns)
    um_per_px : float
    """
    dark, scale_um = _dark(grey, um_per_px)
    length = round(LONG_MM * 1000.0 / scale_um) | 1
    long = np.zeros_like(dark)
    for turn in np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS:
        line = np.zeros((length, length), np.uint8)
        half = (length - 1) / 2
        reach = half * np.array([np.cos(turn), np.sin(turn)])
        (x0, y0), (x1, y1) = (np.rint(half + s * reach).astype(int).tolist() for s in (-1, 1))
        cv2.line(line, (x0, y0), (x1, y1), 1, 1)
        # a line must be long within the picture: beyond it nothing is known
        opened = cv2.morphologyEx(dark, cv2.MORPH_OPEN, line, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        long |= np.asarray(opened, np.uint8)
    return float(long.sum()) / max(float(dark.sum()), _LEAST_DARK * dark.size)


def cover_share(grey: Plane, um_per_px: float) -> float:
    """Share of the picture that dark lines cover.

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, columns)
    um_per_px : float
    """
    return float(_dark(grey, um_per_px)[0].mean())


def _dark(grey: Plane, um_per_px: float) -> tuple[NDArray[np.uint8], float]:
    """Where it is darker than the skin on both sides, at the coarser scale in um per px that comes with it."""
    shrink = min(1.0, um_per_px / _UM_PER_PX)
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    scale_um = um_per_px / shrink
    wide = max(3, round(_WIDEST_UM / scale_um) | 1)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide)))
    deep = 1.0 - np.asarray(small, np.float32) / np.maximum(closed, 1e-3)
    return (deep > _LEAST_DEPTH).astype(np.uint8), scale_um
