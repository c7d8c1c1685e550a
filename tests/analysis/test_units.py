"""Units: which hairs leave one opening."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.units import UNIT_REACH_UM, group


def test_near_roots_are_one_unit_and_far_ones_are_not() -> None:
    """Units per cm2 and hairs per unit hang on this."""
    roots = np.array([[0.0, 0.0], [120.0, 0.0], [240.0, 0.0], [900.0, 0.0], [0.0, 120.0]])
    assert group(roots).tolist() == [0, 0, 0, 1, 0]


def test_no_roots_are_no_units() -> None:
    """A bald frame must not fail."""
    assert len(group(np.zeros((0, 2)))) == 0


@given(arrays(float, st.tuples(st.integers(1, 25), st.just(2)), elements=st.floats(0, 3000)))
def test_units_are_numbered_without_gaps_and_apart(roots: np.ndarray) -> None:
    """A missing number would count a unit that is none; two near units would be one."""
    unit = group(roots)
    assert sorted(set(unit.tolist())) == list(range(int(unit.max()) + 1))
    apart = np.hypot(*(roots[:, None] - roots[None]).transpose(2, 0, 1))
    assert (apart[unit[:, None] != unit[None]] > UNIT_REACH_UM).all()
    assert (unit[:, None] == unit[None])[apart <= UNIT_REACH_UM].all()


def each_with_each(roots_um: np.ndarray) -> list[int]:
    """Return the units by looking at all pairs."""
    near = np.hypot(*(roots_um[:, None] - roots_um[None]).transpose(2, 0, 1)) <= UNIT_REACH_UM
    unit: list[int] = [-1] * len(roots_um)
    units = 0
    for first in range(len(roots_um)):
        if unit[first] < 0:
            reached = [first]
            while reached:
                one = reached.pop()
                unit[one] = units
                reached += [int(other) for other in np.flatnonzero(near[one]) if unit[other] < 0]
            units += 1
    return unit


HALF_REACHES = st.integers(-9, 9).map(lambda steps: steps * UNIT_REACH_UM / 2)


@given(
    arrays(float, st.tuples(st.integers(1, 60), st.just(2)), elements=st.floats(-2000, 2000))
    | arrays(float, st.tuples(st.integers(1, 60), st.just(2)), elements=HALF_REACHES)
)
def test_units_are_those_of_all_pairs(roots: np.ndarray) -> None:
    """A pair that is not looked at, or a root just in reach, would part a unit."""
    assert group(roots).tolist() == each_with_each(roots)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("wide_um", [3000.0, 12000.0])
def test_units_of_many_hairs_are_those_of_all_pairs(seed: int, wide_um: float) -> None:
    """Long chains of a dense picture would be cut where their numbers meet."""
    chance = np.random.default_rng(seed)
    roots = np.round(chance.uniform(0, wide_um, (700, 2)), 1)
    assert group(roots).tolist() == each_with_each(roots)
    chain = np.column_stack([np.arange(400) * 200.0, np.zeros(400)])[chance.permutation(400)]
    assert group(chain).tolist() == [0] * 400


def test_the_most_hairs_of_a_message_are_grouped_at_once() -> None:
    """All pairs of 5000 roots take seconds and hundreds of megabytes, at each correction."""
    roots = np.random.default_rng(1).uniform(0, 12000, (5000, 2))
    tracemalloc.start()
    group(roots)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 60e6
