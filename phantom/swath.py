"""Pixels along a line of given width: how far across and along it they lie, and how much of each it covers.

A long line comes in pieces that meet on lines across it, so no pixel comes twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.optics import DRAWN_SIGMA_PX
from phantom.scalp import Points

_PIECE_PX, _PIECE_TURN_RAD = 240.0, 0.5
_EDGE_SIGMAS = 3.2
_TABLE_AT = np.linspace(-4.0, 4.0, 1601)
_TABLE = np.array([0.5 * (1.0 + math.erf(z / math.sqrt(2.0))) for z in _TABLE_AT])


@dataclass(frozen=True, slots=True)
class Swath:
    """The pixels near a part of a line, all arrays of shape (n,).

    Parameters
    ----------
    rows, columns : ndarray
        Of the pixels.
    across, along, radius : ndarray
        Signed distance to the centreline, distance from the start along it, and half the width there, in pixels.
    whole_px : float
        The line's length.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    across: NDArray[np.float64]
    along: NDArray[np.float64]
    radius: NDArray[np.float64]
    whole_px: float

    def covered(
        self,
        left_px: NDArray[np.float64] | float = 0.0,
        right_px: NDArray[np.float64] | float = 0.0,
        beyond_px: NDArray[np.float64] | float = 0.0,
    ) -> NDArray[np.float64]:
        """Share of each pixel that lies on the line, its edges blurred by `DRAWN_SIGMA_PX`.

        Parameters
        ----------
        left_px, right_px, beyond_px : ndarray, shape (n,), or float
            How much farther out the two edges and the tip lie there.
        """
        right, left = self.radius + right_px, self.radius + left_px
        share = step((right - self.across) / DRAWN_SIGMA_PX) - step((-left - self.across) / DRAWN_SIGMA_PX)
        share *= step(self.along / DRAWN_SIGMA_PX) - step((self.along - (self.whole_px + beyond_px)) / DRAWN_SIGMA_PX)
        return np.asarray(share)


def swaths(centreline_px: Points, width_px: NDArray[np.float64], shape: tuple[int, ...]) -> Iterator[Swath]:
    """Give the pixels near a line.

    Parameters
    ----------
    centreline_px : ndarray, shape (n, 2)
        From its start to its tip.
    width_px : ndarray, shape (n,)
        Across the line at the same points.
    shape : (int, int, ...)
        Rows and columns of the picture.

    Yields
    ------
    Swath
        One for each piece of the line that is in the picture.
    """
    for piece in _pieces(centreline_px, width_px):
        rows, columns = _pixels_near(piece, shape)
        if not len(rows):
            continue
        across, along, radius, within = _place(piece, rows, columns)
        if within.any():
            yield Swath(rows[within], columns[within], across[within], along[within], radius[within], piece.whole_px)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a line that turns little: points (n, 2), their tangents, half widths and distance from the start."""

    points: Points
    tangents: Points
    radius: NDArray[np.float64]
    arc: NDArray[np.float64]
    whole_px: float
    first: bool
    last: bool


def _pieces(centreline_px: Points, width_px: NDArray[np.float64]) -> Iterator[_Piece]:
    points = centreline_px
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
            0.5 * width_px[cut],
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


def step(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate the normal distribution function: an edge seen through a Gaussian blur."""
    return np.asarray(np.interp(z, _TABLE_AT, _TABLE))
