"""From a guess to an exact lie: which roots belong together, and the transform that joins them best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.registration.consensus import proposals
from analysis.registration.constellation import Constellation
from analysis.registration.stretching import with_stretch
from analysis.registration.transform import Transform
from analysis.registration.votes import Guess

Array: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]

GUESS_REACH_MM = 0.5
"""Within which the partner of a root lies where a guess is right: half a step of its turn and shift, and the scale."""
MOST_PROPOSALS = 2
REACHES_MM = (0.20, 0.16, 0.16)
"""Within which partners are sought, step by step, while turn, shift and scale are still being found."""
FINAL_REACH_MM = 0.14
"""Within which they are, once stretched: three times the usual noise of two roots."""
SCALE_SD = 0.03
"""What is expected of the ratio of two calibrated scales before a root is seen."""
LARGEST_SCALE_ERROR = 0.08
HEADING_MM_PER_RAD = 0.08
"""A partner that leaves in another direction is as unlikely as one that lies farther off."""
_TYPICAL_ROOT_SD_MM = 0.035


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """A transform and the pairs of roots that speak for it.

    Parameters
    ----------
    transform : Transform
        From the baseline to the follow-up.
    pairs : ndarray of int, shape (n, 2)
        Baseline's and follow-up's roots, one to one.
    off_mm : ndarray, shape (n,)
        How far from its partner each lies after the transform.
    """

    transform: Transform
    pairs: Indices
    off_mm: Array


def settle(baseline: Constellation, followup: Constellation, guess: Guess) -> Alignment:
    """Bring a guess to rest: turned, shifted and scaled, not stretched."""
    turn_deg = float((np.rad2deg(guess.turn_rad) + 180.0) % 360.0 - 180.0)
    offset = followup.middle_mm - baseline.middle_mm + np.asarray(guess.shift_mm)
    transform = Transform(
        turn_deg,
        (float(offset[0]), float(offset[1])),
        middle_mm=(float(baseline.middle_mm[0]), float(baseline.middle_mm[1])),
        half_mm=(float(0.5 * baseline.sides_mm[0]), float(0.5 * baseline.sides_mm[1])),
    )
    near = _near(baseline, followup, transform, GUESS_REACH_MM)
    moved = transform.to_followup_mm(baseline.roots_mm)
    likeness = 1.0 - 0.25 * _astray(baseline, followup, transform, near) ** 2
    best: Alignment | None = None
    for factor, shift in proposals(moved, followup.roots_mm, near, likeness, MOST_PROPOSALS):
        alignment = _at_rest(baseline, followup, _proposed(transform, factor, shift), near)
        if best is None or _agreement(alignment) > _agreement(best):
            best = alignment
    return best or _paired(baseline, followup, transform, near, REACHES_MM[0])


def _proposed(transform: Transform, factor: complex, shift: complex) -> Transform:
    """Follow a transform without stretch by a turn, scale and shift given for points ``x + iy``."""
    middle = complex(*transform.middle_mm)
    place = factor * (middle + complex(*transform.shift_mm)) + shift - middle
    return replace(
        transform,
        turn_deg=transform.turn_deg + float(np.rad2deg(np.angle(factor))),
        scale=transform.scale * abs(factor),
        shift_mm=(place.real, place.imag),
    )


def _at_rest(baseline: Constellation, followup: Constellation, transform: Transform, near: Indices) -> Alignment:
    """Pair and fit, in turns, within reaches that shrink."""
    alignment = _paired(baseline, followup, transform, near, REACHES_MM[0])
    for reach_mm in REACHES_MM:
        if len(alignment.pairs) < 3:
            break
        transform = _turned_and_shifted(baseline, followup, alignment)
        alignment = _paired(baseline, followup, transform, near, reach_mm)
    return alignment


def _agreement(alignment: Alignment) -> float:
    return float(np.maximum(0.0, 1.0 - (alignment.off_mm / FINAL_REACH_MM) ** 2).sum())


def stretch(baseline: Constellation, followup: Constellation, alignment: Alignment) -> Alignment:
    """Refine an alignment, with as much slow stretch of the skin as the pairs bear out."""
    near = _near(baseline, followup, alignment.transform, 2 * REACHES_MM[-1])
    for reach_mm in (REACHES_MM[-1], FINAL_REACH_MM, FINAL_REACH_MM, FINAL_REACH_MM):
        if len(alignment.pairs) < 3:
            return alignment
        transform = _stretched(baseline, followup, alignment)
        alignment = _paired(baseline, followup, transform, near, reach_mm)
    return alignment


def _near(baseline: Constellation, followup: Constellation, transform: Transform, reach_mm: float) -> Indices:
    """All pairs of roots, shape (n, 2), that lie within reach of each other."""
    moved = transform.to_followup_mm(baseline.roots_mm)
    apart = np.abs(moved[:, None] - followup.roots_mm[None])
    return np.argwhere((apart < reach_mm).all(axis=2))


def _paired(
    baseline: Constellation, followup: Constellation, transform: Transform, near: Indices, reach_mm: float
) -> Alignment:
    """Pair those roots that are each other's best partner, by place and heading, within reach."""
    moved = transform.to_followup_mm(baseline.roots_mm)
    first, second = near.T
    off_mm = np.hypot(*(moved[first] - followup.roots_mm[second]).T)
    cost = np.hypot(off_mm, HEADING_MM_PER_RAD * _astray(baseline, followup, transform, near))
    best_first, best_second = np.full(len(baseline.roots_mm), np.inf), np.full(len(followup.roots_mm), np.inf)
    np.minimum.at(best_first, first, cost)
    np.minimum.at(best_second, second, cost)
    chosen = (cost == best_first[first]) & (cost == best_second[second]) & (off_mm < reach_mm)
    pairs = near[chosen]
    # the very same root twice at one place would tie
    _, once = np.unique(pairs[:, 0], return_index=True)
    _, of_those = np.unique(pairs[once, 1], return_index=True)
    kept = np.sort(once[of_those])
    return Alignment(transform, pairs[kept], off_mm[chosen][kept])


