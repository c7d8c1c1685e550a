"""Finding the patches of a colour chart: even squares in a lattice, turned the way their colours say."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.tone import to_bytes
from device.calibration.targets.refusals import AnotherTarget, FaceDown, HalfOutOfView, NoTarget

Light = NDArray[np.float32]
Array = NDArray[np.float64]

_STEEP = 10
"""Rise of a code, of 255, over a pixel's neighbourhood that parts a patch from what is around it."""
_LEAST_PATCH, _LARGEST_PATCH = 0.0006, 0.15
_SQUARE = 0.82
_SEEN_PATCHES = 0.6
_READ = 0.55
"""Side of what is read of a patch, as a share of the patch's: its rims are blurred."""
_WORST_MATCH, _LEAD = 0.25, 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """The patches of a chart, in the certificate's order: row by row from its top left.

    Parameters
    ----------
    light : ndarray, shape (n, 3)
        Linear B, G, R: of each patch the mean of its middle, without the outer tenths.
    corners_px : ndarray, shape (n, 4, 2)
        (x, y) of the corners of what was read.
    """

    light: Array
    corners_px: Array


def find_patches(light: Light, columns: int, rows: int, reference: Array) -> Patches:
    """Find a colour chart.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns, 3)
        Linear B, G, R under even light, at 400 to 1200 px a side.
    columns, rows : int
        Of patches.
    reference : ndarray, shape (n, 3)
        Linear B, G, R that the certificate says, row by row.

    Raises
    ------
    NoTarget, AnotherTarget, HalfOutOfView, FaceDown
        If the chart is not there, or not this one.
    """
    centres, side = _even_squares(light)
    if len(centres) < _SEEN_PATCHES * columns * rows:
        raise NoTarget(
            f"Only {len(centres)} even patches are in view, {columns * rows} belong to the chart: lay the colour chart "
            "flat under the camera so that all of it is in view, and take the picture again."
        )
    cells, members = _lattice(centres)
    found = tuple(int(n) for n in cells.max(axis=0) + 1)
    if len(cells) < _SEEN_PATCHES * columns * rows or sorted(found) != sorted((columns, rows)):
        which = HalfOutOfView if found[0] * found[1] < columns * rows else AnotherTarget
        raise which(
            f"{found[0]} x {found[1]} patches are in view, the certificate says {columns} x {rows}: lay the whole "
            "chart of that certificate under the camera and take the picture again."
        )
    to_picture = np.asarray(cv2.findHomography(cells.astype(float), centres[members], 0)[0], float)
    half = _READ * side / 2
    square = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
    every = np.array([(i, j) for j in range(found[1]) for i in range(found[0])], float)
    corners = _through(to_picture, (every[:, None] + square).reshape(-1, 2)).reshape(-1, 4, 2)
    seen = np.array([_level(light, quad) for quad in corners]).reshape(found[1], found[0], 3)
    order = _turned_by_colour(seen, columns, rows, reference)
    return Patches(light=seen.reshape(-1, 3)[order], corners_px=corners[order])


