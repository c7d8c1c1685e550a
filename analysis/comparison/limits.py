"""What limits a comparison, or forbids it, as flags; their words stand in :mod:`analysis.comparison.words`."""

from __future__ import annotations

from collections.abc import Set

from analysis.comparison.change import ChangeFlag
from analysis.comparison.matching import Matching
from analysis.comparison.shared_frame import SharedFrame
from analysis.flags import Flag
from analysis.measurement import Measurement

SCALES_DISAGREE = 0.015
"""Skin stretches by a hundredth between visits; more says that one of the scales is wrong."""
LEAST_SHARED_CM2, LEAST_SHARED = 0.2, 0.5
"""Of the smaller frame."""
STRONG_STRETCH_UM = 250.0
"""A unit's width: beyond, the skin was pulled, and densities with it."""
UNCLEAR_SHARE = 0.25


def limits_of(frame: SharedFrame, area_cm2: float, matching: Matching, kept: float) -> tuple[ChangeFlag, ...]:
    """Say what limits a comparison that was made.

    Parameters
    ----------
    frame : SharedFrame
    area_cm2 : float
        Of it.
    matching : Matching
        In it.
    kept : float
        Expected number of hairs that were kept.
    """
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
    return _in_order({*(flag for flag, up in raised.items() if up), *_of_pictures(baseline, followup)})


def limits_without(why: ChangeFlag, baseline: Measurement, followup: Measurement) -> tuple[ChangeFlag, ...]:
    """Say why nothing was compared, and what would limit a comparison of the two in any case."""
    return _in_order({why, *_of_pictures(baseline, followup)})


def _of_pictures(baseline: Measurement, followup: Measurement) -> set[ChangeFlag]:
    """Say what limits a change as far as the two measurements alone tell."""
    both = (baseline, followup)
    raised = {
        ChangeFlag.SCALE_UNCERTAIN: any(side.um_per_px_sd is None for side in both),
        ChangeFlag.LONG_HAIR: any(side.hair_mode == "long" for side in both),
        ChangeFlag.PALE_HAIR: any(Flag.LIGHT_HAIR in side.flags for side in both),
        ChangeFlag.HAIR_MODES_DIFFER: baseline.hair_mode != followup.hair_mode,
        ChangeFlag.CUT_OFFS_DIFFER: baseline.terminal_from_um != followup.terminal_from_um,
    }
    return {flag for flag, up in raised.items() if up}


def _same_picture(baseline: Measurement, followup: Measurement) -> bool:
    """Whether two measurements are of the very same picture: no two agree to the last digit that a file holds."""
    return baseline.picture_px == followup.picture_px and _as_filed(baseline) == _as_filed(followup)


def _as_filed(measurement: Measurement) -> list[tuple[float, ...]]:
    return [(*(round(float(v), 1) for v in hair.root_px), round(hair.length_mm, 3)) for hair in measurement.hairs]


def _in_order(raised: Set[ChangeFlag]) -> tuple[ChangeFlag, ...]:
    return tuple(flag for flag in ChangeFlag if flag in raised)
