"""Pairs: one to one, and of the greatest total gain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analysis.comparison.assignment import pair_up

Array = NDArray[np.float64]

SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)
TIED = arrays.arrays(np.float64, SHAPES, elements=st.integers(-3, 3).map(float))
ANY = arrays.arrays(np.float64, SHAPES, elements=st.floats(-10.0, 10.0))
SPARSE = arrays.arrays(np.float64, SHAPES, elements=st.floats(0.001, 10.0), fill=st.just(-np.inf), unique=False)


def most(gain: Array) -> float:
    """Return the greatest total gain, as another library finds it."""
    worth = np.maximum(gain, 0.0)
    return float(worth[linear_sum_assignment(worth, maximize=True)].sum())


@given(TIED | ANY | SPARSE)
def test_no_other_pairs_gain_more(gain: Array) -> None:
    """A hair would be paired with its neighbour's partner, and both be called changed."""
    pairs = pair_up(gain)
    rows, columns = pairs.T
    assert len(set(rows.tolist())) == len(rows)
    assert len(set(columns.tolist())) == len(columns)
    assert (gain[rows, columns] > 0).all()
    assert rows.tolist() == sorted(rows.tolist())
    assert gain[rows, columns].sum() == pytest.approx(most(gain))


@pytest.mark.parametrize("seed", range(5))
def test_large_knots_and_many_are_paired_the_best_way(seed: int) -> None:
    """Pictures of 400 hairs, whose knots are parted and put together again, would be paired worse than small ones."""
    chance = np.random.default_rng(seed)
    places, others = chance.uniform(0.0, 10.0, (300, 2)), chance.uniform(0.0, 10.0, (280, 2))
    apart = np.hypot(*np.moveaxis(places[:, None] - others[None], -1, 0))
    gain = np.where(apart < (0.4, 2.0)[seed % 2], 2.0 - apart + chance.normal(0.0, 0.3, apart.shape), -np.inf)
    pairs = pair_up(gain)
    assert gain[tuple(pairs.T)].sum() == pytest.approx(most(gain))


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (4, 0), (3, 3)])
def test_nothing_to_pair_gives_no_pairs(shape: tuple[int, int]) -> None:
    """A picture without hair would end the comparison."""
    assert pair_up(np.full(shape, -np.inf)).shape == (0, 2)
