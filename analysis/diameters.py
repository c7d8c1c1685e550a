"""Step 7, diameters: a shaft's profile is a step down and a step up, blurred by the optics.

The model is a bar of width w and depth A between two edges blurred by a known Gaussian sigma (two error functions) on
a sloping background, fitted to cross-sections by damped least squares, all sections at once.  It is unbiased down to
three sigmas; below, width and depth cannot be told apart (a thin black shaft looks like a wider grey one), so the
diameter is given as an upper limit.  Width at half maximum would be off by half a pixel, an area by more.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.evidence import Hue, contrast
from analysis.lines import swath
from analysis.picture import Picture, Plane

SECTIONS = 8
WIDEST_UM = 160.0
"""No scalp hair is wider; a fit beyond is two shafts."""
RESOLVED_SIGMAS = 3.0
CLEAN_RESIDUAL = 0.12
"""A section is clean where the model leaves less than this share of the depth (RMS): no glint, no neighbour."""
FEWEST_CLEAN = 2
USUAL_SIGMA_UM = 8.0
"""Blur of a focused contact dermoscope, for pictures without one clean shaft to read it from."""
SHARPEST_SIGMA_PX, SOFTEST_SIGMA_PX = 0.5, 4.0
_MARGIN_UM = 60.0
_STEP_PX = 0.5
_ITERATIONS = 10

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Cross-sections of shafts at the working scale.

    Parameters
    ----------
    offsets_px : ndarray, shape (samples,)
        Distance from the centreline.
    depths : ndarray, shape (hairs, SECTIONS, samples)
        Contrast to the skin.
    weights : ndarray, shape (hairs, SECTIONS, samples)
        1 where the sample belongs to the shaft or its skin, 0 where it belongs to another shaft.
    guesses_px : ndarray, shape (hairs,)
        Width at half depth.
    """

    offsets_px: Array
    depths: Array
    weights: Array
    guesses_px: Array


