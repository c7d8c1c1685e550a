"""Roots: which end of a shaft is in the skin, and where it leaves it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.learned.evidence import Evidence
from analysis.learned.identity import explain
from analysis.learned.lines import Line
from analysis.learned.roots import INWARD_UM, OUTWARD_UM, Rooted, root
from analysis.view import LINE_UM_PER_PX
from tests.analysis.drawn import Course, Turn, evidence_of, straight

MIDDLE = (60.0, 60.0)
INWARD_PX, OUTWARD_PX = round(INWARD_UM / LINE_UM_PER_PX), round(OUTWARD_UM / LINE_UM_PER_PX)
angles_deg = st.floats(0, 360)


def line_of(course: Course, first_px: int = 0, last_px: int = 0) -> Line:
    """The course as a line of 1 px steps, each end this much further out; negative: further in."""
    start, end = course.points_px[0], course.points_px[-1]
    length = float(np.hypot(*(end - start)))
    along = (end - start) / length
    points = start + np.arange(-first_px, round(length) + last_px + 1)[:, None] * along
    return Line(points, np.full(len(points), np.arctan2(along[1], along[0])), np.full(len(points), 0.9))


def off_root(rooted: Rooted, *courses: Course) -> np.ndarray:
    """How far each root lies from its own."""
    return np.asarray(np.hypot(*(rooted.first_px - [course.points_px[0] for course in courses]).T))


def off_tip(rooted: Rooted, *courses: Course) -> np.ndarray:
    """How far each tip lies from its own."""
    ends = np.array([line.points_px[-1] for line in rooted.lines])
    return np.asarray(np.hypot(*(ends - [course.points_px[-1] for course in courses]).T))


def unseen(course: Course) -> Course:
    """The same shaft without a root or a tip to be seen."""
    return replace(course, root=0.0, tip=0.0)


@settings(max_examples=30)
@given(angles_deg, st.booleans(), st.sampled_from([(0.9, 0.0), (0.0, 0.9), (0.4, 0.4)]))
def test_root_or_tip_alone_tells_the_sense(degrees: float, reverse: bool, seen: tuple[float, float]) -> None:
    """A hair turned round is rooted at its tip: counted in the wrong place, or in the wrong frame."""
    course = straight(MIDDLE, degrees, 50, root=seen[0], tip=seen[1])
    line = line_of(course)
    rooted = root([line.reversed() if reverse else line], evidence_of(course))
    assert off_root(rooted, course)[0] < 1.5
    assert off_tip(rooted, course)[0] < 1.5
    assert rooted.belief[0] > 0.3
    assert rooted.roots[0] == pytest.approx(seen[0], abs=0.1)
    assert rooted.tips[0] == pytest.approx(seen[1], abs=0.1)


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 200, 315])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("first_px", [-5, -1, 0, 4, 9])
@pytest.mark.parametrize("last_px", [-6, 0, 8])
def test_the_ends_move_to_where_root_and_tip_are_seen(
    degrees: float, reverse: bool, first_px: int, last_px: int
) -> None:
    """A line that ran on into the streak or stopped short of the mouth would be counted and measured too long or short.

    Looked at through a dilated plane, the innermost of several equal places was taken: all ends lay 10 um too far in.
    """
    course = straight(MIDDLE, degrees, 50)
    line = line_of(course, first_px, last_px)
    rooted = root([line.reversed() if reverse else line], evidence_of(course))
    assert off_root(rooted, course)[0] <= 0.75
    assert off_tip(rooted, course)[0] <= 0.75


@pytest.mark.parametrize("degrees", [0, 45, 120])
def test_ends_do_not_move_further_than_is_looked(degrees: float) -> None:
    """A root further away is another hair's: moved there, two hairs would share it."""
    course = straight(MIDDLE, degrees, 60)
    short = line_of(course, -(OUTWARD_PX + 5), -(OUTWARD_PX + 5))
    long = line_of(course, INWARD_PX + 5, INWARD_PX + 5)
    for line in (short, long):
        moved = root([line], evidence_of(course)).lines[0]
        assert len(moved.points_px) - len(line.points_px) <= 2 * OUTWARD_PX
        assert len(line.points_px) - len(moved.points_px) <= 2 * INWARD_PX
    assert root([short], evidence_of(unseen(course))).lines[0].points_px == pytest.approx(short.points_px)


def test_a_root_that_is_hardly_seen_does_not_move_an_end() -> None:
    """The planes are never quite dark: ends that follow their noise would lie anywhere."""
    course = straight(MIDDLE, 0, 50, root=0.1, tip=0.1)
    line = line_of(course, 5, 5)
    assert root([line], evidence_of(course)).lines[0].points_px == pytest.approx(line.points_px)


@settings(max_examples=20)
@given(st.integers(8, 30), angles_deg, st.booleans())
def test_a_short_hair_knows_its_two_ends_apart(length_px: int, degrees: float, reverse: bool) -> None:
    """Of a stubble of 0.1 mm each end once saw the root: which was the root was a coin's toss."""
    course = straight(MIDDLE, degrees, length_px)
    line = line_of(course)
    rooted = root([line.reversed() if reverse else line], evidence_of(course))
    assert off_root(rooted, course)[0] < 1.5
    assert off_tip(rooted, course)[0] < 1.5
    assert rooted.belief[0] > 0.5


def test_at_least_a_third_is_left_of_a_line() -> None:
    """A tip and a root seen in the middle would leave nothing, and nothing has no direction and no length."""
    line = line_of(straight(MIDDLE, 0, 12))
    crossed = evidence_of(straight((60.0, 62.0), 90, 5), straight((60.0, 58.0), 270, 5))
    assert len(root([line], crossed).lines[0].points_px) >= 13 // 3


