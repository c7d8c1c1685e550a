"""Small things on a large target are drawn in the part of the picture that they touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phantom.targets.plane import Plane

Window = tuple[slice, slice]

_EVERY_PX = 8


class Finder:
    """Finds which part of a picture shows a place.

    Parameters
    ----------
    x_mm, y_mm : ndarray of float32, shape (rows, columns)
        Points of the target under every pixel, changing smoothly.
    """

    def __init__(self, x_mm: Plane, y_mm: Plane) -> None:
        self._rows = _nodes(x_mm.shape[0])
        self._columns = _nodes(x_mm.shape[1])
        self._x_mm, self._y_mm = (m[np.ix_(self._rows, self._columns)] for m in (x_mm, y_mm))
        self._step_mm = max(
            float(np.abs(np.diff(m, axis=axis)).max(initial=0.0)) for m in (self._x_mm, self._y_mm) for axis in (0, 1)
        )

    def window(self, middle_mm: tuple[float, float], reach_mm: float) -> Window | None:
        """Rows and columns within a reach of a place; None where it is out of view."""
        reach = reach_mm + self._step_mm
        near = (np.abs(self._x_mm - middle_mm[0]) < reach) & (np.abs(self._y_mm - middle_mm[1]) < reach)
        if not near.any():
            return None
        return _span(self._rows, near.any(axis=1)), _span(self._columns, near.any(axis=0))


def _nodes(side: int) -> NDArray[np.int64]:
    return np.unique(np.append(np.arange(0, side, _EVERY_PX), side - 1))


def _span(nodes: NDArray[np.int64], touched: NDArray[np.bool_]) -> slice:
    first, last = np.flatnonzero(touched)[[0, -1]]
    return slice(int(nodes[max(first - 1, 0)]), int(nodes[min(last + 1, len(nodes) - 1)]) + 1)
