"""How each shaft differs in colour from the skin beside it, and its profiles along that difference.

No hue serves a whole head: dark hair shows in all channels, blond in blue, white on dark skin the other way round.  So
each shaft is seen along its own colour difference, weighed against how the skin itself varies (Fisher 1936, "The use of
multiple measurements in taxonomic problems"): the direction in which its edges stand out most of the skin's texture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.cross_sections import Sections

EDGE_SHARE = 0.7
"""Towards its edges a pale shaft bends this much less light to the camera than in its middle; a black one has none to
bend.  The edges count here: a shaft as light as the skin still shows them."""
LARGEST_RIM, LEAST_RIM, RIM_OF_LIGHT = 3.0, 0.15, 0.45
"""How far a shaft's edges may differ from its middle: by this share of its own light, in units of its contrast."""
FEWEST_SKIN_SAMPLES = 10
NOISE_FLOOR, NOISE_CEILING = 0.01, 0.3
_SKIN_CORE = 0.8
"""Share of flank samples taken for skin: the rest may be hairs nobody named, flakes and glints."""
_NORMAL_CORE = 1.6  # 1 / the variance that the inner 80 % of a normal distribution of three channels keep
_CAMERA_NOISE = 0.003

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """How shafts differ from their skin, one entry each.

    Parameters
    ----------
    skin_bgr : ndarray, shape (hairs, 3)
        Skin beside the shaft.
    difference_bgr : ndarray, shape (hairs, 3)
        The shaft's rough core less that skin.
    direction_bgr : ndarray, shape (hairs, 3)
        Weights of the channels; the rough core's contrast is 1 along it.
    noise : ndarray, shape (hairs,)
        Standard deviation of the skin along it.
    rim : ndarray, shape (hairs,)
        By how much the shaft's edges may differ from its middle, along it.
    """

    skin_bgr: Array
    difference_bgr: Array
    direction_bgr: Array
    noise: Array
    rim: Array

    def profiles(self, sections: Sections, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Contrast to the skin along some sections, shape (rows, samples): 0 for skin, near 1 for the shaft's core."""
        hair = sections.hair[rows]
        weights = self.direction_bgr[hair]
        level = (weights * self.skin_bgr[hair]).sum(axis=1)
        # a product of matrices: ten times as fast as a sum over the short last axis
        along = (sections.bgr[rows] @ weights[..., None].astype(np.float32))[..., 0]
        return np.asarray(along - level[:, None].astype(np.float32))


def observe(sections: Sections, rough_widths_px: Array) -> Colours:
    """Read the colours of all shafts and of the skin beside them.

    Parameters
    ----------
    rough_widths_px : ndarray, shape (hairs,)
        Within about 40 %.
    """
    hairs = len(rough_widths_px)
    flank, core = _flank_and_core(sections, rough_widths_px)
    bgr = sections.bgr.reshape(hairs, -1, 3)
    flank, core = flank.reshape(hairs, -1), core.reshape(hairs, -1)
    skin = masked_quantile(bgr, flank, 0.5)
    known = flank.sum(axis=1) >= FEWEST_SKIN_SAMPLES
    usual = np.median(skin[known], axis=0) if known.any() else bgr.reshape(-1, 3).mean(axis=0)
    skin = np.where(known[:, None], skin, usual)

    difference = bgr - skin[:, None].astype(np.float32)
    texture = _texture(difference[flank])
    cores = np.maximum(core.sum(axis=1), 1)[:, None]
    core_difference = (difference * core[..., None]).sum(axis=1) / cores
    at_edges = EDGE_SHARE * (core_difference + skin) - skin
    direction = np.linalg.solve(texture, at_edges.T).T
    direction *= np.where((direction * core_difference).sum(axis=1) < 0, -1, 1)[:, None]
    seen = (difference @ direction[..., None].astype(np.float32))[..., 0] * core
    strength = np.sqrt((seen**2).sum(axis=1, keepdims=True) / cores)
    spread = np.sqrt(np.einsum("hi,ij,hj->h", direction, texture, direction))
    # a shaft fainter than the skin's texture, or outside the picture, is not blown up beyond it
    unit = np.maximum(np.maximum(strength[:, 0], spread), 1e-6)
    direction /= unit[:, None]
    noise = spread / unit
    light = np.sqrt(((core_difference + skin) ** 2).sum(axis=1))
    contrast = np.sqrt((((difference * core[..., None]) ** 2).sum(axis=1) / cores).sum(axis=1))
    rim = np.clip(RIM_OF_LIGHT * light / np.maximum(contrast, 1e-2), LEAST_RIM, LARGEST_RIM)
    return Colours(skin, core_difference, direction, np.clip(noise, NOISE_FLOOR, NOISE_CEILING), rim)


def masked_quantile(values: NDArray[np.float32], mask: Bools, share: float) -> Array:
    """Quantile of the values (n, samples, channels) where the mask (n, samples) holds; NaN where it holds nowhere."""
    ordered = np.sort(np.where(mask[..., None], values, np.float32(np.inf)), axis=1)
    count = mask.sum(axis=1)
    at = np.maximum((count * share).astype(int), 0)
    chosen = ordered[np.arange(len(values)), np.minimum(at, values.shape[1] - 1)].astype(float)
    return np.where(count[:, None] > 0, chosen, np.nan)


def _flank_and_core(sections: Sections, rough_widths_px: Array) -> tuple[Bools, Bools]:
    """Find samples that are skin, and samples that are the shaft's middle, each (S, samples)."""
    away = np.abs(sections.offsets_px)
    width = rough_widths_px[sections.hair][:, None]
    core = sections.own & (away < 0.4 * width)
    flank = sections.own & (away > np.minimum(0.8 * width, 0.75 * away[:, -1:]))
    for beside, place, stretch in zip(sections.beside.T, sections.beside_px.T, sections.beside_stretch.T, strict=True):
        reach = np.where(beside >= 0, 0.75 * rough_widths_px[beside] * stretch + 3.0, -np.inf)
        flank &= np.abs(sections.offsets_px - place[:, None]) > reach[:, None]
    return flank, core


def _texture(skin: NDArray[np.float32]) -> Array:
    """Covariance of the channels on skin, of samples (n, 3) less their hair's skin."""
    floor = np.eye(3) * _CAMERA_NOISE**2
    if len(skin) < 3 * FEWEST_SKIN_SAMPLES:
        return np.asarray(floor)
    away = (skin**2).sum(axis=1)
    inner = skin[away <= np.quantile(away, _SKIN_CORE)].astype(float)
    return np.asarray(inner.T @ inner / len(inner) * _NORMAL_CORE + floor)
