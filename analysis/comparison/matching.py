"""Matching: the hairs of two registered pictures, each with its partner or with what stands in for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.comparison.assignment import pair_up
from analysis.comparison.courses import Courses, of_hairs, of_uncounted
from analysis.comparison.coverage import covered_shares
from analysis.comparison.fates import Partnerless, Posterior, decide
from analysis.comparison.likeness import log_ratios
from analysis.comparison.shared_frame import SharedFrame
from analysis.measurement import Measurement

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

LEAST_LIKENESS = 1.5
"""Logarithm of the odds that a pair is one hair seen twice, below which each is taken to have no partner yet: of pairs
of different hairs half lie below, of true ones one in a hundred, and these are covered by a line all the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """The hairs of the shared frame.

    Parameters
    ----------
    pairs : ndarray of int, shape (pairs, 2)
        Hair of the baseline, hair of the follow-up.
    likely : ndarray, shape (pairs,)
        Probability that both are one hair, by their likeness alone.
    alone : (ndarray of int, ndarray of int)
        Hairs of each picture without a partner.
    partnerless : (Partnerless, Partnerless)
        What is known of those.
    posteriors : (Posterior, Posterior)
        What became of them.
    """

    pairs: Indices
    likely: Array
    alone: tuple[Indices, Indices]
    partnerless: tuple[Partnerless, Partnerless]
    posteriors: tuple[Posterior, Posterior]


def match(frame: SharedFrame, left_over_mm: float) -> Matching:
    """Match the hairs of two pictures one by one.

    Parameters
    ----------
    frame : SharedFrame
        With both measurements, and how one lies on the other.
    left_over_mm : float
        Root mean square distance that registration leaves between roots.
    """
    sides = (frame.baseline, frame.followup)
    back = frame.transform.to_baseline_mm
    courses = (of_hairs(frame.baseline), of_hairs(frame.followup).moved(back))
    uncounted = (of_uncounted(frame.baseline), of_uncounted(frame.followup).moved(back))
    ratios = log_ratios(*courses, (_widths_um(frame.baseline), _widths_um(frame.followup)), left_over_mm)
    every = pair_up(ratios - LEAST_LIKENESS)
    middles = (courses[0].roots_mm[every[:, 0]] + courses[1].roots_mm[every[:, 1]]) / 2
    pairs = every[frame.holds(middles)]
    likely = 1 / (1 + np.exp(-ratios[pairs[:, 0], pairs[:, 1]]))
    alone, partnerless = [], []
    for k in (0, 1):
        others = np.setdiff1d(np.arange(len(sides[k].hairs)), every[:, k])
        others = others[frame.holds(courses[k].roots_mm[others])]
        chosen = Courses.of([courses[k].lines_mm[i] for i in others])
        lines = Courses.of([*courses[1 - k].lines_mm, *uncounted[1 - k].lines_mm])
        alone.append(others)
        partnerless.append(
            Partnerless(
                covered=covered_shares(chosen, lines, left_over_mm).max(axis=1, initial=0.0),
                probabilities=np.array([sides[k].hairs[i].probability for i in others], float),
            )
        )
    posteriors = decide(partnerless[0], partnerless[1], len(pairs))
    return Matching(pairs, likely, (alone[0], alone[1]), (partnerless[0], partnerless[1]), posteriors)


def _widths_um(measurement: Measurement) -> Array:
    return np.array([np.nan if hair.diameter_um is None else hair.diameter_um for hair in measurement.hairs], float)
