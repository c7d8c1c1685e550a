"""Evidence: where a small network sees shafts, their roots and tips, and what hides the skin.

The network sees the picture at 5.3 um/px as the logarithm of each colour over the slow course of light and skin, so
that exposure, white balance and skin type drop out.  It answers at half that size: one plane for each of sixteen
directions (shafts that touch or cross lie apart in the added dimension of direction; Franken & Duits 2009,
"Crossing-preserving coherence-enhancing diffusion on invertible orientation scores"), roots, tips, and cover.
It is a U-Net (Ronneberger 2015) of 0.4 M parameters, trained on drawn scalps alone (`training/`), run by cv2.dnn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np

from analysis.picture import Plane
from analysis.view import UM_PER_PX

DIRECTIONS = 16
"""Directions over half a turn: 11 degrees apart, below the 20-30 degrees at which shafts of one unit diverge."""
ROOT, TIP, COVER, WIDTH = range(DIRECTIONS, DIRECTIONS + 4)
PLANES = DIRECTIONS + 4
WIDEST_UM = 160.0
"""Full scale of the width's plane: no scalp hair is wider."""
_COURSE_SIGMA_UM = 800.0
_COURSE_STEP_PX = 16
_FLOOR = np.float32(0.02)
_DEEPEST, _BRIGHTEST = -3.0, 2.0
_STRIP_ROWS = 152
_OVERLAP_ROWS = 40
"""As far as the network sees around a place: what lies further off does not change its planes."""
_MULTIPLE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the network sees, each 0 to 1 at ``LINE_UM_PER_PX``.

    Parameters
    ----------
    scores : ndarray of float32, shape (DIRECTIONS, rows, columns)
        That a shaft's middle runs here along direction k * pi / DIRECTIONS from the x axis.
    roots, tips, cover : ndarray of float32, shape (rows, columns)
        That a shaft leaves the skin here; that it ends here; that the skin is hidden here.
    widths_um : ndarray of float32, shape (rows, columns)
        About how wide the shaft is whose middle runs here; nothing elsewhere.
    relief : ndarray of float32, shape (rows, columns, 3)
        Logarithm of each colour over its slow course.
    """

    scores: Plane
    roots: Plane
    tips: Plane
    cover: Plane
    widths_um: Plane
    relief: Plane


def relief(bgr: Plane) -> Plane:
    """Logarithm of each colour over its slow course.

    Parameters
    ----------
    bgr : ndarray of float32, shape (rows, columns, 3)
        Picture at ``UM_PER_PX``, 0 to 1.

    Returns
    -------
    ndarray of float32, shape (rows, columns, 3)
    """
    return _relief_of_rows(bgr, _slow_course(bgr), 0, bgr.shape[0])


def _slow_course(bgr: Plane) -> Plane:
    """Light and skin, one pixel for some ``_COURSE_STEP_PX`` of the picture."""
    rows, columns = bgr.shape[:2]
    size = (max(columns // _COURSE_STEP_PX, 1), max(rows // _COURSE_STEP_PX, 1))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    sigma = _COURSE_SIGMA_UM / (UM_PER_PX * columns / size[0])
    return np.asarray(cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)


def _relief_of_rows(bgr: Plane, course: Plane, first: int, last: int) -> Plane:
    """Relief of some rows of a picture whose slow course is known."""
    at = ((np.arange(first, last) + 0.5) * (len(course) / bgr.shape[0]) - 0.5).clip(0, len(course) - 1)
    above = np.floor(at).astype(np.intp)
    share = (at - above).astype(np.float32)[:, None, None]
    between = course[above] * (1 - share) + course[np.minimum(above + 1, len(course) - 1)] * share
    skin = np.asarray(cv2.resize(between, (bgr.shape[1], last - first), interpolation=cv2.INTER_LINEAR), np.float32)
    ratio = np.divide(bgr[first:last] + _FLOOR, skin + _FLOOR, out=skin)
    return np.asarray(np.clip(cv2.log(ratio, ratio), _DEEPEST, _BRIGHTEST, out=ratio), np.float32)


def look(bgr: Plane) -> Evidence:
    """Run the network over a picture at ``UM_PER_PX``, in strips that bound the memory."""
    course = _slow_course(bgr)
    rows, columns = bgr.shape[0] // 2, bgr.shape[1] // 2
    padded_rows, padded_columns = (-(-size // _MULTIPLE) * _MULTIPLE for size in (rows, columns))
    planes, half = np.empty((PLANES, rows, columns), np.float32), np.empty((rows, columns, 3), np.float32)
    network = _network()
    height = min(_STRIP_ROWS + 2 * _OVERLAP_ROWS, padded_rows)
    step = height - 2 * _OVERLAP_ROWS if padded_rows > height else height
    strip = np.empty((1, 3, 2 * height, 2 * padded_columns), np.float32)
    top = 0
    while top < rows:
        # A multiple of the coarsest level's pixel, or the strips would not see the same picture at that level.
        first = max(0, min(top - _OVERLAP_ROWS, padded_rows - height))
        last = min(top + step, rows)
        part = _relief_of_rows(bgr, course, 2 * first, 2 * min(first + height, rows))[:, : 2 * columns]
        own = part[2 * (top - first) : 2 * (last - first)]
        half[top:last] = cv2.resize(own, (columns, last - top), interpolation=cv2.INTER_AREA)
        missing = (2 * height - part.shape[0], 2 * padded_columns - part.shape[1])
        strip[0] = np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge").transpose(2, 0, 1)
        network.setInput(strip)
        seen = network.forward()[0]
        planes[:, top:last] = seen[:, top - first : last - first, :columns]
        top = last
    widths_um = planes[WIDTH] * np.float32(WIDEST_UM)
    return Evidence(planes[:DIRECTIONS], planes[ROOT], planes[TIP], planes[COVER], widths_um, half)


@lru_cache(maxsize=1)
def _network() -> cv2.dnn.Net:
    weights = np.frombuffer(files("analysis.learned").joinpath("shafts.onnx").read_bytes(), np.uint8)
    return cv2.dnn.readNetFromONNX(weights)
