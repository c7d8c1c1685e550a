"""Lines: paths that follow the evidence of a shaft from end to end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import PictureUnusable
from analysis.found import smoothed
from analysis.learned import lines
from analysis.learned.evidence import DIRECTIONS, Evidence
from analysis.learned.lines import MARGIN_PX, SHORTEST_UM, Line, every, follow, planes_of, ridge_points
from analysis.view import LINE_UM_PER_PX
from tests.analysis.drawn import Course, Turn, evidence_of, off_px, straight

MIDDLE = (60.0, 60.0)
BEYOND_PX = 3
"""Evidence reaches this far beyond a drawn end, as it reaches to either side."""
HALF_A_PLANE_DEG = 90 / DIRECTIONS
angles_deg = st.floats(0, 360)
near_middle = st.tuples(st.floats(58, 62), st.floats(58, 62))


def followed(seen: Evidence) -> list[Line]:
    """Lines through every ridge point of a place in ten."""
    return follow(seen, every(ridge_points(seen), 10))


def longest(seen: Evidence) -> Line:
    """The line with the most evidence."""
    return max(followed(seen), key=lambda line: float(line.scores.sum()))


def sorted_ends(line: Line, course: Course) -> np.ndarray:
    """Distances of a line's ends from the shaft's, in the better of the two senses."""
    ends = line.points_px[[0, -1]]
    either = [np.hypot(*(ends[sense] - course.points_px[[0, -1]]).T) for sense in (slice(None), slice(None, None, -1))]
    return min(either, key=lambda pair: float(pair.sum()))


def within(line: Line) -> np.ndarray:
    """Points that do not lie beyond the shaft's ends, where nothing tells their side."""
    return line.points_px[BEYOND_PX:-BEYOND_PX]


@settings(max_examples=40)
@given(angles_deg, st.floats(20, 90), near_middle)
def test_a_line_follows_a_lone_shaft_from_end_to_end(
    degrees: float, length_px: float, middle: tuple[float, float]
) -> None:
    """A direction of the compass in which paths wander off or stop would miss hairs there."""
    course = straight(middle, degrees, length_px)
    line = longest(evidence_of(course))
    assert sorted_ends(line, course).max() < 3
    off = off_px(within(line), course)
    assert off.max() < 0.75  # the seed itself lies on the grid
    assert np.median(off) < 0.25


@settings(max_examples=25)
@given(angles_deg, near_middle)
def test_a_line_tells_the_direction_and_the_evidence_of_its_shaft(degrees: float, middle: tuple[float, float]) -> None:
    """Its direction decides what it explains, its evidence whether it is a hair."""
    course = straight(middle, degrees, 50, clear=0.7)
    line = longest(evidence_of(course))
    off = (np.rad2deg(line.angles_rad) - degrees + 90) % 180 - 90
    assert np.abs(off[5:-5]).max() < HALF_A_PLANE_DEG + 0.5
    assert np.median(np.abs(off)) < 2
    assert np.ptp(line.angles_rad) < 0.5  # the two halves of a walk join without a turn
    assert 0.5 < np.median(line.scores) <= 0.7 + 1e-6
    assert np.hypot(*np.diff(line.points_px, axis=0).T) == pytest.approx(1, abs=0.3)


@settings(max_examples=16)
@given(st.builds(Turn, st.integers(0, 3), st.booleans()), angles_deg, near_middle)
def test_turned_evidence_has_turned_lines(turn: Turn, degrees: float, middle: tuple[float, float]) -> None:
    """A camera held the other way round must see the same hairs: no direction and no side is preferred."""
    seen = evidence_of(straight(middle, degrees, 44), straight(middle, degrees + 70, 40), rows=110, columns=130)
    as_seen, turned = followed(seen), followed(turn.evidence(seen))
    moved = [replace(line, points_px=turn.points(line.points_px, seen.roots.shape)) for line in as_seen]
    assert moved
    for some, others in ((moved, turned), (turned, moved)):
        for line in some:
            assert min(unlikeness(line, other) for other in others) < 3


def unlikeness(line: Line, other: Line) -> float:
    """How far each of two lines gets from the other."""
    there, back = off_px(line.points_px, Course(other.points_px)), off_px(other.points_px, Course(line.points_px))
    return float(there.max() + back.max())


@pytest.mark.parametrize("apart_deg", [30, 45, 60, 90])
@pytest.mark.parametrize("degrees", [0, 10, 70])
def test_a_path_goes_straight_over_a_crossing(degrees: float, apart_deg: float) -> None:
    """A path that turns off at a crossing makes two bent hairs of two straight ones."""
    courses = straight(MIDDLE, degrees, 70), straight(MIDDLE, degrees + apart_deg, 70)
    found = followed(evidence_of(*courses))
    assert found
    for line in found:
        assert min(off_px(within(line), course).max() for course in courses) < 0.75
        assert len(line.scores) > 60


