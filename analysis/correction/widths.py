"""At which width each hair of a measurement was taken for its kind and for the thickness: known, or found out again.

A hair whose sections all touch a neighbour has no diameter. When its picture was measured it was taken at its rough
width, which a measurement does not keep. What it keeps are the figures made of these widths: the kind of each hair, the
numbers of thin and of intermediate ones, and the sum of all. Widths that agree with these give the same figures again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Measurement
from analysis.shafts import WIDEST_UM
from analysis.summary import INTERMEDIATE_UM, THIN_HAIR_UM, VELLUS_UM

Array = NDArray[np.float64]


def taken_um(measurement: Measurement) -> Array:
    """Give the width at which each hair was taken, shape (hairs,): its diameter, or one that agrees with the figures.

    A diameter that was rounded onto a limit (of terminal, thin, intermediate hair) is put back to its side of it.
    """
    hairs, cut_um = measurement.hairs, measurement.terminal_from_um
    known = np.array([hair.diameter_um is not None for hair in hairs], bool)
    terminal = np.array([hair.kind == "terminal" for hair in hairs], bool)
    widths = np.array([hair.diameter_um or 0.0 for hair in hairs], float)
    widths = np.where(terminal, np.maximum(widths, cut_um), np.minimum(widths, np.nextafter(cut_um, 0.0)))
    thin = _thin_hairs(measurement)
    for edge_um, below in zip(INTERMEDIATE_UM, (thin, thin + measurement.intermediate_hairs), strict=True):
        rounded_up = np.flatnonzero(known & (widths == edge_um))
        lacking = below - int((~known).sum()) - int((widths[known] < edge_um).sum())
        widths[rounded_up[: max(lacking, 0)]] = np.nextafter(edge_um, 0.0)
    if not known.all():
        widths[~known] = _found_again(measurement, widths[known], terminal[~known])
    return np.asarray(widths)


def of_kind_um(measurement: Measurement, widths_um: Array, kind: str) -> float:
    """Give the width at which a hair is taken of which only the kind is known: the median of its kind here.

    Where there is none, the least that the kind says: the cut-off, or the usual width of vellus hair below it.
    """
    same = widths_um[[hair.kind == kind for hair in measurement.hairs]] if len(widths_um) else widths_um
    if len(same):
        return float(np.median(same))
    cut_um = measurement.terminal_from_um
    return cut_um if kind == "terminal" else min(VELLUS_UM[0], float(np.nextafter(cut_um, 0.0)))


def _found_again(measurement: Measurement, known_um: Array, terminal: NDArray[np.bool_]) -> Array:
    """Give widths to the hairs without a diameter, of which `terminal` says the kind."""
    cut_um = measurement.terminal_from_um
    thin = _thin_hairs(measurement) - int((known_um < THIN_HAIR_UM).sum())
    between = (known_um >= INTERMEDIATE_UM[0]) & (known_um < INTERMEDIATE_UM[1])
    intermediate = measurement.intermediate_hairs - int(between.sum())
    rank = np.argsort(np.argsort(terminal, kind="stable"))  # the thinnest are vellus
    bands = np.digitize(rank, np.maximum.accumulate([max(thin, 0), max(thin, 0) + max(intermediate, 0)]))
    most_um = float(np.median(known_um)) if len(known_um) else WIDEST_UM
    low = np.where(terminal, cut_um, 0.0)
    high = np.where(terminal, max(most_um, cut_um), min(most_um, float(np.nextafter(cut_um, 0.0))))
    edges = np.array([0.0, *INTERMEDIATE_UM, np.inf])
    band_low, band_high = np.maximum(low, edges[bands]), np.minimum(high, np.nextafter(edges[bands + 1], 0.0))
    fits = band_low <= band_high  # but for roundings they all do
    low, high = np.where(fits, band_low, low), np.where(fits, band_high, high)
    total_um = measurement.cumulative_thickness_mm_per_cm2.value * measurement.area_cm2 * 1000 - known_um.sum()
    room = max(float((high - low).sum()), 1e-9)
    return np.asarray(high - (high - low) * np.clip((high.sum() - total_um) / room, 0.0, 1.0))


def _thin_hairs(measurement: Measurement) -> int:
    share = measurement.thin_hair_share
    return 0 if share is None else round(share.value * len(measurement.hairs))
