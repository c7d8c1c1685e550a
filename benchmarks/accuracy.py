"""How well hairs are found: ours against two classic peers, on drawn scalps and, where they are, on real ones.

Run ``python -m benchmarks.accuracy``, or with ``--limit 12`` for a short form.  The real scalps and their scoring lie
beside the repository in ``../shared/scalps``; without them nothing is measured.  Peers are written as their makers
describe them: *threshold + components* (one threshold of the black-hat, one straight hair per blob) and *LSD*, the
line segment detector of OpenCV (Grompone von Gioi 2012, Image Processing On Line 2:35), both sides of a shaft merged.
Neither knows a root: most hair of the real scalps points down, so an end taken by convention looks like knowledge.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import measure
from phantom import Optics, ScalpSettings, grow, photograph

Picture: TypeAlias = NDArray[np.uint8]
Hairs: TypeAlias = list[dict[str, Any]]
Frames: TypeAlias = list[tuple[Picture, dict[str, Any]]]

SCALPS = Path(__file__).resolve().parents[2] / "shared" / "scalps"
SHORTEST_UM, LONGEST_UM = 130.0, 2000.0
DARKER_BY = 50
"""The threshold that suits the even half of the real scalps best."""


def ours(picture: Picture, um_per_px: float) -> Hairs:
    """Find hairs as the instrument does."""
    return [{"root_px": hair.root_px, "tip_px": hair.tip_px} for hair in measure(picture, um_per_px).hairs]


def threshold_and_components(picture: Picture, um_per_px: float) -> Hairs:
    """Find one straight hair along each dark blob."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (31, 31))
    dark = cv2.GaussianBlur(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, disc), (0, 0), 1.5)
    _, mask = cv2.threshold(dark, DARKER_BY, 255, cv2.THRESH_BINARY)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hairs = []
    for contour in contours:
        (cx, cy), (a, b), degrees = cv2.minAreaRect(contour)
        long, short = max(a, b), max(min(a, b), 1.0)
        if SHORTEST_UM <= long * um_per_px <= LONGEST_UM and long > 1.5 * short:
            angle = np.deg2rad(degrees if a >= b else degrees + 90)
            hairs.append(_hair(np.array([cx, cy]), np.array([np.cos(angle), np.sin(angle)]) * long / 2))
    return hairs


def line_segment_detector(picture: Picture, um_per_px: float) -> Hairs:
    """Find one hair between every two opposite edges."""
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (0, 0), 1.5)
    found: Any = cv2.createLineSegmentDetector().detect(grey)[0]  # None where there is none
    segments = np.asarray([] if found is None else found, np.float64).reshape(-1, 4)  # (n, 1, 4) before OpenCV 5
    starts, ends = segments[:, :2], segments[:, 2:]
    length = np.hypot(*(ends - starts).T)
    keep = length * um_per_px >= SHORTEST_UM
    middles, course = ((starts + ends) / 2)[keep], ((ends - starts) / np.maximum(length, 1e-9)[:, None])[keep]
    length = length[keep]
    hairs, used = [], np.zeros(len(middles), bool)
    for i in np.argsort(-length):
        across = (middles - middles[i]) @ np.array([-course[i, 1], course[i, 0]])
        along = (middles - middles[i]) @ course[i]
        mate = (
            ~used & (course @ course[i] < -0.9) & (np.abs(along) < length[i] / 2) & (np.abs(across) * um_per_px < 160)
        )
        if used[i] or not mate.any():
            continue
        j = int(np.flatnonzero(mate)[np.argmin(np.abs(across[mate]))])
        used[[i, j]] = True
        hairs.append(_hair((middles[i] + middles[j]) / 2, course[i] * length[i] / 2))
    return hairs


def _hair(middle: NDArray[np.float64], half: NDArray[np.float64]) -> dict[str, Any]:
    """Take either end for the root, as it comes: a shaft's outline does not say which it is."""
    return {"root_px": (middle - half).tolist(), "tip_px": (middle + half).tolist()}


def real_scalps(limit: int | None, half: str) -> Frames:
    """Load the scalps whose name's sha1 is even (tuned on) or odd (not), or all."""
    parity = {"even": (0,), "odd": (1,), "all": (0, 1)}[half]
    chosen = [
        path
        for path in sorted(SCALPS.glob("*.json"))
        if int(hashlib.sha1(path.stem.encode(), usedforsecurity=False).hexdigest(), 16) % 2 in parity
    ]
    frames = []
    for path in _spread(chosen, limit):
        picture = cv2.imread(str(path.with_suffix(".jpg")))
        frames.append((np.asarray(picture, np.uint8), json.loads(path.read_text())))
    return frames


def phantoms(count: int) -> Frames:
    """Draw clipped dark hair of several densities and skins, as the scoring of the real scalps reads it."""
    frames = []
    for seed in range(count):
        settings = ScalpSettings(
            hair_density_per_cm2=(80.0, 110.0, 140.0, 180.0)[seed % 4],
            hair_colour=("black", "dark brown", "brown")[seed % 3],
            skin_type=("II", "III", "IV")[seed // 2 % 3],
        )
        taken = photograph(grow(settings, seed=seed), Optics(size_px=(1280, 982)), seed=seed)
        hairs = [
            {
                "root_px": hair.root_px,
                "tip_px": hair.tip_px,
                "kind": "premium" if hair.kind == "terminal" else "undersize",
            }
            for hair in taken.truth.hairs
        ]
        frames.append((taken.picture, {"um_per_px": 5.3, "seam_px": (-1000, -1000), "hairs": hairs}))
    return frames


def _spread(paths: list[Path], limit: int | None) -> list[Path]:
    return paths if limit is None else paths[:: max(1, len(paths) // limit)][:limit]


def scoring() -> Any:  # noqa: ANN401 (a module)
    """Import the scoring that lies beside the real scalps."""
    spec = importlib.util.spec_from_file_location("scalp_score", SCALPS / "score.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"no scoring in {SCALPS.name}/ beside the repository")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pooled(method: Callable[[Picture, float], Hairs], frames: Frames) -> dict[str, float]:
    """Score a method over frames: the scoring's pooled figures, and seconds per picture."""
    score, spent = scoring(), 0.0
    scores = []
    for picture, truth in frames:
        start = time.process_time()
        hairs = method(picture, truth["um_per_px"])
        spent += time.process_time() - start
        scores.append(score.score({"hairs": hairs}, truth))
    return {**score.pool(scores), "seconds": spent / len(frames)}


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, help="at most so many pictures of each kind")
    parser.add_argument("--half", choices=["even", "odd", "all"], default="odd", help="of the real scalps, by sha1")
    options = parser.parse_args(arguments)
    if not (SCALPS / "score.py").exists():
        print(f"no real scalps and no scoring in {SCALPS.name}/ beside the repository: nothing is measured")  # noqa: T201
        return
    cv2.setNumThreads(1)  # seconds are those of one core
    kinds = {"real": real_scalps(options.limit, options.half), "drawn": phantoms(options.limit or 12)}
    peers = {
        "threshold + components": threshold_and_components,
        "LSD": line_segment_detector,
        "trichoscope": ours,
    }
    columns = ("f1", "recall", "precision", "density_bias", "density_mape", "root_right", "thin_recall", "seconds")
    print(f"{'pictures':<10}{'method':<24}" + "".join(f"{name:>14}" for name in columns))  # noqa: T201
    for kind, frames in kinds.items():
        for name, method in peers.items():
            figures = pooled(method, frames)
            row = "".join(f"{figures[column]:>14.3f}" for column in columns)
            print(f"{kind + ' ' + str(len(frames)):<10}{name:<24}{row}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
