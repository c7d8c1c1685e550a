"""Blur over the field, from one picture of a chart of slanted squares.

The sides of the squares are found on a small copy, fitted one by one in linear light, and their widths drawn together
into a smooth field: the square of sigma along x and along y as polynomials over the picture, which hold for a field
that is curved or tilted through its focus.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from analysis.tone import to_light
from device.calibration.certificate import SlantedEdge
from device.calibration.slanted_edge import Edge, EdgeUnfit, fit_edge
from device.calibration.targets.refusals import HalfOutOfView, NoTarget, Saturated, TargetRefused, TooBlurred, TooDark
from device.calibration.targets.slanted_squares import find_sides

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]
Linearise = Callable[[Picture], NDArray[np.float32]]

LEAST_SLANT_DEG = 1.5
"""Below, an edge runs along the pixels and gives too few sub-pixel samples."""
WORST_SIGMA_PX = 8.0
_LUMINANCE = np.array([0.0722, 0.7152, 0.2126], np.float32)
"""Of linear blue, green, red (Rec. ITU-R BT.709)."""
_BRIGHTEST, _DIMMEST = 250, 0.08
_FEWEST_EDGES, _FOURTH_ORDER_FROM = 8, 32
_LEAST_CELLS, _LEAST_CELLS_BOTH_WAYS = 0.9, 0.6
_TUKEY = 4.685


class NotSlanted(TargetRefused):
    """The squares lie along the pixels."""

    reason = "not-slanted"


class BlurCell(BaseModel):
    """Blur in one cell of the field.

    Parameters
    ----------
    x_px, y_px
        The cell's middle.
    sigma_px, sigma_sd_px
        Of the Gaussian that matches the whole system, the pixel's own square included, root mean square of both
        directions, and its standard uncertainty.
    across_x_px, across_y_px
        The same along x and along y: they part with astigmatism or motion.
    mtf50_lp_per_mm
        Line pairs a mm of which half of the contrast is left, from the cell's edges; None without an edge.
    edges
        How many were fitted in the cell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    x_px: float
    y_px: float
    sigma_px: float
    sigma_sd_px: float
    across_x_px: float
    across_y_px: float
    mtf50_lp_per_mm: float | None
    edges: int


class Blur(BaseModel):
    """Blur over the field of one picture.

    Parameters
    ----------
    size_px
        Width and height of the picture.
    um_per_px
        Scale that `mtf50_lp_per_mm` was made with.
    columns, rows
        Of cells.
    cells
        Row by row from the top left.
    across_x, across_y
        Coefficients of the square of sigma along x and y, in px^2, by the powers of `_powers`, at places from -1 to 1
        over the picture's longer side.
    residual_rms
        Of the edges about the field, as a share of sigma.
    edges
        How many were fitted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_px: tuple[int, int]
    um_per_px: float
    columns: int
    rows: int
    cells: tuple[BlurCell, ...]
    across_x: tuple[float, ...]
    across_y: tuple[float, ...]
    residual_rms: float
    edges: int

    def sigma_px_at(self, places_px: Array) -> Array:
        """Give the blur's sigma at (x, y), shape (n, 2), root mean square of both directions, shape (n,)."""
        squared = [_terms(places_px, self.size_px, len(c)) @ np.asarray(c) for c in (self.across_x, self.across_y)]
        return np.asarray(np.sqrt(np.maximum((squared[0] + squared[1]) / 2, 0.01)))

    def grid(self) -> Array:
        """Sigma in px in each cell's middle, shape (rows, columns)."""
        return np.array([cell.sigma_px for cell in self.cells]).reshape(self.rows, self.columns)


