"""Courses of hairs under a person's hand: lines from root to tip that are cut, turned and put together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""Points (x, y) from root to tip, shape (n, 2)."""


def arc_px(line: Line) -> NDArray[np.float64]:
    """Give the way along a line from its root to each of its points, shape (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def length_px(line: Line) -> float:
    """Give the length of a line."""
    return float(arc_px(line)[-1])


def nearest(line: Line, point: NDArray[np.float64]) -> tuple[float, float]:
    """Give how far along a line it comes nearest to a point, and how far from it it then is."""
    starts, ways = line[:-1], np.diff(line, axis=0)
    squares = np.maximum((ways**2).sum(axis=1), 1e-12)
    shares = np.clip(((point - starts) * ways).sum(axis=1) / squares, 0.0, 1.0)
    apart = np.hypot(*(point - starts - shares[:, None] * ways).T)
    best = int(apart.argmin())
    return float(arc_px(line)[best] + shares[best] * np.sqrt((ways[best] ** 2).sum())), float(apart[best])


def parted(line: Line, along_px: float) -> tuple[Line, Line]:
    """Cut a line so far along: the piece with the root, and the other; both hold the point between."""
    arc = arc_px(line)
    point = np.array([[np.interp(along_px, arc, axis) for axis in line.T]])
    return _distinct(np.concatenate([line[arc < along_px], point])), _distinct(
        np.concatenate([point, line[arc > along_px]])
    )


def joined(first: Line, second: Line) -> Line:
    """Go on from the tip of the first line along the second, from whichever end of it is nearer."""
    to_root, to_tip = np.hypot(*(second[0] - first[-1])), np.hypot(*(second[-1] - first[-1]))
    return _distinct(np.concatenate([first, second if to_root <= to_tip else second[::-1]]))


def rooted_at(line: Line, root: NDArray[np.float64]) -> Line:
    """Begin a line elsewhere: what lies behind the new root is cut off, what lies before it is drawn.

    A root that is put nearer to the tip than to the old root turns the line: what was its tip is a root.
    """
    if np.hypot(*(root - line[-1])) < np.hypot(*(root - line[0])):
        line = line[::-1]
    along_px, _ = nearest(line, root)
    return _distinct(np.concatenate([root[None], line[arc_px(line) > along_px]]))


def _distinct(line: Line) -> Line:
    """Leave out points that stand on the one before them."""
    moved = np.hypot(*np.diff(line, axis=0).T) > 1e-9
    return np.asarray(line[np.concatenate([[True], moved])])
