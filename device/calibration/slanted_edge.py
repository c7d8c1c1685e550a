"""One straight edge in linear light: where it lies, how wide it is, and its modulation transfer.

All pixels beside the edge are fitted at once by a step under a Gaussian blur, so that the slant gives its sub-pixel
samples without binning; the modulation transfer comes from the binned edge itself (after ISO 12233, e-SFR), so that it
holds for an edge that is no Gaussian too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BINS_PER_PX = 4
_Z = np.linspace(-6.0, 6.0, 2401)
_STEP = np.array([0.5 * (1 + math.erf(z / math.sqrt(2))) for z in _Z])
_ITERATIONS = 25
_TUKEY = 4.685
"""Of residuals in standard deviations: 95 % efficient for a Gaussian (Holland and Welsch 1977)."""
_DARK, _LIFT, _RISE_ALONG, _RISE_ACROSS, _OFFSET, _TURN, _BEND, _SIGMA = range(8)
_LEAST_CONTRAST = 4.0
"""Between the two sides, in standard deviations of a pixel."""
_MOST_DIRT = 0.25
_FLAT_SIGMAS, _REACH_SIGMAS = 3.0, 5.0


class EdgeUnfit(Exception):
    """An edge gives no width: too short, too noisy, dirty, or its two sides are not in view."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A fitted edge.

    Parameters
    ----------
    x_px, y_px : float
        Of its middle.
    normal_deg : float
        Direction towards the light side, from x to y.
    sigma_px, sigma_sd_px : float
        Of the Gaussian that matches the whole system, the pixel's own square included, and its standard uncertainty
        from the pixels' noise.
    mtf50_per_px : float
        Frequency, in cycles a pixel, at which half of the contrast is left.
    dark, light : float
        Linear light on both sides of the middle.
    """

    x_px: float
    y_px: float
    normal_deg: float
    sigma_px: float
    sigma_sd_px: float
    mtf50_per_px: float
    dark: float
    light: float

    @property
    def across_x(self) -> bool:
        """Whether its width tells the blur along x rather than along y."""
        return abs(math.cos(math.radians(self.normal_deg))) > math.sqrt(0.5)


def fit_edge(light: NDArray[np.float32], start: Array, end: Array, half_width_px: float) -> Edge:
    """Fit the edge between two points.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns)
        Linear light.
    start, end : ndarray, shape (2,)
        (x, y) on the edge, within two pixels; the corners of what is seen should lie beyond both.
    half_width_px : float
        How far to each side nothing but this edge is seen.

    Raises
    ------
    EdgeUnfit
        If there is no such edge.
    """
    length = float(np.hypot(*(end - start)))
    middle, tangent = (start + end) / 2, (end - start) / max(length, 1e-9)
    normal = np.array([-tangent[1], tangent[0]])
    x, y, seen = _pixels(light, middle, tangent, 0.5 * length, half_width_px)
    if len(seen) < 60:
        raise EdgeUnfit("fewer than 60 pixels")
    along, across = _turned(x, y, middle, tangent)
    dark_side = np.median(seen[across < -0.5 * half_width_px]) if (across < -0.5 * half_width_px).any() else np.nan
    light_side = np.median(seen[across > 0.5 * half_width_px]) if (across > 0.5 * half_width_px).any() else np.nan
    if not (np.isfinite(dark_side) and np.isfinite(light_side)):
        raise EdgeUnfit("one side is not in view")
    if dark_side > light_side:
        normal, across, dark_side, light_side = -normal, -across, light_side, dark_side
    first = _first_sigma(across, seen, float(dark_side), float(light_side))
    reach = min(half_width_px, _REACH_SIGMAS * first + 3.0)
    near = np.abs(across) <= reach
    if near.sum() < 60 or reach < 3.0 * first:
        raise EdgeUnfit("too wide for its surroundings")
    along, across, seen = along[near] / (0.5 * length), across[near], seen[near]
    begin = np.array([dark_side, light_side - dark_side, 0.0, 0.0, 0.0, 0.0, 0.0, first])
    found, sd = _fit(along, across, seen, begin)
    from_edge = across - found[_OFFSET] - found[_TURN] * along - found[_BEND] * (along**2 - 1 / 3)
    evened = seen / (1 + found[_RISE_ALONG] * along + found[_RISE_ACROSS] * from_edge)
    place = middle + found[_OFFSET] * normal
    facing = normal - found[_TURN] / (0.5 * length) * tangent
    return Edge(
        x_px=float(place[0]),
        y_px=float(place[1]),
        normal_deg=math.degrees(math.atan2(facing[1], facing[0])),
        sigma_px=float(found[_SIGMA]),
        sigma_sd_px=sd,
        mtf50_per_px=_mtf50(from_edge, evened, float(found[_SIGMA])),
        dark=float(found[_DARK]),
        light=float(found[_DARK] + found[_LIFT]),
    )


def _pixels(
    light: NDArray[np.float32], middle: Array, tangent: Array, half_length: float, half_width: float
) -> tuple[Array, Array, Array]:
    """Give x, y and light of the pixels within the strip."""
    reach_x = half_length * abs(tangent[0]) + half_width * abs(tangent[1])
    reach_y = half_length * abs(tangent[1]) + half_width * abs(tangent[0])
    rows, columns = light.shape
    x0, x1 = max(0, math.ceil(middle[0] - reach_x)), min(columns - 1, math.floor(middle[0] + reach_x))
    y0, y1 = max(0, math.ceil(middle[1] - reach_y)), min(rows - 1, math.floor(middle[1] + reach_y))
    if x1 < x0 or y1 < y0:
        raise EdgeUnfit("out of the picture")
    x, y = (m.ravel().astype(float) for m in np.meshgrid(np.arange(x0, x1 + 1), np.arange(y0, y1 + 1)))
    along, across = _turned(x, y, middle, tangent)
    inside = (np.abs(along) <= half_length) & (np.abs(across) <= half_width)
    seen = light[y0 : y1 + 1, x0 : x1 + 1].ravel()[inside].astype(float)
    return x[inside], y[inside], seen


def _turned(x: Array, y: Array, middle: Array, tangent: Array) -> tuple[Array, Array]:
    right, down = x - middle[0], y - middle[1]
    return right * tangent[0] + down * tangent[1], down * tangent[0] - right * tangent[1]


def _first_sigma(across: Array, seen: Array, dark: float, light: float) -> float:
    """Guess the width from where means of a pixel's breadth cross 16 % and 84 %."""
    whole = np.rint(across).astype(int)
    at = np.arange(whole.min(), whole.max() + 1)
    count = np.bincount(whole - at[0], minlength=len(at))
    share = np.bincount(whole - at[0], seen, minlength=len(at)) / np.maximum(count, 1)
    share = (share - dark) / max(light - dark, 1e-9)
    if not (share > 0.84).any() or not (share < 0.16).any():
        raise EdgeUnfit("one side is not in view")
    near_middle = np.abs(at)
    above = at[share > 0.84][np.argmin(near_middle[share > 0.84])]
    below = at[share < 0.16][np.argmin(near_middle[share < 0.16])]
    return float(np.clip(abs(above - below) / 2, 0.6, 40.0))


