"""Even light: what each part of the picture has to be multiplied by, from a picture of a white card, and the dark.

One map for each light and channel, in linear light, coarse and smooth: the medians of small cells do not see dust, and
a smooth surface through them bridges what is larger than a cell.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from analysis.tone import to_light
from device.calibration.dark import DarkFrame
from device.calibration.targets.refusals import TooDark
from device.calibration.targets.white_card import Textured, require_filled, require_plain, require_unsaturated

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]
Array = NDArray[np.float64]
Linearise = Callable[[Picture], Plane]

_CELLS_ACROSS = 64
_SMALLEST_CELL_PX = 8
_DIMMEST = 0.08
_FARTHEST_CELL = 0.02
_MOST_BRIDGED = 0.05


class FlatField(BaseModel):
    """Factors that make one light even.

    Parameters
    ----------
    light_name
        Which light they are for.
    size_px
        Width and height of the picture.
    gain
        Factors by [row of cells][column of cells][blue, green, red], each for the middle of its cell; all cells are of
        one size and fill the picture. 1 in the picture's middle.
    level
        Linear light of the card in the picture's middle: blue, green, red.
    fall_off
        Share of the middle's light that the darkest corner lacks, in green.
    residual_rms
        Of the cells about the smooth map, as a share of the light.
    bridged
        Share of the cells that dust hid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    light_name: str
    size_px: tuple[int, int]
    gain: tuple[tuple[tuple[float, float, float], ...], ...]
    level: tuple[float, float, float]
    fall_off: float
    residual_rms: float
    bridged: float


class Evener:
    """Applies a dark frame and a flat field to strips of linear light.

    Parameters
    ----------
    flat : FlatField
    dark : DarkFrame, optional
        Default: nothing is taken away, no pixel is hot.
    """

    def __init__(self, flat: FlatField, dark: DarkFrame | None = None) -> None:
        self._size_px = flat.size_px
        gain = np.asarray(flat.gain, np.float32)
        columns, rows = flat.size_px
        self._row_at, self._row_share = _between(rows, gain.shape[0])
        at, share = _between(columns, gain.shape[1])
        # across the picture once; down the picture strip by strip
        self._wide = gain[:, at] + (gain[:, at + 1] - gain[:, at]) * share[None, :, None]
        self._level = np.array([*(dark.level if dark else (0.0, 0.0, 0.0)), 0.0])
        self._hot = np.array(sorted(dark.hot_px, key=lambda p: p[1]) if dark else [], np.intp).reshape(-1, 2)

    def even(self, light: Plane, top: int = 0) -> None:
        """Take the dark away and make the light even, in place.

        Parameters
        ----------
        light : ndarray of float32, shape (rows, columns, 3)
            Rows of the picture in linear light, BGR; all columns. May become larger than 1.
        top : int
            Which row of the picture the first one is.
        """
        if light.shape[1] != self._size_px[0] or top + len(light) > self._size_px[1]:
            raise ValueError(f"the flat field is for {self._size_px} px, not for rows {top} on of {light.shape}")
        at, share = self._row_at[top : top + len(light)], self._row_share[top : top + len(light)].tolist()
        # OpenCV is three times as fast as numpy here, whose rows of three numbers are short
        np.maximum(cv2.subtract(light, self._level), 0, out=light)
        for row in range(len(light)):
            gain = cv2.addWeighted(self._wide[at[row]], 1 - share[row], self._wide[at[row] + 1], share[row], 0.0)
            light[row] = cv2.multiply(light[row], gain)
        self._mend_hot(light, top)

    def _mend_hot(self, light: Plane, top: int) -> None:
        """Give hot pixels the median of those around them that are not next to them: demosaicing spreads heat."""
        first, last = np.searchsorted(self._hot[:, 1], [top, top + len(light)])
        for x, y in self._hot[first:last]:
            row = y - top
            around = light[max(0, row - 2) : row + 3, max(0, x - 2) : x + 3].reshape(-1, 3)
            light[row, x] = np.median(around, axis=0)


def measure_flat_field(
    picture: Picture,
    light_name: str,
    *,
    dark: DarkFrame | None = None,
    linearise: Linearise = to_light,
) -> FlatField:
    """Measure how even one light is.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR: a plain white card that fills the picture, under this light alone.
    light_name : str
        Of the light.
    dark : DarkFrame, optional
        Its level is taken away first.
    linearise : callable
        What turns a picture into linear light; the sRGB curve by default.

    Raises
    ------
    TargetRefused
        A child that says why: `Saturated`, `TooDark`, `HalfOutOfView`, `Textured`.
    """
    rows, columns = picture.shape[:2]
    require_unsaturated(picture)
    cell_px = max(_SMALLEST_CELL_PX, columns / _CELLS_ACROSS)
    cells = _cell_levels(picture, linearise, round(columns / cell_px), round(rows / cell_px))
    if dark is not None:
        cells = np.maximum(cells - np.asarray(dark.level), 0)
    middle = np.median(_middle(cells), axis=(0, 1))
    if middle[1] < _DIMMEST or middle.min() < 0.3 * _DIMMEST:
        raise TooDark(
            f"The white card has {middle[1]:.0%} of full light: switch this light on, raise the exposure, and take it "
            "again."
        )
    require_filled(cells[:, :, 1] / middle[1])
    require_plain(picture, linearise)
    gains, residuals, bridged = [], [], 0.0
    for channel in range(3):
        smooth, off = _surface(cells[:, :, channel])
        clean = np.abs(off) <= _FARTHEST_CELL
        bridged = max(bridged, float(1 - clean.mean()))
        residuals.append(float(np.sqrt(np.mean(off[clean] ** 2))))
        gains.append(np.median(_middle(smooth)) / smooth)
    if bridged > _MOST_BRIDGED:
        raise Textured(
            f"{bridged:.0%} of the card is not plain (dust, print, or folds): lay a clean white card under the camera "
            "and take it again."
        )
    gain = np.stack(gains, axis=2)
    return FlatField(
        light_name=light_name,
        size_px=(columns, rows),
        gain=tuple(tuple((round(b, 5), round(g, 5), round(r, 5)) for b, g, r in row) for row in gain.tolist()),
        level=(float(middle[0]), float(middle[1]), float(middle[2])),
        fall_off=_fall_off(gain[:, :, 1], columns, rows),
        residual_rms=max(residuals),
        bridged=bridged,
    )


