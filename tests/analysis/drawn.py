"""Tiny drawn pictures whose every shaft is known: bars of exact width, blurred by a known sigma."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

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
    a, b = (np.array(end, float) for end in (root, tip))
    along = (b - a) / np.hypot(*(b - a))
    across = np.array([-along[1], along[0]]) * width_um / UM_PER_PX / 2
    corners = (np.array([a - across, a + across, b + across, b - across]) + 0.5) * _FINE - 0.5
    cv2.fillPoly(fine, [np.rint(corners * 256).astype(np.int32)], bgr, cv2.LINE_AA, 8)


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