@settings(max_examples=20)
@given(angles_deg)
def test_shafts_40_um_apart_are_followed_each_on_its_own(degrees: float) -> None:
    """A vellus hair touches its terminal neighbour at this distance: a path that changes over loses one of them."""
    across = np.array([-np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))]) * 20 / LINE_UM_PER_PX
    courses = [straight(tuple(60 + side * across), degrees, 50) for side in (-1, 1)]
    found = followed(evidence_of(*courses))
    nearest = {int(np.argmin([off_px(line.points_px[5:-5], course).max() for course in courses])) for line in found}
    assert nearest == {0, 1}
    for line in found:
        assert min(off_px(line.points_px[5:-5], course).max() for course in courses) < 1.5


def test_a_bent_shaft_is_followed_over_its_crossings() -> None:
    """Long hair bends and is crossed often: cut there, one hair counts as many."""
    turn = np.linspace(0, np.pi / 2, 60)
    bent = Course(np.column_stack([25 + 100 * np.sin(turn), 15 + 100 * (1 - np.cos(turn))]))
    across = [straight((45.0 + 14 * n, 20.0 + 13 * n), 110, 70) for n in range(5)]
    seen = evidence_of(bent, *across, rows=130, columns=140)
    line = max(followed(seen), key=lambda one: len(one.scores))
    assert off_px(within(line), bent).max() < 0.75
    assert off_px(bent.points_px, Course(line.points_px)).max() < 4


@pytest.mark.parametrize("gap_px", [1, 2, 3])
def test_a_line_steps_over_a_glint(gap_px: int) -> None:
    """A highlight of up to 30 um dims the evidence for a moment; a hair cut in two there counts twice."""
    seen = evidence_of(straight(MIDDLE, 0, 80))
    seen.scores[:, :, 60 : 60 + gap_px] *= 0.2
    assert len(longest(seen).scores) == pytest.approx(81, abs=4)


def test_what_fades_below_a_shafts_usual_evidence_is_cut_off() -> None:
    """The streak under the skin runs on from the root: counted as shaft it moves the root and lengthens the hair."""
    shaft, streak = straight((70.0, 60.0), 0, 50), straight((30.0, 60.0), 0, 30, clear=0.25)
    line = longest(evidence_of(shaft, streak))
    assert line.points_px[:, 0].min() > 40


def test_a_faint_shaft_is_followed_too() -> None:
    """Thin pale hair is what the instrument is bought for."""
    course = straight(MIDDLE, 25, 60, clear=0.3)
    assert sorted_ends(longest(evidence_of(course)), course).max() < 3


def test_a_line_stops_short_of_the_border() -> None:
    """Beyond lies nothing: a step there is an index out of the planes."""
    seen = evidence_of(straight((100.0, 60.0), 20, 120), straight((60.0, 110.0), 90, 80))
    found = followed(seen)
    assert len(found) > 1
    for line in found:
        assert line.points_px.min() > MARGIN_PX - 1
        assert line.points_px.max() < 119 - MARGIN_PX + 1


def test_a_ring_comes_to_an_end() -> None:
    """A bubble's rim has no end: a walk without a bound would never return."""
    turn = np.linspace(0, 2 * np.pi, 200)
    ring = Course(np.column_stack([60 + 25 * np.cos(turn), 60 + 25 * np.sin(turn)]))
    assert max(len(line.scores) for line in followed(evidence_of(ring))) < 5 * 240


def test_nothing_gives_no_line() -> None:
    """A bald scalp is a measurement too."""
    seen = evidence_of()
    assert ridge_points(seen).shape == (0, 3)
    assert followed(seen) == []


def test_short_marks_give_no_line() -> None:
    """A pore or a scale would be counted as hair."""
    short_px = SHORTEST_UM / LINE_UM_PER_PX - 5
    assert followed(evidence_of(straight(MIDDLE, 0, short_px), straight((30.0, 30.0), 60, short_px))) == []