def _astray(baseline: Constellation, followup: Constellation, transform: Transform, near: Indices) -> Array:
    """How far the headings of each pair lie apart: the chord, 0 to 2; a middling one where a heading is not known."""
    first, second = near.T
    turned = followup.headings_rad[second] - baseline.headings_rad[first] - np.deg2rad(transform.turn_deg)
    return np.asarray(np.nan_to_num(2.0 * np.abs(np.sin(0.5 * turned)), nan=0.5))


def _turned_and_shifted(baseline: Constellation, followup: Constellation, alignment: Alignment) -> Transform:
    """Fit turn, shift and scale to the pairs of an alignment."""
    from_mm, to_mm = baseline.roots_mm[alignment.pairs[:, 0]], followup.roots_mm[alignment.pairs[:, 1]]
    weights, sd_mm = _weights(alignment)
    middle, half = alignment.transform.middle_mm, alignment.transform.half_mm
    turn_deg, shift_mm, scale = _similarity(from_mm, to_mm, weights, middle, sd_mm)
    return Transform(turn_deg, shift_mm, scale, middle, half)


def _stretched(baseline: Constellation, followup: Constellation, alignment: Alignment) -> Transform:
    """Fit turn, shift, scale and stretch to the pairs of an alignment, over what both pictures show."""
    from_mm, to_mm = baseline.roots_mm[alignment.pairs[:, 0]], followup.roots_mm[alignment.pairs[:, 1]]
    weights, sd_mm = _weights(alignment)
    middle, half = _overlap_box(baseline, followup, alignment.transform)
    turn_deg, shift_mm, scale = _similarity(from_mm, to_mm, weights, middle, sd_mm)
    return with_stretch(Transform(turn_deg, shift_mm, scale, middle, half), from_mm, to_mm, weights)


def _weights(alignment: Alignment) -> tuple[Array, float]:
    """Weight of each pair, less the farther it is off, and the standard deviation of one axis of the typical one."""
    # the median distance of two normal deviates is 1.1774 of the standard deviation of each
    sd_mm = float(np.clip(np.median(alignment.off_mm) / 1.1774, 0.010, 0.5 * REACHES_MM[0]))
    return 1.0 / (1.0 + (alignment.off_mm / (2.0 * max(sd_mm, _TYPICAL_ROOT_SD_MM))) ** 2), sd_mm


def _similarity(
    from_mm: Array, to_mm: Array, weights: Array, middle_mm: tuple[float, float], sd_mm: float
) -> tuple[float, tuple[float, float], float]:
    """Turn in degrees, shift of the middle, and scale, by weighted least squares (Umeyama 1991, in the plane).

    The scale is drawn to 1 as its expected spread and the noise of the roots weigh against each other.
    """
    whole = weights.sum()
    from_centre, to_centre = weights @ from_mm / whole, weights @ to_mm / whole
    a, b = (from_mm - from_centre).T, (to_mm - to_centre).T
    along = float((weights * (a * b).sum(axis=0)).sum())
    across = float((weights * (a[0] * b[1] - a[1] * b[0])).sum())
    spread = float((weights * (a**2).sum(axis=0)).sum())
    pull = (sd_mm / SCALE_SD) ** 2
    scale = (np.hypot(along, across) + pull) / (spread + pull)
    scale = float(np.clip(scale, 1 - LARGEST_SCALE_ERROR, 1 + LARGEST_SCALE_ERROR))
    turn = float(np.arctan2(across, along))
    cosine, sine = np.cos(turn), np.sin(turn)
    matrix = scale * np.array([[cosine, -sine], [sine, cosine]])
    shift = to_centre + matrix @ (np.asarray(middle_mm) - from_centre) - np.asarray(middle_mm)
    return float(np.rad2deg(turn)), (float(shift[0]), float(shift[1])), scale


def _overlap_box(
    baseline: Constellation, followup: Constellation, transform: Transform
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Middle and half sides of the box, in the baseline, around what both frames show."""
    ticks = np.linspace(-0.5, 0.5, 21)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2) * baseline.sides_mm + baseline.middle_mm
    shared = grid[followup.frame_holds(transform.to_followup_mm(grid))]
    if len(shared) < 2:
        shared = grid
    low, high = shared.min(axis=0), shared.max(axis=0)
    middle, half = 0.5 * (low + high), np.maximum(0.5 * (high - low), 0.25)
    return (float(middle[0]), float(middle[1])), (float(half[0]), float(half[1]))
