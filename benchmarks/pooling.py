"""Pooling scores over the pictures of a class into the figures of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring import Score


@dataclass(frozen=True, slots=True)
class Figures:
    """What a method reaches on a class; NaN where nothing is there to take a figure from.

    Parameters
    ----------
    pictures, hairs : int
        Pictures, and true hairs that should be found on them.
    f1, recall, precision, vellus_recall : float
        Over all hairs of all pictures.
    density_bias, density_error : float
        Mean over pictures of the relative error of the stated density, and of its absolute value.
    root_right, kind_right, with_diameter : float
        Shares of the matched hairs.
    diameter_bias_um, diameter_error_um : float
        Mean error over matched hairs with a diameter, and mean absolute error.
    false_per_cm2 : float
        Found hairs that match none, over the area of all frames.
    seconds : float
        A picture, one core.
    """

    pictures: int
    hairs: int
    f1: float
    recall: float
    precision: float
    vellus_recall: float
    density_bias: float
    density_error: float
    root_right: float
    kind_right: float
    with_diameter: float
    diameter_bias_um: float
    diameter_error_um: float
    false_per_cm2: float
    seconds: float


def pool(scores: Sequence[Score], seconds: float = float("nan")) -> Figures:
    """Pool the scores of a class; `seconds` is the mean cost of a picture."""
    needed, found = sum(len(s.needed) for s in scores), sum(s.found for s in scores)
    false, matched = sum(len(s.false) for s in scores), sum(len(s.pairs) for s in scores)
    off_um = np.concatenate([s.diameter_error_um for s in scores])
    off = np.array(
        [s.density_per_cm2 / s.true_density_per_cm2 - 1.0 for s in scores if s.true_density_per_cm2 > 0], np.float64
    )
    return Figures(
        pictures=len(scores),
        hairs=needed,
        # where nothing is to be found, the false hairs per cm2 say all
        f1=_share(2 * found, needed + found + false) if needed else float("nan"),
        recall=_share(found, needed),
        precision=_share(found, found + false) if needed else float("nan"),
        vellus_recall=_share(sum(s.vellus_found for s in scores), sum(s.vellus for s in scores)),
        density_bias=_mean(off),
        density_error=_mean(np.abs(off)),
        root_right=_mean(np.concatenate([s.root_right for s in scores])),
        kind_right=_mean(np.concatenate([s.kind_right for s in scores])),
        with_diameter=_share(len(off_um), matched),
        diameter_bias_um=_mean(off_um),
        diameter_error_um=_mean(np.abs(off_um)),
        false_per_cm2=_share(false, sum(s.area_cm2 for s in scores)),
        seconds=seconds,
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _mean(values: NDArray[np.bool_] | NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
