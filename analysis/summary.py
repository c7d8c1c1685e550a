"""Step 9, summary: the figures of a picture, from the hairs counted on it."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf

import numpy as np
from numpy.typing import NDArray

from analysis import figures
from analysis.flags import Flag
from analysis.measurement import Hair, HairMode, Interval, Kind, Measurement, UncountedLine

THIN_HAIR_UM = 30.0
"""Hairs below this count as thin (Rakowska; science.md)."""
VELLUS_UM = (25.0, 25.0)
"""Two vellus hairs of usual width, that belong to every scalp even where the frame holds none."""
INTERMEDIATE_UM = (30.0, 60.0)
"""Hairs from here to below there are intermediate, where three kinds are asked for."""
DIVERSE_SHARE = 0.2
"""Hairs off the mean diameter by more than this share make up the diameter diversity (anisotrichosis)."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """What the hairs were counted on: the picture, and the counting frame in it.

    Parameters
    ----------
    um_per_px : float
        Scale of the picture as given.
    picture_px : (int, int)
        Width and height of the picture.
    frame_px : (float, float, float, float)
        Bounding box x0, y0, x1, y1 of the counting frame, in the picture's pixels.
    area_cm2 : float
        Area of the frame, less what is excluded.
    um_per_px_sd : float or None
        Standard uncertainty of the scale; None where nobody knows it, and the intervals then leave it out.
    uncounted_cells : tuple of (int, int, int), optional
        As the measurement's.
    """

    um_per_px: float
    picture_px: tuple[int, int]
    frame_px: tuple[float, float, float, float]
    area_cm2: float
    um_per_px_sd: float | None = None
    uncounted_cells: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CountedHairs:
    """What is known of the shafts rooted in the frame, one entry each, and of those that are not.

    Parameters
    ----------
    centrelines_px : list of ndarray, shape (n, 2)
        Root to tip, (x, y) in the picture's pixels.
    lengths_mm, diameters_um : ndarray, shape (hairs,)
        Diameters are NaN where no section was clean.
    limited : ndarray of bool, shape (hairs,)
        True where the diameter is an upper limit.
    rough_um : ndarray, shape (hairs,)
        Width of the line as it was found, touching neighbours included.
    probabilities : ndarray, shape (hairs,)
        That each is one hair.
    unit : ndarray of int, shape (hairs,)
        Number of its follicular unit, from 0.
    blur_estimated : bool
        Whether the blur behind the diameters was read from the shafts themselves.
    diameters_sd_um : ndarray, shape (hairs,), optional
        Standard uncertainty of each diameter by itself; NaN where unknown.
    diameter_common_sd_um : float
        Standard uncertainty that all diameters share beside the scale's: that of the blur.
    core_lab, skin_lab : ndarray, shape (hairs, 3), optional
        CIELAB of each shaft's core and of the skin beside it; NaN where none is seen.
    missed : (float, float), optional
        Number of hairs of the frame expected to be missed, net of those expected to be false, and its standard
        deviation. They are taken to be vellus. None where it was not looked for.
    rootless_shafts : int
        Shafts seen whose root is outside of the frame, or hidden.
    uncounted : tuple of UncountedLine
        Lines that reach into the frame and are no counted hairs; they come into no figure.
    """

    centrelines_px: list[Array]
    lengths_mm: Array
    diameters_um: Array
    limited: NDArray[np.bool_]
    rough_um: Array
    probabilities: Array
    unit: NDArray[np.intp]
    blur_estimated: bool
    diameters_sd_um: Array | None = None
    diameter_common_sd_um: float = 0.0
    core_lab: Array | None = None
    skin_lab: Array | None = None
    missed: tuple[float, float] | None = None
    rootless_shafts: int = 0
    uncounted: tuple[UncountedLine, ...] = ()


def summarise(
    counted: CountedHairs,
    field: Field,
    *,
    terminal_from_um: float,
    flags: tuple[Flag, ...],
    hair_mode: HairMode | None = None,
    colour_calibrated: bool = False,
) -> Measurement:
    """Make the measurement of a picture from its counted hairs.

    Parameters
    ----------
    counted : CountedHairs
    field : Field
    terminal_from_um : float
        Diameter from which a hair is terminal.
    flags : tuple of Flag
        What is known to limit the figures; those that follow from the figures themselves are added.
    hair_mode : {"clipped", "long"}, optional
        Found or chosen; without it, long where the flags say so.
    colour_calibrated : bool
        Whether the picture's colours are.
    """
    mode: HairMode = hair_mode or ("long" if Flag.LONG_HAIR in flags else "clipped")
    sample = figures.Sample(counted.unit, field.area_cm2, (field.um_per_px_sd or 0.0) / field.um_per_px)
    p, diameters_um = counted.probabilities, counted.diameters_um
    widths = _widths(counted, sample.scale_rsd)
    terminal = widths.taken_um >= terminal_from_um
    missed = counted.missed or (0.0, 0.0)
    usual_um = float(np.mean(diameters_um[np.isfinite(diameters_um)])) if np.isfinite(diameters_um).any() else 0.0
    mean_um = figures.mean(sample, diameters_um, common_sd=widths.common_sd_um(usual_um), also=VELLUS_UM)
    lightness, contrast = _pigmentation(counted, sample)
    if lightness is not None and not colour_calibrated:
        flags = tuple(sorted({*flags, Flag.COLOUR_UNCALIBRATED}))
    return Measurement(
        um_per_px=field.um_per_px,
        picture_px=field.picture_px,
        frame_px=field.frame_px,
        area_cm2=field.area_cm2,
        terminal_from_um=float(terminal_from_um),
        hair_mode=mode,
        hair_density_per_cm2=figures.density(sample, p, missed=missed),
        terminal_density_per_cm2=figures.density(sample, p, terminal),
        vellus_density_per_cm2=figures.density(sample, p, ~terminal, missed=missed),
        intermediate_hairs=int(
            np.sum((widths.taken_um >= INTERMEDIATE_UM[0]) & (widths.taken_um < INTERMEDIATE_UM[1]))
        ),
        mean_diameter_um=mean_um,
        diameter_spread_um=figures.spread(sample, diameters_um),
        diameter_diversity=_diversity(diameters_um, counted.unit, mean_um),
        terminal_share=_kind_share(terminal, terminal_from_um, widths, counted.unit),
        thin_hair_share=_kind_share(widths.taken_um < THIN_HAIR_UM, THIN_HAIR_UM, widths, counted.unit),
        unit_density_per_cm2=figures.unit_density(sample, p),
        hairs_per_unit=figures.hairs_per_unit(sample),
        unit_size_shares=figures.unit_size_shares(sample),
        cumulative_thickness_mm_per_cm2=figures.total_per_area(sample, widths.taken_um / 1000, p),
        mean_length_mm=_mean_length(sample, counted.lengths_mm) if mode == "clipped" else None,
        shaft_lightness=lightness,
        shaft_contrast=contrast,
        rootless_shafts=counted.rootless_shafts,
        missed_expected=None if counted.missed is None else counted.missed[0],
        missed_expected_sd=None if counted.missed is None else counted.missed[1],
        hairs=tuple(_hair(counted, i, "terminal" if terminal[i] else "vellus") for i in range(len(terminal))),
        flags=flags,
        um_per_px_sd=field.um_per_px_sd,
        uncounted=counted.uncounted,
        uncounted_cells=field.uncounted_cells,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Widths:
    """A width for every hair, and how far each may be off: by itself, and all together."""

    taken_um: Array
    sd_um: Array
    limited: NDArray[np.bool_]
    scale_rsd: float
    blur_sd_um: float

    def common_sd_um(self, at_um: float) -> float:
        return float(np.hypot(self.scale_rsd * at_um, self.blur_sd_um))


def _widths(counted: CountedHairs, scale_rsd: float) -> _Widths:
    measured_um = counted.diameters_um
    known = np.isfinite(measured_um)
    rough_um, rough_sd_um = counted.rough_um, counted.rough_um / 3  # neighbours that touch are in it
    if known.any():
        rough_um = np.minimum(rough_um, np.median(measured_um[known]))
        rough_sd_um = np.full(len(known), np.std(measured_um[known]))
    own_sd_um = np.zeros(len(known)) if counted.diameters_sd_um is None else np.nan_to_num(counted.diameters_sd_um)
    return _Widths(
        taken_um=np.where(known, measured_um, rough_um),
        sd_um=np.where(known, own_sd_um, rough_sd_um),
        limited=counted.limited,
        scale_rsd=scale_rsd,
        blur_sd_um=counted.diameter_common_sd_um,
    )


def _kind_share(part: NDArray[np.bool_], cut_um: float, widths: _Widths, unit: NDArray[np.intp]) -> Interval | None:
    """Share of a kind, in doubt for hairs whose width is near the cut-off by what is known of it."""
    away = (widths.taken_um - cut_um) / np.maximum(widths.sd_um, 1e-6)
    above = np.array([0.5 + 0.5 * erf(one / 2**0.5) for one in away])
    crossing = np.abs(widths.taken_um - cut_um) <= widths.common_sd_um(cut_um)
    share = figures.share(
        part,
        unit,
        doubt=float((above * (1 - above)).sum()),
        common_sd=float(crossing.sum()) / 2 / max(len(part), 1),
    )
    if share is None:
        return None
    open_kind = widths.limited & (widths.taken_um >= cut_um)  # an upper limit above the cut-off says nothing of it
    low, high = float((open_kind & part).mean()), float((open_kind & ~part).mean())
    return Interval(share.value, max(0.0, share.low - low), min(1.0, share.high + high))


def _diversity(diameters_um: Array, unit: NDArray[np.intp], mean_um: Interval | None) -> Interval | None:
    if mean_um is None:
        return None
    known = np.isfinite(diameters_um)
    off = np.abs(diameters_um[known] - mean_um.value) > DIVERSE_SHARE * mean_um.value
    return figures.share(off, unit[known])


def _mean_length(sample: figures.Sample, lengths_mm: Array) -> Interval | None:
    usual_mm = float(lengths_mm.mean()) if len(lengths_mm) else 0.0
    return figures.mean(sample, lengths_mm, common_sd=sample.scale_rsd * usual_mm)


def _pigmentation(counted: CountedHairs, sample: figures.Sample) -> tuple[Interval | None, Interval | None]:
    core, skin = counted.core_lab, counted.skin_lab
    if core is None:
        return None, None
    contrast = None if skin is None else figures.median(sample, skin[:, 0] - core[:, 0])
    return figures.median(sample, core[:, 0]), contrast


def _hair(counted: CountedHairs, i: int, kind: Kind) -> Hair:
    line = counted.centrelines_px[i]
    sd_um, core = counted.diameters_sd_um, counted.core_lab
    return Hair(
        root_px=(float(line[0, 0]), float(line[0, 1])),
        tip_px=(float(line[-1, 0]), float(line[-1, 1])),
        centreline_px=line,
        diameter_um=_known(counted.diameters_um[i]),
        diameter_limited=bool(counted.limited[i]),
        length_mm=float(counted.lengths_mm[i]),
        kind=kind,
        probability=float(counted.probabilities[i]),
        unit=int(counted.unit[i]),
        diameter_sd_um=None if sd_um is None else _known(sd_um[i]),
        core_lab=None if core is None or np.isnan(core[i]).any() else tuple(core[i].tolist()),
    )


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
