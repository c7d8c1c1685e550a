"""Placing dark discs to a few hundredths of a pixel: their edge along spokes, fitted robustly.

Dirt on the edge spoils some spokes and not the place; how many it spoils says whether the disc is to be used.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.calibration.targets.light import Plane
from device.calibration.targets.points import Places

_SPOKES = 48
_MOST_ROWS = 32000
_LEAST_STEP_PX = 0.5
_TUKEY = 4.685
_ROUNDS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Discs:
    """What the spokes say of each disc; NaN where there is none.

    Parameters
    ----------
    places_px : ndarray, shape (n, 2)
    radius_px : ndarray, shape (n,)
        Where the light is half way between disc and ground.
    spoilt : ndarray, shape (n,)
        Share of the spokes that do not agree.
    roughness_px : ndarray, shape (n,)
        Standard deviation of the edge about the fitted one, of the spokes that agree.
    flattened : ndarray, shape (n,)
        Difference of the half axes, as a share of the radius.
    contrast : ndarray, shape (n,)
        Share of the ground's light that the disc's middle lacks.
    edge_sigma_px : float
        Blur of the edges, the median.
    """

    places_px: Places
    radius_px: Places
    spoilt: Places
    roughness_px: Places
    flattened: Places
    contrast: Places
    edge_sigma_px: float


def discs_at(light: Plane, begun_px: Places, radius_px: float, reach_px: float) -> Discs:
    """Fit discs that lie about where they are said to.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns)
    begun_px : ndarray, shape (n, 2)
        About where, within a third of the radius.
    radius_px : float
        Of an ordinary disc, about.
    reach_px : float
        How far from its middle a disc has the ground to itself.
    """
    step = max(_LEAST_STEP_PX, reach_px / 64)
    out = np.arange(0.0, reach_px, step)
    places, edge_sigma = begun_px.copy(), 0.15 * radius_px
    fitted = np.zeros((len(places), 5))
    for _ in range(3):
        profiles, contrast = _profiles(light, places, out, radius_px)
        edges = _edges(profiles, out, step, edge_sigma)
        fitted, spoilt, roughness = _circles(edges)
        plain = (spoilt < 0.2) & (contrast > 0.5 * np.median(contrast))
        edge_sigma = _edge_sigma(profiles, out, fitted, plain)
        # a step beyond a third of the radius is dirt speaking
        shift = fitted[:, 1:3] * np.minimum(1, radius_px / 3 / np.maximum(np.hypot(*fitted[:, 1:3].T), 1e-9))[:, None]
        places = places + shift
    radius = fitted[:, 0]
    flattened = 2 * np.hypot(fitted[:, 3], fitted[:, 4]) / radius
    return Discs(places, radius, spoilt, roughness, flattened, contrast, edge_sigma)


def _angles() -> Places:
    return np.asarray(np.arange(_SPOKES) * (2 * np.pi / _SPOKES), np.float64)


def _waves() -> Places:
    """Give what a circle beside its place, and an ellipse, add to the spokes: shape (spokes, 5)."""
    a = _angles()
    return np.stack([np.ones(_SPOKES), np.cos(a), np.sin(a), np.cos(2 * a), np.sin(2 * a)], axis=1)


def _profiles(light: Plane, places: Places, out: Places, radius_px: float) -> tuple[NDArray[np.float32], Places]:
    """Light along the spokes, 0 in the disc's middle and 1 on the ground: shape (n, spokes, samples); contrast."""
    angles = _angles()
    x = places[:, 0, None, None] + np.cos(angles)[None, :, None] * out
    y = places[:, 1, None, None] + np.sin(angles)[None, :, None] * out
    sampled = np.concatenate(
        [
            cv2.remap(light, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for across, down in zip(_blocks(x), _blocks(y), strict=True)
        ]
    ).reshape(len(places), _SPOKES, len(out))
    ground_at = out > 0.85 * out[-1]
    ground = np.median(sampled[:, :, ground_at], axis=2)
    # a slope of the light over the disc, by its opposite sides: each pair of spokes tells, the median is not misled
    level = np.median(ground, axis=1)
    waves = np.stack([np.cos(angles), np.sin(angles)])
    held = np.clip(ground, 0.85 * level[:, None], 1.15 * level[:, None])
    slope = held @ waves.T * (2 / _SPOKES)
    lit = level[:, None] + slope @ waves
    dark = np.median(sampled[:, :, out < 0.3 * radius_px], axis=(1, 2))
    contrast = 1 - dark / np.maximum(level, 1e-6)
    # the light's slope lies on disc and ground alike
    share = np.asarray(lit / np.maximum(level, 1e-6)[:, None])
    towards = 1 + (share - 1)[:, :, None] * (out / out[-1])[None, None, :]
    even = sampled / np.maximum(towards, 0.1)
    span = np.maximum(level - dark, 1e-6)[:, None, None]
    return np.asarray((even - dark[:, None, None]) / span, np.float32), contrast


def _blocks(maps: Places) -> list[NDArray[np.float32]]:
    """Spokes as rows, in blocks as high as OpenCV remaps at once."""
    rows = maps.reshape(-1, maps.shape[-1]).astype(np.float32)
    return [rows[top : top + _MOST_ROWS] for top in range(0, len(rows), _MOST_ROWS)]


def _edges(profiles: NDArray[np.float32], out: Places, step: float, edge_sigma: float) -> Places:
    """Where each spoke leaves the disc, shape (n, spokes): dark area about the first crossing of the half level."""
    above = profiles > 0.5
    # noise must not end a disc: two samples running have to be bright
    leaves = above[:, :, :-1] & above[:, :, 1:]
    first = np.where(leaves.any(axis=2), leaves.argmax(axis=2), len(out) - 1)
    half = max(int(np.ceil((2.5 * edge_sigma + 1.0) / step)), 2)
    around = np.clip(first[:, :, None] - half + np.arange(2 * half), 0, len(out) - 1)
    window = np.take_along_axis(profiles, around, axis=2)
    dark = np.clip(1 - window, -0.3, 1.3).sum(axis=2)
    return np.asarray(out[np.clip(first - half, 0, len(out) - 1)] + (dark - 0.5) * step)


def _circles(edges: Places) -> tuple[Places, Places, Places]:
    """Radius, shift in x and y, and two parts of a flattening, shape (n, 5); share of spoilt spokes; roughness."""
    waves = _waves()
    fitted = np.zeros((len(edges), 5))
    fitted[:, 0] = np.median(edges, axis=1)
    weights = np.ones_like(edges)
    spread = np.ones(len(edges))
    for _ in range(_ROUNDS):
        residuals = edges - fitted @ waves.T
        spread = np.maximum(1.4826 * np.median(np.abs(residuals), axis=1), 0.01)
        off = residuals / (_TUKEY * spread[:, None])
        weights = np.where(np.abs(off) < 1, (1 - off**2) ** 2, 0.0)
        normal = np.einsum("ns,si,sj->nij", weights, waves, waves) + 1e-9 * np.eye(5)
        fitted = np.linalg.solve(normal, np.einsum("ns,si,ns->ni", weights, waves, edges)[:, :, None])[:, :, 0]
    return fitted, np.mean(weights == 0, axis=1), spread


def _edge_sigma(profiles: NDArray[np.float32], out: Places, fitted: Places, plain: NDArray[np.bool_]) -> float:
    """From 25 to 75 % of an edge are 1.349 sigmas, by the median profile of plain discs' edges one over the other."""
    expected = (fitted @ _waves().T)[plain]
    radius = float(np.median(fitted[:, 0]))
    offsets, values = (out - expected[:, :, None]).ravel(), profiles[plain].ravel()
    bins = np.linspace(-0.8 * radius, 0.8 * radius, 65)
    order = np.argsort(offsets)
    split = np.split(values[order], np.searchsorted(offsets[order], bins))[1:-1]
    filled = [
        (middle, float(np.median(part)))
        for middle, part in zip(0.5 * (bins[1:] + bins[:-1]), split, strict=True)
        if len(part)
    ]
    if not filled:
        return float(out[-1])
    middles, medians = np.array(filled).T
    low, high = np.interp([0.25, 0.75], np.maximum.accumulate(medians), middles)
    return float(max(high - low, 1e-3) / 1.349)
