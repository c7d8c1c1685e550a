"""Fates: what became of the hairs that have no partner in the other picture.

A hair without a partner is gone (lost, or new: seen the other way round), or it is there and was drawn otherwise
(along its neighbour, from another's root on, as skin), or it never was one.  How much of its course a line of the
other picture covers tells the first two apart; how likely it is a hair, the last.  The shares of lost and of new hairs
are found from all of them together (expectation maximisation), so that a place where nothing changes is not given
changes, and one where much does is not denied them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

COVERED = (0.01, 0.3, 0.5, 0.7, 0.9)
"""Parts the covered share of a hair into six classes."""
OF_THERE = (0.051, 0.026, 0.093, 0.112, 0.439, 0.279)
OF_GONE = (0.848, 0.077, 0.028, 0.025, 0.020, 0.002)
"""Probabilities of the classes for a hair that is there without a partner, and for one that is gone: counted by
``benchmarks.fit_fates`` on drawn scalps."""
USUAL_THERE, SEEN_THERE = 0.025, 30.0
"""Of hairs that are there, the share without a partner, taken as if seen on this many hairs besides the picture's."""
USUAL_GONE, SEEN_GONE = 0.1, 10.0
FALSE_SHARE = 0.15
"""Of the doubt about a hair (1 less its probability), what ends without a partner as no hair at all."""
UNSEEN_SHARE = 0.09
"""Of hairs that came or went, those that neither picture shows apart from their neighbours (drawn scalps)."""
_ROUNDS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Partnerless:
    """The hairs of one picture that have no partner in the other, one entry each.

    Parameters
    ----------
    covered : ndarray, shape (hairs,)
        Largest share of the course that a line of the other picture covers.
    probabilities : ndarray, shape (hairs,)
        That each is a hair.
    """

    covered: Array
    probabilities: Array


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Probabilities for the hairs of one picture that have no partner.

    Parameters
    ----------
    gone, there : ndarray, shape (hairs,)
        That the other picture's skin holds no such hair, or does; what is left is that there never was one.
    """

    gone: Array
    there: Array


def decide(baseline: Partnerless, followup: Partnerless, pairs: int) -> tuple[Posterior, Posterior]:
    """Give what became of the hairs without a partner.

    Parameters
    ----------
    baseline, followup : Partnerless
        In the shared frame.
    pairs : int
        Hairs there that have one.
    """
    sides = (baseline, followup)
    of_there, of_gone = (
        [np.array(shares)[np.digitize(side.covered, COVERED)] for side in sides] for shares in (OF_THERE, OF_GONE)
    )
    there_share, gone_shares = USUAL_THERE, [USUAL_GONE, USUAL_GONE]
    posteriors: list[Posterior] = []
    for _ in range(_ROUNDS):
        posteriors = []
        for k, side in enumerate(sides):
            gone = gone_shares[k] * of_gone[k]
            there = (1 - gone_shares[k]) * there_share * of_there[k]
            never = FALSE_SHARE * (1 - side.probabilities) * of_gone[k]
            posteriors.append(Posterior(gone / (gone + there + never), there / (gone + there + never)))
        gone_shares = [
            (float(one.gone.sum()) + USUAL_GONE * SEEN_GONE) / (pairs + len(one.gone) + SEEN_GONE) for one in posteriors
        ]
        without = sum(float(one.there.sum()) for one in posteriors)
        there_share = (without + USUAL_THERE * SEEN_THERE) / (2 * pairs + without + SEEN_THERE)
    return posteriors[0], posteriors[1]
