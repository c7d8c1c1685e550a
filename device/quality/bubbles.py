"""Bubbles in the gel: round bright rims with a dark ring inside, found by the votes of their inner edges.

An edge votes for the middles from which it would be seen as a rim that brightens outwards; a middle with votes from
most of its circle is a bubble's (the circle transform of C. Kimme, D. Ballard, J. Sklansky 1975).  Two shafts side by
side make two edges of such a circle, never most of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.quality.seen import Mask, Plane

SMALLEST_UM, LARGEST_UM = 60.0, 700.0
"""Radii looked for: smaller bubbles hide no root, larger ones leave no frame."""
_WIDER = 1.13
_EDGE_TIMES = 4.0
_LEAST_EDGE = 0.024
"""Of the usual brightness, per pixel."""
_SECTORS = 16
LEAST_SUPPORT = 0.6
"""Share of its circle that must vote."""
_PEAK = 0.42
_MOST_PEAKS = 400
_SPOKES = 48
_OUTWARD = np.linspace(0.55, 1.45, 46)
"""Places along a spoke, in radii."""
_NEAR = slice(10, 38)
_ON_CIRCLE, _RIMMED = 0.7, 0.7
_LEAST_RIM, _LEAST_RING = 0.03, 0.08
"""A rim over the skin outside and over the ring inside, as shares of the picture's usual light.  On 20 drawn pictures
true bubbles have the rise on one circle for 77 % of the spokes or more (95 % of them), what looked like one for less
than 56 %; rim and ring are on 81 % of a true one's spokes or more."""
RIM_SHARE = 1.1
"""Outer edge of the rim over where the light rises towards it."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bubbles:
    """Bubbles of a picture, one entry each.

    Parameters
    ----------
    middles_px : ndarray, shape (n, 2)
        (x, y).
    radii_px : ndarray, shape (n,)
        To the outer edge of the rim.
    """

    middles_px: Array
    radii_px: Array

    def covered(self, shape: tuple[int, int], wider_px: float = 0.0) -> Mask:
        """Where they hide the skin, rims included."""
        plane = np.zeros(shape, np.uint8)
        for (x, y), radius in zip(self.middles_px, self.radii_px, strict=True):
            cv2.circle(plane, (round(x), round(y)), max(1, round(radius + wider_px)), 1, -1)
        return plane > 0


def find(grey: Plane, um_per_px: float) -> Bubbles:
    """Find bubbles.

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, columns)
        0 to 1, at about 10 um per px.
    um_per_px : float
        Its scale.
    """
    x, y = (cv2.Scharr(grey, cv2.CV_32F, *which, scale=1 / 32) for which in ((1, 0), (0, 1)))
    size = np.asarray(cv2.magnitude(x, y), np.float32)
    least = max(_EDGE_TIMES * float(np.median(size[::3, ::3])), _LEAST_EDGE * float(np.median(grey[::3, ::3])))
    rows, columns = np.nonzero(size > least)
    out = np.asarray(np.column_stack([x[rows, columns], y[rows, columns]]) / size[rows, columns, None], np.float32)
    at = np.column_stack([columns, rows]).astype(np.float32)
    sector = ((np.arctan2(out[:, 1], out[:, 0]) / (2 * np.pi) % 1.0) * _SECTORS).astype(int) % _SECTORS
    found: list[tuple[float, float, float, float]] = []
    radius = SMALLEST_UM / um_per_px
    while radius < LARGEST_UM / um_per_px:
        found += _circles(grey.shape[:2], at, out, sector, radius)
        radius *= _WIDER
    usual = max(float(np.median(grey[::3, ::3])), 1e-3)
    looked = [_looked_at(grey / np.float32(usual), x, y, r) for _, x, y, r in _apart(sorted(found, reverse=True))]
    kept = np.array([one for one in looked if one is not None], float).reshape(-1, 3)
    return Bubbles(kept[:, :2], RIM_SHARE * kept[:, 2])


def _circles(
    shape: tuple[int, ...], at: Plane, out: Plane, sector: NDArray[np.int_], radius: float
) -> list[tuple[float, float, float, float]]:
    """Support, middle and radius of what looks like a circle of this radius."""
    step = max(1.0, 0.12 * radius)
    rows, columns = int(shape[0] / step) + 1, int(shape[1] / step) + 1
    middles = (at - radius * out) / step
    column, row = np.floor(middles).astype(int).T
    fits = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
    cell = row[fits] * columns + column[fits]
    # what counts is from how many sides votes come, not how many: a shaft's long edge votes often, from one side
    seen = np.zeros((_SECTORS, rows * columns), bool)
    seen[sector[fits], cell] = True
    near = np.ones((3, 3), np.uint8)
    sides = sum(cv2.dilate(plane.reshape(rows, columns).astype(np.uint8), near) for plane in seen)
    support = np.asarray(sides, np.float32) / _SECTORS
    peak = (support >= LEAST_SUPPORT) & (support >= cv2.dilate(support, np.ones((5, 5), np.uint8)))
    return [
        (float(support[r, c]), float((c + 0.5) * step), float((r + 0.5) * step), radius)
        for r, c in np.argwhere(peak)[:_MOST_PEAKS]
    ]


def _looked_at(relative: Plane, x: float, y: float, radius: float) -> tuple[float, float, float] | None:
    """Look along spokes for the rise to a rim: middle and radius of a bubble, or None for what is none."""
    turn = np.asarray(np.arange(_SPOKES) * (2 * np.pi / _SPOKES), float)
    places = np.column_stack([np.ones(_SPOKES), np.cos(turn), np.sin(turn)])
    steepest = _OUTWARD[1:][
        np.diff(_along_spokes(relative, x, y, radius, turn), axis=1)[:, _NEAR].argmax(axis=1) + _NEAR.start
    ]
    circle = np.array([1.0, 0.0, 0.0])
    on = np.ones(_SPOKES, bool)
    for _ in range(3):
        circle = np.linalg.lstsq(places[on], steepest[on], rcond=None)[0]
        off = np.abs(steepest - places @ circle)
        on = off < 0.08
        if on.sum() < _SPOKES / 3:
            return None
    if float((off < 0.06).mean()) < _ON_CIRCLE:
        return None
    x, y, radius = x + radius * circle[1], y + radius * circle[2], radius * circle[0]
    spokes = _along_spokes(relative, x, y, radius, turn)
    rim = spokes[:, (_OUTWARD > 1.0) & (_OUTWARD < 1.2)].max(axis=1)
    ring = spokes[:, (_OUTWARD > 0.8) & (_OUTWARD < 1.0)].min(axis=1)
    outside = np.median(spokes[:, _OUTWARD > 1.3], axis=1)
    rimmed = (rim - outside > _LEAST_RIM) & (rim - ring > _LEAST_RING)
    return (float(x), float(y), float(radius)) if float(rimmed.mean()) >= _RIMMED else None


def _along_spokes(relative: Plane, x: float, y: float, radius: float, turn: Array) -> Plane:
    reach = radius * _OUTWARD
    columns, rows = (at + reach * way[:, None] for at, way in ((x, np.cos(turn)), (y, np.sin(turn))))
    return np.asarray(
        cv2.remap(
            relative,
            columns.astype(np.float32),
            rows.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )


def _apart(found: list[tuple[float, float, float, float]]) -> list[tuple[float, float, float, float]]:
    kept: list[tuple[float, float, float, float]] = []
    for one in found:
        if all(np.hypot(one[1] - x, one[2] - y) > 0.7 * max(one[3], r) for _, x, y, r in kept):
            kept.append(one)
    return kept
