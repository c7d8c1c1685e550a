"""Fit the weights of `analysis.mark.plausibility` to discs on drawn scalps, and write them.

``python -m benchmarks.fit_mark`` draws scenes of every kind (`benchmarks.mark_scenes`, from seeds far below the
benchmark's), fits a disc wherever the finder looks, and teaches a network of one hidden layer whether it is the mark:
within 60 um of the true middle, or something else beyond 250 um.  Discs between are left out.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.mark import weights as kept_weights
from analysis.mark.find import glimpses, whole_fits
from analysis.mark.plausibility import features
from benchmarks.mark_scenes import UM_PER_PX, Kind, scene

Array = NDArray[np.float64]

FIRST_SEED = 20_000
KINDS: tuple[Kind, ...] = ("fresh", "faded", "smeared", "hidden", "plain", "none", "none", "marker", "marker")
_RIGHT_UM, _WRONG_UM = 60.0, 250.0
_MARKER_WEIGHT = 0.5
"""Of discs on a marker's ink: some of its dots cannot be told from a tattoo, and would cost every faded mark."""
_HIDDEN, _STEPS, _BATCH, _RATE, _DECAY = 16, 6000, 512, 0.01, 2e-4
_CAUTION = 1.75
"""Taken off the log odds: fewer than one in a hundred of drawn and of real shaved scalps then shows a false mark."""


def discs_of(seed: int, kind: Kind) -> tuple[Array, Array, Array]:
    """Features of the discs of one scene, whether each is the mark, and how much each weighs."""
    cv2.setNumThreads(1)
    drawn = scene(seed, kind)
    seen, first, to_picture_px = glimpses(drawn.picture, UM_PER_PX)
    described, right, weights = [], [], []
    for disc in (*first, *whole_fits(seen, first)):
        off_um = np.inf
        if drawn.mark_px is not None:
            off_um = float(np.hypot(*np.subtract(to_picture_px(disc), drawn.mark_px))) * UM_PER_PX
        if not _RIGHT_UM <= off_um <= _WRONG_UM:
            described.append(features(disc, seen))
            right.append(float(off_um < _RIGHT_UM))
            weights.append(_MARKER_WEIGHT if kind == "marker" else 1.0)
    return np.reshape(described, (-1, len(kept_weights.MEAN))), np.array(right), np.array(weights)


def learned(usual: Array, right: Array, weights: Array) -> tuple[Array, Array, Array, float]:
    """Fit the network by Adam: hidden weights and biases, output weights and bias."""
    chance = np.random.default_rng(0)
    count = usual.shape[1]
    parts = [chance.normal(0.0, count**-0.5, (count, _HIDDEN)), np.zeros(_HIDDEN)]
    parts += [chance.normal(0.0, _HIDDEN**-0.5, _HIDDEN), np.zeros(1)]
    means, squares = [np.zeros_like(part) for part in parts], [np.zeros_like(part) for part in parts]
    for step in range(1, _STEPS + 1):
        batch = chance.integers(0, len(usual), _BATCH)
        hidden = np.tanh(usual[batch] @ parts[0] + parts[1])
        chances = 1.0 / (1.0 + np.exp(-np.clip(hidden @ parts[2] + parts[3], -30.0, 30.0)))
        wrong = weights[batch] * (chances - right[batch]) / _BATCH
        back = np.outer(wrong, parts[2]) * (1.0 - hidden**2)
        slopes = [usual[batch].T @ back + _DECAY * parts[0], back.sum(axis=0)]
        slopes += [hidden.T @ wrong + _DECAY * parts[2], wrong.sum(keepdims=True)]
        rate = _RATE * (1.0 - 0.97 * step / _STEPS)
        for place, slope in enumerate(slopes):
            means[place] = 0.9 * means[place] + 0.1 * slope
            squares[place] = 0.999 * squares[place] + 0.001 * slope**2
            even = means[place] / (1.0 - 0.9**step), squares[place] / (1.0 - 0.999**step)
            parts[place] = parts[place] - rate * even[0] / (np.sqrt(even[1]) + 1e-8)
    return parts[0], parts[1], parts[2], float(parts[3][0])


def written(mean: Array, spread: Array, network: tuple[Array, Array, Array, float]) -> str:
    """Word the weights as the module that holds them."""
    hidden, hidden_bias, out, out_bias = network
    kept = Path(kept_weights.__file__).read_text(encoding="utf-8").split("MEAN =")[0]
    return kept + "\n".join(
        (
            f"MEAN = _numbers(\n    {_block(mean)}\n)",
            f"SPREAD = _numbers(\n    {_block(spread)}\n)",
            '"""Of the features, over the discs that were fitted on."""',
            f"HIDDEN = _numbers(\n    {_block(hidden)},\n    rows={len(mean)},\n)",
            f"HIDDEN_BIAS = _numbers(\n    {_block(hidden_bias)}\n)",
            f"OUT = _numbers(\n    {_block(out)}\n)",
            f"OUT_BIAS = {out_bias - _CAUTION:.3f}\n",
        )
    )


def _block(numbers: Array) -> str:
    lines = []
    for row in np.atleast_2d(numbers):
        words = [f"{number:.3f}" for number in row]
        lines += [" ".join(words[first : first + 12]) for first in range(0, len(words), 12)]
    return '"""\n    ' + "\n    ".join(lines) + '\n    """'


@click.command()
@click.option("--scenes", default=200, show_default=True, help="Of each kind.")
@click.option("--processes", default=2, show_default=True)
def main(scenes: int, processes: int) -> None:
    """Draw, fit, write."""
    cases = [(FIRST_SEED + 10 * number + place, kind) for number in range(scenes) for place, kind in enumerate(KINDS)]
    with ProcessPoolExecutor(processes) as pool:
        all_discs = list(pool.map(discs_of, *zip(*cases, strict=True), chunksize=8))
    described, right, weights = (np.concatenate(parts) for parts in zip(*all_discs, strict=True))
    mean, spread = described.mean(axis=0), described.std(axis=0) + 1e-9
    network = learned(np.clip((described - mean) / spread, -4.0, 4.0), right, weights)
    Path(kept_weights.__file__).write_text(written(mean, spread, network), encoding="utf-8")
    click.echo(f"{len(right)} discs, {int(right.sum())} of them marks")


if __name__ == "__main__":
    main()
