"""Who was taken where and when, counted by hand on a small study."""

import pytest

from collector.store.store import Store
from collector.studies import conduct
from collector.studies.completeness import completeness, quality
from contract import Decision
from tests.collector.studies.examples import CODE, allocated, holds, plan, read, taken
from tests.examples import review_of


@pytest.fixture
def small(store: Store) -> Store:
    """Return a study of four: one whole, one who left, one whose baseline was rejected, one never seen."""
    conduct.add(store, plan(), "mk")
    conduct.enter_patients(store, CODE, allocated(4), "mk")
    for visit in (1, 2):
        for site, density in (("vertex", 140.0 + 8 * visit), ("occipital", 170.0 + visit)):
            holds(store, taken("P-0001", visit, site, density))
    holds(store, taken("P-0002", 1, "vertex", 130.0), taken("P-0002", 1, "occipital", 160.0))
    holds(store, taken("P-0002", 2, "occipital", 164.0))  # the donor alone is no end point
    bad = taken("P-0003", 1, "vertex", 20.0)
    holds(store, bad, review_of(bad, decision=Decision.REJECTED, reason="blur"), taken("P-0003", 2, "vertex", 150.0))
    return store


def test_completeness_is_what_a_hand_counts(small: Store) -> None:
    """Breaks when a rejected take counts, who left counts as complete, or who was never seen as having left."""
    found = completeness(plan(), ["P-0001", "P-0002", "P-0003", "P-0004"], read(small, plan()))
    assert (found.patients, found.expected, found.taken) == (4, 16, 8)
    assert (found.with_change, found.dropped_out) == (1, 1)
    by_place = {(one.visit_number, one.site): (one.taken, one.rejected) for one in found.cells}
    assert by_place == {
        (1, "vertex"): (2, 1),
        (1, "occipital"): (2, 0),
        (2, "vertex"): (2, 0),
        (2, "occipital"): (2, 0),
    }
    assert [(one.whole, one.partly, one.none) for one in found.visits] == [(2, 0, 2), (1, 2, 1)]


def test_the_donor_control_gives_drift_and_noise(small: Store) -> None:
    """Breaks when the donor's change over patients, or the smallest change it allows, are not of its pairs."""
    found = quality(plan(), ["P-0001", "P-0002", "P-0003", "P-0004"], read(small, plan()))
    assert found.donor is not None
    assert (found.donor.patients, found.donor.mean) == (2, 2.5)
    # Pairs 171 and 172, 160 and 164: variance within (0.5 + 8) / 2 = 4.25, and 1.96 sqrt(2) of its root is 5.71.
    assert found.smallest_change == pytest.approx(1.96 * (2 * 4.25) ** 0.5, rel=1e-3)
    assert (found.rejected, found.counted) == (1, 8)
