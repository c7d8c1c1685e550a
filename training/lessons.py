"""Crops of drawn lessons as batches, turned and mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.learned.evidence import DIRECTIONS, PLANES, relief
from training.distractors import disturb

Reliefs: TypeAlias = NDArray[np.float32]
Planes: TypeAlias = NDArray[np.uint8]

CROP_PX = 160
"""Side of a crop at the line scale: 1.7 mm, two units wide."""


class LessonsMissing(Exception):
    """The folder holds nothing to learn from."""


class Lessons:
    """Drawn pictures as reliefs and planes, kept in memory: 6 MB each.

    Parameters
    ----------
    folder : Path
        Of ``*.npz`` with the picture ``x`` and the planes ``y``, as `training.draw` writes them.

    Raises
    ------
    LessonsMissing
        If there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.reliefs: list[NDArray[np.float16]] = []
        self.planes: list[Planes] = []
        for path in sorted(folder.glob("*.npz")):
            with np.load(path) as drawn:
                self.reliefs.append(relief(drawn["x"].astype(np.float32) / 255).astype(np.float16))
                self.planes.append(drawn["y"])
        if not self.planes:
            raise LessonsMissing(f"{folder} holds no lessons: draw them with `python -m training.draw --into {folder}`")

    def __len__(self) -> int:
        return len(self.planes)

    def batch(self, size: int, rng: np.random.Generator) -> tuple[Reliefs, Planes]:
        """Cut crops out of lessons, disturb each, turn and mirror all of them alike.

        Returns
        -------
        reliefs : ndarray of float32, shape (size, 3, 2 * CROP_PX, 2 * CROP_PX)
        planes : ndarray of uint8, shape (size, PLANES, CROP_PX, CROP_PX)
            0 to 255 for 0 to 1.
        """
        seen, told = zip(*(self._crop(rng) for _ in range(size)), strict=True)
        reliefs, planes = np.stack(seen).transpose(0, 3, 1, 2), np.stack(told)
        mirrored = [axis for axis in (2, 3) if rng.random() < 0.5]
        return turned(reliefs, planes, mirrored, transposed=bool(rng.random() < 0.5))

    def _crop(self, rng: np.random.Generator) -> tuple[Reliefs, Planes]:
        index = int(rng.integers(len(self.reliefs)))
        rows, columns = self.planes[index].shape[1:]
        top, left = int(rng.integers(rows - CROP_PX + 1)), int(rng.integers(columns - CROP_PX + 1))
        seen = self.reliefs[index][2 * top : 2 * (top + CROP_PX), 2 * left : 2 * (left + CROP_PX)]
        told = self.planes[index][:, top : top + CROP_PX, left : left + CROP_PX]
        return disturb(seen.astype(np.float32), told, rng), told


def turned(reliefs: Reliefs, planes: Planes, mirrored: Sequence[int], *, transposed: bool) -> tuple[Reliefs, Planes]:
    """Mirror a batch, then swap its rows and columns; the planes of the directions change places with them.

    Parameters
    ----------
    reliefs : ndarray of float32, shape (n, 3, 2 * side, 2 * side)
    planes : ndarray of uint8, shape (n, PLANES, side, side)
    mirrored : sequence of int
        Axes that are mirrored: 2 turns top to bottom, 3 left to right.
    transposed : bool
        Whether rows become columns.

    Returns
    -------
    reliefs, planes : ndarray
        Copies.
    """
    order = np.arange(DIRECTIONS) * (-1) ** len(mirrored) % DIRECTIONS
    if transposed:
        order = (DIRECTIONS // 2 - order) % DIRECTIONS
    # torch takes no strides below zero, and gives the same last bits only for the same layout: hence the copies
    x = np.flip(reliefs, tuple(mirrored)).copy(order="K")
    y = np.flip(planes, tuple(mirrored)).take(np.concatenate([order, np.arange(DIRECTIONS, PLANES)]), axis=1)
    return (x.swapaxes(2, 3), y.swapaxes(2, 3)) if transposed else (x, y)
