"""Hair shafts on a picture: the drawn width is the diameter, to a hundredth of a pixel.

Every pixel near a shaft gets its distance to the centreline and from it the share of it that the shaft covers,
through an edge that is an error function. (An edge drawn as a step would put the width to the nearest pixel.) A long
shaft is drawn in pieces that meet on lines across it, so no pixel is drawn twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.colour import hair_opacity, hair_pigment
from phantom.optics import DRAWN_SIGMA_PX
from phantom.scalp import Points

Plane = NDArray[np.float32]

_PIECE_PX, _PIECE_TURN_RAD = 240.0, 0.5
_EDGE_SIGMAS = 3.2
_TABLE_AT = np.linspace(-4.0, 4.0, 1601)
_TABLE = np.array([0.5 * (1.0 + math.erf(z / math.sqrt(2.0))) for z in _TABLE_AT])


@dataclass(frozen=True, slots=True)
class Shaft:
    """A shaft as the picture shows it.

    Parameters
    ----------
    centreline_px : ndarray, shape (n, 2)
        From root to tip, distorted as the picture is.
    width_px : ndarray, shape (n,)
        Across the shaft, at the same points.
    diameter_um, melanin : float
        Which give the colour.
    glint_seed : int
        Of the breaks in the highlight.
    """

    centreline_px: Points
    width_px: NDArray[np.float64]
    diameter_um: float
    melanin: float
    glint_seed: int


def draw_shaft(picture: Plane, shaft: Shaft, highlight: float) -> None:
    """Draw a shaft over what is there, its edges blurred by no more than sampling needs.

    A pale shaft has dark rims, where it bends the light away; a black one is a flat band but for its highlight.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    shaft : Shaft
        What to draw.
    highlight : float
        Brightness of the line of light along it.
    """
    pigment, opacity = hair_pigment(shaft.melanin), hair_opacity(shaft.melanin, shaft.diameter_um)
    rim = 0.45 * (1.0 - shaft.melanin)
    breaks = np.random.default_rng([shaft.glint_seed, 21]).random(64)
    for piece in _pieces(shaft):
        rows, columns = _pixels_near(piece, picture.shape)
        if not len(rows):
            continue
        across, along, radius, within = _place(piece, rows, columns)
        if not within.any():
            continue
        rows, columns = rows[within], columns[within]
        across, along, radius = across[within], along[within], radius[within]
        covered = _step((radius - across) / DRAWN_SIGMA_PX) - _step((-radius - across) / DRAWN_SIGMA_PX)
        covered *= _step(along / DRAWN_SIGMA_PX) - _step((along - piece.whole_px) / DRAWN_SIGMA_PX)
        out = np.clip(across / np.maximum(radius, DRAWN_SIGMA_PX), -1.2, 1.2)
        colour = pigment * (1.0 - rim * out**2)[:, None]
        if highlight > 0.0:
            colour = colour + _highlight(out, along=along, radius=radius, breaks=breaks, strength=highlight)[
                :, None
            ] * (0.35 + 0.65 * np.sqrt(pigment))
        share = (opacity * covered).astype(np.float32)[:, None]
        picture[rows, columns] += share * (colour.astype(np.float32) - picture[rows, columns])


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a shaft that turns little: points (n, 2), their tangents, half widths and distance from the root."""

    points: Points
    tangents: Points
    radius: NDArray[np.float64]
    arc: NDArray[np.float64]
    whole_px: float
    first: bool
    last: bool


def _pieces(shaft: Shaft) -> Iterator[_Piece]:
    points = shaft.centreline_px
    steps = np.diff(points, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    arc = np.concatenate([[0.0], np.cumsum(lengths)])
    tangents = np.gradient(points, arc, axis=0) if len(points) > 2 else np.repeat(steps / lengths[:, None], 2, axis=0)
    tangents /= np.hypot(tangents[:, 0], tangents[:, 1])[:, None]
    heading = np.unwrap(np.arctan2(tangents[:, 1], tangents[:, 0]))
    turned = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(heading)))])
    number = np.floor(arc / _PIECE_PX + turned / _PIECE_TURN_RAD).astype(int)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(number)) + 1])
    starts = starts[starts < len(points) - 1]
    for start, stop in zip(starts, [*starts[1:], len(points) - 1], strict=True):
        cut = slice(start, stop + 1)
        yield _Piece(
            points[cut],
            tangents[cut],
            0.5 * shaft.width_px[cut],
            arc[cut],
            float(arc[-1]),
            start == 0,
            stop == len(points) - 1,
        )


def _pixels_near(piece: _Piece, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the picture's pixels within reach of the piece's edges."""
    reach = math.ceil(float(piece.radius.max()) + _EDGE_SIGMAS * DRAWN_SIGMA_PX) + 2
    line = piece.points.copy()
    line[0] -= reach * piece.tangents[0] * piece.first
    line[-1] += reach * piece.tangents[-1] * piece.last
    low = np.maximum(np.floor(line.min(axis=0)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(line.max(axis=0)).astype(int) + reach + 1, [shape[1], shape[0]])
    if (high <= low).any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    cv2.polylines(mask, [np.round(line - low).astype(np.int32).reshape(-1, 1, 2)], False, 1, thickness=2 * reach + 1)
    rows, columns = np.nonzero(mask)
    return rows + low[1], columns + low[0]


def _place(
    piece: _Piece, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Signed distance to the centreline, distance from the root, half width, and whether the pixel is this piece's."""
    pixels = np.column_stack([columns, rows]).astype(np.float64)
    chord = piece.points[-1] - piece.points[0]
    chord /= np.hypot(*chord)
    frame = np.array([chord, [-chord[1], chord[0]]])
    at = (pixels - piece.points[0]) @ frame.T
    line, slope = (piece.points - piece.points[0]) @ frame.T, piece.tangents @ frame.T

    # measured from the tangent abeam: on a shaft bent to 60 px of radius this is off by 0.05 px at most
    foot = np.clip(at[:, 0], line[0, 0], line[-1, 0])
    height, sine, arc, radius = (
        np.interp(foot, line[:, 0], v) for v in (line[:, 1], slope[:, 1], piece.arc, piece.radius)
    )
    cosine = np.sqrt(1 - sine**2)
    ahead, aside = at[:, 0] - foot, at[:, 1] - height
    across = aside * cosine - ahead * sine
    along = arc + ahead * cosine + aside * sine
    # >= at a piece's start and < at its end: the pixels on the line between two pieces belong to one of them
    within = np.ones(len(pixels), bool)
    if not piece.first:
        within &= (pixels - piece.points[0]) @ piece.tangents[0] >= 0
    if not piece.last:
        within &= (pixels - piece.points[-1]) @ piece.tangents[-1] < 0
    return across, along, radius, within


def _step(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate the normal distribution function: an edge seen through a Gaussian blur."""
    return np.asarray(np.interp(z, _TABLE_AT, _TABLE))


def _highlight(
    out: NDArray[np.float64],
    *,
    along: NDArray[np.float64],
    radius: NDArray[np.float64],
    breaks: NDArray[np.float64],
    strength: float,
) -> NDArray[np.float64]:
    """Light a line a little off the middle, broken along the shaft."""
    line = np.exp(-0.5 * ((out - 0.25) / 0.22) ** 2)
    every_px = 5.0 * np.maximum(radius, 1.0)
    bright = np.interp(along / every_px, np.arange(len(breaks)), breaks, period=len(breaks))
    return strength * line * np.clip(1.6 * bright - 0.2, 0.0, 1.0)
