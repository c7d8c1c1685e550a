"""The scalps and cameras that are drawn to learn from: wider in every respect than what the instrument will meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.view import UM_PER_PX
from phantom import Light, Optics, Photograph, Print, ScalpSettings, grow, photograph
from phantom.burnt_in import PrintColour
from phantom.colour import SkinType

SIDE_PX = 704
SEEDS = range(500_000, 1_000_000)
"""Seeds of lessons: the benchmarks begin where these end, so that none measures what was learned by heart."""
LESSONS = (*range(1, 2000, 2), *range(0, 1300, 2))
"""Numbers of the lessons that the network learns from: 1000 of all kinds of scalps, 650 of shaved ones."""

_SKIN_TYPES: tuple[SkinType, ...] = ("I", "II", "III", "IV", "V", "VI")
_PRINT_COLOURS: tuple[PrintColour, ...] = ("white", "black", "yellow", "red", "blue")
_Option = TypeVar("_Option")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one picture to learn from is drawn with."""

    scalp: ScalpSettings
    optics: Optics
    light: Light
    burnt_in: Print | None


def lesson(number: int) -> Photograph:
    """Draw one picture to learn from; the same number gives the same picture.

    Parameters
    ----------
    number : int
        From 0; of an even one the scalp is shaved.

    Raises
    ------
    IndexError
        If no seed is left for that number.
    """
    seed = SEEDS[number]
    rng = np.random.default_rng([seed, 71])
    drawn = settings(rng, shaved=number % 2 == 0)
    return photograph(grow(drawn.scalp, seed), drawn.optics, light=drawn.light, seed=seed, burnt_in=drawn.burnt_in)


def settings(rng: np.random.Generator, *, shaved: bool) -> Lesson:
    """Choose what one lesson is like: of any kind, or a shaved scalp as video microscopes show it."""
    length_mm, curl, parted = ((rng.uniform(0.25, 0.65), 0.15), 0.1, False) if shaved else _lengths(rng)
    bald = rng.random() < 0.1
    littered = rng.random() < 0.25
    scalp = ScalpSettings(
        hair_density_per_cm2=0.0 if bald else _log_uniform(rng, 40, 350 if length_mm[0] < 2 else 180),
        units_of=(45.0, 42.0, 7.0, 6.0) if rng.random() < 0.6 else (25.0, 40.0, 20.0, 15.0),
        root_gap_um=rng.uniform(50, 170),
        vellus_share=rng.choice([0.0, 0.12, 0.25, 0.5], p=[0.1, 0.5, 0.3, 0.1]),
        terminal_um=(rng.uniform(50, 95), rng.uniform(8, 18)),
        vellus_um=(rng.uniform(20, 32), 6.0),
        taper_per_mm=rng.uniform(0.0, min(0.05, 0.5 / length_mm[0])),
        length_mm=length_mm,
        curl_per_mm=curl,
        direction_deg=rng.uniform(0, 360),
        parted=parted,
        hair_colour=float(rng.uniform(0.6, 1.0) if rng.random() < 0.55 else rng.uniform(0.0, 0.6)),
        skin_type=_one_of(_SKIN_TYPES, rng),
        size_mm=(SIDE_PX * UM_PER_PX / 1000 * 1.1,) * 2,
        margin_mm=length_mm[0] + 3 * length_mm[1] + 0.3,
        pores_per_cm2=rng.uniform(0, 160),
        flakes_per_cm2=_log_uniform(rng, 1, 80),
        vessels_per_cm2=_log_uniform(rng, 1, 40),
        bubbles_per_cm2=rng.uniform(0, 25) if rng.random() < 0.3 else 0.0,
        mark_mm=rng.uniform(0.25, 0.6) if rng.random() < 0.2 else None,
        ink_strokes_per_cm2=rng.uniform(0, 6) if littered else 0.0,
        folds_per_cm2=rng.uniform(0, 20) if littered else 0.0,
        debris_per_cm2=rng.uniform(0, 50) if littered else 0.0,
    )
    optics = Optics(
        um_per_px=UM_PER_PX * rng.uniform(0.94, 1.06),
        size_px=(SIDE_PX, SIDE_PX),
        vignette=rng.uniform(0, 0.3),
        blur_sigma_px=_log_uniform(rng, 0.6, 3.2),
        full_well_e=_log_uniform(rng, 600, 20000),
        read_noise=_log_uniform(rng, 0.3, 4.5),
        bayer=bool(rng.random() < 0.3),
        jpeg_quality=int(rng.integers(60, 97)) if rng.random() < 0.5 else None,
        colour_gains=_gains(rng, 0.12),
    )
    light = Light(
        level=rng.uniform(0.6, 1.3),
        tint=_gains(rng, 0.08),
        gradient=(rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4)),
        glare=rng.uniform(0, 1) ** 1.5,
        highlight=rng.uniform(0, 0.6) ** 1.3,
    )
    drawn = Lesson(scalp, optics, light, None)
    return _as_shaved(drawn, rng) if shaved else drawn