def _fit(along: Array, across: Array, seen: Array, parameters: Array) -> tuple[Array, float]:
    """Levenberg and Marquardt's descent with Tukey's weights; the parameters and the standard uncertainty of sigma."""
    damping = 1e-3
    lift = parameters[_LIFT]
    model, slopes = _model(along, across, parameters)
    scale = _noise(seen - model, model, parameters)
    for _ in range(_ITERATIONS):
        weights = _tukey((seen - model) / scale) / scale**2
        normal = slopes.T @ (slopes * weights[:, None])
        pull = slopes.T @ (weights * (seen - model))
        cost = float((weights * (seen - model) ** 2).sum())
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)) + 1e-12 * np.eye(len(normal)), pull)
        tried = parameters + step
        tried[_SIGMA] = np.clip(tried[_SIGMA], 0.5 * parameters[_SIGMA], 2 * parameters[_SIGMA])
        tried_model, tried_slopes = _model(along, across, tried)
        if float((weights * (seen - tried_model) ** 2).sum()) > cost * (1 + 1e-12):
            damping = min(damping * 10, 1e6)
            continue
        moved = abs(tried[_SIGMA] - parameters[_SIGMA]) + abs(tried[_OFFSET] - parameters[_OFFSET])
        parameters, model, slopes, damping = tried, tried_model, tried_slopes, max(damping / 10, 1e-9)
        scale = _noise(seen - model, model, parameters)
        if moved < 1e-5:
            break
    weights = _tukey((seen - model) / scale) / scale**2
    covariance = np.linalg.pinv(slopes.T @ (slopes * weights[:, None]))
    sd = math.sqrt(max(float(covariance[_SIGMA, _SIGMA]), 0.0))
    stands_out = parameters[_LIFT] > max(0.3 * lift, _LEAST_CONTRAST * float(np.median(scale)))
    within = abs(parameters[_OFFSET]) < 0.5 * float(np.abs(across).max()) and 0.2 < parameters[_SIGMA] < 60
    if not (stands_out and within) or np.mean(weights == 0) > _MOST_DIRT:
        raise EdgeUnfit("no step under a Gaussian blur")
    return parameters, sd


