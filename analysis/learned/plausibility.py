"""Plausibility: how likely each found line is one hair.

A logistic model of what is known of a line: how much evidence it has, how clearly root and tip are seen, how long it
is, how it stands out of the skin's texture, and how its contrast compares with the clear shafts of the same picture
(folds and shadows have less).  Its weights are fitted to drawn scalps by ``training.calibrate``.

On bald skin every line is a pore or a vessel, and the one of fifty that resembles a hair is none either.  So the
share of hairs among a picture's lines is found from all of them, and each line's odds follow it (Saerens,
Latinne & Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.learned.evidence import Evidence
from analysis.learned.roots import Rooted
from analysis.measurement import HairMode
from analysis.view import LINE_UM_PER_PX

COUNTED_FROM = 0.5
FEATURES = ("evidence", "root", "tip", "length", "prominence", "share of the usual contrast")
WEIGHTS: dict[HairMode, tuple[float, ...]] = {
    "clipped": (-5.75, 6.12, 3.53, 1.67, 0.83, -0.33, 0.34),
    "long": (-5.82, 3.83, 6.25, -0.78, 0.27, 0.26, -0.36),
}
"""Intercept, then one for each of ``FEATURES``."""
USUAL_SHARE: dict[HairMode, float] = {"clipped": 0.47, "long": 0.23}
"""Of hairs among the lines of the drawn scalps."""
USUAL_LINES = 2.0
"""Taken as if seen besides the picture's own: one or two lines do not tell the share of hairs."""
USUAL_LENGTH_UM = 300.0
FINEST_TEXTURE = 0.01
"""Noise of a good camera on smooth skin: a smoother picture tells no more."""
_MOST = 0.98
_ROUNDS = 100

Array = NDArray[np.float64]


def that_each_is_one_hair(known: Array, mode: HairMode) -> Array:
    """Probabilities, shape (lines,).

    Parameters
    ----------
    known : ndarray, shape (lines, FEATURES)
        All lines' `features`: the share of hairs among them counts too.
    mode : {"clipped", "long"}
        Long hair must show its root.
    """
    odds = _alone(known, mode)
    return _given(odds * _change_by_share(odds, mode))


def that_each_is_a_shaft(known: Array, mode: HairMode) -> Array:
    """Probabilities, shape (lines,), of what would be one hair if its root were clearly seen."""
    rooted = known.copy()
    rooted[:, FEATURES.index("root")] = 1.0
    return _given(_alone(rooted, mode) * _change_by_share(_alone(known, mode), mode))


def _alone(known: Array, mode: HairMode) -> Array:
    """Odds of each line by itself, shape (lines,)."""
    weights = np.array(WEIGHTS[mode])
    return np.asarray(np.exp(weights[0] + known @ weights[1:]))


def _change_by_share(odds: Array, mode: HairMode) -> float:
    """How the odds change by the share of hairs among these lines that they themselves make likeliest."""
    usual, share = USUAL_SHARE[mode], USUAL_SHARE[mode]
    change = 1.0
    for _ in range(_ROUNDS):
        change = share / (1 - share) * (1 - usual) / usual
        hairs = float((odds * change / (1 + odds * change)).sum())
        share = (hairs + USUAL_LINES * usual) / (len(odds) + USUAL_LINES)
    return change


def _given(odds: Array) -> Array:
    return np.minimum(odds / (1 + odds), _MOST)


def features(rooted: Rooted, seen: Evidence) -> Array:
    """Gather what is known of each line, shape (lines, FEATURES), each about 0 to 1."""
    if not rooted.lines:
        return np.zeros((0, len(FEATURES)))
    evidence = np.array([np.median(line.scores) for line in rooted.lines])
    length_um = np.array([len(line.scores) for line in rooted.lines]) * LINE_UM_PER_PX
    length = np.clip(np.log2(length_um / USUAL_LENGTH_UM), -1.5, 1.0)
    contrast = _contrasts(rooted, seen)
    prominence = np.clip(np.log10(np.maximum(contrast, 1e-3) / _texture(seen)), -1.0, 2.0)
    usual = np.percentile(contrast[evidence >= np.median(evidence)], 75)
    share = np.clip(contrast / max(float(usual), FINEST_TEXTURE), 0.0, 1.0)
    return np.column_stack([evidence, rooted.roots, rooted.tips, length, prominence, share])


def _contrasts(rooted: Rooted, seen: Evidence) -> Array:
    """Distance of each shaft's middle from the skin about it, as the root mean square over the colours' logarithms."""
    contrasts = []
    for line in rooted.lines:
        _, row, column = line.cells
        middle = np.median(seen.relief[row, column], axis=0)
        contrasts.append(np.sqrt(np.mean(np.square(middle), dtype=float)))
    return np.array(contrasts)


def _texture(seen: Evidence) -> float:
    """Usual departure of the picture from its slow course: mostly skin's."""
    return max(float(np.median(np.abs(seen.relief[::3, ::3]))), FINEST_TEXTURE)
