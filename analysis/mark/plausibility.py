"""How plausible a fitted disc is as a tattooed mark: by its size, roundness, evenness, edge, hue and company.

The weights in `analysis.mark.weights` are those of a network of one hidden layer, fitted by `benchmarks/fit_mark.py`
to discs on drawn scalps: marks fresh, faded, smeared and half under hair, against all else that such scalps show.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.mark import weights as fitted
from analysis.mark.disc import Disc, Surroundings

Array: TypeAlias = NDArray[np.float64]

FEATURES = (
    "red missing",
    "over the noise",
    "over the texture",
    "explained",
    "blue over red",
    "green over red",
    "too little blue missing",
    "as brown as a mole",
    "as red as blood",
    "too little green missing",
    "diameter",
    "edge over radius",
    "edge",
    "seen",
    "eighths seen",
    "palest eighth",
    "eighths differ",
    "darkest around",
    "goes on around",
    "uncertainty of the middle",
    "grain",
    "ink elsewhere",
    "bluer than red",
    "greener than red",
)


def features(disc: Disc, seen: Surroundings) -> Array:
    """Describe a disc by numbers of order one, shape (24,), in the order of `FEATURES`."""
    mm = seen.mm_per_px
    blue, green, red = (max(drop, -0.5) for drop in disc.drops)
    blue_over_red, green_over_red = blue / max(red, 0.02), green / max(red, 0.02)
    eighths = disc.sectors[np.isfinite(disc.sectors)]
    bluer, greener = _colour(disc, seen)
    red = max(red, 0.01)
    described = (
        np.log(red),
        np.log(red / max(disc.noise, 1e-3)),
        np.log(red / seen.texture),
        disc.explained,
        blue_over_red,
        green_over_red,
        max(0.0, 0.5 - blue_over_red),
        max(0.0, blue_over_red - 1.05),
        max(0.0, green_over_red - 1.15),
        max(0.0, 0.6 - green_over_red),
        np.log(2 * disc.radius_px * mm / 0.4),
        disc.edge_px / disc.radius_px,
        disc.edge_px * mm,
        disc.seen,
        len(eighths) / len(disc.sectors),
        float(eighths.min()) if eighths.size else 0.0,
        float(eighths.std()) if eighths.size else 1.0,
        disc.around,
        max(0.0, min(disc.around, 2.0) - 0.45),
        np.log(max(disc.sd_px * mm, 1e-5)),
        np.log(0.02 + disc.grain),
        np.log(0.05 + _elsewhere(disc, seen)),
        bluer,
        greener,
    )
    return np.clip(np.asarray(described, np.float64), -8.0, 8.0)


def probability(described: Array) -> float:
    """Say how likely a disc of these features is to be a mark, from 0 to 1.

    Parameters
    ----------
    described : ndarray, shape (24,)
        As `features` gives them.
    """
    usual = np.clip((described - fitted.MEAN) / fitted.SPREAD, -4.0, 4.0)
    odds = float(np.tanh(usual @ fitted.HIDDEN + fitted.HIDDEN_BIAS) @ fitted.OUT + fitted.OUT_BIAS)
    return float(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))))


def _colour(disc: Disc, seen: Surroundings) -> tuple[float, float]:
    """How much more blue than red, and green than red, shows within, as logarithms: a skin marker's ink is gaudy."""
    reach = 0.7 * disc.radius_px
    first_x, first_y = (max(0, int(at - reach)) for at in (disc.x_px, disc.y_px))
    window = slice(first_y, int(disc.y_px + reach + 1)), slice(first_x, int(disc.x_px + reach + 1))
    logs = seen.logs[window][seen.free[window] > 0]
    if not len(logs):
        return 0.0, 0.0
    blue, green, red = logs.mean(axis=0)
    return float(blue - red), float(green - red)


def _elsewhere(disc: Disc, seen: Surroundings) -> float:
    """Area of what is as short of red and of like hue elsewhere, over the disc's: strokes, specks, streaks."""
    coarse = seen.drops[::2, ::2]
    blue, _, red = disc.drops
    ink = coarse[..., 2] - 0.5 * coarse[..., 0]
    alike = (ink > 0.5 * (red - 0.5 * blue)) & (coarse[..., 2] > 0.5 * red) & (seen.free[::2, ::2] > 0)
    rows, columns = np.nonzero(alike)
    away = np.hypot(2 * columns - disc.x_px, 2 * rows - disc.y_px)
    return float(np.count_nonzero(away > 1.3 * disc.radius_px + 3 * disc.edge_px) * 4 / (np.pi * disc.radius_px**2))