def _model(along: Array, across: Array, p: Array) -> tuple[Array, Array]:
    """Evaluate the step and its derivatives, shape (pixels, 8)."""
    arc = along**2 - 1 / 3
    from_edge = across - p[_OFFSET] - p[_TURN] * along - p[_BEND] * arc
    z = from_edge / p[_SIGMA]
    step = np.interp(z, _Z, _STEP)
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    shade = 1 + p[_RISE_ALONG] * along + p[_RISE_ACROSS] * across
    lit = p[_DARK] + p[_LIFT] * step
    by_place = -shade * p[_LIFT] * density / p[_SIGMA]
    slopes = np.stack(
        [shade, shade * step, lit * along, lit * across, by_place, by_place * along, by_place * arc, by_place * z],
        axis=1,
    )
    return shade * lit, slopes


def _noise(residual: Array, model: Array, p: Array) -> Array:
    """Give each pixel its standard deviation: the variance as a straight line in the light, through both sides."""
    share = (model - p[_DARK]) / p[_LIFT]
    variances = []
    for side in (share < 0.5, share >= 0.5):
        spread = 1.4826 * float(np.median(np.abs(residual[side]))) if side.sum() > 20 else 0.0
        variances.append(max(spread, 1e-4) ** 2)
    variance = variances[0] + (variances[1] - variances[0]) * np.clip(share, 0, 1)
    return np.asarray(np.sqrt(variance))


def _tukey(residual: Array) -> Array:
    """Weigh residuals: those beyond 4.685 standard deviations, dirt, count nothing."""
    kept = np.clip(1 - (residual / _TUKEY) ** 2, 0, None)
    return np.asarray(kept**2)


def _mtf50(from_edge: Array, seen: Array, sigma_px: float) -> float:
    """Transform the binned edge's slope and find where half of the contrast is left."""
    reach = _REACH_SIGMAS * sigma_px + 1
    whole = np.floor(from_edge * BINS_PER_PX).astype(int)
    first, last = max(whole.min(), math.floor(-reach * BINS_PER_PX)), min(whole.max(), math.ceil(reach * BINS_PER_PX))
    held = (whole >= first) & (whole <= last)
    count = np.bincount(whole[held] - first, minlength=last - first + 1)
    total = np.bincount(whole[held] - first, seen[held], minlength=last - first + 1)
    at = (np.arange(first, last + 1) + 0.5) / BINS_PER_PX
    edge = np.interp(at, at[count > 0], total[count > 0] / count[count > 0])
    slope, at = np.diff(edge), (at[1:] + at[:-1]) / 2
    # flat over what the blur fills, so that the window takes no contrast, then down to spare the tails' noise
    tail = np.clip((np.abs(at) / sigma_px - _FLAT_SIGMAS) / (_REACH_SIGMAS - _FLAT_SIGMAS), 0, 1)
    slope = slope * 0.5 * (1 + np.cos(np.pi * tail))
    frequencies = np.linspace(0.0, 1.0, 401)
    # a bin averages, and a difference of neighbours is no derivative: each costs a sinc of the bin's width
    lost = np.sinc(frequencies / BINS_PER_PX) ** 2
    transfer = np.abs(np.exp(-2j * np.pi * frequencies[:, None] * at) @ slope) / lost
    transfer /= transfer[0]
    below = int(np.argmax(transfer < 0.5))
    if below == 0:
        raise EdgeUnfit("no contrast is lost")
    share = (transfer[below - 1] - 0.5) / (transfer[below - 1] - transfer[below])
    return float(frequencies[below - 1] + share * (frequencies[below] - frequencies[below - 1]))
