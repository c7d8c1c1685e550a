"""Plausibility: how likely each found line is one hair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.learned.evidence import Evidence
from analysis.learned.lines import Line
from analysis.learned.plausibility import (
    COUNTED_FROM,
    FEATURES,
    USUAL_LENGTH_UM,
    WEIGHTS,
    features,
    that_each_is_a_shaft,
    that_each_is_one_hair,
)
from analysis.learned.roots import Rooted
from analysis.measurement import HairMode
from analysis.view import LINE_UM_PER_PX
from tests.analysis.drawn import evidence_of, straight

MODES: tuple[HairMode, ...] = ("clipped", "long")
shares = st.floats(0, 1)
ROWS_PX = (30, 60, 90)


def scene(*depths: float) -> Evidence:
    """Horizontal shafts of such depths, one below the other."""
    courses = [straight((60.0, row), 0, 60, depth=depth) for row, depth in zip(ROWS_PX, depths, strict=False)]
    return evidence_of(*courses)


def rooted_at(*rows_px: float, score: float = 0.8, roots: float = 0.8, tips: float = 0.8, count: int = 60) -> Rooted:
    """A line along each of these rows."""
    x = 30 + np.arange(float(count))
    lines = [Line(np.column_stack([x, np.full(count, row)]), np.zeros(count), np.full(count, score)) for row in rows_px]
    each = np.ones(len(lines))
    return Rooted(lines, roots * each, tips * each, each)


def together(*some: Rooted) -> Rooted:
    """All lines of several."""
    return Rooted(
        [line for one in some for line in one.lines],
        np.concatenate([one.roots for one in some]),
        np.concatenate([one.tips for one in some]),
        np.concatenate([one.belief for one in some]),
    )


SEEN = scene(1.5)


def alone(rooted: Rooted, mode: HairMode) -> float:
    """Probability of the only line."""
    return float(that_each_is_one_hair(features(rooted, SEEN), mode)[0])


@pytest.mark.parametrize("mode", MODES)
@given(shares, shares, shares)
def test_more_evidence_is_never_less_likely_a_hair(mode: HairMode, one: float, other: float, root: float) -> None:
    """A weight of the wrong sign would leave out the clearest hairs."""
    faint, clear = sorted((one, other))
    low, high = (alone(rooted_at(30, score=score, roots=root), mode) for score in (faint, clear))
    assert low <= high


@pytest.mark.parametrize("mode", MODES)
@given(shares, shares, shares)
def test_a_clearer_root_is_never_less_likely_a_hair(mode: HairMode, one: float, other: float, score: float) -> None:
    """A hair is counted by its root: seeing it must speak for the hair."""
    hidden, clear = sorted((one, other))
    low, high = (alone(rooted_at(30, score=score, roots=root), mode) for root in (hidden, clear))
    assert low <= high


@pytest.mark.parametrize("mode", MODES)
def test_a_clear_hair_counts_and_a_trace_does_not(mode: HairMode) -> None:
    """The cut lies at one half: weights that put everything on one side of it would count all or nothing."""
    assert alone(rooted_at(30, score=0.85, roots=0.85, tips=0.85), mode) > COUNTED_FROM + 0.3
    assert alone(rooted_at(30, score=0.2, roots=0.0, tips=0.0, count=10), mode) < COUNTED_FROM - 0.3


def test_long_hair_must_show_its_root_and_clipped_hair_need_not() -> None:
    """A long hair combed into the frame has evidence throughout, and its root elsewhere; stubble has both ends here."""
    rootless = rooted_at(30, score=0.85, roots=0.0)
    assert alone(rootless, "long") < COUNTED_FROM < alone(rootless, "clipped")


def test_the_likeliest_of_many_skin_lines_is_no_hair() -> None:
    """Among fifty pores and vessels one resembles a hair: on bald skin it would be counted."""
    doubtful = rooted_at(30, score=0.55, roots=0.35, tips=0.3)
    skin = rooted_at(*[60] * 50, score=0.2, roots=0.0, tips=0.0, count=20)
    hairs = rooted_at(*[60] * 50, score=0.85, roots=0.9, tips=0.9)
    by_itself, among_skin, among_hairs = (
        float(that_each_is_one_hair(features(together(doubtful, *others), SEEN), "clipped")[0])
        for others in ((), (skin,), (hairs,))
    )
    assert among_skin < by_itself < among_hairs
    assert among_skin < COUNTED_FROM < among_hairs


def test_a_shaft_that_shows_no_root_is_a_shaft_all_the_same() -> None:
    """Long hair from outside is listed, and named to the measuring of its neighbours, without being counted."""
    rootless = rooted_at(30, score=0.85, roots=0.0)
    assert that_each_is_a_shaft(features(rootless, SEEN), "long")[0] > COUNTED_FROM > alone(rootless, "long")
    trace = rooted_at(30, score=0.2, roots=0.0, tips=0.0, count=10)
    assert that_each_is_a_shaft(features(trace, SEEN), "clipped")[0] < COUNTED_FROM


@pytest.mark.parametrize("mode", MODES)
@given(shares, shares, shares, st.integers(3, 60))
def test_probabilities_are_never_certain_of_a_hair(
    mode: HairMode, score: float, root: float, tip: float, count: int
) -> None:
    """A sum of p (1 - p) of nothing would tell an interval of no width."""
    p = alone(rooted_at(30, score=score, roots=root, tips=tip, count=count), mode)
    assert 0 < p <= 0.98


@pytest.mark.parametrize("mode", MODES)
def test_no_lines_have_no_probabilities(mode: HairMode) -> None:
    """A bald scalp is a measurement too."""
    assert that_each_is_one_hair(features(rooted_at(), SEEN), mode).shape == (0,)


@pytest.mark.parametrize("mode", MODES)
def test_there_is_a_weight_for_every_feature(mode: HairMode) -> None:
    """A weight too few would shift all others by one."""
    assert len(WEIGHTS[mode]) == 1 + len(FEATURES)
    assert features(rooted_at(30), SEEN).shape == (1, len(FEATURES))


def feature(name: str, rooted: Rooted, seen: Evidence) -> list[float]:
    """One column."""
    column: list[float] = features(rooted, seen)[:, FEATURES.index(name)].tolist()
    return column


def test_features_are_what_their_names_say() -> None:
    """Columns in another order than the fitted weights' would be weighed with each other's weights."""
    rooted = rooted_at(30, score=0.7, roots=0.6, tips=0.5, count=round(USUAL_LENGTH_UM / LINE_UM_PER_PX))
    assert feature("evidence", rooted, SEEN) == pytest.approx([0.7])
    assert feature("root", rooted, SEEN) == pytest.approx([0.6])
    assert feature("tip", rooted, SEEN) == pytest.approx([0.5])
    assert feature("length", rooted, SEEN) == pytest.approx([0], abs=0.05)


@given(st.integers(3, 60), st.integers(3, 60))
def test_a_longer_line_has_a_longer_length_within_bounds(one: int, other: int) -> None:
    """Marks are short; but hair of 2 mm is no likelier than hair of 0.6 mm, so length does not run away."""
    short, long = (feature("length", rooted_at(30, count=n), SEEN)[0] for n in sorted((one, other)))
    assert -1.5 <= short <= long <= 1


def test_contrast_is_told_against_the_clear_shafts_of_the_same_picture() -> None:
    """Folds and shadows have less contrast than the shafts about them: blond hair must not be taken for a fold."""
    for dark in (1.5, 0.6):
        seen = scene(dark, dark, 0.3 * dark)
        rooted = together(rooted_at(30, 60, score=0.8), rooted_at(90, score=0.4))
        shaft, other, fold = feature("share of the usual contrast", rooted, seen)
        assert shaft == pytest.approx(1, abs=0.02)
        assert other == pytest.approx(1, abs=0.02)
        assert fold == pytest.approx(0.3, abs=0.03)


def test_white_hair_has_contrast_too() -> None:
    """A contrast that counts only what is darker than skin would leave out white hair."""
    dark = scene(0.8)
    light = replace(dark, relief=-dark.relief)
    for name in ("prominence", "share of the usual contrast"):
        assert feature(name, rooted_at(30), light) == pytest.approx(feature(name, rooted_at(30), dark))


def test_prominence_falls_with_the_texture_of_the_skin() -> None:
    """On coarse skin a line is sooner a crease."""
    smooth = scene(1.0)
    noise = np.random.default_rng(2).normal(0, 0.1, smooth.relief.shape).astype(np.float32)
    coarse = replace(smooth, relief=smooth.relief + noise)
    assert feature("prominence", rooted_at(30), coarse)[0] < feature("prominence", rooted_at(30), smooth)[0] - 0.3


def test_lines_without_any_contrast_are_told_as_such() -> None:
    """A logarithm or a share of nothing must not become not-a-number: it would pass every comparison as false."""
    flat = scene()
    told = features(rooted_at(30, 60, score=0.0, roots=0.0), flat)
    assert np.isfinite(told).all()
    for mode in MODES:
        assert (
            that_each_is_one_hair(features(rooted_at(30, 60, score=0.0, roots=0.0), flat), mode) < COUNTED_FROM
        ).all()
