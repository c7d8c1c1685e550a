"""Growth: which hairs grew between two pictures a few days apart, and how fast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from analysis.comparison.growth import Growth, room_mm
from analysis.comparison.growth import grown as grown_in_sight
from analysis.comparison.shared_frame import SharedFrame
from analysis.registration.transform import Transform
from tests.analysis.comparison.sights import hair, measurement

Array = NDArray[np.float64]

SIGHT_MM = 9.0
SD_MM = 0.03
"""Of a length's change where nothing grows."""


def lengthened(growing: int, resting: int, days: float, um_per_day: float, seed: int) -> Array:
    """Return the changes of so many hairs' lengths, rates spread by 15 % as hairs' are."""
    chance = np.random.default_rng(seed)
    rates = um_per_day * chance.normal(1.0, 0.15, growing)
    return np.append(rates * days / 1000.0, np.zeros(resting)) + chance.normal(0.0, SD_MM, growing + resting)


def grown(changes_mm: Array, days: float | None, scale_rsd: float) -> Growth | None:
    """Tell growth of hairs that all have room enough."""
    return grown_in_sight(changes_mm, np.full(len(changes_mm), SIGHT_MM), days, scale_rsd)


@pytest.mark.parametrize(("days", "um_per_day"), [(1.0, 367.0), (2.0, 367.0), (3.0, 300.0), (7.0, 420.0)])
def test_growing_hair_is_told_from_resting_hair(days: float, um_per_day: float) -> None:
    """The share in anagen, what a phototrichogram is taken for, would be wrong."""
    found = grown(lengthened(170, 30, days, um_per_day, 1), days, 0.0)
    assert found is not None
    assert found.um_per_day is not None
    assert found.anagen_share.value == pytest.approx(0.85, abs=0.03)
    assert found.um_per_day.value == pytest.approx(um_per_day, rel=0.05)


def test_rates_intervals_hold_the_true_rate() -> None:
    """The doctor would be told of a growth that is surer than it is."""
    rates = [grown(lengthened(85, 15, 3.0, 367.0, seed), 3.0, 0.0) for seed in range(200)]
    held = [one is not None and one.um_per_day is not None and 367.0 in one.um_per_day for one in rates]
    assert 0.90 <= np.mean(held) <= 0.99


@given(st.integers(0, 80), st.integers(0, 80))
def test_the_share_has_wilsons_interval(growing: int, resting: int) -> None:
    """Ten hairs of ten would be all hairs for sure."""
    changes = np.append(np.full(growing, 1.0), np.zeros(resting))
    found = grown(changes, 3.0, 0.0)
    if not growing + resting:
        assert found is None
        return
    assert found is not None
    reference = binomtest(growing, growing + resting).proportion_ci(0.95, "wilson")
    assert found.anagen_share.low == pytest.approx(reference.low, abs=1e-4)
    assert found.anagen_share.high == pytest.approx(reference.high, abs=1e-4)
    assert found.anagen_share.value == growing / (growing + resting)


@pytest.mark.parametrize("days", [None, 0.0, 0.5, 30.0, 180.0])
def test_growth_is_seen_only_over_a_few_days(days: float | None) -> None:
    """Hair clipped anew after half a year would have grown by the difference of two cuts."""
    assert grown(np.full(100, 1.0), days, 0.0) is None


def test_hair_that_was_cut_in_between_tells_nothing() -> None:
    """A share in anagen would be given of hairs that the clipper made shorter."""
    assert grown(np.full(100, -0.3), 3.0, 0.0) is None


def test_a_doubtful_scale_widens_the_rate() -> None:
    """Rates by a scale that is 2 % off would be given to the micrometre."""
    changes = lengthened(90, 10, 3.0, 367.0, 4)
    sure, doubtful = (grown(changes, 3.0, off) for off in (0.0, 0.02))
    assert sure is not None
    assert doubtful is not None
    assert sure.um_per_day is not None
    assert doubtful.um_per_day is not None
    assert doubtful.um_per_day.value == sure.um_per_day.value
    assert doubtful.um_per_day.high - doubtful.um_per_day.value > 0.035 * doubtful.um_per_day.value


def test_one_growing_hair_has_no_rate() -> None:
    """An interval of a single hair would be none."""
    found = grown(np.array([1.0, 0.0, 0.0]), 3.0, 0.0)
    assert found is not None
    assert found.um_per_day is None


def test_the_room_of_a_hair_is_what_is_left_before_the_border() -> None:
    """Hair that grows out of the picture would be resting hair."""
    hairs = [
        hair([(100, 400), (150, 400)]),
        hair([(700, 100), (750, 50)]),
        hair([(300, 300), (300, 250), (260, 250)]),
        hair([(740, 400), (795, 400)]),
    ]
    pairs = np.repeat(np.arange(4)[:, None], 2, axis=1)
    stays = room_mm(SharedFrame(measurement(hairs), measurement(hairs), Transform(0.0, (0.0, 0.0))), pairs)
    np.testing.assert_allclose(stays, [8.0 - 1.5 - 0.1, 0.4 * np.sqrt(2), 2.6 - 0.1, 0.0], atol=0.011)
    moved = room_mm(SharedFrame(measurement(hairs), measurement(hairs), Transform(0.0, (1.0, 0.0))), pairs)
    np.testing.assert_allclose(moved[[0, 2, 3]], [7.0 - 1.5 - 0.1, 3.6 - 0.1, 0.0], atol=0.011)


def test_hair_without_room_is_not_called_resting() -> None:
    """Of a small picture, a fifth of the growing hair would rest."""
    changes, room = np.array([0.9, 1.1, 1.0, 0.0, 0.2, 0.1]), np.array([9.0, 9.0, 1.6, 9.0, 0.2, 0.1])
    found = grown_in_sight(changes, room, 3.0, 0.0)
    assert found is not None
    assert found.anagen_share.value == 3 / 4
    one_sees_it_all = grown_in_sight(changes, np.full(6, 0.2), 3.0, 0.0)
    assert one_sees_it_all is None


def test_a_line_that_ran_on_into_another_hair_did_not_grow() -> None:
    """One hair of three millimetres would speed up all others."""
    changes = np.append(np.full(20, 0.7), 2.5)
    found = grown(changes, 2.0, 0.0)
    assert found is not None
    assert found.um_per_day is not None
    assert found.um_per_day.value == pytest.approx(350.0)
    assert found.anagen_share.value == 1.0
