"""Evidence: how much each place and direction looks like a shaft.

Two planes are made at the line scale.  *Contrast* says how much darker a pixel is than the skin around
it: the least darkening of the three channels: melanin absorbs blue, green and red alike, while
vessels and redness spare red, and hair seen through the skin is scattered blue and spares blue; so both drop out.
*Orientation scores* are the second derivative across each of sixteen directions (ridges; Lindeberg 1998, "Edge
detection and ridge detection with automatic scale selection"), averaged along that direction: shafts are straight
over 0.1 mm, skin texture is not, and shafts that touch or cross lie apart in the added dimension of direction
(Franken & Duits 2009, "Crossing-preserving coherence-enhancing diffusion on invertible orientation scores").
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from analysis.picture import Plane, least_of_channels

DIRECTIONS = 16
"""Directions over half a turn: 11 degrees apart, below the 20-30 degrees at which shafts of one unit diverge."""
COARSEST_LINE_UM_PER_PX = 12.0
"""A 30 um shaft is then still 2.5 px wide; finer costs fourfold time and finds the same lines."""
RIDGE_SIGMAS_UM = (10.0, 20.0)
"""Matched to shafts of 35 and 70 um (width = sigma * sqrt(12)); wider would take two touching shafts for one."""
LINE_UM = 140.0
"""Length over which the evidence is averaged: a third of a shaft clipped to 0.5 mm."""
FINEST_TEXTURE = 0.004
"""Noise of a good camera on bare skin: a smoother picture tells no more."""
_STRIP_ROWS = 64  # a strip of every plane at once stays in the cache
_UNIT_UM = 350.0
"""No unit of touching shafts is wider: a closing of this size leaves skin only."""
_FIELD_UM = 600.0
"""Light and skin colour vary over longer distances than this; the background is their smooth course."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The two planes the lines are drawn from.

    Parameters
    ----------
    contrast : ndarray of float32, shape (rows, columns)
        0 for skin, towards 1 for a black shaft.
    scores : ndarray of float32, shape (DIRECTIONS, rows, columns)
        Ridge strength along direction k * pi / DIRECTIONS from the x axis.
    um_per_px : float
        The line scale.
    texture : float
        Usual best score of this picture's skin: what a line must exceed to be more than texture.
    """

    contrast: Plane
    scores: Plane
    um_per_px: float
    texture: float


def line_halvings(um_per_px: float) -> int:
    """How often a picture of this scale is halved for the search for lines."""
    return max(0, int(np.floor(np.log2(COARSEST_LINE_UM_PER_PX / um_per_px))))


def background(bgr: Plane, um_per_px: float) -> Plane:
    """Estimate the skin without its hair: a closing wider than a unit, then its smooth course.

    Parameters
    ----------
    bgr : ndarray of float32, shape (rows, columns, 3)
        Picture, 0 to 1.

    Returns
    -------
    ndarray of float32, shape (rows, columns, 3)
    """
    rows, columns = bgr.shape[:2]
    step = max(1, round(22 / um_per_px))
    size = (max(columns // step, 8), max(rows // step, 8))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    step_um = um_per_px * columns / size[0]
    coarse = cv2.medianBlur(np.rint(np.clip(small, 0, 1) * 255).astype(np.uint8), 5)  # glints and bubbles
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_odd(_UNIT_UM / step_um), _odd(_UNIT_UM / step_um)))
    bare = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, disc)
    field = _odd(_FIELD_UM / step_um)
    smooth = cv2.GaussianBlur(cv2.medianBlur(bare, field).astype(np.float32) / 255, (0, 0), field / 6)
    return np.asarray(cv2.resize(smooth, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def contrast(bgr: Plane, skin: Plane) -> Plane:
    """Least darkening of the three colours against the background.

    Parameters
    ----------
    bgr, skin : ndarray of float32, shape (..., 3)
        The picture and its background at the same places.

    Returns
    -------
    ndarray of float32, shape (...)
        0 for skin; 1 for a black shaft.
    """
    floor = np.float32(0.02)  # below this a camera gives noise only
    darkening = np.asarray(1 - bgr / np.maximum(skin, floor), np.float32)
    return least_of_channels(darkening)


def gather(bgr: Plane, um_per_px: float, skin: Plane | None = None) -> Evidence:
    """Contrast and orientation scores of a picture at the line scale; `skin` is its `background`, where known."""
    skin = background(bgr, um_per_px) if skin is None else skin
    plane = np.clip(contrast(bgr, skin), -0.2, 1)  # a glint is no deeper than that
    scores = orientation_scores(plane, um_per_px)
    # three quarters of a clipped scalp are bare skin, so this quartile of the best scores is skin's
    texture = float(np.percentile(scores[:, ::3, ::3].max(axis=0), 75))
    return Evidence(plane, scores, um_per_px, max(texture, FINEST_TEXTURE))


def orientation_scores(plane: Plane, um_per_px: float) -> Plane:
    """Ridge strength of `plane` in every direction, averaged over ``LINE_UM`` along it.

    Returns
    -------
    ndarray of float32, shape (DIRECTIONS, rows, columns)
        For a shaft of the matched width about half its contrast.
    """
    curvatures = [_second_derivatives(plane, sigma / um_per_px) for sigma in RIDGE_SIGMAS_UM]
    reach = max(1, round(LINE_UM / um_per_px / 2))
    padded = [[np.pad(term, reach, mode="edge") for term in terms] for terms in curvatures]
    scores = np.empty((DIRECTIONS, *plane.shape), np.float32)

    def score_strip(top: int) -> None:
        rows = slice(top, min(top + _STRIP_ROWS, plane.shape[0]) + 2 * reach)
        strips = [tuple(term[rows] for term in terms) for terms in padded]
        for k in range(DIRECTIONS):
            cos, sin = np.cos(np.pi * k / DIRECTIONS), np.sin(np.pi * k / DIRECTIONS)
            across = _ridge_across(strips, np.float32(cos), np.float32(sin))
            scores[k, top : top + _STRIP_ROWS] = _mean_along(across, cos, sin, reach)

    with ThreadPoolExecutor(max(cv2.getNumThreads(), 1)) as threads:  # numpy lets go of the interpreter meanwhile
        list(threads.map(score_strip, range(0, plane.shape[0], _STRIP_ROWS)))
    return scores


def _second_derivatives(plane: Plane, sigma_px: float) -> tuple[Plane, Plane, Plane]:
    smooth = np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma_px), np.float32) * np.float32(sigma_px**2)  # normalised
    padded = np.pad(smooth, 1, mode="edge")
    xx = padded[1:-1, 2:] - 2 * smooth + padded[1:-1, :-2]
    yy = padded[2:, 1:-1] - 2 * smooth + padded[:-2, 1:-1]
    xy = (padded[2:, 2:] - padded[2:, :-2] - padded[:-2, 2:] + padded[:-2, :-2]) / np.float32(4)
    return np.asarray(xx, np.float32), np.asarray(yy, np.float32), np.asarray(xy, np.float32)


def _ridge_across(scales: list[tuple[Plane, ...]], cos: np.float32, sin: np.float32) -> Plane:
    """Second derivative across a direction, turned positive for a ridge, of the scale where it is largest."""
    best: Plane | None = None
    for xx, yy, xy in scales:
        across = xy * (2 * sin * cos)
        across -= xx * (sin * sin)
        across -= yy * (cos * cos)
        best = across if best is None else np.maximum(best, across, out=best)
    assert best is not None  # noqa: S101 (there is at least one scale)
    return best


def _mean_along(padded: Plane, cos: float, sin: float, reach: int) -> Plane:
    """Mean along a direction of a plane padded by `reach`, without its padding."""
    steps = np.linspace(-reach, reach, 2 * int(np.ceil(reach / 2)) + 1)  # the ridge is smooth over two pixels
    rows, columns = padded.shape[0] - 2 * reach, padded.shape[1] - 2 * reach
    total = np.zeros((rows, columns), np.float32)
    for step in steps:
        y, x = reach + round(step * sin), reach + round(step * cos)
        total += padded[y : y + rows, x : x + columns]
    total /= np.float32(len(steps))
    return total


def _odd(size: float) -> int:
    return max(3, min(round(size) | 1, 255))