@pytest.mark.parametrize("reverse", [False, True])
def test_neighbours_settle_what_is_not_seen(reverse: bool) -> None:
    """A hair whose ends are hidden leaves the skin as its neighbours do."""
    sure = [straight((30.0, 60.0), 80, 50), straight((90.0, 60.0), 70, 50)]
    hidden = unseen(straight(MIDDLE, 75, 50))
    lines = [line_of(course) for course in (*sure, hidden)]
    if reverse:
        lines[-1] = lines[-1].reversed()
    rooted = root(lines, evidence_of(*sure, hidden))
    assert off_root(rooted, *sure, hidden).max() < 1.5
    assert 0 < rooted.belief[-1] < rooted.belief[0]
    assert rooted.roots[-1] < 0.1


def test_neighbours_across_do_not_vote() -> None:
    """A hair at right angles says nothing of the sense."""
    sure, hidden = straight((60.0, 30.0), 0, 50), unseen(straight((60.0, 80.0), 90, 50))
    rooted = root([line_of(sure), line_of(hidden)], evidence_of(sure, hidden))
    assert rooted.belief[1] == pytest.approx(0, abs=0.01)


def test_neighbours_do_not_overrule_a_root_that_is_seen() -> None:
    """Hair of a whorl or a cowlick grows against its neighbours."""
    courses = [*(straight((20.0 + 25 * n, 60.0), 90, 50) for n in range(4)), straight((60.0, 60.0), 270, 40)]
    rooted = root([line_of(course) for course in courses], evidence_of(*courses))
    assert off_root(rooted, *courses).max() < 1.5


def test_far_neighbours_count_less_than_near_ones() -> None:
    """Streams turn over several millimetres: the far side of a picture must not decide."""
    near, far = (
        [straight((x, 60.0), 90, 40) for x in (20.0, 40.0)],
        [straight((580.0 + 8 * n, 60.0), 270, 40) for n in range(4)],
    )
    hidden = unseen(straight((30.0, 60.0), 90, 40))
    courses = [*near, *far, hidden]
    rooted = root([line_of(course) for course in courses], evidence_of(*courses, columns=640))
    assert off_root(rooted, *courses).max() < 1.5


def test_a_root_at_anothers_tip_belongs_to_the_hair_that_starts_there() -> None:
    """Where hairs touch end to end, each end sees a root and a tip: both hairs must keep their sense."""
    first = Course(np.array([[20.0, 60.0], [60.0, 60.0]]))
    second = Course(np.array([[60.0, 60.0], [95.0, 80.0]]))
    for lines in ([line_of(first), line_of(second)], [line_of(first).reversed(), line_of(second).reversed()]):
        rooted = root(lines, evidence_of(first, second))
        assert off_root(rooted, first, second).max() < 1.5
        assert off_tip(rooted, first, second).max() < 1.5


def test_hairs_of_a_unit_share_their_root() -> None:
    """The second of two hairs starts in its line only where it parts from the first: its root is the shared one."""
    unit = [Course(np.array([[30.0, 60.0], [80.0, y]])) for y in (49.0, 71.0)]
    seen = evidence_of(*unit)
    rooted = root(explain(seen), seen)
    assert len(rooted.lines) == 2
    assert np.hypot(*(rooted.first_px - [30.0, 60.0]).T).max() < 2


@settings(max_examples=30)
@given(angles_deg, st.tuples(st.floats(-5, 124), st.floats(-5, 124)), st.floats(15, 150))
def test_no_end_leaves_the_picture(degrees: float, middle: tuple[float, float], length_px: float) -> None:
    """A root seen at the border pulls ends outward: beyond the planes their values are those of the other side."""
    course = straight(middle, degrees, length_px)
    border = evidence_of(course)
    for plane in (border.roots, border.tips):
        plane[:2], plane[-2:], plane[:, :2], plane[:, -2:] = (0.9,) * 4
    for line in root(explain(border), border).lines:
        _, row, column = line.cells
        assert min(row.min(), column.min()) >= 0
        assert max(row.max(), column.max()) <= 119


@pytest.mark.parametrize("turn", [Turn(1, False), Turn(2, True), Turn(3, False), Turn(0, True)])
def test_a_turned_scalp_is_rooted_alike(turn: Turn) -> None:
    """A camera held the other way round must not turn the hairs round."""
    courses = [straight((30.0, 50.0), 70, 40), straight((60.0, 55.0), 80, 40), unseen(straight((90.0, 60.0), 75, 40))]
    seen = evidence_of(*courses, rows=110, columns=130)
    turned = [replace(course, points_px=turn.points(course.points_px, (110, 130))) for course in courses]
    rooted = root([line_of(course).reversed() for course in turned], turn.evidence(seen))
    assert off_root(rooted, *turned).max() < 1.5


def test_no_lines_have_no_roots() -> None:
    """A bald scalp is a measurement too."""
    rooted = root([], evidence_of())
    assert rooted.lines == []
    assert rooted.first_px.shape == (0, 2)
    assert len(rooted.roots) == len(rooted.tips) == len(rooted.belief) == 0


def test_evidence_is_only_read() -> None:
    """Roots looked for twice must be found twice: the planes are shared by the steps."""
    course = straight(MIDDLE, 20, 50)
    seen: Evidence = evidence_of(course)
    before = seen.roots.tobytes()
    root([line_of(course)], seen)
    assert seen.roots.tobytes() == before
