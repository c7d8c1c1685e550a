"""Pigmentation: the colour of a shaft's core, its highlights left out, in CIELAB, beside that of the skin.

The core is what the blur of the edges leaves alone, within the middle half of the shaft, where a pale one has no rims.
A highlight is a line of light along it: the darker samples of the core are those beside that line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis import tone
from analysis.cross_sections import Sections

CLEAR_OF_EDGE_SIGMAS = 2.0
"""So far from an edge less than 3 % of the light is the skin's."""
_CORE_SHARE = 0.25
_DARKER = (0.05, 0.3)
"""Of the core's samples by brightness: below lies noise, above may lie a highlight."""
FEWEST_CORE_SAMPLES = 10

_LUMA = np.array([0.0722, 0.7152, 0.2126])
"""Luminance of blue, green, red primaries (Rec. ITU-R BT.709)."""
_BGR_TO_XYZ = np.array(
    [[0.1804375, 0.3575761, 0.4124564], [0.0721750, 0.7151522, 0.2126729], [0.9503041, 0.1191920, 0.0193339]]
)
"""sRGB primaries and D65 white (IEC 61966-2-1), columns in the order B, G, R."""
_WHITE = _BGR_TO_XYZ.sum(axis=1)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pigmentation:
    """Colours of shafts in CIELAB, one entry each; NaN where a shaft has no core to read.

    Parameters
    ----------
    lab : ndarray, shape (hairs, 3)
        L*, a*, b* of the core.
    skin_lab : ndarray, shape (hairs, 3)
        Of the skin beside it.
    """

    lab: Array
    skin_lab: Array

    @property
    def lightness(self) -> Array:
        """L* of the core, 0 (black) to 100 (white), shape (hairs,)."""
        return self.lab[:, 0]

    @property
    def hue_deg(self) -> Array:
        """Hue angle from +a* (red) towards +b* (yellow), 0 to 360; of no meaning where a* and b* are near 0."""
        return np.asarray(np.rad2deg(np.arctan2(self.lab[:, 2], self.lab[:, 1])) % 360)

    @property
    def lightness_contrast(self) -> Array:
        """L* of the core less that of the skin, shape (hairs,): negative for hair darker than its skin."""
        return self.lab[:, 0] - self.skin_lab[:, 0]


def to_lab(bgr: Array, *, linear_light: bool = False) -> Array:
    """Convert sRGB to CIELAB under its own white, D65.

    IEC 61966-2-1 for the coding, CIE 15:2004 for L*, a*, b*.

    Parameters
    ----------
    bgr : ndarray, shape (..., 3)
        Blue, green, red from 0 to 1.
    linear_light : bool
        These are light, and not display-coded.

    Returns
    -------
    ndarray, shape (..., 3)
    """
    held = np.clip(bgr, 0.0, 1.0)
    linear = held if linear_light else tone.to_light(held)
    share = linear @ _BGR_TO_XYZ.T / _WHITE
    delta = 6 / 29
    f = np.where(share > delta**3, np.cbrt(share), share / (3 * delta**2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def pigmentation(
    sections: Sections,
    centres_px: Array,
    widths_px: Array,
    skin_bgr: Array,
    sigma_px: Array | float,
    *,
    linear_light: bool = False,
) -> Pigmentation:
    """Read the colours of shafts from their sections.

    Parameters
    ----------
    centres_px, widths_px : ndarray, shape (S,)
        Where the shaft lies in each section; NaN where the section is not to be used.
    skin_bgr : ndarray, shape (hairs, 3)
        Beside each shaft.
    sigma_px : ndarray, shape (S,), or float
        Blur of the edges.
    linear_light : bool
        The colours of the sections and of the skin are light, and not display-coded.
    """
    hairs = len(skin_bgr)
    reach = np.minimum(widths_px / 2 - CLEAR_OF_EDGE_SIGMAS * sigma_px, _CORE_SHARE * widths_px)
    core = sections.own & (np.abs(sections.offsets_px - centres_px[:, None]) < reach[:, None])
    bgr, core = sections.bgr.reshape(hairs, -1, 3), core.reshape(hairs, -1)
    luma = np.where(core, bgr @ _LUMA.astype(np.float32), np.inf)
    most = max(int(core.sum(axis=1).max(initial=0)), 1)
    order = np.argsort(luma, axis=1)[:, :most]
    count = core.sum(axis=1, keepdims=True)
    rank = np.arange(most)
    chosen = (rank >= np.floor(_DARKER[0] * count)) & (rank < np.ceil(_DARKER[1] * count))
    colours = np.take_along_axis(bgr, order[..., None], axis=1) * chosen[..., None]
    mean = colours.sum(axis=1) / np.maximum(chosen.sum(axis=1, keepdims=True), 1)
    lab = to_lab(mean.astype(float), linear_light=linear_light)
    lab[count[:, 0] < FEWEST_CORE_SAMPLES] = np.nan
    return Pigmentation(lab, to_lab(skin_bgr, linear_light=linear_light))
