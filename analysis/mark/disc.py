"""A disc with a soft edge, fitted to the light that is missing over it where no hair lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float32]
Array: TypeAlias = NDArray[np.float64]

_WINDOW_MM = 0.6
_STEPS = 9
_START_RADIUS_MM, _START_EDGE_MM = 0.19, 0.06
_LEAST_RADIUS_MM, _MOST_RADIUS_MM = 0.07, 0.5
_LEAST_EDGE_MM, _MOST_EDGE_MM = 0.025, 0.16
_LEAST_SEEN_PX = 60
_USUAL_MM, _USUAL_SPREAD_MM = np.array([0.2, 0.055]), np.array([0.05, 0.025])
"""Radius and edge of tattooed dots, and their spread."""
_TEXTURE_COUNTS = 60.0
"""Skin's texture is alike over this many pixels or so: as much less do they tell than as many of pure noise would."""
_ROBUST = 2.0
"""Residuals beyond this many of their median absolute size weigh as their inverse (Huber): missed hairs, glints."""
SECTORS = 8
_WITHIN = 0.85
"""Of the radius: the disc without its soft edge."""


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What is fitted to.

    Parameters
    ----------
    drops : ndarray of float32, shape (rows, columns, 3)
        Light missing beside the skin around, natural logarithm, for blue, green and red.
    free : ndarray of float32, shape (rows, columns)
        1 where no hair lies.
    mm_per_px : float
    texture : float
        How much red differs from place to place on the free skin: robust standard deviation.
    """

    drops: Plane
    free: Plane
    mm_per_px: float
    texture: float
    logs: Plane

    @classmethod
    def of(cls, logs: Plane, drops: Plane, free: Plane, mm_per_px: float) -> Surroundings:
        """Look at the free skin's texture too."""
        red = drops[::3, ::3, 2][free[::3, ::3] > 0]
        texture = float(1.4826 * np.median(np.abs(red - np.median(red)))) if red.size else 1.0
        return cls(drops, free, mm_per_px, max(texture, 0.005), logs)


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Free pixels in a window: places, light missing (n, 3), and that only each so many-th row and column is here."""

    x: Array
    y: Array
    drops: Array
    every: int


@dataclass(frozen=True, slots=True, eq=False)
class Disc:
    """A fitted disc.

    Parameters
    ----------
    x_px, y_px, radius_px, edge_px : float
        Its middle, its radius to the middle of the edge, and the edge's softness (the logistic's scale).
    drops : (float, float, float)
        Blue, green and red light missing within it beside its surroundings, natural logarithm.
    explained : float
        Share of the window's variance in red that the disc explains, background left out.
    noise : float
        RMS of what is left.
    grain : float
        The same within the disc, over its drop.
    seen : float
        Share of the disc that no hair hides.
    sectors : ndarray, shape (8,)
        Red missing in each eighth of the disc, over the mean; NaN where hair hides it.
    around : float
        Strongest red missing, over the disc's, in an eighth of the ring around it.
    sd_px : float
        Standard uncertainty of the middle along each axis, were the skin's texture pixel noise: ten times too small.
    """

    x_px: float
    y_px: float
    radius_px: float
    edge_px: float
    drops: tuple[float, float, float]
    explained: float
    noise: float
    grain: float
    seen: float
    sectors: Array
    around: float
    sd_px: float


def fit_disc(seen: Surroundings, place_px: tuple[float, float], *, every: int = 1, steps: int = _STEPS) -> Disc | None:
    """Fit a disc at a place, by damped Gauss-Newton steps; None where too little is free of hair or nothing holds.

    Parameters
    ----------
    seen : Surroundings
    place_px : (float, float)
        (x, y) to start from.
    """
    half = _WINDOW_MM / seen.mm_per_px
    rows, columns = seen.free.shape
    first_x, first_y = (max(0, round(at - half)) for at in place_px)
    last_x, last_y = (min(side, round(at + half) + 1) for at, side in zip(place_px, (columns, rows), strict=True))
    window = slice(first_y, last_y), slice(first_x, last_x)
    free = seen.free[window] > 0
    if every > 1:
        kept = np.zeros_like(free)
        kept[::every, ::every] = free[::every, ::every]
        free = kept
    if int(free.sum()) < _LEAST_SEEN_PX:
        return None
    y, x = np.nonzero(free)
    points = _Points(
        np.asarray(x + float(first_x), np.float64),
        np.asarray(y + float(first_y), np.float64),
        np.asarray(seen.drops[window][free], np.float64),
        every,
    )
    found = _fitted(points, place_px, seen.mm_per_px, steps)
    return None if found is None else _described(points, *found)


def _fitted(
    points: _Points, place_px: tuple[float, float], mm_per_px: float, steps: int
) -> tuple[Array, Array, float] | None:
    """Find (x, y, radius, edge), the weights, and the standard uncertainty of x and y."""
    px = 1.0 / mm_per_px
    bounds = np.array([0.25, 0.25]) * px
    low = np.array([*(place_px - bounds), _LEAST_RADIUS_MM * px, _LEAST_EDGE_MM * px])
    high = np.array([*(place_px + bounds), _MOST_RADIUS_MM * px, _MOST_EDGE_MM * px])
    shape = np.array([*place_px, _START_RADIUS_MM * px, _START_EDGE_MM * px])
    weights = np.ones(len(points.x))
    damping, cost = 1e-2, np.inf
    best: tuple[Array, float, Array, Array] | None = None
    for step in range(steps):
        jacobian, left, drop = _at(points, shape, weights, mm_per_px)
        scatter = float((weights * left**2).sum()) / max(float(weights.sum()) - 8.0, 1.0)
        # what dots are usually like holds radius and edge where hair leaves only one side to be seen
        held = _TEXTURE_COUNTS * scatter / (_USUAL_SPREAD_MM * px) ** 2
        astray = _USUAL_MM * px - shape[2:]
        now = float((weights * left**2).sum() + (held * astray**2).sum())
        if best is not None and now > cost * (1.0 + 1e-9):
            shape, damping = best[0] + 0.35 * (shape - best[0]), damping * 4
            continue
        settled = best is not None and cost - now < 1e-4 * now
        best, cost = (shape.copy(), drop, jacobian, left), now
        if settled:
            break
        weighed = jacobian * weights[:, None]
        normal, pull = weighed.T @ jacobian, weighed.T @ left
        normal[[2, 3], [2, 3]] += held
        pull[2:4] += held * astray
        normal[np.diag_indices(8)] *= 1.0 + damping
        normal[np.diag_indices(8)] += 1e-9
        shape = np.clip(shape + np.linalg.solve(normal, pull)[:4], low, high)
        if step == 1:
            size = max(float(np.median(np.abs(left))), 1e-4)
            weights = 1.0 / np.maximum(1.0, np.abs(left) / (_ROBUST * 1.4826 * size))
            cost = np.inf
    if best is None or best[1] <= 0:
        return None
    shape, _, jacobian, left = best
    scatter = float((weights * left**2).sum()) / max(float(weights.sum()) - 8.0, 1.0)
    weighed = jacobian * weights[:, None]
    covariance = np.linalg.inv(weighed.T @ jacobian + 1e-9 * np.eye(8)) * scatter
    return shape, weights, float(np.sqrt(0.5 * np.trace(covariance[:2, :2])))


def _at(points: _Points, shape: Array, weights: Array, mm_per_px: float) -> tuple[Array, Array, float]:
    """Slopes of the model along its eight parameters, what it leaves of red, and the disc's drop.

    The drop and the plane under it are solved for at each shape.
    """
    cover, slopes = _cover(points.x, points.y, shape)
    right, down = ((at - middle) * mm_per_px for at, middle in zip((points.x, points.y), shape, strict=False))
    linear_slopes = np.column_stack([cover, np.ones(len(cover)), right, down])
    linear, left = _solved(linear_slopes, weights, points.drops[:, 2])
    return np.concatenate([slopes * linear[0], linear_slopes], axis=1), left, float(linear[0])


def _solved(slopes: Array, weights: Array, values: Array) -> tuple[Array, Array]:
    """Weighted linear least squares, and what it leaves."""
    weighed = slopes * weights[:, None]
    linear = np.linalg.solve(weighed.T @ slopes + 1e-9 * np.eye(slopes.shape[1]), weighed.T @ values)
    return np.asarray(linear), np.asarray(values - slopes @ linear)


def _cover(x: Array, y: Array, shape: Array) -> tuple[Array, Array]:
    """Share of ink at each point, and its slopes along the middle's x and y, the radius and the edge."""
    right, down = x - shape[0], y - shape[1]
    away = np.sqrt(right**2 + down**2) + 1e-9
    beyond = (away - shape[2]) / shape[3]
    cover = 1.0 / (1.0 + np.exp(np.clip(beyond, -30.0, 30.0)))
    steep = cover * (1.0 - cover) / shape[3]
    return cover, np.column_stack([steep * right / away, steep * down / away, steep, steep * beyond])


