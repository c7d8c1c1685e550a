"""The comparison, one step after another."""

from __future__ import annotations

import numpy as np

from analysis.comparison import changes, growth
from analysis.comparison.change import Change, ChangeFlag, Thickness
from analysis.comparison.hairs import crossed, length_changes_mm, list_hairs
from analysis.comparison.limits import limits_of, limits_without
from analysis.comparison.matching import match
from analysis.comparison.shared_frame import SharedFrame
from analysis.measurement import Measurement, Point
from analysis.registration.register import LEAST_ROOTS, Registration, register

COMPARED_FROM_CM2 = 0.02
"""On less there are hardly any hairs to match."""
OF_RESIDUAL = 0.5
"""Of the distance left between matched roots, what is of the place; the rest is each root's own error."""


def compare(baseline: Measurement, followup: Measurement, *, days: float | None = None) -> Change:
    """Compare two pictures of one place, hair by hair.

    Parameters
    ----------
    baseline, followup : Measurement
        Of the earlier and of the later picture.
    days : float, optional
        Between them: a few days apart and not cut in between, hair shows how it grew.

    Returns
    -------
    Change
        Where the pictures do not show the same place, only that is said, and no figure given.
    """
    registration = register(baseline, followup, marks_mm=_marks_mm(baseline, followup))
    if registration.transform is None:
        few = min(len(baseline.hairs), len(followup.hairs)) < LEAST_ROOTS
        why = ChangeFlag.TOO_FEW_HAIRS if few else ChangeFlag.NOT_THE_SAME_PLACE
        return _nothing_compared(registration, why, baseline, followup, days)
    frame = SharedFrame(baseline, followup, registration.transform)
    area_cm2 = frame.area_cm2
    if area_cm2 < COMPARED_FROM_CM2:
        return _nothing_compared(registration, ChangeFlag.TOO_LITTLE_SHARED, baseline, followup, days)
    matching = match(frame, OF_RESIDUAL * (registration.residual_um or 0.0) / 1000.0)
    diameters = changes.diameter_changes(matching, baseline, followup, registration.transform.scale)
    lengths_mm = length_changes_mm(frame, matching)
    hairs = list_hairs(frame, matching, diameters, lengths_mm)
    came_and_went = changes.counted(matching)
    one_cut_off = baseline.terminal_from_um == followup.terminal_from_um
    terminal = changes.counted_terminal(matching, baseline, followup) if one_cut_off else None
    grown = growth.grown(
        lengths_mm,
        growth.room_mm(frame, matching.pairs),
        days,
        abs(registration.transform.scale - 1),
    )
    went_over = [crossed(hair, baseline, followup) for hair in hairs] if one_cut_off else []
    return Change(
        same_place=registration.same_place,
        transform=registration.transform,
        shared_area_cm2=area_cm2,
        hairs=hairs,
        density_per_cm2=came_and_went.density_per_cm2(area_cm2),
        density_change_per_cm2=came_and_went.density_change_per_cm2(area_cm2),
        terminal_density_change_per_cm2=None if terminal is None else terminal.density_change_per_cm2(area_cm2),
        counted_density_change_per_cm2=changes.counted_change_per_cm2(baseline, followup),
        mean_diameter_change_um=diameters.mean_um,
        cumulative_thickness_change_mm_per_cm2=changes.thickness_change_mm_per_cm2(
            matching, diameters, baseline, followup, area_cm2
        ),
        terminal_to_vellus=went_over.count(Thickness.THINNER),
        vellus_to_terminal=went_over.count(Thickness.THICKER),
        anagen_share=None if grown is None else grown.anagen_share,
        growth_um_per_day=None if grown is None else grown.um_per_day,
        days=days,
        um_per_px=(baseline.um_per_px, followup.um_per_px),
        flags=limits_of(frame, area_cm2, matching, came_and_went.kept),
    )


def _marks_mm(baseline: Measurement, followup: Measurement) -> tuple[Point, Point] | None:
    if baseline.mark_px is None or followup.mark_px is None:
        return None
    was, now = (np.array(side.mark_px) * side.um_per_px / 1000.0 for side in (baseline, followup))
    return (float(was[0]), float(was[1])), (float(now[0]), float(now[1]))


def _nothing_compared(
    registration: Registration, why: ChangeFlag, baseline: Measurement, followup: Measurement, days: float | None
) -> Change:
    return Change(
        same_place=registration.same_place,
        um_per_px=(baseline.um_per_px, followup.um_per_px),
        days=days,
        flags=limits_without(why, baseline, followup),
    )
