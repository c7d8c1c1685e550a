"""From a measurement and corrections of its hairs, to a measurement with the figures of the corrected hairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import units
from analysis.chain import ESTIMATED_BLUR_SD_UM, FEW_DIAMETERS_SHARE
from analysis.correction.edits import Shaft, applied
from analysis.flags import Flag
from analysis.measurement import Interval, Measurement
from analysis.summary import CountedHairs, Field, summarise

_OF_THE_HAIRS = {Flag.NO_HAIR, Flag.BLUR_LIMITS_DIAMETERS, Flag.LONG_HAIR, Flag.FEW_DIAMETERS}
"""Flags that follow from the hairs; the others are of the picture, and stay."""


def corrected(measurement: Measurement, edits: Sequence[Mapping[str, Any]]) -> Measurement:
    """Apply a person's corrections in their order, and make the figures anew from the hairs that then stand.

    Parameters
    ----------
    measurement : Measurement
        As it was measured, or read back from its JSON form.
    edits : sequence of mapping
        Each with ``edit``: "added" (``course_px`` from root to tip, ``kind``), "removed" (``hair``), "joined"
        (``hairs``: two, the first holds the root), "split" (``hair``, ``at_px``), "root-moved" (``hair``, ``root_px``).

    Returns
    -------
    Measurement
        The measurement itself where nothing is corrected. Its hairs are in the order of
        :func:`~analysis.correction.edits.numbered_hairs`.

    Raises
    ------
    CorrectionRefused
        If one of them cannot be applied; then none is.

    Notes
    -----
    The figures are those of :func:`analysis.summary.summarise`, and units are told by :func:`analysis.units.group`, as
    of hairs that were found. What a person says of a hair:

    - One that is added has no diameter: its kind is the person's, and for the thickness and the shares of thin and
      intermediate hair it is taken at the median width of its kind in this picture.
    - Joined pieces have the diameter, colour and kind of the longer one (of the other where that has no diameter):
      its median is over more clean sections. Pieces of a split keep what the whole had, and so does a hair whose root
      is moved; a root that is put nearer to the tip turns the hair.
    - Hairs added, joined and split are surely one hair each (probability 1).
    - ``missed_expected`` was so many for each thin hair found (:meth:`analysis.thin_recall.Recall.missed`): with its
      standard deviation it is scaled to the share of these, by their kind the vellus hairs, that still stand, and is 0
      where all of them were removed. A vellus hair that is added stands for a removed one while there is one: a poor
      line was drawn again. Beyond these each is taken off, at most to 0: it is one of those that were expected to be
      missed, and would count twice in the upper limits. That leaves the standard deviation: nothing says that all was
      found.

    What a measurement does not keep: the widths at which hairs without a diameter were taken, which are found out from
    its figures (:mod:`analysis.correction.widths`); how near these were to a cut-off, so that the limits of the two
    shares keep the distance that they had from those made anew of the untouched hairs; and the skin's colour beside
    each hair, so that ``shaft_contrast`` stays as it was measured as long as the hairs have a lightness. All else is
    known to the rounding of the JSON form.
    """
    if not edits:
        return measurement
    shafts = list(applied(measurement, edits).values())
    anew = _anew(measurement, shafts)
    untouched = _anew(measurement, list(applied(measurement, ()).values()))
    return replace(
        anew,
        terminal_share=_carried(anew.terminal_share, untouched.terminal_share, measurement.terminal_share),
        thin_hair_share=_carried(anew.thin_hair_share, untouched.thin_hair_share, measurement.thin_hair_share),
        shaft_contrast=None if anew.shaft_lightness is None else measurement.shaft_contrast,
        mark_px=measurement.mark_px,
    )


def _anew(measurement: Measurement, shafts: list[Shaft]) -> Measurement:
    """Make the figures of hairs; kinds and thickness go by the widths taken, diameters by what was measured alone."""
    counted = _counted(measurement, shafts)
    known = np.isfinite(counted.diameters_um)
    taken_um = np.array([one.taken_um for one in shafts], float)
    scatter_um = np.full(len(shafts), np.std(counted.diameters_um[known])) if known.any() else taken_um / 3
    sd_um = np.where(known, _or_nan([one.hair.diameter_sd_um for one in shafts]), scatter_um)
    as_taken = _summary(measurement, replace(counted, diameters_um=taken_um, diameters_sd_um=sd_um))
    as_measured = _summary(measurement, counted)
    return replace(
        as_taken,
        mean_diameter_um=as_measured.mean_diameter_um,
        diameter_spread_um=as_measured.diameter_spread_um,
        diameter_diversity=as_measured.diameter_diversity,
        hairs=tuple(replace(one.hair, unit=int(counted.unit[i])) for i, one in enumerate(shafts)),
        flags=_flags(measurement, counted),
    )


def _carried(anew: Interval | None, untouched: Interval | None, automatic: Interval | None) -> Interval | None:
    """Carry into a share's limits what was known when it was measured, and is not known now."""
    if anew is None or untouched is None or automatic is None:
        return anew
    low, high = anew.low + automatic.low - untouched.low, anew.high + automatic.high - untouched.high
    return Interval(anew.value, float(np.clip(low, 0.0, anew.value)), float(np.clip(high, anew.value, 1.0)))