def _as_shaved(plain: Lesson, rng: np.random.Generator) -> Lesson:
    """Make a lesson of what shaved scalps under a video microscope hold: oil, folds, dust, veils, marker, print."""
    often, seldom = rng.random() < 0.75, rng.random() < 0.15
    scalp = replace(
        plain.scalp,
        hair_colour=float(rng.uniform(0.7, 1.0)) if often else plain.scalp.hair_colour,
        skin_type=_one_of(_SKIN_TYPES[:4], rng) if often else plain.scalp.skin_type,
        terminal_um=(rng.uniform(60, 125), rng.uniform(8, 18)),
        root_gap_um=rng.uniform(60, 200),
        flakes_per_cm2=_log_uniform(rng, 1, 40),
        ink_strokes_per_cm2=rng.uniform(0, 10) if seldom else 0.0,
        folds_per_cm2=rng.uniform(0, 50),
        debris_per_cm2=rng.uniform(0, 150),
        fibres_per_cm2=rng.uniform(0, 8) if rng.random() < 0.15 else 0.0,
        streak=rng.uniform(0.5, 2.0),
        relief=rng.uniform(0.6, 1.7),
        roughness=rng.uniform(0, 1),
        ragged_cut=rng.uniform(0, 1),
    )
    optics = replace(
        plain.optics,
        blur_sigma_px=_log_uniform(rng, 0.7, 2.2),
        sharpening=rng.uniform(0, 2.5) if rng.random() < 0.6 else 0.0,
        gamma=rng.uniform(0.8, 1.4),
        field_mm=rng.uniform(2.5, 4.5) if rng.random() < 0.08 else None,
    )
    light = replace(plain.light, glare=rng.uniform(0, 0.5), wet=rng.uniform(0, 0.4) if rng.random() < 0.4 else 0.0)
    print_ = None
    if rng.random() < 0.15:
        print_ = Print(
            colour=_one_of(_PRINT_COLOURS, rng),
            bar_mm=rng.uniform(0.3, 1.5),
            text=_one_of(("1 mm", "500 um", "x70", "12:41", "A-17"), rng),
            circle_mm=rng.uniform(1.0, 3.0) if rng.random() < 0.3 else None,
        )
    return Lesson(scalp, optics, light, print_)


def _lengths(rng: np.random.Generator) -> tuple[tuple[float, float], float, bool]:
    """Mean and SD of the length in mm, curl per mm, parted: shaved, clipped, curly, growing on, or long."""
    kind = rng.choice(["shaved", "clipped", "curly", "grown", "long"], p=[0.08, 0.34, 0.16, 0.10, 0.32])
    curl = rng.choice([0.05, 0.15, 0.4], p=[0.4, 0.4, 0.2])
    if kind == "shaved":
        return (rng.uniform(0.3, 0.6), 0.15), curl, False
    if kind == "clipped":
        return (rng.uniform(0.5, 1.1), rng.uniform(0.05, 0.25)), curl, False
    if kind == "curly":
        return (rng.uniform(0.8, 2.8), rng.uniform(0.1, 0.4)), rng.uniform(0.15, 0.7), False
    if kind == "grown":
        return (rng.uniform(1.0, 3.0), 0.5), curl, bool(rng.random() < 0.3)
    return (rng.uniform(5.0, 14.0), 2.0), min(curl, 0.2), bool(rng.random() < 0.8)


def _one_of(options: Sequence[_Option], rng: np.random.Generator) -> _Option:
    return options[int(rng.choice(len(options)))]


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _gains(rng: np.random.Generator, spread: float) -> tuple[float, float, float]:
    gains: NDArray[np.float64] = 1 + rng.uniform(-spread, spread, 3)
    return (float(gains[0]), float(gains[1]), float(gains[2]))