def test_noise_below_a_shafts_faintest_gives_no_line() -> None:
    """The network is never quite silent on skin."""
    noise = np.random.default_rng(9).uniform(0, lines.FAINTEST_RIDGE, (DIRECTIONS, 120, 120)).astype(np.float32)
    assert followed(replace(evidence_of(), scores=noise)) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_does_not_lead_a_path_astray(seed: int) -> None:
    """On textured skin the paths would wander, and the centrelines with them."""
    course = straight(MIDDLE, 35, 60)
    seen = evidence_of(course)
    noise = np.random.default_rng(seed).uniform(0, 0.18, seen.scores.shape).astype(np.float32)
    line = longest(replace(seen, scores=np.maximum(seen.scores, noise)))
    assert sorted_ends(line, course).max() < 5
    assert off_px(line.points_px[4:-4], course).max() < 1


def test_ridge_points_lie_on_the_middle_and_tell_the_direction() -> None:
    """Seeds beside a shaft cost time, and seeds in a false direction find false lines."""
    course = straight((60.0, 60.0), 45, 50)
    points = ridge_points(evidence_of(course))
    assert len(points) > 30
    assert off_px(points[:, :2], course).max() < 2
    assert (points[:, 2] == np.pi / 4).mean() > 0.9


def test_ridge_points_at_a_crossing_have_both_directions() -> None:
    """The second shaft would end there."""
    points = ridge_points(evidence_of(straight(MIDDLE, 0, 60), straight(MIDDLE, 90, 60)))
    at_crossing = points[np.hypot(*(points[:, :2] - MIDDLE).T) < 1]
    assert {0.0, np.pi / 2} <= set(at_crossing[:, 2])


def test_seeds_lie_at_most_a_spacing_apart() -> None:
    """Too few seeds miss shafts, too many cost time."""
    points = ridge_points(evidence_of(straight(MIDDLE, 0, 80)))
    seeds = np.sort(every(points[points[:, 2] == 0], 6)[:, 0])
    assert np.diff(seeds).tolist() == [6] * (len(seeds) - 1)
    assert len(seeds) >= 13


def test_hair_throughout_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cloth or unclipped hair on a large picture would fill the memory of a small computer."""
    monkeypatch.setattr(lines, "MOST_RIDGE_POINTS", 30)
    with pytest.raises(PictureUnusable, match="hair or texture throughout"):
        ridge_points(evidence_of(straight(MIDDLE, 0, 80)))


@given(st.floats(-20, 20), st.integers(-3, 3))
def test_a_direction_and_its_reverse_lie_in_one_plane(angle_rad: float, half_turns: int) -> None:
    """A shaft has no sense yet: two planes for one direction would explain it twice."""
    here, there = planes_of(np.array([angle_rad, angle_rad + half_turns * np.pi]))
    assert min((here - there) % DIRECTIONS, (there - here) % DIRECTIONS) <= 1  # at the boundary rounding decides
    off = (angle_rad - here * np.pi / DIRECTIONS + np.pi / 2) % np.pi - np.pi / 2
    assert abs(off) <= np.pi / DIRECTIONS / 2 + 1e-6


def test_a_part_and_a_reversed_line_keep_points_directions_and_scores_together() -> None:
    """Scores that part from their points would trim the wrong end."""
    count = np.arange(9.0)
    line = Line(np.column_stack([count, 2 * count]), count / 10, count / 9)
    cut = line.part(2, 6).reversed()
    assert cut.points_px[:, 0].tolist() == [5, 4, 3, 2]
    assert cut.points_px[:, 1].tolist() == [10, 8, 6, 4]
    assert (cut.angles_rad * 10).tolist() == pytest.approx([5, 4, 3, 2])
    assert (cut.scores * 9).tolist() == pytest.approx([5, 4, 3, 2])


@given(st.integers(2, 60), st.floats(-3, 3), st.floats(-3, 3))
def test_smoothing_keeps_a_straight_line_as_it_is(count: int, dx: float, dy: float) -> None:
    """Smoothing that shortens lines would shorten every hair."""
    line = np.arange(count)[:, None] * np.array([[dx, dy]]) + 7.0
    assert smoothed(line, LINE_UM_PER_PX) == pytest.approx(line, abs=1e-6)


@given(st.integers(2, 80), st.integers(0, 9))
def test_smoothing_keeps_the_ends_and_takes_the_steps(count: int, seed: int) -> None:
    """Roots that move, or steps that stay, would bias place and length."""
    line = np.column_stack([np.arange(float(count)), np.random.default_rng(seed).uniform(-0.5, 0.5, count)])
    smooth = smoothed(line, LINE_UM_PER_PX)
    assert smooth.shape == line.shape
    assert smooth[[0, -1]] == pytest.approx(line[[0, -1]])
    inner = slice(10, -10)
    if count > 30:
        assert np.hypot(*np.diff(smooth, axis=0)[inner].T).sum() < np.hypot(*np.diff(line, axis=0)[inner].T).sum()