def _counted(measurement: Measurement, shafts: list[Shaft]) -> CountedHairs:
    hairs = [one.hair for one in shafts]
    unknown = (np.nan, np.nan, np.nan)
    roots_px = np.array([hair.root_px for hair in hairs]).reshape(-1, 2)
    blur_read = {Flag.BLUR_ESTIMATED, Flag.DEFOCUSED} & set(measurement.flags)
    return CountedHairs(
        centrelines_px=[hair.centreline_px for hair in hairs],
        lengths_mm=np.array([hair.length_mm for hair in hairs], float),
        diameters_um=_or_nan([hair.diameter_um for hair in hairs]),
        limited=np.array([hair.diameter_limited for hair in hairs], bool),
        rough_um=np.array([one.taken_um for one in shafts], float),
        probabilities=np.array([hair.probability for hair in hairs], float),
        unit=units.group(roots_px * measurement.um_per_px),
        blur_estimated=Flag.BLUR_ESTIMATED in measurement.flags,
        diameters_sd_um=_or_nan([hair.diameter_sd_um for hair in hairs]),
        diameter_common_sd_um=ESTIMATED_BLUR_SD_UM if blur_read else 0.0,
        core_lab=np.array([hair.core_lab or unknown for hair in hairs], float).reshape(-1, 3),
        missed=_missed(measurement, shafts),
        rootless_shafts=measurement.rootless_shafts,
        uncounted=measurement.uncounted,
    )


def _missed(measurement: Measurement, shafts: list[Shaft]) -> tuple[float, float] | None:
    if measurement.missed_expected is None or measurement.missed_expected_sd is None:
        return None
    expected, sd = measurement.missed_expected, measurement.missed_expected_sd
    added = sum(one.added and one.hair.kind == "vellus" for one in shafts)
    before = sum(hair.kind == "vellus" for hair in measurement.hairs)
    kept = sum(not one.added and one.hair.kind == "vellus" for one in shafts)
    gone = max(0, before - kept)
    put_back = min(added, gone)
    share = 1 - (gone - put_back) / max(before, 1)
    # of its variance, what comes of the recall goes with the square of the thin hairs, and the rest, `expected`, with
    # their number
    scaled_sd = float(np.hypot(share * sd, (share * (1 - share) * expected) ** 0.5))
    return max(0.0, share * expected - (added - put_back)), scaled_sd


def _summary(measurement: Measurement, counted: CountedHairs) -> Measurement:
    field = Field(
        um_per_px=measurement.um_per_px,
        picture_px=measurement.picture_px,
        frame_px=measurement.frame_px,
        area_cm2=measurement.area_cm2,
        um_per_px_sd=measurement.um_per_px_sd,
        uncounted_cells=measurement.uncounted_cells,
    )
    return summarise(
        counted,
        field,
        terminal_from_um=measurement.terminal_from_um,
        flags=(),
        hair_mode=measurement.hair_mode,
        colour_calibrated=True,
    )


def _flags(measurement: Measurement, counted: CountedHairs) -> tuple[Flag, ...]:
    count = len(counted.lengths_mm)
    raised = {
        Flag.NO_HAIR: count == 0,
        Flag.BLUR_LIMITS_DIAMETERS: bool(counted.limited.any()),
        Flag.LONG_HAIR: measurement.hair_mode == "long" and count > 0,
        Flag.FEW_DIAMETERS: count > 0 and float(np.isfinite(counted.diameters_um).mean()) < FEW_DIAMETERS_SHARE,
    }
    stay = set(measurement.flags) - _OF_THE_HAIRS
    return tuple(sorted({*stay, *(flag for flag, up in raised.items() if up)}))


def _or_nan(numbers: list[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if one is None else one for one in numbers], float)
