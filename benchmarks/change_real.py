"""Real scalps on which nothing changed: a picture, and the same turned, shifted, rescaled, re-lit, softened and noised.

What a comparison says of them is its own error.  The drawn pairs show what a real change does; these show what real
skin and hair do to the comparison.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import cv2
import numpy as np

from analysis import Optics, PictureUnusable, measure
from analysis.comparison import compare
from benchmarks import real_scalps
from benchmarks.change_registration import as_taken_later

Row = tuple[str, str, str, str]

UM_PER_PX = 5.54
MOST_SHIFT, MOST_TURN_DEG = 0.08, 12.0
_EDGE = 0.07
"""Of the picture's width, cut off every side: what the turn brings in from outside is no skin."""
_SEED = 520


def rows(runs: int) -> list[Row]:
    """Compare up to `runs` scalps of the half that nothing was tuned on: (what, asked, reached, verdict) lines."""
    if not real_scalps.present():
        return [("real scalps on which nothing changed", "-", "-", "not measured: the scalps are not at hand")]
    names = real_scalps.names(runs, "odd")
    with ProcessPoolExecutor(2) as executor:
        said = [one for one in executor.map(_errors, names) if one is not None]
    matched, counted, held = (np.array(column, float) for column in zip(*said, strict=True))
    return [
        (
            "real scalps, nothing changed: compared",
            "-",
            f"{len(said)} of {len(names)}",
            "the others have too few hairs in the shared area",
        ),
        ("change of density said, RMS (0 is true)", "-", f"{np.sqrt(np.mean(matched**2)):.2f} hairs/cm2", "stated"),
        (
            "its 95 % interval holds 0",
            ">= 93 %",
            f"{100 * held.mean():.1f} %",
            "met" if held.mean() >= 0.93 else "short",
        ),
        (
            "the two pictures counted separately, RMS",
            "-",
            f"{np.sqrt(np.mean(counted**2)):.2f} hairs/cm2",
            "for comparison",
        ),
    ]


def _errors(name: str) -> tuple[float, float, bool] | None:
    """Give the change said by matched hairs, by separate counts, and whether the interval holds 0."""
    cv2.setNumThreads(1)
    picture, _ = real_scalps.read(name)
    rng = np.random.default_rng([_SEED, int(name, 16)])
    height, width = picture.shape[:2]
    turn_deg, scale = float(rng.uniform(-MOST_TURN_DEG, MOST_TURN_DEG)), float(rng.uniform(0.98, 1.02))
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, scale), np.float64)
    matrix[:, 2] += rng.uniform(-MOST_SHIFT, MOST_SHIFT, 2) * (width, height)
    edge = round(_EDGE * width)
    inner = slice(edge, -edge)
    later = as_taken_later(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC), rng)
    try:
        was, now = (measure(one[inner, inner], Optics(UM_PER_PX)) for one in (picture, later))
    except PictureUnusable:
        return None
    change = compare(was, now)
    said, counted = change.density_change_per_cm2, change.counted_density_change_per_cm2
    return None if said is None or counted is None else (said.value, counted.value, 0 in said)
