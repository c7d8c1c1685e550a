"""Measurements to correct: made by the functions that make the automatic ones, of hairs the test knows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from analysis import Measurement
from analysis.flags import Flag
from analysis.measurement_file import read
from analysis.summary import CountedHairs, Field, summarise
from analysis.units import group

UM_PER_PX = 10.0
SIZE_PX = (800, 600)
FRAME_PX = (10.0, 10.0, 790.0, 590.0)
AREA_CM2 = 780 * 580 * (UM_PER_PX * 1e-4) ** 2


def scalp(
    seed: int = 0,
    hairs: int = 60,
    *,
    unmeasured: float = 0.3,
    missed: tuple[float, float] | None = None,
    cells: tuple[tuple[int, int, int], ...] = (),
    mean_um: float = 55.0,
) -> Measurement:
    """Return a measurement as its JSON form gives it back, of hairs in twos and threes."""
    chance = np.random.default_rng(seed)
    openings = np.round(chance.uniform((60, 60), (740, 540), (max(hairs // 2, 1), 2)))
    roots = openings[chance.integers(len(openings), size=hairs)] + chance.integers(-6, 7, (hairs, 2))
    ways = np.array([[np.cos(a), np.sin(a)] for a in chance.uniform(0, 6.28, hairs)]).reshape(-1, 2)
    lengths = chance.uniform(25, 50, hairs)
    rough_um = np.abs(chance.normal(mean_um, 22.0, hairs)) + 9.0
    diameters_um = np.where(chance.random(hairs) < unmeasured, np.nan, rough_um)
    lines = [np.linspace(root, root + way * length, 12) for root, way, length in zip(roots, ways, lengths, strict=True)]
    counted = CountedHairs(
        centrelines_px=lines,
        lengths_mm=lengths * UM_PER_PX / 1000,
        diameters_um=diameters_um,
        limited=np.isfinite(diameters_um) & (rough_um < 30),
        rough_um=rough_um * 1.3,
        probabilities=chance.uniform(0.6, 1.0, hairs),
        unit=group(roots * UM_PER_PX),
        blur_estimated=True,
        diameters_sd_um=np.where(np.isfinite(diameters_um), 2.0, np.nan),
        diameter_common_sd_um=0.5,
        core_lab=chance.uniform((10, 0, 0), (40, 6, 9), (hairs, 3)),
        skin_lab=np.full((hairs, 3), 62.0),
        missed=missed,
        rootless_shafts=3,
    )
    flags = {Flag.BLUR_ESTIMATED, Flag.GLARE}
    if bool(counted.limited.any()):
        flags.add(Flag.BLUR_LIMITS_DIAMETERS)
    if hairs and float(np.isfinite(diameters_um).mean()) < 0.7:
        flags.add(Flag.FEW_DIAMETERS)
    if not hairs:
        flags.add(Flag.NO_HAIR)
    field = Field(UM_PER_PX, SIZE_PX, FRAME_PX, AREA_CM2, 0.05, cells)
    made = summarise(counted, field, terminal_from_um=40.0, flags=tuple(sorted(flags)), colour_calibrated=True)
    return read(json.loads(json.dumps(made.as_dict())))


def root_of(measurement: Measurement, number: int) -> list[float]:
    """Return a hair's root as an edit names it."""
    return list(measurement.hairs[number].root_px)


def added(*course_px: tuple[float, float], kind: str = "terminal") -> dict[str, Any]:
    """Return the edit that adds a hair."""
    return {"edit": "added", "course_px": [list(point) for point in course_px], "kind": kind}
