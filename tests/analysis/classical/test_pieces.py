"""Pieces: stretches of flat arrays, worked on all at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.classical.pieces import Pieces

values = st.lists(st.integers(0, 5), max_size=12)


def laid_out(rows: list[list[int]]) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], Pieces]:
    """Lay the rows one behind the other."""
    ends = np.cumsum([len(row) for row in rows])
    flat = np.array([value for row in rows for value in row], float)
    return flat, Pieces(np.append(0, ends[:-1]).astype(np.intp), ends.astype(np.intp))


@given(st.lists(values, min_size=1, max_size=6), st.sampled_from([0.0, 0.5, 0.75]))
def test_ranks_are_those_of_each_piece_alone(rows: list[list[int]], share: float) -> None:
    """A value of a neighbouring path would set the bound at which this one is cut."""
    flat, pieces = laid_out(rows)
    alone = [sorted(row)[int(share * len(row))] if row else 0 for row in rows]
    assert pieces.ranked(flat, share).tolist() == alone


@given(st.lists(values, min_size=1, max_size=6), st.integers(0, 5))
def test_the_longest_run_is_that_of_each_piece_alone(rows: list[list[int]], bound: int) -> None:
    """A run that went on into the next path would join two shafts, and a shorter one would cut a shaft."""
    flat, pieces = laid_out(rows)
    runs = pieces.longest_runs(flat, np.full(len(rows), float(bound)))
    for row, start, first, end in zip(rows, pieces.starts, runs.starts, runs.ends, strict=True):
        marks = "".join("x" if value > bound else " " for value in row)
        longest = max(marks.split(" "), key=len)
        assert end - first == len(longest)
        assert not longest or first - start == marks.index(longest)


def test_pieces_that_are_left_out_leave_the_others_as_they_are() -> None:
    """Paths too short for a shaft are left out before the others are described."""
    flat, pieces = laid_out([[1, 9], [5, 6, 7], [2]])
    assert flat[pieces.chosen(np.array([False, True, True])).index].tolist() == [5, 6, 7, 2]
