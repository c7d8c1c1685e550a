"""Roots: which end of a shaft is in the skin.

Two cues, both named by trichoscopists.  Beyond the root the hair goes on under the skin as a blurred streak, while
beyond the tip there is skin.  And hair of one region leaves the skin in one direction, so neighbours vote.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.classical.lines import Line
from analysis.hair_stream import with_neighbours
from analysis.picture import Plane

STREAK_UM = (40.0, 180.0)
"""Where beyond an end the streak is looked for: past the blurred end, and no farther than it shows."""
NEIGHBOURS_WEIGHT = 1.0


def orient(lines: list[Line], veiled: Plane, um_per_px: float) -> NDArray[np.bool_]:
    """Whether each line must be turned so that it starts at its root.

    Parameters
    ----------
    lines : list of Line
        The hairs at the line scale.
    veiled : ndarray of float32, shape (rows, columns)
        How much the picture differs from the skin in its most different channel: hair under the skin shows there.

    Returns
    -------
    ndarray of bool, shape (lines,)
    """
    if not lines:
        return np.zeros(0, bool)
    starts, ends = (np.array([line.points_px[i] for line in lines]) for i in (0, -1))
    streak = _beyond(starts, starts - ends, veiled, um_per_px) - _beyond(ends, ends - starts, veiled, um_per_px)
    own = np.clip(streak / np.array([max(line.core, 0.05) for line in lines]), -1, 1)
    own[[line.beside_darker for line in lines]] = 0  # the darker shaft would pass for its streak
    belief = with_neighbours(own, starts * um_per_px, ends * um_per_px, NEIGHBOURS_WEIGHT)
    return np.asarray(belief < 0)


def _beyond(
    ends: NDArray[np.float64], outward: NDArray[np.float64], veiled: Plane, um_per_px: float
) -> NDArray[np.float64]:
    """Mean of `veiled` along the continuation of each shaft beyond its end, shape (ends,)."""
    outward = outward / np.maximum(np.hypot(*outward.T), 1e-9)[:, None]
    steps = np.arange(STREAK_UM[0], STREAK_UM[1], 20.0) / um_per_px
    at = (ends[:, None] + steps[:, None] * outward[:, None]).astype(np.float32)
    values = cv2.remap(veiled, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(np.asarray(values, float).reshape(len(ends), -1).mean(axis=1))
