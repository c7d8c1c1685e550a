"""Fates: what became of hairs without a partner, as probabilities that can be added up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.comparison.fates import COVERED, OF_GONE, OF_THERE, USUAL_THERE, Partnerless, decide

PULLED = 1.0
"""By as many hairs may what is usual (a tenth of ten) pull a picture's own count."""
SIDES = st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.5, 0.98)), max_size=40)


def partnerless(*hairs: tuple[float, float]) -> Partnerless:
    """Return hairs by what covers them, and by how likely each is one."""
    return Partnerless(np.array([one[0] for one in hairs], float), np.array([one[1] for one in hairs], float))


def scene(chance: np.random.Generator, gone: int, there: int) -> Partnerless:
    """Return so many hairs that are gone, then so many that are there, covered as drawn scalps' are."""
    edges = np.array([0.0, *COVERED, 1.0])
    middles = (edges[1:] + edges[:-1]) / 2
    laws = [np.array(law) / np.sum(law) for law in (OF_GONE, OF_THERE)]
    covered = [chance.choice(middles, count, p=law) for count, law in zip((gone, there), laws, strict=True)]
    return Partnerless(np.concatenate(covered), np.full(gone + there, 0.98))


def errors(hairs: int, lost: int, new: int) -> NDArray[np.float64]:
    """Return by how much too many hairs are lost, and new, in a hundred pictures."""
    off = []
    for seed in range(100):
        chance = np.random.default_rng(seed)
        drawn_otherwise = chance.binomial(hairs, USUAL_THERE, 2)
        sides = (scene(chance, lost, drawn_otherwise[0]), scene(chance, new, drawn_otherwise[1]))
        was, now = decide(*sides, hairs - lost)
        off.append((was.gone.sum() - lost, now.gone.sum() - new))
    return np.array(off)


@given(SIDES, SIDES, st.integers(0, 400))
def test_probabilities_add_up(was: list[tuple[float, float]], now: list[tuple[float, float]], pairs: int) -> None:
    """More hairs would come and go than there are."""
    sides = (partnerless(*was), partnerless(*now))
    for side, posterior in zip(sides, decide(*sides, pairs), strict=True):
        assert posterior.gone.shape == posterior.there.shape == side.covered.shape
        assert (posterior.gone >= 0).all()
        assert (posterior.there >= 0).all()
        assert (posterior.gone + posterior.there <= 1 + 1e-9).all()


@given(SIDES, SIDES, st.integers(0, 400))
def test_hairs_come_as_they_go(was: list[tuple[float, float]], now: list[tuple[float, float]], pairs: int) -> None:
    """A series read backwards would not be the same series."""
    there, back = (
        decide(partnerless(*was), partnerless(*now), pairs),
        decide(partnerless(*now), partnerless(*was), pairs),
    )
    for one, other in zip(there, back[::-1], strict=True):
        np.testing.assert_allclose(one.gone, other.gone, atol=1e-9)
        np.testing.assert_allclose(one.there, other.there, atol=1e-9)


@given(SIDES.filter(lambda hairs: len(hairs) > 1), st.integers(20, 400))
def test_the_more_of_a_hair_is_covered_the_less_it_is_gone(hairs: list[tuple[float, float]], pairs: int) -> None:
    """A hair that a line runs along would be lost rather than one that lies bare."""
    surest = partnerless(*((share, 0.98) for share, _ in sorted(hairs)))
    gone = decide(surest, partnerless(), pairs)[0].gone
    assert (np.diff(gone) <= 0.05).all(), "small steps up are chance of the drawn scalps' counts"
    assert gone[0] >= gone[-1]


def test_a_doubtful_hair_is_less_lost_than_a_sure_one() -> None:
    """What never was a hair would be lost."""
    (posterior, _) = decide(partnerless((0.0, 0.5), (0.0, 0.75), (0.0, 0.98)), partnerless(), 100)
    assert posterior.gone[0] < posterior.gone[1] < posterior.gone[2]
    never = 1 - posterior.gone - posterior.there
    assert never[0] > never[1] > never[2] >= 0


@pytest.mark.parametrize("hairs", [60, 200, 400])
def test_where_nothing_changes_none_is_given_a_change(hairs: int) -> None:
    """Every place would lose and gain hairs at every visit, because some are always drawn otherwise."""
    off = errors(hairs, 0, 0)
    assert (off.mean(axis=0) < PULLED).all()
    assert abs((off[:, 1] - off[:, 0]).mean()) < 0.35, "the change of the density"


@pytest.mark.parametrize(("lost", "new"), [(60, 0), (0, 60), (30, 15), (10, 80), (20, 20)])
def test_where_much_changes_it_is_counted(lost: int, new: int) -> None:
    """A treatment's effect would be taken for hairs drawn otherwise."""
    off = errors(200, lost, new)
    assert (np.abs(off.mean(axis=0)) < PULLED + 0.02 * np.array([lost, new])).all()
    assert abs((off[:, 1] - off[:, 0]).mean()) < PULLED + 0.02 * (lost + new)


def test_no_hairs_have_no_fates() -> None:
    """Two pictures whose hairs all have partners would end the comparison."""
    assert [len(posterior.gone) for posterior in decide(partnerless(), partnerless(), 0)] == [0, 0]