def _described(points: _Points, shape: Array, weights: Array, sd_px: float) -> Disc:
    x_px, y_px, radius, edge = shape.tolist()
    right, down = points.x - x_px, points.y - y_px
    cover, _ = _cover(points.x, points.y, shape)
    slopes = np.column_stack([cover, np.ones(len(cover)), right, down])
    linear, all_left = _solved(slopes, weights, points.drops)
    left, drop = all_left[:, 2], float(linear[0, 2])
    flat = left + cover * drop
    squares, whole = weights * left**2, float(weights.sum())
    varies = float((weights * (flat - (weights * flat).sum() / whole) ** 2).sum())

    away = np.hypot(right, down)
    sector = np.floor((np.arctan2(down, right) + np.pi) / (2 * np.pi) * SECTORS).astype(np.intp) % SECTORS
    inner, outer = radius + 2.5 * edge, 2.0 * radius + 2.5 * edge
    within, ring = away < _WITHIN * radius, (away > inner) & (away < outer)
    eighth_px, ring_px = (
        np.pi * area / SECTORS / points.every**2 for area in ((_WITHIN * radius) ** 2, outer**2 - inner**2)
    )
    inside = _by_sector(flat, cover, sector, within, 0.25 * eighth_px)
    outside = _by_sector(flat, np.ones(len(flat)), sector, ring, 0.25 * ring_px)
    over_drop = 1.0 / max(drop, 1e-6)
    return Disc(
        x_px=x_px,
        y_px=y_px,
        radius_px=radius,
        edge_px=edge,
        drops=(float(linear[0, 0]), float(linear[0, 1]), drop),
        explained=1.0 - float(squares.sum()) / max(varies, 1e-12),
        noise=float(np.sqrt(squares.sum() / whole)),
        grain=float(np.sqrt(squares[within].sum() / max(float(weights[within].sum()), 1.0))) * over_drop,
        seen=min(1.0, float(within.sum()) / (SECTORS * eighth_px)),
        sectors=inside * over_drop,
        around=float(np.nanmax(outside)) * over_drop if np.isfinite(outside).any() else 0.0,
        sd_px=sd_px,
    )


def _by_sector(flat: Array, cover: Array, sector: NDArray[np.intp], where: NDArray[np.bool_], least_px: float) -> Array:
    """Mean of what is missing over what the disc covers, by eighths; NaN where too little is seen."""
    counts = np.bincount(sector[where], minlength=SECTORS)
    sums = np.bincount(sector[where], flat[where], minlength=SECTORS)
    covers = np.bincount(sector[where], cover[where], minlength=SECTORS)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts >= max(least_px, 2.0), sums / covers, np.nan)
