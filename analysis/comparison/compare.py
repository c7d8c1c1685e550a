"""The comparison, one step after another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.comparison import changes, growth
from analysis.comparison.change import Change, ChangeFlag, Fate, HairChange, Thickness
from analysis.comparison.changes import DiameterChanges
from analysis.comparison.matching import Matching, match
from analysis.comparison.shared_frame import SharedFrame
from analysis.flags import Flag
from analysis.measurement import Measurement, Point
from analysis.registration.register import Registration, register

Array = NDArray[np.float64]

SAME_PLACE = 0.5
FEW_HAIRS = 12
"""With fewer hairs in either picture, no place can be told from another."""
SCALES_DISAGREE = 0.015
"""Skin stretches by a hundredth between visits; more says that one of the scales is wrong."""
COMPARED_FROM_CM2 = 0.02
"""On less there are hardly any hairs to match."""
LEAST_SHARED_CM2, LEAST_SHARED = 0.2, 0.5
"""Of the smaller frame."""
STRONG_STRETCH_UM = 250.0
"""A unit's width: beyond, the skin was pulled, and densities with it."""
UNCLEAR_SHARE = 0.25
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
    if registration.transform is None or registration.same_place < SAME_PLACE:
        few = min(len(baseline.hairs), len(followup.hairs)) < FEW_HAIRS
        why = ChangeFlag.TOO_FEW_HAIRS if few else ChangeFlag.NOT_THE_SAME_PLACE
        return _nothing_compared(registration, why, baseline, followup, days)
    frame = SharedFrame(baseline, followup, registration.transform)
    area_cm2 = frame.area_cm2
    if area_cm2 < COMPARED_FROM_CM2:
        return _nothing_compared(registration, ChangeFlag.TOO_LITTLE_SHARED, baseline, followup, days)
    matching = match(frame, OF_RESIDUAL * (registration.residual_um or 0.0) / 1000.0)
    diameters = changes.diameter_changes(matching, baseline, followup, registration.transform.scale)
    hairs = _hairs(matching, diameters, frame)
    came_and_went = changes.counted(matching)
    one_cut_off = baseline.terminal_from_um == followup.terminal_from_um
    terminal = changes.counted_terminal(matching, baseline, followup) if one_cut_off else None
    grown = growth.grown(
        _length_changes_mm(matching, frame),
        growth.room_mm(frame, matching.pairs),
        days,
        abs(registration.transform.scale - 1),
    )
    crossed = [_crossed(hair, baseline, followup) for hair in hairs] if one_cut_off else []
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
        terminal_to_vellus=crossed.count(Thickness.THINNER),
        vellus_to_terminal=crossed.count(Thickness.THICKER),
        anagen_share=None if grown is None else grown.anagen_share,
        growth_um_per_day=None if grown is None else grown.um_per_day,
        days=days,
        um_per_px=(baseline.um_per_px, followup.um_per_px),
        flags=_flags(frame, area_cm2, matching, came_and_went.kept),
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
        flags=tuple(flag for flag in ChangeFlag if flag is why or flag in _of_pictures(baseline, followup)),
    )


def _hairs(matching: Matching, diameters: DiameterChanges, frame: SharedFrame) -> tuple[HairChange, ...]:
    lengths = _length_changes_mm(matching, frame)
    listed = [
        HairChange(
            fate=Fate.KEPT,
            probability=1.0,
            baseline=int(i),
            followup=int(j),
            baseline_px=frame.baseline.hairs[i].root_px,
            followup_px=frame.followup.hairs[j].root_px,
            thickness=_thickness(diameters, k),
            diameter_change_um=_known(diameters.changes_um[k]),
            length_change_mm=float(lengths[k]),
            longer=bool(lengths[k] > growth.LONGER_MM),
        )
        for k, (i, j) in enumerate(matching.pairs)
    ]
    for k, fate in enumerate((Fate.LOST, Fate.NEW)):
        posterior = matching.posteriors[k]
        for i, gone, there in zip(matching.alone[k], posterior.gone, posterior.there, strict=True):
            if 1 - gone - there > max(gone, there):
                continue  # no hair, more likely than not
            here, elsewhere = _both_px(frame, k, int(i))
            listed.append(
                HairChange(
                    fate=fate if gone >= there else Fate.KEPT,
                    probability=float(max(gone, there)),
                    baseline=int(i) if k == 0 else None,
                    followup=int(i) if k == 1 else None,
                    baseline_px=here if k == 0 else elsewhere,
                    followup_px=here if k == 1 else elsewhere,
                )
            )
    return tuple(listed)


