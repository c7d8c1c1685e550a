"""Whether a 95 % interval holds the truth in 95 % of pictures.

Drawn with many phantoms of known populations.  An interval is about *the hairs of this skin, had the frame lain
anywhere on it* (analysis/figures.py), so what it should hold is the population's value: the density that the scalp was
grown with, the mean diameter and terminal share of its hairs (both exact, from the truncated normal distributions that
diameters are drawn from).  How often it holds the value of the frame's own hairs is given beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import truncnorm

from analysis import Interval, Optics, measure
from benchmarks.phantoms import COVERAGE_FIRST_SEED, clipped_of, small_clipped_settings
from phantom import ScalpSettings
from phantom.scalp import FINEST_UM, TERMINAL_FROM_UM, WIDEST_UM

PICTURES = 200
SEEDS = range(COVERAGE_FIRST_SEED, COVERAGE_FIRST_SEED + PICTURES)
FIGURES = ("hair_density_per_cm2", "mean_diameter_um", "terminal_share")


@dataclass(frozen=True, slots=True)
class Held:
    """Whether one picture's interval holds the population's value and the frame's own, and how far off it is.

    Parameters
    ----------
    population, frame : bool
    off : float
        Measured value less the frame's own, as a share of the latter.
    half_width : float
        Of the interval, as a share of the measured value.
    """

    population: bool
    frame: bool
    off: float
    half_width: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Over all pictures with an interval: shares that held, mean error and mean half width (relative)."""

    pictures: int
    population: float
    frame: float
    off: float
    half_width: float


def population_of(settings: ScalpSettings) -> dict[str, float]:
    """Give the population's density, mean diameter and terminal share, exactly."""
    mean_um = {
        kind: float(truncnorm.mean((low - mean) / spread, (high - mean) / spread, loc=mean, scale=spread))
        for kind, (mean, spread), low, high in (
            ("vellus", settings.vellus_um, FINEST_UM, TERMINAL_FROM_UM),
            ("terminal", settings.terminal_um, TERMINAL_FROM_UM, WIDEST_UM),
        )
    }
    vellus = settings.vellus_share
    return {
        "hair_density_per_cm2": settings.hair_density_per_cm2,
        "mean_diameter_um": vellus * mean_um["vellus"] + (1.0 - vellus) * mean_um["terminal"],
        "terminal_share": 1.0 - vellus,
    }


def try_picture(number: int) -> dict[str, Held]:
    """Measure one phantom and look which of its intervals hold."""
    seed = SEEDS[number]
    settings = small_clipped_settings(seed)
    photo = clipped_of(settings, seed)
    optics = photo.truth.optics
    measured = measure(photo.picture, Optics(optics.um_per_px, blur_sigma_px=optics.blur_sigma_px))
    rooted = photo.truth.rooted_in(measured.frame_px)
    of_frame = {
        "hair_density_per_cm2": photo.truth.density_per_cm2(measured.frame_px),
        "mean_diameter_um": photo.truth.mean_diameter_um(measured.frame_px),
        "terminal_share": float(np.mean([hair.kind == "terminal" for hair in rooted])),
    }
    population = population_of(settings)
    held = {}
    for name in FIGURES:
        interval: Interval | None = getattr(measured, name)
        if interval is not None:
            held[name] = Held(
                population[name] in interval,
                of_frame[name] in interval,
                interval.value / of_frame[name] - 1.0,
                0.5 * (interval.high - interval.low) / interval.value if interval.value else float("nan"),
            )
    return held


def pool(tried: list[dict[str, Held]]) -> dict[str, Coverage]:
    """Pool the pictures, by figure."""
    pooled = {}
    for name in FIGURES:
        held = [one[name] for one in tried if name in one]
        if not held:
            continue
        columns = np.array([[h.population, h.frame, h.off, h.half_width] for h in held], np.float64)
        pooled[name] = Coverage(len(held), *(float(v) for v in columns.mean(axis=0)))
    return pooled
