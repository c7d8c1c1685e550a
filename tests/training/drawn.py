"""Single straight hairs whose planes can be told by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phantom import TruthHair
from training import targets

Point = tuple[float, float]


def straight(root: Point, tip: Point, diameter_um: float = 64.0) -> TruthHair:
    """Give a hair from root to tip, both (x, y) in pixels of the network's input."""
    return TruthHair(
        hair_id=0,
        unit_id=0,
        root_px=root,
        tip_px=tip,
        centreline_px=np.linspace(root, tip, 25),
        diameter_um=diameter_um,
        length_mm=0.5,
        kind="terminal",
        root_inside=True,
    )


def planes_of(*hairs: TruthHair, side_px: int, magnified: float = 1.0) -> NDArray[np.uint8]:
    """Planes of a square input picture in which nothing is covered."""
    return targets.planes(hairs, np.zeros((side_px, side_px), np.bool_), magnified)


def picture_of(root: Point, tip: Point, side_px: int) -> NDArray[np.uint8]:
    """Dark hair of 8 px on light skin, with soft edges."""
    y, x = np.mgrid[:side_px, :side_px]
    away = np.array(tip) - root
    along = np.clip(((x - root[0]) * away[0] + (y - root[1]) * away[1]) / (away**2).sum(), 0, 1)
    distance = np.hypot(x - root[0] - along * away[0], y - root[1] - along * away[1])
    dark = np.clip(4.5 - distance, 0, 1)[..., None]
    return np.asarray(np.rint((200 - 170 * dark) * np.ones(3)), np.uint8)
