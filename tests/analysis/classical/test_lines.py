"""Lines: paths that follow shafts from end to end."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import PictureUnusable
from analysis.classical import lines
from analysis.classical.evidence import Evidence, orientation_scores
from analysis.classical.lines import Line, draw, full_widths_px, swath
from analysis.classical.pieces import Pieces
from analysis.found import smoothed

UM_PER_PX = 10.0


def evidence_of(*shafts: tuple[tuple[float, float], tuple[float, float], int]) -> Evidence:
    """Evidence of straight shafts given by two ends and a width in pixels, on a plane of 160 x 160."""
    plane = np.zeros((160, 160), np.float32)
    for start, end, width in shafts:
        a, b = (np.rint(np.array(p) * 16).astype(int).tolist() for p in (start, end))
        layer = np.zeros_like(plane)
        cv2.line(layer, a, b, 0.8, width, cv2.LINE_AA, 4)
        plane = np.maximum(plane, cv2.GaussianBlur(layer, (0, 0), 0.8))
    return Evidence(plane, orientation_scores(plane, UM_PER_PX), UM_PER_PX, 0.01)


def best(lines: list[Line]) -> Line:
    """The line with the most evidence."""
    return max(lines, key=lambda line: line.score)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 180), st.floats(20, 45))
def test_the_strongest_line_follows_a_lone_shaft_from_end_to_end(degrees: float, half: float) -> None:
    """A direction of the compass in which paths wander off or stop would miss hairs there."""
    course = np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    a, b = 80 - half * course, 80 + half * course
    line = best(draw(evidence_of((tuple(a), tuple(b), 6))))
    first, last = sorted((line.points_px[0], line.points_px[-1]), key=lambda p: float(np.hypot(*(p - a))))
    assert np.hypot(*(first - a)) < 5
    assert np.hypot(*(last - b)) < 5
    across = np.array([-course[1], course[0]])
    assert np.abs((line.points_px - 80) @ across).mean() < 1.0


def test_a_path_goes_straight_over_a_crossing() -> None:
    """A path that turns off at a crossing makes two bent hairs of two straight ones."""
    lines = draw(evidence_of(((30, 80), (130, 80), 6), ((80, 30), (90, 130), 6)))
    line = max(lines, key=lambda one: float(np.ptp(one.points_px[:, 0])))
    assert np.ptp(line.points_px[:, 0]) > 95
    near = np.abs(line.points_px[:, 0] - 80) < 35
    assert np.abs(line.points_px[near, 1] - 80).max() < 1


def test_the_streak_under_the_skin_is_cut_off() -> None:
    """Counted as shaft, the streak moves the root and lengthens the hair."""
    seen = evidence_of(((80, 40), (80, 90), 6))
    plane = seen.contrast.copy()
    plane[90:130, 77:84] = np.maximum(plane[90:130, 77:84], 0.25)
    line = best(draw(Evidence(plane, orientation_scores(plane, UM_PER_PX), UM_PER_PX, 0.01)))
    assert line.points_px[:, 1].max() < 97


def test_short_marks_and_bare_skin_give_no_line() -> None:
    """A pore or a bare scalp would be counted as hair."""
    assert draw(evidence_of(((80, 80), (85, 80), 6))) == []
    assert draw(evidence_of()) == []


@pytest.mark.parametrize("width", [4, 6, 8])
def test_the_full_width_is_that_of_the_shaft(width: int) -> None:
    """The width decides how much a line explains: too wide swallows a touching neighbour."""
    plane = np.zeros((160, 160), np.float32)
    plane[80 - width // 2 : 80 + width // 2, 40:120] = 0.8
    plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), 0.8), np.float32)
    evidence = Evidence(plane, orientation_scores(plane, UM_PER_PX), UM_PER_PX, 0.01)
    assert best(draw(evidence)).width_px == pytest.approx(width, abs=0.6)


def test_more_paths_than_opencv_samples_at_once_are_measured() -> None:
    """OpenCV refuses more than 32766 rows: a large field of stubble would end in its error."""
    plane = np.zeros((160, 160), np.float32)
    plane[77:83, 40:120] = 0.8
    path = np.column_stack([np.arange(50.0, 110.0), np.full(60, 79.5), np.zeros(60)])
    count = 33_000
    widths = full_widths_px(plane, path, Pieces(np.zeros(count, np.intp), np.full(count, 60)))
    assert widths.shape == (33_000,)
    assert np.ptp(widths) == 0
    assert widths[0] == full_widths_px(plane, path, Pieces(np.zeros(1, np.intp), np.full(1, 60)))[0]


def test_a_thin_hair_that_ends_at_a_dark_one_is_a_line_of_its_own() -> None:
    """Its path runs on into the darker shaft, beside which it looks like skin: vellus hair of units would be lost."""
    plane = np.zeros((160, 160), np.float32)
    plane[77:83, 80:140] = 0.8
    plane[79:81, 20:80] = 0.25
    plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), 0.8), np.float32)
    evidence = Evidence(plane, orientation_scores(plane, UM_PER_PX), UM_PER_PX, 0.01)
    thin = best([line for line in draw(evidence) if line.beside_darker])
    assert thin.points_px[:, 0].max() < 84
    assert thin.points_px[:, 0].min() < 24
    assert thin.core < 0.3


def test_hair_throughout_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cloth or unclipped hair on a large picture would fill the memory of a small computer."""
    monkeypatch.setattr(lines, "MOST_SEEDS", 3)
    with pytest.raises(PictureUnusable, match="hair or texture throughout"):
        draw(evidence_of(((40, 80), (120, 80), 6)))


@given(st.integers(2, 60), st.floats(-3, 3), st.floats(-3, 3))
def test_smoothing_keeps_a_straight_line_as_it_is(count: int, dx: float, dy: float) -> None:
    """Smoothing that shortens lines would shorten every hair."""
    line = np.arange(count)[:, None] * np.array([[dx, dy]]) + 7.0
    assert smoothed(line, UM_PER_PX) == pytest.approx(line, abs=1e-6)


@given(st.floats(1, 10))
def test_a_swath_covers_what_lies_within_its_half_width(half_width: float) -> None:
    """A swath with holes leaves dark pixels unexplained, where a second hair would be seen."""
    line = np.column_stack([np.arange(20.0, 80.0), np.full(60, 50.0)])
    covered = np.zeros((100, 100), bool)
    covered[swath(line, half_width, covered.shape)] = True
    rows = np.flatnonzero(covered[:, 50])
    assert rows[0] == pytest.approx(50 - half_width, abs=0.76)
    assert rows[-1] == pytest.approx(50 + half_width, abs=0.76)
    assert len(rows) == np.ptp(rows) + 1
