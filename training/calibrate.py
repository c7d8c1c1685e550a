"""Fit the weights of `analysis.learned.plausibility` to lessons that the network has not learned from.

``python -m training.calibrate`` prints them and the share of hairs among the lines; they are copied into the module
by hand, with the date of the network.
Each found line is one hair or not by the rule of the benchmark's scoring; the logistic model is fitted by Newton's
method with a small ridge.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import exclusions
from analysis.learned import evidence, finder, identity, plausibility, roots
from analysis.measurement import HairMode
from analysis.picture import read
from analysis.view import View
from benchmarks.scoring import Finding, FoundHair, score
from training.curriculum import lesson

FIRST_LESSON = 100_000
"""Far above those that are learned from."""
RIDGE = 0.1
_NEWTON_STEPS = 30
_EDGE_PX = 40

Array = NDArray[np.float64]


def lines_of(number: int) -> tuple[HairMode, Array, NDArray[np.bool_], Array]:
    """Features of the lines found on a lesson, whether each is one hair, and the number of hairs missed."""
    cv2.setNumThreads(1)
    shot = lesson(number)
    working = read(shot.picture, shot.truth.optics.um_per_px, "bgr")
    view = View.of(working)
    frame = exclusions.counting_frame(view.at_line_scale())
    seen = evidence.look(View.of(replace(working, bgr=exclusions.without_outside(working.bgr, frame))).bgr)
    rooted = roots.root(identity.explain(seen), seen)
    rows, columns = shot.picture.shape[:2]
    edges = (_EDGE_PX, _EDGE_PX, columns - _EDGE_PX, rows - _EDGE_PX)
    hairs = tuple(FoundHair(view.to_original_px(line.points_px)) for line in rooted.lines)
    mode: HairMode = finder.mode_of(rooted)
    scored = score(Finding(hairs, edges, 0.0), shot, mode)
    inside = np.array([_inside(hair.centreline_px[0], edges) for hair in hairs], bool)
    real = np.zeros(len(hairs), bool)
    real[scored.pairs[:, 0]] = True
    needed_missed = np.array([len(scored.needed), len(scored.missed)], float)
    return mode, plausibility.features(rooted, seen)[inside], real[inside], needed_missed


def fit(features: Array, real: NDArray[np.bool_]) -> Array:
    """Weights of a logistic model: the intercept, then one for each feature."""
    x = np.column_stack([np.ones(len(features)), features])
    weights = np.zeros(x.shape[1])
    ridge = RIDGE * np.diag([0.0, *np.ones(x.shape[1] - 1)])
    for _ in range(_NEWTON_STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (real - p) - ridge @ weights
        weights = weights + np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + ridge, slope)
    return weights


def _inside(point: Array, edges: tuple[float, float, float, float]) -> bool:
    return bool(edges[0] <= point[0] < edges[2] and edges[1] <= point[1] < edges[3])


@click.command(help=__doc__)
@click.option("--lessons", "count", type=click.IntRange(2), default=240, show_default=True)
def main(*, count: int) -> None:
    """Print the weights of both modes."""
    with ProcessPoolExecutor() as pool:
        drawn = list(pool.map(lines_of, range(FIRST_LESSON, FIRST_LESSON + count), chunksize=4))
    for mode in ("clipped", "long"):
        rows = [row for row in drawn if row[0] == mode]
        features, real = np.concatenate([row[1] for row in rows]), np.concatenate([row[2] for row in rows])
        needed, missed = np.sum([row[3] for row in rows], axis=0)
        weights = fit(features, real)
        click.echo(f"{mode}: {len(real)} lines, {real.sum()} hairs; {missed:.0f} of {needed:.0f} hairs have no line")
        click.echo(f"  share {real.mean():.2f}, weights {[round(float(w), 2) for w in weights]}")


if __name__ == "__main__":
    main()
