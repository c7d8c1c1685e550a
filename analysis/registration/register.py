"""Whether two pictures show the same place, and how one lies on the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Measurement
from analysis.registration.alignment import Alignment, settle, stretch
from analysis.registration.constellation import Constellation
from analysis.registration.evidence import Evidence, weigh
from analysis.registration.marks import Marks, cost, guess_from
from analysis.registration.transform import Transform
from analysis.registration.votes import guesses

MOST_GUESSES = 10
"""On drawn and real scalps the right one is nearly always the first; where roots are few it may come fourth."""
MOST_STRETCHED = 3
LEAST_STANDING_OUT = 5.0
LEAST_ROOTS = 12
"""In either picture, and ..."""
LEAST_PAIRS = 6
"""... with fewer partners, of which two or three are used up to find turn, shift and scale, nobody can tell."""
CANNOT_TELL = 0.4
"""The most that is said of a place with too few roots: neither that it is the same nor that it is another."""
WORTH_STRETCHING = 10.0
"""Log odds by which a guess may fall short of the best one, and still come out first once the skin is let stretch."""
SURE_LOG_ODDS = 60.0
"""Of a guess so right that no other needs to be looked at."""

_BY_LOG_ODDS, _BY_OVERLAP, _CONSTANT = 0.66, 4.12, -4.47
"""By ``benchmarks.fit_same_place``, on drawn constellations, as many of the same place as of two."""
_PRIOR_LOG_ODDS = -6.0
"""Before a root is seen.  To take another place for the same spoils a series, to refuse the same one costs a second
picture: 1 in 400 makes the first as rare as it has to be among all pairs of some hundred scalps."""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """How a follow-up lies on its baseline.

    Parameters
    ----------
    same_place : float
        Probability that both show the same place.
    transform : Transform or None
        None where that is below 0.5.
    pairs : ndarray of int, shape (n, 2)
        Hairs whose roots were matched: index into the baseline's and into the follow-up's ``hairs``. Empty where there
        is no transform.
    residual_um : float or None
        Root mean square distance of those roots after the transform.
    """

    same_place: float
    transform: Transform | None
    pairs: NDArray[np.intp]
    residual_um: float | None


def register(baseline: Measurement, followup: Measurement, *, marks_mm: Marks | None = None) -> Registration:
    """Find out whether two measurements are of the same place, and how one lies on the other.

    The constellation of the roots decides: votes of all pairs of roots give guesses, each is brought to rest on the
    roots that agree with it, the skin is let stretch a little, and partners found are weighed against partners missing
    and against what chance would find.  Any turn is found, a shift of up to two thirds of the picture, and scales that
    differ by up to 6 %; mirror images are not looked for.

    Parameters
    ----------
    baseline, followup : Measurement
        Each with its own scale.
    marks_mm : ((float, float), (float, float)), optional
        Where the mark lies in baseline and follow-up, in each one's millimetres. It adds a guess and speaks for or
        against each, but never makes a place the same by itself.
    """
    return lay(Constellation.of(baseline), Constellation.of(followup), marks_mm=marks_mm)


def lay(baseline: Constellation, followup: Constellation, *, marks_mm: Marks | None = None) -> Registration:
    """Lay one constellation on another, if they are of one place; see `register`."""
    alignment, evidence = best_alignment(baseline, followup, marks_mm=marks_mm)
    same_place = probability(evidence)
    if alignment is None or same_place < 0.5:
        return Registration(same_place, None, np.empty((0, 2), np.intp), None)
    residual_um = 1000.0 * float(np.sqrt((alignment.off_mm**2).mean()))
    return Registration(same_place, alignment.transform, alignment.pairs, residual_um)


def best_alignment(
    baseline: Constellation, followup: Constellation, *, marks_mm: Marks | None = None
) -> tuple[Alignment | None, Evidence | None]:
    """Give the alignment that the roots speak for most, and what they say; None where there are too few to look."""
    if min(len(baseline.roots_mm), len(followup.roots_mm)) < LEAST_ROOTS:
        return None, None
    found = [g for g in guesses(baseline, followup, MOST_GUESSES) if g.standing_out >= LEAST_STANDING_OUT]
    if marks_mm is not None:
        found += guess_from(marks_mm, baseline, followup)
    settled: list[tuple[float, Alignment, Evidence]] = []
    for guess in found:
        alignment = settle(baseline, followup, guess)
        evidence = weigh(baseline, followup, alignment)
        settled.append((evidence.log_odds - cost(marks_mm, alignment.transform), alignment, evidence))
        if settled[-1][0] > SURE_LOG_ODDS:
            break
    if not settled:
        return None, None
    settled.sort(key=lambda one: -one[0])
    likeliest = [one for one in settled[:MOST_STRETCHED] if one[0] > settled[0][0] - WORTH_STRETCHING]
    return max((_stretched(baseline, followup, one, marks_mm) for one in likeliest), key=lambda one: one[0])[1:]


def _stretched(
    baseline: Constellation, followup: Constellation, settled: tuple[float, Alignment, Evidence], marks_mm: Marks | None
) -> tuple[float, Alignment, Evidence]:
    """Let the skin stretch, where there are pairs enough to tell a place by."""
    if settled[2].paired < LEAST_PAIRS:
        return settled
    alignment = stretch(baseline, followup, settled[1])
    evidence = weigh(baseline, followup, alignment)
    return evidence.log_odds - cost(marks_mm, alignment.transform), alignment, evidence


def features(evidence: Evidence) -> NDArray[np.float64]:
    """Give what the probability hangs on: the roots' log odds, and the logarithm of the overlap."""
    return np.array([evidence.log_odds, np.log(max(evidence.overlap, 0.02))])


def probability(evidence: Evidence | None) -> float:
    """Turn evidence into the probability of the same place; ``CANNOT_TELL`` at most, where partners are too few."""
    if evidence is None:
        return CANNOT_TELL
    log_odds = float(features(evidence) @ (_BY_LOG_ODDS, _BY_OVERLAP)) + _CONSTANT + _PRIOR_LOG_ODDS
    same_place = float(1.0 / (1.0 + np.exp(-np.clip(log_odds, -40.0, 40.0))))
    return same_place if evidence.paired >= LEAST_PAIRS else min(same_place, CANNOT_TELL)
