"""The scorer on cases made by hand, where every figure is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.error_kinds import errors_of, false_kind, hair_kind
from benchmarks.pooling import pool
from benchmarks.scoring import Finding, FoundHair, score
from phantom import Optics, Photograph, Truth, TruthHair

UM_PER_PX = 5.0
SIDE_PX = 1000
FRAME = (20.0, 20.0, 980.0, 980.0)
AREA_CM2 = (960 * UM_PER_PX * 1e-4) ** 2

Line = NDArray[np.float64]


def _line(x: float, y: float, degrees: float = 90.0, length_px: float = 140.0) -> Line:
    angle = np.deg2rad(degrees)
    return np.array([x, y]) + np.linspace(0, length_px, 15)[:, None] * [np.cos(angle), np.sin(angle)]


def _photo(lines: list[Line], *, diameter_um: float = 60.0, covered: NDArray[np.bool_] | None = None) -> Photograph:
    hairs = tuple(
        TruthHair(
            hair_id=number,
            unit_id=number,
            root_px=(float(line[0, 0]), float(line[0, 1])),
            tip_px=(float(line[-1, 0]), float(line[-1, 1])),
            centreline_px=line,
            diameter_um=diameter_um,
            length_mm=0.7,
            kind="terminal" if diameter_um >= 40 else "vellus",
            root_inside=True,
        )
        for number, line in enumerate(lines)
    )
    optics = Optics(um_per_px=UM_PER_PX, size_px=(SIDE_PX, SIDE_PX))
    nowhere = np.zeros((SIDE_PX, SIDE_PX), bool)
    picture = np.full((SIDE_PX, SIDE_PX, 3), 150, np.uint8)
    return Photograph(picture, Truth(optics, hairs), nowhere if covered is None else covered)


def _finding(lines: list[Line], diameter_um: float | None = 60.0) -> Finding:
    hairs = tuple(FoundHair(line, diameter_um, "terminal") for line in lines)
    return Finding(hairs, FRAME, len(lines) / AREA_CM2)


THREE = [_line(200, 200), _line(500, 400), _line(700, 700)]


def test_what_is_the_truth_itself_scores_full_marks() -> None:
    """A scorer that loses hairs or units would show here first."""
    figures = pool([score(_finding(THREE, 61.5), _photo(THREE), "clipped")])
    assert (figures.hairs, figures.f1, figures.root_right, figures.kind_right) == (3, 1.0, 1.0, 1.0)
    assert figures.density_bias == pytest.approx(0.0, abs=1e-9)
    assert (figures.diameter_bias_um, figures.diameter_error_um) == pytest.approx((1.5, 1.5))


def test_a_double_is_false_and_a_missing_hair_is_missed() -> None:
    """Matching several found hairs to one true hair would hide doubles, the commonest error on long hair."""
    photo, finding = _photo(THREE), _finding([THREE[0], THREE[0] + 4.0, THREE[1]])
    scored = score(finding, photo, "clipped")
    figures = pool([scored])
    assert (scored.found, len(scored.false), scored.missed.tolist()) == (2, 1, [2])
    assert figures.recall == pytest.approx(2 / 3)
    assert figures.precision == pytest.approx(2 / 3)
    errors = errors_of(finding, photo, scored)
    assert dict(errors.false) == {"double": 1}
    assert dict(errors.missed) == {"other": 1}


def test_swapped_ends_are_found_but_their_roots_are_wrong() -> None:
    """Clipped: a match either way round, and a wrong root. Long: no match, as the hair is counted where it is not."""
    turned = [line[::-1] for line in THREE]
    clipped = score(_finding(turned), _photo(THREE), "clipped")
    assert clipped.found == 3
    assert not clipped.root_right.any()
    long = score(_finding(turned), _photo(THREE), "long")
    assert (long.found, len(long.false)) == (0, 3)


def test_the_edge_counts_neither_way() -> None:
    """A root a little outside of the frame, found a little inside, is luck: neither a miss nor false."""
    at_edge = [_line(30, 300)]  # 10 px inside the frame: within 0.1 mm of its edge
    assert pool([score(_finding([]), _photo(at_edge), "clipped")]).hairs == 0
    assert len(score(_finding(at_edge), _photo([]), "clipped").false) == 0
    assert score(_finding(at_edge), _photo(at_edge), "clipped").pairs.tolist() == [[0, 0]]


def test_a_hair_cut_by_the_picture_is_matched_by_what_is_seen_of_it() -> None:
    """The middle of a long hair that leaves the picture lies outside, where nobody could find it."""
    leaving = _line(500, 800, 90.0, 600.0)
    seen = leaving[leaving[:, 1] < SIDE_PX]
    assert score(_finding([seen]), _photo([leaving]), "clipped").found == 1


def test_distance_and_angle_end_a_match() -> None:
    """The gate is 0.12 mm (24 px) and 35 degrees: wider ones would match neighbours."""
    true = _line(500, 400)
    for off_px, turn_deg, matched in ((20.0, 0.0, 1), (30.0, 0.0, 0), (0.0, 30.0, 1), (0.0, 45.0, 0)):
        middle = np.array([500.0, 470.0])
        angle = np.deg2rad(90.0 + turn_deg)
        course = np.array([np.cos(angle), np.sin(angle)])
        found = middle + [off_px, 0.0] + np.linspace(-70, 70, 15)[:, None] * course
        assert score(_finding([found]), _photo([true]), "clipped").found == matched, (off_px, turn_deg)


def test_bent_hair_is_matched_by_its_centreline() -> None:
    """A straight line from root to tip of a bent hair lies off it by more than the gate."""
    turn = np.linspace(0.0, np.pi, 40)
    bent = np.array([500.0, 500.0]) + 100.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    assert score(_finding([bent]), _photo([bent]), "clipped").found == 1
    chord = np.linspace(bent[0], bent[-1], 10)
    assert score(_finding([chord]), _photo([bent]), "clipped").found == 0


def test_covered_skin_counts_neither_for_hairs_nor_for_area() -> None:
    """A hair under a bubble cannot be found; a bubble taken for a hair there is the exclusion's affair."""
    covered = np.zeros((SIDE_PX, SIDE_PX), bool)
    covered[:, :500] = True
    photo = _photo([THREE[0], THREE[2]], covered=covered)
    scored = score(Finding((FoundHair(THREE[2]),), FRAME, 2 / AREA_CM2), photo, "clipped")
    assert (len(scored.needed), scored.found, len(scored.false)) == (1, 1, 0)
    assert scored.true_density_per_cm2 == pytest.approx(1 / (0.5 * AREA_CM2), rel=0.01)
    assert pool([scored]).density_bias == pytest.approx(0.0, abs=0.01)


def test_false_hairs_on_bald_skin_are_counted_by_area() -> None:
    """Where no hair is, F1 says nothing: the false ones per cm2 do."""
    figures = pool([score(_finding(THREE), _photo([]), "clipped"), score(_finding([]), _photo([]), "clipped")])
    assert figures.false_per_cm2 == pytest.approx(3 / (2 * AREA_CM2), rel=1e-6)
    assert np.isnan(figures.f1)


def test_errors_are_sorted_by_what_makes_a_hair_hard() -> None:
    """A wrong kind would send the next improvement to the wrong place."""
    pair = _photo([_line(500, 400), _line(512, 400)])
    assert hair_kind(pair.truth.hairs[0], pair.truth) == "touching"
    cross = _photo([_line(500, 400), _line(430, 470, 0.0)])
    assert hair_kind(cross.truth.hairs[0], cross.truth) == "crossing"
    border = _photo([_line(40, 400)])
    assert hair_kind(border.truth.hairs[0], border.truth) == "near border"
    fine = _photo([_line(500, 400)], diameter_um=25.0)
    assert hair_kind(fine.truth.hairs[0], fine.truth) == "vellus"
    assert false_kind(FoundHair(_line(505, 410)), border.truth) == "on skin"