def measure_blur(
    picture: Picture,
    certificate: SlantedEdge,
    um_per_px: float,
    *,
    cells: tuple[int, int] = (5, 4),
    linearise: Linearise = to_light,
) -> Blur:
    """Measure the blur over the field.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR. Of the kind that will be measured: where a correction resamples the picture, a corrected one.
    certificate : SlantedEdge
        Of the chart.
    um_per_px : float
        Scale, within 5 %.
    cells : (int, int)
        Columns and rows of the field that is stated.
    linearise : callable
        What turns a picture into linear light from 0 to 1; the sRGB curve by default.

    Raises
    ------
    TargetRefused
        A child that says why nothing can be told of the blur: `NoTarget`, `AnotherTarget`, `Saturated`, `TooDark`,
        `NotSlanted`, `TooBlurred`, `HalfOutOfView`.
    """
    side_px, pitch_px = certificate.square_um / um_per_px, certificate.pitch_um / um_per_px
    # most of what lies free on either side of an edge; farther than six sigmas there is only more of the same
    free_px = min(0.8 * min(side_px, pitch_px - 1.15 * side_px), 6 * WORST_SIGMA_PX)
    sides = find_sides(picture, side_px, pitch_px)
    light = _luminance(picture, linearise)
    edges, too_wide = [], 0
    for start, end in sides:
        try:
            edges.append(fit_edge(light, start, end, free_px))
        except EdgeUnfit:
            too_wide += 1
    _require_edges(edges, too_wide)
    _require_light(picture, edges)
    slants = [abs((edge.normal_deg + 45) % 90 - 45) for edge in edges]
    if np.median(slants) < LEAST_SLANT_DEG:
        raise NotSlanted(
            f"The chart's squares lie along the pixels (slant {np.median(slants):.1f} degrees): turn the chart by "
            "about 5 degrees and take the picture again."
        )
    return _field(edges, (picture.shape[1], picture.shape[0]), um_per_px, cells)


def _luminance(picture: Picture, linearise: Linearise) -> NDArray[np.float32]:
    """Linear luminance, made strip by strip: a copy in three channels would be four times as large."""
    if picture.ndim == 2:
        return linearise(picture)
    light = np.empty(picture.shape[:2], np.float32)
    for top in range(0, len(picture), 256):
        light[top : top + 256] = linearise(picture[top : top + 256]) @ _LUMINANCE
    return light


def _require_edges(edges: list[Edge], unfit: int) -> None:
    if len(edges) + unfit < _FEWEST_EDGES:
        raise NoTarget(
            f"Only {len(edges) + unfit} straight edges of the certificate's length are in view: lay the slanted-edge "
            "chart flat under the camera, and check that certificate and scale are this chart's and this lens'."
        )
    if unfit > len(edges) or np.median([edge.sigma_px for edge in edges]) > WORST_SIGMA_PX:
        raise TooBlurred(
            f"{unfit} of {unfit + len(edges)} edges are too wide or too dirty for a width: focus, clean the chart, "
            "check that it is the certificate's, and take the picture again."
        )


def _require_light(picture: Picture, edges: list[Edge]) -> None:
    beside = []
    for edge in edges:
        reach = 4 * edge.sigma_px + 3
        turn = math.radians(edge.normal_deg)
        x, y = round(edge.x_px + reach * math.cos(turn)), round(edge.y_px + reach * math.sin(turn))
        if 0 <= x < picture.shape[1] and 0 <= y < picture.shape[0]:
            beside.append(int(picture[y, x].max()))
    if np.quantile(beside, 0.75) >= _BRIGHTEST:
        raise Saturated(
            "The chart's white is as bright as the camera can say, which narrows its edges: lower the exposure or the "
            "light and take the picture again."
        )
    if np.median([edge.light for edge in edges]) < _DIMMEST:
        raise TooDark(
            "The chart's white is too dark to tell edges from noise: raise the exposure or the light and take the "
            "picture again."
        )


