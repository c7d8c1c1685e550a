"""Measurements without a picture: hairs where the test puts them, or where a drawn scalp has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis import Hair, Interval, Measurement
from analysis.flags import Flag
from analysis.measurement import HairMode, UncountedLine
from phantom import Optics, Pose, Scalp
from phantom.optics import to_ideal_px

UM_PER_PX = 10.0
SIDE_PX = 800
GUARD_PX = 10.0

Array = NDArray[np.float64]


def hair(
    line_px: Sequence[tuple[float, float]] | Array,
    *,
    diameter_um: float | None = 70.0,
    um_per_px: float = UM_PER_PX,
    probability: float = 0.98,
) -> Hair:
    """Return a hair along a line, terminal from 40 um."""
    line = np.asarray(line_px, float)
    length_mm = float(np.hypot(*np.diff(line, axis=0).T).sum()) * um_per_px / 1000.0
    return Hair(
        root_px=(float(line[0, 0]), float(line[0, 1])),
        tip_px=(float(line[-1, 0]), float(line[-1, 1])),
        centreline_px=line,
        diameter_um=diameter_um,
        diameter_limited=False,
        length_mm=length_mm,
        kind="terminal" if diameter_um is None or diameter_um >= 40.0 else "vellus",
        probability=probability,
        unit=0,
        diameter_sd_um=1.0,
    )


def measurement(
    hairs: Sequence[Hair] = (),
    *,
    um_per_px: float = UM_PER_PX,
    picture_px: tuple[int, int] = (SIDE_PX, SIDE_PX),
    frame_px: tuple[float, float, float, float] | None = None,
    um_per_px_sd: float | None = 0.01,
    uncounted: Sequence[Array] = (),
    uncounted_cells: tuple[tuple[int, int, int], ...] = (),
    hair_mode: HairMode = "clipped",
    flags: tuple[Flag, ...] = (),
) -> Measurement:
    """Return a measurement of hairs, its frame `GUARD_PX` inside of the picture."""
    width, height = picture_px
    frame = frame_px or (GUARD_PX, GUARD_PX, width - GUARD_PX, height - GUARD_PX)
    area_cm2 = (frame[2] - frame[0]) * (frame[3] - frame[1]) * (um_per_px * 1e-4) ** 2
    density = len(hairs) / area_cm2
    nothing, some = Interval(0.0, 0.0, 0.0), Interval(density, 0.8 * density, 1.2 * density)
    return Measurement(
        um_per_px=um_per_px,
        picture_px=picture_px,
        frame_px=frame,
        area_cm2=area_cm2,
        terminal_from_um=40.0,
        hair_mode=hair_mode,
        hair_density_per_cm2=some,
        terminal_density_per_cm2=some,
        vellus_density_per_cm2=nothing,
        intermediate_hairs=0,
        mean_diameter_um=None,
        diameter_spread_um=None,
        diameter_diversity=None,
        terminal_share=None,
        thin_hair_share=None,
        unit_density_per_cm2=nothing,
        hairs_per_unit=None,
        unit_size_shares=None,
        cumulative_thickness_mm_per_cm2=nothing,
        mean_length_mm=None,
        shaft_lightness=None,
        shaft_contrast=None,
        rootless_shafts=0,
        missed_expected=None,
        missed_expected_sd=None,
        hairs=tuple(hairs),
        flags=flags,
        um_per_px_sd=um_per_px_sd,
        uncounted=tuple(UncountedLine(np.asarray(line, float), 60.0, 0.3) for line in uncounted),
        uncounted_cells=uncounted_cells,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A scalp as an instrument that misses nothing would measure it, and which hair of the scalp each one is."""

    measurement: Measurement
    ids: tuple[int, ...]


def sight(
    scalp: Scalp,
    *,
    pose: Pose | None = None,
    side_px: int = SIDE_PX,
    um_per_px: float = UM_PER_PX,
    said_um_per_px: float | None = None,
    off_um: float = 5.0,
    diameter_sd_um: float = 1.0,
    um_per_px_sd: float | None = 0.01,
    seed: int = 0,
) -> Sight:
    """See a scalp.

    Parameters
    ----------
    scalp, pose, side_px, um_per_px
        What is seen, and how.
    said_um_per_px : float, optional
        The scale that the measurement goes by; `um_per_px` where it is right.
    off_um, diameter_sd_um : float
        Standard deviation with which lines lie beside the true ones (as a whole), and of diameters.
    um_per_px_sd : float or None
    seed : int
        Of those.
    """
    chance = np.random.default_rng([seed, 77])
    optics = Optics(um_per_px=um_per_px, size_px=(side_px, side_px))
    said = um_per_px if said_um_per_px is None else said_um_per_px
    hairs, ids = [], []
    for one in scalp.hairs:
        line = to_ideal_px(one.centreline_mm, optics, pose or Pose()) + chance.normal(0.0, off_um / um_per_px, 2)
        diameter_um = max(one.diameter_um + chance.normal(0.0, diameter_sd_um), 5.0) * said / um_per_px
        if (line[0] >= GUARD_PX).all() and (line[0] < side_px - GUARD_PX).all():
            hairs.append(hair(line, diameter_um=diameter_um, um_per_px=said))
            ids.append(one.hair_id)
    seen = measurement(hairs, um_per_px=said, picture_px=(side_px, side_px), um_per_px_sd=um_per_px_sd)
    return Sight(seen, tuple(ids))