def _even_squares(light: Light) -> tuple[Array, float]:
    """Give middles, shape (n, 2), of the squares in which nothing rises, and their side as a share of their pitch."""
    coded = to_bytes(light / max(float(np.quantile(light, 0.995)), 1e-3))
    coded = np.asarray(cv2.medianBlur(coded, 3), np.uint8)
    steep = np.asarray(cv2.morphologyEx(coded, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))).max(axis=2)
    noise = float(np.median(steep))
    even = (steep < max(_STEEP, 3 * noise)).astype(np.uint8)
    even = np.asarray(cv2.morphologyEx(even, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)
    # the rest of the picture is no patch, even where it is as even
    even[[0, -1]] = 0
    even[:, [0, -1]] = 0
    outlines, nesting = cv2.findContours(even, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    middles, areas = [], []
    for k, outline in enumerate(outlines):
        if nesting[0, k, 3] >= 0:
            continue  # the rim of a hole, not of a region
        (x, y), (wide, high), _ = cv2.minAreaRect(outline)
        area = cv2.contourArea(outline)
        if not _LEAST_PATCH * even.size < area < _LARGEST_PATCH * even.size:
            continue
        if area > _SQUARE * wide * high and min(wide, high) > 0.75 * max(wide, high):
            middles.append((x, y))
            areas.append(area)
    if not middles:
        return np.empty((0, 2)), 0.0
    size = np.array(areas)
    # of one size with the most others: a frame or a label is not
    alike = np.abs(np.log(size[:, None] / size)) < np.log(1.6)
    kept = alike[int(np.argmax(alike.sum(axis=1)))]
    centres = np.array(middles)[kept]
    if len(centres) < 4:
        return centres, 0.0
    apart = np.hypot(*(centres[:, None] - centres).T) + 1e9 * np.eye(len(centres))
    nearest = np.median(apart.min(axis=1))
    return centres, float(np.clip(np.sqrt(np.median(size[kept])) / nearest, 0.3, 1.0))


def _lattice(centres: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give each centre its column and row, counted from 0, as far as steps from neighbour to neighbour lead."""
    offsets = centres[None] - centres[:, None]
    apart = np.hypot(offsets[..., 0], offsets[..., 1]) + 1e9 * np.eye(len(centres))
    pitch = float(np.median(apart.min(axis=1)))
    near = np.argwhere(apart < 1.25 * pitch)
    angles = np.array([np.arctan2(offsets[i, j, 1], offsets[i, j, 0]) for i, j in near])
    # directions of a square lattice agree modulo a quarter turn
    turn = float(np.angle(np.mean(np.exp(4j * angles)))) / 4
    right = pitch * np.array([np.cos(turn), np.sin(turn)])
    steps = {(1, 0): right, (0, 1): np.array([-right[1], right[0]])}
    start = int(np.argmin(np.hypot(*(centres - centres.mean(axis=0)).T)))
    cells, waiting = {start: (0, 0)}, deque([start])
    while waiting:
        here = waiting.popleft()
        for (i, j), step in steps.items():
            for sign in (1, -1):
                off = np.hypot(*(centres - centres[here] - sign * step).T)
                there = int(np.argmin(off))
                if off[there] < 0.25 * pitch and there not in cells:
                    cells[there] = (cells[here][0] + sign * i, cells[here][1] + sign * j)
                    waiting.append(there)
    members = np.array(list(cells), np.intp)
    places = np.array(list(cells.values()), np.intp)
    return places - places.min(axis=0), members


def _level(light: Light, quad: Array) -> Array:
    """Give a patch's light: the mean over its middle without the outer tenths of each channel."""
    left, top = np.floor(quad.min(axis=0)).astype(int)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int)
    if left < 0 or top < 0 or bottom >= light.shape[0] or right >= light.shape[1]:
        raise HalfOutOfView(
            "A row of the colour chart lies out of view: move the chart to the middle and take the picture again."
        )
    inside = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillConvexPoly(inside, np.rint(quad - (left, top)).astype(np.int32), 1)
    values = np.sort(light[top : bottom + 1, left : right + 1][inside > 0], axis=0)
    tenth = len(values) // 10
    return np.asarray(values[tenth : len(values) - tenth].mean(axis=0), float)


def _turned_by_colour(seen: Array, columns: int, rows: int, reference: Array) -> NDArray[np.intp]:
    """Give the order of the patches as seen that fits the certificate best, of all turns of the chart.

    A linear mix of the channels is fitted for each turn: colours in another order leave far more.
    """
    index = np.arange(seen.shape[0] * seen.shape[1]).reshape(seen.shape[:2])
    turns = []
    for mirrored in (False, True):
        for quarter in range(4):
            order = np.rot90(index[:, ::-1] if mirrored else index, quarter)
            if order.shape == (rows, columns):
                turns.append((_mismatch(seen.reshape(-1, 3)[order.ravel()], reference), mirrored, order.ravel()))
    turns.sort(key=lambda turn: turn[0])
    best, second = turns[0], turns[1]
    if best[0] > _WORST_MATCH or best[0] > _LEAD * second[0]:
        raise AnotherTarget(
            f"The patches' colours are not the certificate's (they differ by {best[0]:.0%}): name the certificate of "
            "the chart under the camera, or lay its chart there."
        )
    if best[1]:
        raise FaceDown("The colour chart is seen mirrored: turn it over and take the picture again.")
    return np.asarray(best[2], np.intp)


def _mismatch(light: Array, reference: Array) -> float:
    """Tell what the best linear mix leaves of the reference's own spread, in cube roots, which see dark patches too."""
    mix = np.linalg.lstsq(light, reference, rcond=None)[0]
    made, wanted = np.cbrt(np.maximum(light @ mix, 0)), np.cbrt(np.maximum(reference, 0))
    return float(np.sqrt(np.mean((made - wanted) ** 2)) / np.std(wanted))


def _through(homography: Array, points: Array) -> Array:
    return np.asarray(cv2.perspectiveTransform(points[None], homography)[0], float)
