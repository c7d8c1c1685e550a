"""The turn, shift and scale, near a guess, upon which most roots agree: two pairs of roots propose, all others vote.

Steps towards the nearest partner end in the first place where a few roots meet; what two pairs propose together is
either quite right or quite wrong (random sample consensus: Fischler & Bolles 1981), and where roots are few only that
tells one from the other.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]

LEAST_LEVER_MM = 0.8
"""Between the two roots of a proposal: nearer ones tell no turn."""
LARGEST_TURN_RAD = 0.12
LARGEST_SCALE_ERROR = 0.08
AGREES_MM = 0.12
"""Within which a root agrees, the less the farther off: the noise of its own place and of the two that proposed."""
DRAWN, TRIED = 4000, 250


def proposals(from_mm: Array, to_mm: Array, near: Indices, likeness: Array, most: int) -> list[tuple[complex, complex]]:
    """Give the proposals upon which most roots agree, the best first.

    Parameters
    ----------
    from_mm, to_mm : ndarray, shape (n, 2), (m, 2)
        Roots of both pictures, the first already turned and shifted by the guess.
    near : ndarray of int, shape (c, 2)
        Pairs that may be partners, in the order of the first.
    likeness : ndarray, shape (c,)
        Of each such pair's headings, 0 to 1.
    most : int

    Returns
    -------
    list of (complex, complex)
        Factor and shift, for points ``x + iy``: a place ``p`` goes to ``factor * p + shift``.
    """
    if len(near) < 2:
        return []
    p, q = _complex(from_mm)[near[:, 0]], _complex(to_mm)[near[:, 1]]
    # the same roots always give the same answer
    first, second = np.random.default_rng(0).integers(len(near), size=(2, DRAWN))
    lever, seen = p[second] - p[first], q[second] - q[first]
    far = np.abs(lever) >= LEAST_LEVER_MM
    first, second, factor = first[far], second[far], seen[far] / lever[far]
    fit = (np.abs(np.angle(factor)) <= LARGEST_TURN_RAD) & (np.abs(np.abs(factor) - 1.0) <= LARGEST_SCALE_ERROR)
    first, second, factor = first[fit][:TRIED], second[fit][:TRIED], factor[fit][:TRIED]
    if not len(factor):
        return []
    shift = 0.5 * (q[first] + q[second] - factor * (p[first] + p[second]))
    off = factor[:, None] * p[None] + shift[:, None] - q[None]
    agreement = np.maximum(0.0, 1.0 - (off.real**2 + off.imag**2) / AGREES_MM**2) * likeness
    # each root of the baseline has but one partner
    starts = np.flatnonzero(np.diff(near[:, 0], prepend=-1))
    votes = np.maximum.reduceat(agreement, starts, axis=1).sum(axis=1)
    best = np.argsort(-votes, kind="stable")[:most]
    return [(complex(factor[k]), complex(shift[k])) for k in best]


def _complex(points: Array) -> NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1])