def _field(edges: list[Edge], size_px: tuple[int, int], um_per_px: float, cells: tuple[int, int]) -> Blur:
    columns, rows = cells
    x, y = ((np.arange(count) + 0.5) * side / count - 0.5 for count, side in zip(cells, size_px, strict=True))
    middles = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    own = np.array(
        [
            min(rows - 1, int((e.y_px + 0.5) * rows / size_px[1])) * columns
            + min(columns - 1, int((e.x_px + 0.5) * columns / size_px[0]))
            for e in edges
        ]
    )
    along_x = np.array([edge.across_x for edge in edges])
    seen = np.bincount(own, minlength=len(middles)) > 0
    both = np.logical_and.reduce([np.bincount(own[way], minlength=len(middles)) > 0 for way in (along_x, ~along_x)])
    if seen.mean() < _LEAST_CELLS or both.mean() < _LEAST_CELLS_BOTH_WAYS:
        raise HalfOutOfView(
            f"Edges are in view in only {seen.mean():.0%} of the picture, in both directions in {both.mean():.0%}: lay "
            "the chart so that it fills the picture, and take it again."
        )
    fits = [_smooth([e for e in edges if e.across_x == way], middles, size_px) for way in (True, False)]
    squared = (fits[0].at + fits[1].at) / 2
    sigma = np.sqrt(np.maximum(squared, 0.01))
    sd = np.sqrt(fits[0].sd_at ** 2 + fits[1].sd_at ** 2) / 2 / (2 * sigma)
    # times sigma, a frequency no longer depends on where in the cell its edge happened to lie
    mtf = np.array([edge.mtf50_per_px * edge.sigma_px for edge in edges]) * 1000 / um_per_px
    stated = tuple(
        BlurCell(
            x_px=float(place[0]),
            y_px=float(place[1]),
            sigma_px=float(sigma[k]),
            sigma_sd_px=float(sd[k]),
            across_x_px=float(np.sqrt(max(fits[0].at[k], 0.01))),
            across_y_px=float(np.sqrt(max(fits[1].at[k], 0.01))),
            mtf50_lp_per_mm=float(np.median(mtf[own == k]) / sigma[k]) if (own == k).any() else None,
            edges=int((own == k).sum()),
        )
        for k, place in enumerate(middles)
    )
    return Blur(
        size_px=size_px,
        um_per_px=um_per_px,
        columns=columns,
        rows=rows,
        cells=stated,
        across_x=tuple(float(c) for c in fits[0].coefficients),
        across_y=tuple(float(c) for c in fits[1].coefficients),
        residual_rms=float(np.sqrt(np.mean(np.concatenate([fit.residual for fit in fits]) ** 2))),
        edges=len(edges),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Smooth:
    """Squares of sigma as a polynomial over the picture, fitted robustly.

    Parameters
    ----------
    coefficients, at, sd_at
        Of the polynomial; its values at the asked places, and their standard uncertainties, in px^2.
    residual
        Of each edge, as a share of sigma.
    """

    coefficients: Array
    at: Array
    sd_at: Array
    residual: Array


def _smooth(edges: list[Edge], places: Array, size_px: tuple[int, int]) -> _Smooth:
    at = np.array([(edge.x_px, edge.y_px) for edge in edges])
    squared = np.array([edge.sigma_px for edge in edges]) ** 2
    sd = 2 * np.sqrt(squared) * np.maximum([edge.sigma_sd_px for edge in edges], 1e-3 * np.sqrt(squared))
    count = 15 if len(edges) >= _FOURTH_ORDER_FROM else 6 if len(edges) >= 10 else 1
    terms = _terms(at, size_px, count)
    trust = np.ones(len(edges))
    for _ in range(10):
        rows = terms * (np.sqrt(trust) / sd)[:, None]
        coefficients = np.linalg.lstsq(rows, squared * np.sqrt(trust) / sd, rcond=None)[0]
        off = (squared - terms @ coefficients) / sd
        spread = max(1.4826 * float(np.median(np.abs(off))), 1.0)
        trust = np.clip(1 - (off / (_TUKEY * spread)) ** 2, 0, None) ** 2
    # the edges' scatter about the field, where it is more than their noise, is what the field is uncertain by
    kept = trust > 0.2
    spare = max(int(kept.sum()) - count, 1)
    inflation = max(float((off[kept] ** 2).sum()) / spare, 1.0)
    covariance = np.linalg.pinv(rows.T @ rows) * inflation
    wanted = _terms(places, size_px, count)
    sd_at = np.sqrt(np.einsum("ni,ij,nj->n", wanted, covariance, wanted))
    residual = (squared - terms @ coefficients) / (2 * squared)
    return _Smooth(coefficients, wanted @ coefficients, sd_at, residual[kept])


def _terms(places_px: Array, size_px: tuple[int, int], count: int) -> Array:
    """Powers of x and y at places from -1 to 1, shape (n, count): 1, 6 or 15 of them for order 0, 2 or 4."""
    half = max(size_px) / 2
    x = (places_px[:, 0] - (size_px[0] - 1) / 2) / half
    y = (places_px[:, 1] - (size_px[1] - 1) / 2) / half
    powers = [(i - j, j) for i in range(5) for j in range(i + 1)]
    return np.stack([x**i * y**j for i, j in powers[:count]], axis=1)