def cross_sections(working: Picture, skin: Plane, hue: Hue, centrelines_px: list[Array], guesses_px: Array) -> Profiles:
    """Cut each shaft across at ``SECTIONS`` places, away from its ends.

    Parameters
    ----------
    working : Picture
        At the working scale.
    skin : ndarray of float32, shape (rows', columns', 3)
        Its background, at any coarser scale.
    centrelines_px : list of ndarray, each of shape (n, 2)
        Middles of the shafts, (x, y) at the working scale.
    guesses_px : ndarray, shape (hairs,)
        Rough widths at the working scale.
    """
    bgr, um_per_px = working.bgr, working.um_per_px
    reach = (WIDEST_UM / 2 + _MARGIN_UM) / um_per_px
    offsets = np.arange(-np.ceil(reach), np.ceil(reach) + _STEP_PX, _STEP_PX)
    places = [_places(line) for line in centrelines_px]
    at, normal = (np.stack([place[i] for place in places]) for i in (0, 1))
    grid = (at[:, :, None] + offsets[:, None] * normal[:, :, None]).astype(np.float32)
    flat = grid.reshape(len(places), -1, 2)
    # cubic: linear interpolation would blur thin shafts by a further 0.4 px
    colours = cv2.remap(bgr, flat[..., 0], flat[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    ratio = np.array([skin.shape[1] / bgr.shape[1], skin.shape[0] / bgr.shape[0]], np.float32)
    coarse = (flat + np.float32(0.5)) * ratio - np.float32(0.5)
    bare = cv2.remap(skin, coarse[..., 0], coarse[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    depths = contrast(np.asarray(colours, np.float32), np.asarray(bare, np.float32), hue).reshape(grid.shape[:3])
    at_skin = [(line + 0.5) * ratio - 0.5 for line in centrelines_px]
    weights = _own(coarse.reshape(grid.shape), at_skin, guesses_px / 2 * ratio[0], (skin.shape[0], skin.shape[1]))
    near = np.abs(offsets) <= (guesses_px[:, None] / 2 + _MARGIN_UM / um_per_px)
    return Profiles(offsets, depths.astype(float), weights * near[:, None], guesses_px)


def _places(line: Array) -> tuple[Array, Array]:
    """Points and unit normals of ``SECTIONS`` places over the middle 70 % of a line."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    wanted = np.linspace(0.15, 0.85, SECTIONS) * along[-1]
    half = max(3.0, 0.1 * along[-1])  # a direction needs some length

    def point(where: Array) -> Array:
        return np.column_stack([np.interp(where, along, line[:, 0]), np.interp(where, along, line[:, 1])])

    tangent = point(wanted + half) - point(wanted - half)
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    return point(wanted), np.column_stack([-tangent[:, 1], tangent[:, 0]])


def _own(samples: Plane, lines_px: list[Array], half_widths_px: Array, shape: tuple[int, int]) -> Array:
    """1 for samples on the way out from the centreline until another shaft begins, 0 from there on.

    All at the scale of the skin: samples of shape (hairs, SECTIONS, samples, 2), and the (rows, columns) of the plane.
    """
    claims, claimant = np.zeros(shape, np.uint8), np.zeros(shape, np.int32)
    for i, (line, half_width) in enumerate(zip(lines_px, half_widths_px, strict=True)):
        cells = swath(line, half_width, shape)
        claims[cells] += 1
        claimant[cells] = i
    x = np.rint(samples[..., 0]).astype(int).clip(0, shape[1] - 1)
    y = np.rint(samples[..., 1]).astype(int).clip(0, shape[0] - 1)
    another = claimant[y, x] != np.arange(len(lines_px))[:, None, None]
    foreign = (claims[y, x] > 1) | ((claims[y, x] == 1) & another)
    middle = samples.shape[2] // 2
    right = np.logical_or.accumulate(foreign[..., middle:], axis=-1)
    left = np.logical_or.accumulate(foreign[..., middle::-1], axis=-1)[..., ::-1]
    return 1.0 - np.concatenate([left[..., :-1], right], axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Fitted bars, each of shape (hairs, SECTIONS): width and sigma in working pixels, and whether it is clean."""

    widths_px: Array
    sigmas_px: Array
    clean: NDArray[np.bool_]


def fit(profiles: Profiles, sigma_px: float, *, sigma_free: bool = False) -> Fits:
    """Fit the blurred bar to every section.

    Parameters
    ----------
    sigma_px : float
        Blur of the optics at the working scale; where `sigma_free`, its first guess.
    """
    shape = profiles.depths.shape
    y, weight = profiles.depths.reshape(-1, shape[2]), profiles.weights.reshape(-1, shape[2])
    t = profiles.offsets_px
    guess = np.repeat(profiles.guesses_px, shape[1])
    depth = y[:, len(t) // 2 - 1 : len(t) // 2 + 2].mean(axis=1)
    start = np.column_stack([np.zeros_like(guess), guess, depth, np.zeros_like(guess), np.zeros_like(guess)])
    parameters = np.column_stack([start, np.full(len(guess), sigma_px)])
    free = np.array([True, True, True, True, True, sigma_free])
    parameters, residual = _least_squares(t, y, weight, parameters, free)
    centre, width, depth, _, _, sigma = parameters.T
    edge = np.abs(t) <= (width / 2 + 1.5 * sigma)[:, None]
    clean = (
        (residual < CLEAN_RESIDUAL * np.abs(depth))
        & (np.abs(centre) < np.maximum(guess, 4) / 2)
        & (depth > 0.05)
        & (width > 0.3)
        & ((weight > 0) | ~edge).all(axis=1)
    )
    return Fits(*(v.reshape(shape[:2]) for v in (width, sigma, clean)))


def estimate_sigma_px(profiles: Profiles) -> float | None:
    """Blur read from the shafts' own edges: the sharper third of the clean, well resolved sections (working pixels)."""
    fits = fit(profiles, 1.5, sigma_free=True)
    sharp = (
        fits.clean
        & (fits.widths_px > RESOLVED_SIGMAS * fits.sigmas_px)
        & (fits.sigmas_px > SHARPEST_SIGMA_PX)
        & (fits.sigmas_px < SOFTEST_SIGMA_PX)
    )
    return float(np.percentile(fits.sigmas_px[sharp], 33)) if sharp.sum() >= 2 * FEWEST_CLEAN else None


def diameters_px(fits: Fits, sigma_px: float) -> tuple[Array, NDArray[np.bool_]]:
    """Median width of the clean sections of each hair (NaN without), and whether it is only an upper limit."""
    enough = fits.clean.sum(axis=1) >= FEWEST_CLEAN
    widths = np.where(fits.clean, fits.widths_px, np.nan)
    diameter = np.full(len(widths), np.nan)
    diameter[enough] = np.nanmedian(widths[enough], axis=1)
    limited = diameter < RESOLVED_SIGMAS * sigma_px
    return np.where(limited, RESOLVED_SIGMAS * sigma_px, diameter), limited


def _least_squares(
    t: Array, y: Array, weight: Array, parameters: Array, free: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Levenberg-Marquardt on every profile at once: parameters (profiles, 6) and the RMS residual of each."""
    count = np.maximum(weight.sum(axis=1), 1)
    damping = np.full(len(y), 1e-2)
    model, slopes = _bar(t, parameters)
    cost = (weight * (y - model) ** 2).sum(axis=1)
    for _ in range(_ITERATIONS):
        jacobian = np.where(free, slopes, 0)
        weighted = jacobian * weight[..., None]
        normal = weighted.transpose(0, 2, 1) @ jacobian
        gradient = (weighted.transpose(0, 2, 1) @ (y - model)[..., None])[..., 0]
        diagonal = np.einsum("nii->ni", normal)
        diagonal += damping[:, None] * diagonal + 1e-9  # a view: damps the normal matrix in place
        proposal = parameters + np.linalg.solve(normal, gradient[..., None])[..., 0]
        proposal[:, 1] = np.clip(proposal[:, 1], 0.2, 2 * t[-1])
        proposal[:, 5] = np.clip(proposal[:, 5], 0.3, 6)
        new_model, new_slopes = _bar(t, proposal)
        new_cost = (weight * (y - new_model) ** 2).sum(axis=1)
        better = new_cost < cost
        parameters = np.where(better[:, None], proposal, parameters)
        model, slopes = np.where(better[:, None], new_model, model), np.where(better[:, None, None], new_slopes, slopes)
        cost, damping = np.where(better, new_cost, cost), np.where(better, damping / 5, damping * 5)
    return parameters, np.sqrt(cost / count)


def _bar(t: Array, parameters: Array) -> tuple[Array, Array]:
    """Evaluate the blurred bar on a slope, shape (profiles, samples), and its derivatives by the six parameters."""
    centre, width, depth, level, slope, sigma = (p[:, None] for p in parameters.T)
    near, far = t - centre + width / 2, t - centre - width / 2
    bar = (_erf(near / (np.sqrt(2) * sigma)) - _erf(far / (np.sqrt(2) * sigma))) / 2
    g_near, g_far = (np.exp(-((s / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi)) for s in (near, far))
    ones = np.ones_like(bar)
    slopes = [
        depth * (g_far - g_near),
        depth * (g_far + g_near) / 2,
        bar,
        ones,
        ones * t,
        depth * (far * g_far - near * g_near) / sigma,
    ]
    return level + slope * t + depth * bar, np.stack(slopes, axis=-1)


def _erf(x: Array) -> Array:
    """Evaluate the error function within 1.5e-7 (Abramowitz & Stegun 7.1.26); numpy has none."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.asarray(np.sign(x) * (1 - polynomial * np.exp(-x * x)), float)
