"""Courses: the hairs of a picture as lines in millimetres, so that two pictures' can be laid over one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Measurement

Array = NDArray[np.float64]

COMPARED_MM = 0.6
"""Of a hair, from its root: hair is cut anew between visits, and bends farther out."""
POINTS = 7


@dataclass(frozen=True, slots=True, eq=False)
class Courses:
    """Hairs as lines, one entry each.

    Parameters
    ----------
    lines_mm : list of ndarray, each of shape (n, 2)
        (x, y); from root to tip where the root is known.
    lengths_mm : ndarray, shape (hairs,)
        Along each.
    """

    lines_mm: list[Array]
    lengths_mm: Array

    @classmethod
    def of(cls, lines_mm: list[Array]) -> Courses:
        """Measure the lines' lengths."""
        return cls(lines_mm, np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in lines_mm], float))

    @property
    def roots_mm(self) -> Array:
        """First point of each, shape (hairs, 2)."""
        return np.array([line[0] for line in self.lines_mm]).reshape(-1, 2)

    def moved(self, by: Callable[[Array], Array]) -> Courses:
        """Lay the lines elsewhere."""
        return Courses.of([by(line) for line in self.lines_mm])

    def first_parts(self, up_to_mm: Array) -> Array:
        """Points along the first part of each, shape (hairs, POINTS, 2); `up_to_mm` says how long that is."""
        parts = [
            along(line, np.linspace(0.0, min(reach, length), POINTS))
            for line, length, reach in zip(self.lines_mm, self.lengths_mm, up_to_mm, strict=True)
        ]
        return np.array(parts).reshape(-1, POINTS, 2)


def of_hairs(measurement: Measurement) -> Courses:
    """Give the counted hairs of a picture in its own millimetres."""
    mm_per_px = measurement.um_per_px / 1000.0
    return Courses.of([np.asarray(hair.centreline_px, float) * mm_per_px for hair in measurement.hairs])


def of_uncounted(measurement: Measurement) -> Courses:
    """Give the lines that are no counted hairs; either end may be the root."""
    mm_per_px = measurement.um_per_px / 1000.0
    return Courses.of([np.asarray(line.line_px, float) * mm_per_px for line in measurement.uncounted])


def along(line: Array, reach: Array) -> Array:
    """Points at distances along a line from its start, shape (n, 2); past its end, its end."""
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    return np.column_stack([np.interp(reach, arc, line[:, axis]) for axis in (0, 1)])
