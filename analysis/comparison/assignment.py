"""One to one: the pairs of greatest total gain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


def pair_up(gain: Array) -> Indices:
    """Choose pairs of rows and columns, each at most once, so that their gains add up to the most.

    What gains nothing is left alone. Rows and columns that have no possible partner in common are worked on apart, so
    that the time goes with the size of a knot of hairs and not with the picture.

    Parameters
    ----------
    gain : ndarray, shape (rows, columns)
        0 or less where a pair is not to be made.

    Returns
    -------
    ndarray of int, shape (pairs, 2)
        Row and column of each, ordered by row.
    """
    pairs: list[tuple[int, int]] = []
    for rows, columns in _knots(gain > 0):
        chosen = _best(gain[np.ix_(rows, columns)])
        pairs += [(int(rows[i]), int(columns[j])) for i, j in chosen]
    return np.array(sorted(pairs), np.intp).reshape(-1, 2)


def _knots(possible: NDArray[np.bool_]) -> list[tuple[Indices, Indices]]:
    """Part rows and columns into sets between which no pair is possible; what has no partner is in none."""
    rows, columns = np.nonzero(possible)
    label = np.arange(possible.shape[0])
    while True:
        of_column = np.full(possible.shape[1], possible.shape[0])
        np.minimum.at(of_column, columns, label[rows])
        lower = label.copy()
        np.minimum.at(lower, rows, of_column[columns])
        if (lower == label).all():
            break
        label = lower
    knots = []
    for one in np.unique(label[rows]):
        members = np.flatnonzero((label == one) & possible.any(axis=1))
        knots.append((members, np.flatnonzero(possible[members].any(axis=0))))
    return knots


def _best(gain: Array) -> list[tuple[int, int]]:
    """Solve one knot by shortest augmenting paths (Jonker & Volgenant 1987, Computing 38:325).

    Every row may also stay alone, at no gain: a column of its own stands for that.
    """
    rows, columns = gain.shape
    cost = np.concatenate([-np.maximum(gain, 0.0), np.zeros((rows, rows))], axis=1)
    u, v = np.zeros(rows), np.zeros(columns + rows)
    row_of = np.full(columns + rows, -1)
    for start in range(rows):
        shortest = np.full(columns + rows, np.inf)
        before = np.full(columns + rows, -1)
        open_columns = np.ones(columns + rows, bool)
        row, sink, reached = start, -1, 0.0
        scanned: list[int] = []
        while sink < 0:
            slack = reached + cost[row] - u[row] - v
            better = open_columns & (slack < shortest - 1e-12)
            shortest[better], before[better] = slack[better], row
            column = int(np.where(open_columns, shortest, np.inf).argmin())
            reached = float(shortest[column])
            open_columns[column] = False
            scanned.append(column)
            if row_of[column] < 0:
                sink = column
            else:
                row = int(row_of[column])
        u[start] += reached
        for column in scanned[:-1]:
            u[row_of[column]] += reached - shortest[column]
            v[column] -= reached - shortest[column]
        column = sink
        while True:
            row = int(before[column])
            row_of[column], column = row, _column_of(row_of, row, column)
            if row == start:
                break
    return [(int(row_of[j]), j) for j in range(columns) if row_of[j] >= 0 and gain[row_of[j], j] > 0]


def _column_of(row_of: Indices, row: int, but: int) -> int:
    """Column that a row held before it was given another; -1 for a row that held none."""
    held = np.flatnonzero(row_of == row)
    others = held[held != but]
    return int(others[0]) if len(others) else -1
