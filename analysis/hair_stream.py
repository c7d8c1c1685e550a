"""Hair of one region leaves the skin in one direction, so neighbours vote on the sense of a shaft."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEIGHBOURHOOD_UM = 1500.0
"""Hair streams turn over several millimetres (whorls apart)."""
_ROUNDS = 5

Array = NDArray[np.float64]


def with_neighbours(own: Array, starts_um: Array, ends_um: Array, weight: float) -> Array:
    """Let neighbours vote on the sense of shafts.

    Parameters
    ----------
    own : ndarray, shape (n,)
        What each shaft itself says, from -1 (its root is at its end) to 1 (at its start).
    starts_um, ends_um : ndarray, shape (n, 2)
        Both ends of each, (x, y).
    weight : float
        Of the neighbours' vote beside a shaft's own.

    Returns
    -------
    ndarray, shape (n,)
        From -1 to 1.
    """
    course = ends_um - starts_um
    course /= np.maximum(np.hypot(*course.T), 1e-9)[:, None]
    middles = (starts_um + ends_um) / 2
    apart = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1))
    near = np.exp(-0.5 * (apart / NEIGHBOURHOOD_UM) ** 2) * (course @ course.T)
    np.fill_diagonal(near, 0)
    belief = own.copy()
    for _ in range(_ROUNDS):
        vote = near @ belief / (1 + np.abs(near) @ np.abs(belief))
        belief = np.clip(own + weight * vote, -1, 1)
    return np.asarray(belief)
