"""What the roots say for and against the same place, once one picture lies on the other as well as it can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.registration.alignment import FINAL_REACH_MM, SCALE_SD, Alignment
from analysis.registration.constellation import Constellation

Array: TypeAlias = NDArray[np.float64]

GUARD_MM = 0.1
"""From the other picture's edge: a root that may lie beyond it is not asked for."""
KEPT_AND_SEEN = 0.7
"""Of the roots of the same place, those that the other picture shows: 5-30 % are new or lost, 7 % missed in each."""
_ROOT_SDS_MM = (0.012, 0.025, 0.05)
"""One axis, of the distance of most partners: which of them holds, all pairs of the two pictures tell."""
_COARSE_SD_MM, _COARSE_SHARE = 0.08, 0.25
"""Of the others: roots that were found farther up or down the shaft."""
_DENSITY_REACH_MM = 0.5
_HEADING_SD_RAD, _HEADING_SURE = 0.2, 0.9
"""Of the difference of two partners' headings, and the share of hairs whose heading is found to that."""
_HEADING_STEPS = 72
_CLOSE_MM = 0.25
"""Roots this near are of one unit: a second pair in it is hardly news."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well two constellations agree.

    Parameters
    ----------
    baseline_shared, followup_shared : int
        Roots of each that the other picture should show.
    paired : int
        Of them, those with a partner.
    overlap : float
        Share of the smaller frame that both show.
    log_odds : float
        Natural logarithm of how much likelier the roots are, if the place is the same, than if each lies where the
        density of roots puts it.
    """

    baseline_shared: int
    followup_shared: int
    paired: int
    overlap: float
    log_odds: float

    @property
    def shared(self) -> float:
        """Roots that should have partners, mean of both pictures."""
        return 0.5 * (self.baseline_shared + self.followup_shared)


def weigh(baseline: Constellation, followup: Constellation, alignment: Alignment) -> Evidence:
    """Weigh partners found against partners missing, and against those that chance would find."""
    transform = alignment.transform
    moved, back = transform.to_followup_mm(baseline.roots_mm), transform.to_baseline_mm(followup.roots_mm)
    first_shared = followup.frame_holds(moved, GUARD_MM) & baseline.frame_holds(baseline.roots_mm, GUARD_MM)
    second_shared = baseline.frame_holds(back, GUARD_MM) & followup.frame_holds(followup.roots_mm, GUARD_MM)
    near = alignment.off_mm < FINAL_REACH_MM
    pairs, off_mm = alignment.pairs[near], alignment.off_mm[near]
    chance = _density_per_mm2(followup, moved[pairs[:, 0]], pairs[:, 1])
    like_partners = np.log(KEPT_AND_SEEN / chance)
    like_partners += _heading_gain(baseline, followup, np.deg2rad(transform.turn_deg), pairs)
    news = _news(baseline.roots_mm[pairs[:, 0]])
    paired_first, paired_second = (np.zeros(len(c.roots_mm), bool) for c in (baseline, followup))
    paired_first[pairs[:, 0]] = paired_second[pairs[:, 1]] = True
    alone = int((first_shared & ~paired_first).sum()) + int((second_shared & ~paired_second).sum())
    return Evidence(
        int(first_shared.sum()),
        int(second_shared.sum()),
        len(pairs),
        _overlap(baseline, followup, alignment),
        float(news @ like_partners + 0.5 * alone * np.log(1 - KEPT_AND_SEEN))
        + _nearness_gain(off_mm, news)
        - _scale_cost(transform.scale),
    )


def _nearness_gain(off_mm: Array, news: Array) -> float:
    """Logarithm of the density, per mm2, of partners lying as near as they do: mean over what the noise may be.

    Of the two coordinates of each pair, four in all went into turn, shift and scale.
    """
    off_mm = off_mm * np.sqrt(len(off_mm) / max(len(off_mm) - 2.0, 0.5))

    def normal(sd: float) -> Array:
        return np.asarray(np.exp(-0.5 * (off_mm / sd) ** 2) / (2 * np.pi * sd**2), np.float64)

    each = [
        news @ np.log((1 - _COARSE_SHARE) * normal(sd) + _COARSE_SHARE * normal(_COARSE_SD_MM)) for sd in _ROOT_SDS_MM
    ]
    return float(np.logaddexp.reduce(each)) - float(np.log(len(each)))


def _density_per_mm2(followup: Constellation, at_mm: Array, but: NDArray[np.intp]) -> Array:
    """Roots per mm2 about places, each without its own partner: at least the picture's mean."""
    mean = max(len(followup.roots_mm), 1) / float(np.prod(followup.sides_mm))
    near = np.hypot(*(at_mm[:, None] - followup.roots_mm[None]).transpose(2, 0, 1)) < _DENSITY_REACH_MM
    near[np.arange(len(at_mm)), but] = False
    return np.asarray(np.maximum(near.sum(axis=1) / (np.pi * _DENSITY_REACH_MM**2), mean))


def _heading_gain(baseline: Constellation, followup: Constellation, turn_rad: float, pairs: NDArray[np.intp]) -> Array:
    """How much likelier, in logarithms, each pair's headings are for partners than for any two hairs of the pictures.

    Where all hair lies one way, any two hairs agree, and it says nothing.
    """
    ticks = np.linspace(-np.pi, np.pi, _HEADING_STEPS, endpoint=False)
    partners = np.exp((np.cos(ticks) - 1.0) / _HEADING_SD_RAD**2)
    partners = _HEADING_SURE * partners / partners.mean() + (1 - _HEADING_SURE)
    turned = followup.headings_rad[None] - baseline.headings_rad[:, None] - turn_rad
    place = np.round((np.nan_to_num(turned) + np.pi) / (2 * np.pi) * _HEADING_STEPS).astype(np.intp) % _HEADING_STEPS
    known = np.isfinite(turned)
    counts = np.bincount(place[known], minlength=_HEADING_STEPS).astype(np.float64)
    # what partners would show, drawn at random from all pairs: as blurred as a heading is
    blurred = np.fft.irfft(np.fft.rfft(counts) * np.fft.rfft(np.roll(partners, _HEADING_STEPS // 2)), _HEADING_STEPS)
    anyhow = (blurred + 1.0) / (blurred + 1.0).mean()
    gain = np.log(partners / anyhow)[place[pairs[:, 0], pairs[:, 1]]]
    return np.asarray(np.where(known[pairs[:, 0], pairs[:, 1]], gain, 0.0))


def _scale_cost(scale: float) -> float:
    return 0.5 * float((np.log(scale) / SCALE_SD) ** 2)


def _news(roots_mm: Array) -> Array:
    """How much each pair says: the pairs of one unit, which fall together as one, share it."""
    near = np.hypot(*(roots_mm[:, None] - roots_mm[None]).transpose(2, 0, 1)) < _CLOSE_MM
    return np.asarray(1.0 / np.sqrt(near.sum(axis=1)))


def _overlap(baseline: Constellation, followup: Constellation, alignment: Alignment) -> float:
    ticks = (np.arange(24) + 0.5) / 24 - 0.5
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2) * baseline.sides_mm + baseline.middle_mm
    shared = float(followup.frame_holds(alignment.transform.to_followup_mm(grid)).mean())
    first, second = (float(np.prod(c.sides_mm)) for c in (baseline, followup))
    return min(1.0, shared * first / min(first, second))