def unevenness(
    picture: Picture, flat: FlatField, dark: DarkFrame | None = None, linearise: Linearise = to_light
) -> float:
    """Tell what a flat field leaves uneven in another picture of the card: rms of the cells about their mean, a share.

    Cells that dust hides, more than 5 % off the median, count nothing.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR, of the flat field's size.
    flat, dark, linearise
        What is applied.
    """
    evener = Evener(flat, dark)
    rows = []
    for top, bottom in _edges(len(picture), len(flat.gain)):
        light = linearise(picture[top:bottom])
        evener.even(light, top)
        rows.append(_levels_across(light, len(flat.gain[0])))
    cells = np.stack(rows)
    share = cells / np.median(cells, axis=(0, 1)) - 1
    return float(max(np.std(c[np.abs(c - np.median(c)) < 0.05]) for c in np.moveaxis(share, 2, 0)))


def _edges(length: int, cells: int) -> list[tuple[int, int]]:
    """First pixel of each cell, and the first after it."""
    limits = np.rint(np.linspace(0, length, cells + 1)).astype(int).tolist()
    return list(pairwise(limits))


def _between(length: int, cells: int) -> tuple[NDArray[np.intp], Plane]:
    """For each pixel the cell before it and the share of the next; beyond the outer middles the line is drawn on."""
    place = (np.arange(length) + 0.5) * cells / length - 0.5
    before = np.clip(np.floor(place), 0, cells - 2).astype(np.intp)
    return before, np.asarray(place - before, np.float32)


def _cell_levels(picture: Picture, linearise: Linearise, columns: int, rows: int) -> Array:
    """Light of each cell, shape (rows, columns, 3), made strip by strip."""
    strips = _edges(len(picture), rows)
    return np.stack([_levels_across(linearise(picture[top:bottom]), columns) for top, bottom in strips])


def _levels_across(strip: Plane, columns: int) -> Array:
    """Light of the cells of one strip: the mean of the middle half, robust as a median and finer than a code."""
    levels = []
    for left, right in _edges(strip.shape[1], columns):
        cell = np.sort(strip[:, left:right].reshape(-1, 3), axis=0)
        quarter = len(cell) // 4
        levels.append(cell[quarter : len(cell) - quarter].mean(axis=0))
    return np.array(levels, float)


def _middle(cells: Array) -> Array:
    rows, columns = cells.shape[:2]
    high, wide = max(1, rows // 12), max(1, columns // 12)
    return cells[rows // 2 - high : rows // 2 + high + 1, columns // 2 - wide : columns // 2 + wide + 1]


def _fall_off(gain: Array, columns: int, rows: int) -> float:
    """Share of the middle's light that the darkest corner pixel lacks."""
    (down, down_share), (across, across_share) = _between(rows, len(gain)), _between(columns, len(gain[0]))
    corners = []
    for row in (0, -1):
        between = gain[down[row]] + (gain[down[row] + 1] - gain[down[row]]) * down_share[row]
        corners += [
            between[across[k]] + (between[across[k] + 1] - between[across[k]]) * across_share[k] for k in (0, -1)
        ]
    return float(1 - 1 / max(corners))


def _surface(cells: Array) -> tuple[Array, Array]:
    """Draw a smooth surface through the cells, and tell how far each is off, as a share; dust is left out.

    A polynomial of the sixth order bridges what is hidden; what it leaves is smoothed over neighbouring cells.
    """
    rows, columns = cells.shape
    x, y = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    terms = np.stack([(x**i * y**j).ravel() for i in range(7) for j in range(7 - i)], axis=1)
    level, trust = np.log(cells.ravel()), np.ones(cells.size)
    for _ in range(8):
        coarse = terms @ np.linalg.lstsq(terms * trust[:, None], level * trust, rcond=None)[0]
        off = level - coarse
        spread = max(1.4826 * float(np.median(np.abs(off))), 5e-4)
        trust = (np.abs(off) < 3.5 * spread).astype(float)
    left, known = (off * trust).reshape(rows, columns), trust.reshape(rows, columns)
    weight = cv2.GaussianBlur(known, (0, 0), 1.5, borderType=cv2.BORDER_REFLECT)
    finer = cv2.GaussianBlur(left, (0, 0), 1.5, borderType=cv2.BORDER_REFLECT) / np.maximum(weight, 0.2)
    smooth = np.exp(coarse.reshape(rows, columns) + finer)
    return np.asarray(smooth), np.asarray(cells / smooth - 1)
