"""The real scalps, annotated by hand, and their own scoring: both lie beside the repository, in ``../shared/scalps``.

Where they are absent, what needs them is left out and says so; everything on phantoms runs without.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np

from benchmarks.peers import Picture
from benchmarks.scoring import Finding

Frames: TypeAlias = list[tuple[Picture, dict[str, Any]]]
Half: TypeAlias = Literal["even", "odd", "all"]

SCALPS = Path(__file__).resolve().parents[2] / "shared" / "scalps"


def present() -> bool:
    """Whether the scalps and their scoring lie beside this checkout."""
    return (SCALPS / "score.py").exists()


def names(limit: int | None, half: Half) -> list[str]:
    """Name the scalps whose name's sha1 is even (tuned on) or odd (not), or all; at most `limit`, spread over them."""
    parity = {"even": (0,), "odd": (1,), "all": (0, 1)}[half]
    chosen = [
        path.stem
        for path in sorted(SCALPS.glob("*.json"))
        if int(hashlib.sha1(path.stem.encode(), usedforsecurity=False).hexdigest(), 16) % 2 in parity
    ]
    return chosen if limit is None else chosen[:: max(1, len(chosen) // limit)][:limit]


def load(limit: int | None, half: Half) -> Frames:
    """Load the scalps of a half: pictures with their annotation."""
    return [read(name) for name in names(limit, half)]


def read(name: str) -> tuple[Picture, dict[str, Any]]:
    """Read one scalp and its annotation."""
    picture = cv2.imread(str(SCALPS / f"{name}.jpg"))
    return np.asarray(picture, np.uint8), json.loads((SCALPS / f"{name}.json").read_text())


def scoring() -> Any:  # noqa: ANN401 (a module)
    """Import the scoring that lies beside the real scalps."""
    spec = importlib.util.spec_from_file_location("scalp_score", SCALPS / "score.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"no scoring in {SCALPS.name}/ beside the repository")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scored(
    method: Callable[[Picture, float, float | None], Finding], picture: Picture, truth: dict[str, Any]
) -> tuple[dict[str, Any], float]:
    """Score a method on one scalp: the scoring's own counts, and the seconds spent."""
    start = time.process_time()
    finding = method(picture, truth["um_per_px"], None)
    spent = time.process_time() - start
    hairs = [
        {"root_px": hair.centreline_px[0].tolist(), "tip_px": hair.centreline_px[-1].tolist()} for hair in finding.hairs
    ]
    return scoring().score({"hairs": hairs}, truth), spent


def pooled(method: Callable[[Picture, float, float | None], Finding], frames: Frames) -> dict[str, float]:
    """Score a method over scalps: the scoring's pooled figures, and seconds a picture."""
    scores = [scored(method, picture, truth) for picture, truth in frames]
    return pool(scores)


def pool(scores: list[tuple[dict[str, Any], float]]) -> dict[str, float]:
    """Pool what `scored` gave for each scalp."""
    return {**scoring().pool([s for s, _ in scores]), "seconds": sum(spent for _, spent in scores) / len(scores)}
