"""Pieces: stretches of many paths that lie one behind the other in flat arrays, worked on all at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Stretches of flat arrays.

    Parameters
    ----------
    starts, ends : ndarray of int, shape (pieces,)
        First index of each, and the one after its last.
    """

    starts: Indices
    ends: Indices

    @property
    def lengths(self) -> Indices:
        """Elements of each."""
        return np.asarray(self.ends - self.starts)

    @cached_property
    def index(self) -> Indices:
        """Index of every element of every piece."""
        lengths = self.lengths
        return np.asarray(np.arange(lengths.sum()) + np.repeat(self.starts - (np.cumsum(lengths) - lengths), lengths))

    @cached_property
    def owner(self) -> Indices:
        """The piece to which each of `index` belongs."""
        return np.repeat(np.arange(len(self.starts)), self.lengths)

    def chosen(self, which: NDArray[np.bool_]) -> Pieces:
        """Keep some of them."""
        return Pieces(self.starts[which], self.ends[which])

    def ranked(self, values: NDArray[np.floating], share: float) -> Array:
        """Give the value of each piece that exceeds this share of its values; of an empty piece, 0."""
        own = values[self.index]
        in_order = np.append(own[np.lexsort((own, self.owner))], 0)
        first = np.cumsum(self.lengths) - self.lengths
        at = np.where(self.lengths > 0, first + np.floor(share * self.lengths).astype(np.intp), -1)
        return np.asarray(in_order[at], float)

    def longest_runs(self, values: NDArray[np.floating], above: Array) -> Pieces:
        """Give the longest run of each piece, the first of equals, whose values exceed the piece's own bound.

        Parameters
        ----------
        values : ndarray, flat
        above : ndarray, shape (pieces,)

        Returns
        -------
        Pieces
            One each, of length 0 where no value exceeds the bound.
        """
        inside = values[self.index] > above[self.owner]
        parted = np.diff(self.owner, prepend=-1, append=-1) != 0
        begins = np.flatnonzero(inside & (parted[:-1] | ~np.concatenate([[False], inside[:-1]])))
        finishes = np.flatnonzero(inside & (parted[1:] | ~np.concatenate([inside[1:], [False]])))
        order = np.lexsort((begins, begins - finishes, self.owner[begins]))
        owners, at = np.unique(self.owner[begins[order]], return_index=True)
        starts, ends = self.starts.copy(), self.starts.copy()
        starts[owners] = self.index[begins[order[at]]]
        ends[owners] = self.index[finishes[order[at]]] + 1
        return Pieces(starts, ends)
