"""Larger dots in a grid of dots: which way it is turned, and whether it lies face down.

A pattern of lattice places is compared with its eight pictures: four turns, each face up or mirrored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Place: TypeAlias = tuple[int, int]
Symmetry: TypeAlias = NDArray[np.int64]

LEAST_APART = 2
"""Dots by which a pattern differs at least from its turned and mirrored pictures, so that one lost does not mislead."""

_QUARTER_TURN = np.array([[0, -1], [1, 0]])
_MIRROR = np.array([[-1, 0], [0, 1]])
TURNS: tuple[Symmetry, ...] = tuple(np.linalg.matrix_power(_QUARTER_TURN, quarters) for quarters in range(4))
"""Matrices for columns of (column, row), face up."""
MIRRORED: tuple[Symmetry, ...] = tuple(turn @ _MIRROR for turn in TURNS)
"""The same face down."""


def best_shift(pattern: Iterable[Place], seen: Iterable[Place]) -> tuple[Place, int]:
    """Find the shift of a pattern under which it has most places in common with what is seen.

    Returns
    -------
    ((int, int), int)
        The shift, (columns, rows), and how many places agree; 0 where either is empty.
    """
    shifts = Counter((s[0] - p[0], s[1] - p[1]) for p in pattern for s in seen)
    return shifts.most_common(1)[0] if shifts else ((0, 0), 0)


def moved(places: Iterable[Place], symmetry: Symmetry) -> list[Place]:
    """Turn or mirror places about the origin."""
    return [(int(column), int(row)) for column, row in (symmetry @ np.array(place) for place in places)]


def apart(pattern: Sequence[Place]) -> int:
    """Count the dots by which a pattern differs at least from its turned and mirrored pictures."""
    others = [*TURNS[1:], *MIRRORED]
    return len(pattern) - max(best_shift(moved(pattern, symmetry), pattern)[1] for symmetry in others)
