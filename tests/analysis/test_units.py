"""Units: which hairs leave one opening."""

from __future__ import annotations

import numpy as np
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
