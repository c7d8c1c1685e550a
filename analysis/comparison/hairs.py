"""The hairs of the shared frame, one after another: what became of each, and where it lies in both pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.comparison import growth
from analysis.comparison.change import Fate, HairChange, Thickness
from analysis.comparison.changes import DiameterChanges
from analysis.comparison.matching import Matching
from analysis.comparison.shared_frame import SharedFrame
from analysis.measurement import Measurement, Point

Array = NDArray[np.float64]


def list_hairs(
    frame: SharedFrame, matching: Matching, diameters: DiameterChanges, lengths_mm: Array
) -> tuple[HairChange, ...]:
    """List what became of each hair of the shared frame.

    Parameters
    ----------
    frame : SharedFrame
    matching : Matching
    diameters : DiameterChanges
    lengths_mm : ndarray, shape (pairs,)
        Change of the pairs' lengths.
    """
    listed = [
        HairChange(
            fate=Fate.KEPT,
            probability=float(matching.likely[k]),
            baseline=int(i),
            followup=int(j),
            baseline_px=frame.baseline.hairs[i].root_px,
            followup_px=frame.followup.hairs[j].root_px,
            thickness=_thickness(diameters, k),
            diameter_change_um=_known(diameters.changes_um[k]),
            length_change_mm=float(lengths_mm[k]),
            longer=bool(lengths_mm[k] > growth.LONGER_MM),
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


def length_changes_mm(frame: SharedFrame, matching: Matching) -> Array:
    """Give the later less the earlier length of each pair, in the baseline's scale, shape (pairs,)."""
    was = np.array([frame.baseline.hairs[i].length_mm for i in matching.pairs[:, 0]], float)
    now = np.array([frame.followup.hairs[j].length_mm for j in matching.pairs[:, 1]], float)
    return np.asarray(now / frame.transform.scale - was)


def crossed(hair: HairChange, baseline: Measurement, followup: Measurement) -> Thickness | None:
    """Say which way a kept hair clearly went over the cut-off; None where it did not."""
    if hair.baseline is None or hair.followup is None or hair.thickness not in {Thickness.THICKER, Thickness.THINNER}:
        return None
    was, now = baseline.hairs[hair.baseline].kind, followup.hairs[hair.followup].kind
    return None if was == now else hair.thickness


def _both_px(frame: SharedFrame, side: int, i: int) -> tuple[Point, Point]:
    """Root of a hair in its own picture, and where it would be in the other, in pixels of each."""
    own, other = (frame.baseline, frame.followup)[:: 1 if side == 0 else -1]
    to_other = frame.transform.to_followup_mm if side == 0 else frame.transform.to_baseline_mm
    root = own.hairs[i].root_px
    ((x, y),) = to_other(np.array([root]) * own.um_per_px / 1000.0) * 1000.0 / other.um_per_px
    return root, (float(x), float(y))


def _thickness(diameters: DiameterChanges, k: int) -> Thickness | None:
    if not np.isfinite(diameters.changes_um[k]):
        return None
    if not diameters.clearly_changed[k]:
        return Thickness.SAME
    return Thickness.THICKER if diameters.changes_um[k] > 0 else Thickness.THINNER


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
