"""Guesses of how one constellation lies on another: every pair of roots votes for the turns and shifts that join it.

A pair of hairs that may be the same tells the turn by its headings to within what a heading is worth, and for every
such turn the shift.  The same place shows as a heap of votes that stands out from those around it, which chance and
the density of roots explain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.registration.constellation import Constellation

Array = NDArray[np.float64]

TURN_STEP_DEG = 4.0
HEADING_TOLERANCE_DEG = 32.0
"""Headings of the same hair seen twice differ by less than half of this, but for hairs taken by the wrong end."""
BIN_MM = 0.2
LARGEST_SHIFT = 0.75
"""Of the sides: beyond it too little is shared to tell."""
MOST_PAIRS = 200_000
"""Of roots that vote: of more, every second or third of the baseline does."""
_HEAP, _AROUND = 3, 11
"""Bins across a heap, and across what it is compared with."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One way in which the follow-up may lie on the baseline.

    Parameters
    ----------
    turn_rad : float
        From x to y, of the follow-up against the baseline.
    shift_mm : (float, float)
        From the baseline frame's middle to the place of the follow-up where it lies, counted from that frame's middle.
    standing_out : float
        Votes above those expected by the votes around, in standard deviations of their number.
    """

    turn_rad: float
    shift_mm: tuple[float, float]
    standing_out: float


def guesses(baseline: Constellation, followup: Constellation, most: int) -> list[Guess]:
    """Give the likeliest ways in which one constellation may lie on another, the best first, at most `most`."""
    if not len(baseline.roots_mm) or not len(followup.roots_mm):
        return []
    votes, half_bins = _votes(baseline, followup)
    heaps = _box_sums(votes, _HEAP)
    # turns wrap around: a heap is looked for in each turn for itself, so that nothing needs to
    expected = (_box_sums(votes, _AROUND) - heaps) * (_HEAP**2 / (_AROUND**2 - _HEAP**2))
    standing_out = (heaps - expected) / np.sqrt(expected + 1.0)
    return _peaks(standing_out, half_bins, most)


def _votes(baseline: Constellation, followup: Constellation) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Votes by turn, row and column of the shift, and how many bins lie on each side of no shift (x, y)."""
    turns = round(360.0 / TURN_STEP_DEG)
    step = 2 * np.pi / turns
    thinned = max(1, int(np.ceil(len(baseline.roots_mm) * len(followup.roots_mm) / MOST_PAIRS)))
    from_mm = (baseline.roots_mm - baseline.middle_mm)[::thinned]
    to_mm = followup.roots_mm - followup.middle_mm
    turned = followup.headings_rad[None] - baseline.headings_rad[::thinned, None]
    reach = LARGEST_SHIFT * np.maximum(baseline.sides_mm, followup.sides_mm)
    half_x, half_y = (int(np.ceil(side / BIN_MM)) for side in reach)
    # one heading unknown: no turn is told, and the pair is left out
    first, second = np.nonzero(np.isfinite(turned))
    nearest = np.round(turned[first, second] / step).astype(np.intp)
    x, y = from_mm[first].T
    to_x, to_y = to_mm[second].T
    flat = []
    tolerance = round(HEADING_TOLERANCE_DEG / TURN_STEP_DEG)
    cosines, sines = (ratio(step * np.arange(turns)) for ratio in (np.cos, np.sin))
    for off in range(-tolerance, tolerance + 1):
        turn = (nearest + off) % turns
        cosine, sine = cosines[turn], sines[turn]
        column = np.floor((to_x - (cosine * x - sine * y)) / BIN_MM + (half_x + 0.5)).astype(np.intp)
        row = np.floor((to_y - (sine * x + cosine * y)) / BIN_MM + (half_y + 0.5)).astype(np.intp)
        near = (column >= 0) & (column <= 2 * half_x) & (row >= 0) & (row <= 2 * half_y)
        flat.append(((turn * (2 * half_y + 1) + row) * (2 * half_x + 1) + column)[near])
    shape = (turns, 2 * half_y + 1, 2 * half_x + 1)
    counts = np.bincount(np.concatenate(flat), minlength=int(np.prod(shape)))
    return counts.astype(np.float32).reshape(shape), (half_x, half_y)


def _box_sums(votes: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Sum over squares of `width` bins about each bin, within each turn; beyond the edges no one votes."""
    half = width // 2
    summed = votes
    for axis in (1, 2):
        padding = [(0, 0)] * 3
        padding[axis] = (half + 1, half)
        upto = np.cumsum(np.pad(summed, padding), axis=axis, dtype=np.float32)
        size = summed.shape[axis]
        summed = np.take(upto, range(width, width + size), axis) - np.take(upto, range(size), axis)
    return summed


def _peaks(standing_out: NDArray[np.float32], half_bins: tuple[int, int], most: int) -> list[Guess]:
    """Take the highest bins, none of them beside one taken before."""
    step = 2 * np.pi / len(standing_out)
    flat = standing_out.ravel()
    candidates = min(40 * most, flat.size)
    highest = np.argpartition(flat, -candidates)[-candidates:]
    highest = highest[np.argsort(-flat[highest], kind="stable")]
    places = np.column_stack(np.unravel_index(highest, standing_out.shape))
    taken: list[Guess] = []
    while len(places) and len(taken) < most:
        turn, row, column = (int(v) for v in places[0])
        shift = ((column - half_bins[0]) * BIN_MM, (row - half_bins[1]) * BIN_MM)
        taken.append(Guess(turn * step, shift, float(standing_out[turn, row, column])))
        apart = np.abs(places - places[0])
        apart[:, 0] = np.minimum(apart[:, 0], len(standing_out) - apart[:, 0])
        places = places[(apart > (2, _HEAP, _HEAP)).any(axis=1)]
    return taken
