"""The tattooed mark: a round dark dot of 0.3 to 0.5 mm, found by its size and its ink once the hairs are closed over.

Enough to centre the picture.  Telling the mark from every mole is for the comparison of visits, which knows the
hairs around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.quality.seen import Mask, Plane

SMALLEST_MM, LARGEST_MM = 0.22, 0.65
_UM_PER_PX = 21.2
_HAIR_UM = 170.0
"""Darkness narrower than this is hair: bundles of two shafts are closed over, a dot of 0.3 mm is not."""
_LEAST_CONTRAST = 0.12
_BLUER = 1.28
"""Blue over red, against the skin's: tattoo ink lets red fall by a third more than blue (1.36 and above on drawn
marks), knots of hair by a quarter at most."""
_SOLID, _SOLID_CONTRAST = 1.16, 0.45
"""Ink without blue is told from knots of hair by having no gaps: closing them over makes it hardly paler."""
_LEAST_ROUND = 0.65
_MOST_LONG = 1.7


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that was found.

    Parameters
    ----------
    from_middle_mm : (float, float)
        Right and down of the picture's middle.
    diameter_mm : float
    contrast : float
        How much darker than the skin around, as a share.
    """

    from_middle_mm: tuple[float, float]
    diameter_mm: float
    contrast: float

    @property
    def off_mm(self) -> float:
        """Distance from the picture's middle."""
        return float(np.hypot(*self.from_middle_mm))


def find(bgr: NDArray[np.uint8] | Plane, um_per_px: float) -> Mark | None:
    """Find the most likely mark; None where nothing looks like one.

    Parameters
    ----------
    bgr : ndarray of uint8 or float32, shape (rows, columns, 3)
    um_per_px : float
        Its scale; finer ones than 21 um are reduced.
    """
    shrink = min(1.0, um_per_px / _UM_PER_PX)
    small = np.asarray(cv2.resize(bgr, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.float32)
    scale_mm = um_per_px / shrink / 1000.0
    red = np.ascontiguousarray(small[..., 2])
    closed = _closed(red, _HAIR_UM / 1000.0 / scale_mm)
    # the skin around: what is left when dots of the mark's size are closed over too
    around = round(2.6 * LARGEST_MM / scale_mm) | 1
    # (a square does here, and is ten times as fast as a disc)
    square = np.ones(2 * [round(1.2 * LARGEST_MM / scale_mm) | 1], np.uint8)
    skin = np.maximum(cv2.blur(cv2.morphologyEx(closed, cv2.MORPH_CLOSE, square), (around, around)), 1e-6)
    darker = np.asarray(1.0 - closed / skin, np.float32)
    bluer = small[..., 0] / np.maximum(red, 1e-6)
    bluer /= max(float(np.median(bluer)), 1e-6)
    dark = darker > _LEAST_CONTRAST
    marks = _dots(dark & (cv2.blur(bluer, (3, 3)) > _BLUER), darker, scale_mm)
    for threshold in {_LEAST_CONTRAST, max(_LEAST_CONTRAST, float(darker.max()) / 2)}:
        solid = dark & (darker > threshold)
        paler = np.asarray(1.0 - red / skin, np.float32)
        marks += [m for m in _dots(solid, darker, scale_mm, paler) if m.contrast > _SOLID_CONTRAST]
    return max(marks, key=lambda mark: mark.contrast, default=None)


def _closed(plane: Plane, size_px: float) -> Plane:
    """Close over dark things narrower than a size."""
    size = max(3, round(size_px) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.morphologyEx(plane, cv2.MORPH_CLOSE, disc), np.float32)


def _dots(where: Mask, darker: Plane, scale_mm: float, before_closing: Plane | None = None) -> list[Mark]:
    """Find what is round and of a mark's size; with `before_closing`, only what has no gaps."""
    count, labels, stats, places = cv2.connectedComponentsWithStats(where.astype(np.uint8))
    middle = (np.array(darker.shape[::-1]) - 1) / 2
    found = []
    for one in range(1, count):
        x, y, width, height, area = (int(v) for v in np.asarray(stats)[one])
        diameter_mm = float(np.sqrt(4 * area / np.pi)) * scale_mm
        longest, shortest = max(width, height), min(width, height)
        if not SMALLEST_MM <= diameter_mm <= LARGEST_MM or longest > _MOST_LONG * shortest:
            continue
        if area < _LEAST_ROUND * np.pi / 4 * longest**2:
            continue
        window = slice(y, y + height), slice(x, x + width)
        inside = np.asarray(labels)[window] == one
        contrast = float(darker[window][inside].mean())
        if before_closing is not None and float(before_closing[window][inside].mean()) > _SOLID * contrast:
            continue
        right, down = ((np.asarray(places)[one] - middle) * scale_mm).tolist()
        found.append(Mark((right, down), diameter_mm, contrast))
    return found