def _both_px(frame: SharedFrame, side: int, i: int) -> tuple[Point, Point]:
    """Root of a hair in its own picture, and where it would be in the other, in pixels of each."""
    own, other = (frame.baseline, frame.followup)[:: 1 if side == 0 else -1]
    to_other = frame.transform.to_followup_mm if side == 0 else frame.transform.to_baseline_mm
    root = own.hairs[i].root_px
    ((x, y),) = to_other(np.array([root]) * own.um_per_px / 1000.0) * 1000.0 / other.um_per_px
    return root, (float(x), float(y))


def _length_changes_mm(matching: Matching, frame: SharedFrame) -> Array:
    was = np.array([frame.baseline.hairs[i].length_mm for i in matching.pairs[:, 0]], float)
    now = np.array([frame.followup.hairs[j].length_mm for j in matching.pairs[:, 1]], float)
    return np.asarray(now / frame.transform.scale - was)


def _thickness(diameters: DiameterChanges, k: int) -> Thickness | None:
    if not np.isfinite(diameters.changes_um[k]):
        return None
    if not diameters.clearly_changed[k]:
        return Thickness.SAME
    return Thickness.THICKER if diameters.changes_um[k] > 0 else Thickness.THINNER


def _crossed(hair: HairChange, baseline: Measurement, followup: Measurement) -> Thickness | None:
    """Which way a kept hair clearly went over the cut-off."""
    if hair.baseline is None or hair.followup is None or hair.thickness not in {Thickness.THICKER, Thickness.THINNER}:
        return None
    was, now = baseline.hairs[hair.baseline].kind, followup.hairs[hair.followup].kind
    return None if was == now else hair.thickness


def _flags(frame: SharedFrame, area_cm2: float, matching: Matching, kept: float) -> tuple[ChangeFlag, ...]:
    transform, baseline, followup = frame.transform, frame.baseline, frame.followup
    without = sum(float(posterior.there.sum()) for posterior in matching.posteriors)
    raised = {
        ChangeFlag.SAME_PICTURE: _same_picture(baseline, followup),
        ChangeFlag.SCALES_DISAGREE: abs(transform.scale - 1) > SCALES_DISAGREE,
        ChangeFlag.SMALL_SHARED_AREA: area_cm2 < LEAST_SHARED_CM2,
        ChangeFlag.LITTLE_SHARED: area_cm2 < LEAST_SHARED * min(baseline.area_cm2, followup.area_cm2),
        ChangeFlag.MANY_UNCLEAR: without > UNCLEAR_SHARE * max(kept, 1.0),
        ChangeFlag.STRONGLY_STRETCHED: transform.largest_stretch_um > STRONG_STRETCH_UM,
    }
    return tuple(flag for flag in ChangeFlag if raised.get(flag, False) or flag in _of_pictures(baseline, followup))


def _of_pictures(baseline: Measurement, followup: Measurement) -> tuple[ChangeFlag, ...]:
    """Say what limits a change as far as the two measurements alone tell."""
    both = (baseline, followup)
    raised = {
        ChangeFlag.SCALE_UNCERTAIN: any(side.um_per_px_sd is None for side in both),
        ChangeFlag.LONG_HAIR: any(side.hair_mode == "long" for side in both),
        ChangeFlag.PALE_HAIR: any(Flag.LIGHT_HAIR in side.flags for side in both),
        ChangeFlag.HAIR_MODES_DIFFER: baseline.hair_mode != followup.hair_mode,
        ChangeFlag.CUT_OFFS_DIFFER: baseline.terminal_from_um != followup.terminal_from_um,
    }
    return tuple(flag for flag in ChangeFlag if raised.get(flag, False))


def _same_picture(baseline: Measurement, followup: Measurement) -> bool:
    """Whether two measurements are of the very same picture: no two agree to the last digit that a file holds."""
    return baseline.picture_px == followup.picture_px and _as_filed(baseline) == _as_filed(followup)


def _as_filed(measurement: Measurement) -> list[tuple[float, ...]]:
    return [(*(round(float(v), 1) for v in hair.root_px), round(hair.length_mm, 3)) for hair in measurement.hairs]


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
