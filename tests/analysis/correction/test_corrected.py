"""Corrections, and the figures that follow from them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from analysis import Flag, Interval, Measurement, measure
from analysis.correction import CorrectionRefused, corrected, numbered_hairs, widths
from analysis.measurement_file import read
from analysis.thin_recall import Recall
from analysis.units import group
from tests.analysis.correction.corrected_scalps import AREA_CM2, FRAME_PX, added, root_of, scalp
from tests.analysis.drawn import UM_PER_PX as DRAWN_UM_PER_PX
from tests.analysis.drawn import add_shaft, developed, skin

TOLERANCES = {
    "hair_density_per_cm2": 0.02,
    "terminal_density_per_cm2": 0.02,
    "vellus_density_per_cm2": 0.02,
    "mean_diameter_um": 0.05,
    "diameter_spread_um": 0.05,
    "diameter_diversity": 1e-3,
    "terminal_share": 2e-3,
    "thin_hair_share": 2e-3,
    "unit_density_per_cm2": 0.02,
    "hairs_per_unit": 2e-3,
    "cumulative_thickness_mm_per_cm2": 0.02,
    "mean_length_mm": 2e-3,
    "shaft_lightness": 0.06,
    "shaft_contrast": 0.06,
}
"""What the rounding of the JSON form leaves open."""


def unmoved(measurement: Measurement) -> list[dict[str, Any]]:
    """Return an edit that changes nothing, and has all figures made anew."""
    return [{"edit": "root-moved", "hair": 0, "root_px": root_of(measurement, 0)}]


def assert_figures_agree(one: Measurement, other: Measurement, loosened: dict[str, float] | None = None) -> None:
    """Hold each figure, with its interval, against the other's."""
    for name, tolerance in {**TOLERANCES, **(loosened or {})}.items():
        first, second = getattr(one, name), getattr(other, name)
        assert (first is None) == (second is None), name
        if first is not None:
            ends = [(figure.value, figure.low, figure.high) for figure in (first, second)]
            rel = 3e-3 if name == "diameter_spread_um" else 0.0  # of few hairs it leans on each rounding
            by_area = max(map(abs, ends[1])) * 5e-6 / other.area_cm2  # it is rounded to 5 decimals
            assert ends[0] == pytest.approx(ends[1], abs=tolerance + by_area, rel=rel), name
    for name in ("intermediate_hairs", "flags", "rootless_shafts", "missed_expected", "hair_mode", "mark_px"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.missed_expected_sd == other.missed_expected_sd


def test_without_a_correction_it_is_the_measurement_itself() -> None:
    """Figures that nobody touched would differ from the automatic ones."""
    given = scalp()
    assert corrected(given, []) is given


@pytest.mark.parametrize("unmeasured", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("mean_um", [32.0, 60.0])
@pytest.mark.parametrize("seed", range(6))
def test_a_correction_that_changes_nothing_changes_no_figure(unmeasured: float, mean_um: float, seed: int) -> None:
    """Figures that hang on nothing that was corrected would jump, by what a measurement does not keep."""
    given = replace(scalp(seed, unmeasured=unmeasured, missed=(4.0, 2.5), mean_um=mean_um), mark_px=(12.0, 34.0))
    again = corrected(given, unmoved(given))
    # The limits of a sum lean on how it is spread over the units: of widths that are found again that is a guess.
    assert_figures_agree(again, given, {"cumulative_thickness_mm_per_cm2": 0.02 + 0.3 * unmeasured})
    thickness = (again.cumulative_thickness_mm_per_cm2, given.cumulative_thickness_mm_per_cm2)
    assert thickness[0].value == pytest.approx(thickness[1].value, abs=0.02)
    assert [hair.as_dict() for hair in again.hairs] == [hair.as_dict() for hair in given.hairs]


def test_a_picture_that_was_measured_keeps_its_figures() -> None:
    """The chain makes its figures with more than a made-up measurement holds: blur, flags, colours."""
    fine = skin(420, 400)
    places = [(70, 90), (170, 80), (260, 100), (340, 90), (90, 240), (180, 230), (270, 250), (350, 240)]
    for i, (x, y) in enumerate(places):
        add_shaft(fine, (x, y), (x + 20 + 3 * i, y + 100), 30.0 + 9 * i)
    add_shaft(fine, (82, 90), (60, 190), 60.0)
    picture = developed(fine).astype(float) + np.random.default_rng(5).normal(0, 2, (400, 420))[..., None]
    cv2.setNumThreads(1)
    given = read(measure(np.clip(picture, 0, 255).astype(np.uint8), DRAWN_UM_PER_PX).as_dict())
    assert len(given.hairs) >= 8
    assert_figures_agree(corrected(given, unmoved(given)), given)


@pytest.mark.parametrize("kind", ["terminal", "vellus"])
def test_a_hair_taken_out_and_put_back_leaves_the_count(kind: str) -> None:
    """A slip that is taken back would move the density of a patient."""
    given = scalp(3, missed=(3.0, 2.0))
    number = next(i for i, hair in enumerate(given.hairs) if hair.kind == kind)
    hair = given.hairs[number]
    course = [tuple(point) for point in hair.centreline_px.tolist()]
    back = corrected(given, [{"edit": "removed", "hair": number}, added(*course, kind=kind)])
    for name in ("hair_density_per_cm2", "terminal_density_per_cm2", "vellus_density_per_cm2", "unit_density_per_cm2"):
        assert getattr(back, name).value == pytest.approx(getattr(given, name).value, abs=0.01), name
    assert back.missed_expected == given.missed_expected
    assert back.mean_length_mm is not None
    assert given.mean_length_mm is not None
    assert back.mean_length_mm.value == pytest.approx(given.mean_length_mm.value, abs=2e-3)
    assert back.hairs[-1].diameter_um is None
    assert back.hairs[-1].probability == 1.0


@pytest.mark.parametrize("kind", ["terminal", "vellus"])
@pytest.mark.parametrize("mean_um", [25.0, 70.0])
def test_the_kind_of_an_added_hair_is_the_persons(kind: str, mean_um: float) -> None:
    """A terminal hair added to a scalp of vellus ones, whose median width is below the cut-off, would become vellus."""
    given = scalp(5, mean_um=mean_um)
    more = corrected(given, [added((300.0, 300.0), (330.0, 330.0), kind=kind)])
    assert more.hairs[-1].kind == kind
    same, other = ("terminal", "vellus") if kind == "terminal" else ("vellus", "terminal")
    density = {name: getattr(more, f"{name}_density_per_cm2").value for name in (same, other)}
    before = {name: getattr(given, f"{name}_density_per_cm2").value for name in (same, other)}
    assert density[same] - before[same] == pytest.approx(1 / AREA_CM2, abs=0.02)
    assert density[other] == pytest.approx(before[other], abs=0.02)
    assert more.mean_diameter_um is not None
    assert given.mean_diameter_um is not None
    assert more.mean_diameter_um.value == pytest.approx(given.mean_diameter_um.value, abs=0.05)


def test_expected_missed_hairs_are_those_not_yet_added() -> None:
    """A hair that was expected to be missed and then drawn would be in the upper limit twice."""
    given = scalp(2, missed=(2.4, 1.5))
    places = [(100.0 + 60 * i, 300.0) for i in range(4)]
    drawn = [added((x, y), (x + 20, y + 30), kind="vellus") for x, y in places]
    assert corrected(given, drawn[:1]).missed_expected == pytest.approx(1.4)
    assert corrected(given, drawn).missed_expected == 0.0
    terminal = added((100.0, 300.0), (120.0, 330.0))
    assert corrected(given, [terminal]).missed_expected == pytest.approx(2.4)
    taken_back = [*drawn[:1], {"edit": "removed", "hair": len(given.hairs)}]
    assert corrected(given, taken_back).missed_expected == pytest.approx(2.4)
    assert corrected(scalp(2), drawn).missed_expected is None
    halves = [*drawn[:2], {"edit": "joined", "hairs": [len(given.hairs), len(given.hairs) + 1]}]
    assert corrected(given, halves).missed_expected == pytest.approx(1.4)
    # drawn on to a hair that was found, it is no more hair than before
    vellus = next(i for i, hair in enumerate(given.hairs) if hair.kind == "vellus")
    longer = [*drawn[:1], {"edit": "joined", "hairs": [vellus, len(given.hairs)]}]
    assert corrected(given, longer).missed_expected == pytest.approx(2.4)


def test_missed_hairs_are_expected_by_the_thin_hairs_that_still_stand() -> None:
    """Where all thin lines were no hair, none was missed beside them: a bald frame's limit would be that of hair."""
    given = scalp(2, hairs=30, missed=(45.0, 12.0), mean_um=25.0, unmeasured=0.0)
    thin = [i for i, hair in enumerate(given.hairs) if hair.kind == "vellus"]
    thick = [i for i, hair in enumerate(given.hairs) if hair.kind == "terminal"]
    assert len(thin) > 15
    assert thick
    taken = [{"edit": "removed", "hair": i} for i in (*thick, *thin)]
    course = [corrected(given, taken[:count]) for count in range(len(taken) + 1)]
    missed = [one.missed_expected or 0.0 for one in course]
    sds = [one.missed_expected_sd or 0.0 for one in course]
    highs = [one.vellus_density_per_cm2.high for one in course]
    untouched = len(thick) + 1
    assert missed[:untouched] == [45.0] * untouched
    assert sds[:untouched] == [12.0] * untouched
    for falling in (missed[len(thick) :], sds[len(thick) :], highs[len(thick) :]):
        assert all(after < before for before, after in pairwise(falling))
    assert missed[len(thick) + 5] == pytest.approx(45.0 * (1 - 5 / len(thin)))
    assert (missed[-1], sds[-1]) == (0.0, 0.0)
    bare = corrected(replace(given, missed_expected=None, missed_expected_sd=None), taken)
    assert course[-1].hair_density_per_cm2 == bare.hair_density_per_cm2


def test_the_doubt_of_missed_hairs_is_that_of_fewer_thin_ones() -> None:
    """The estimate of half of the thin hairs would be as unsure as that of all."""
    recalled = Recall(drawn=40, found=20)
    given = scalp(2, hairs=30, mean_um=25.0, unmeasured=0.0)
    thin = [i for i, hair in enumerate(given.hairs) if hair.kind == "vellus"]
    expected, sd = recalled.missed(len(thin))
    given = replace(given, missed_expected=expected, missed_expected_sd=sd)
    fewer = corrected(given, [{"edit": "removed", "hair": i} for i in thin[:7]])
    assert (fewer.missed_expected, fewer.missed_expected_sd) == pytest.approx(recalled.missed(len(thin) - 7))


def test_of_the_hairs_drawn_those_beyond_the_removed_ones_were_missed() -> None:
    """A hair redrawn in the place of a poor line would be taken for one that was missed."""
    given = scalp(2, hairs=30, missed=(6.0, 3.0), mean_um=25.0)
    thin = [i for i, hair in enumerate(given.hairs) if hair.kind == "vellus"]
    removed = [{"edit": "removed", "hair": i} for i in thin[:4]]
    drawn = [added((100.0 + 60 * i, 300.0), (120.0 + 60 * i, 330.0), kind="vellus") for i in range(6)]
    for count, missed in ((3, 6.0 * (1 - 1 / len(thin))), (4, 6.0), (6, 4.0)):
        assert corrected(given, [*removed, *drawn[:count]]).missed_expected == pytest.approx(missed)


def test_the_medians_of_the_kinds_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each drawn hair would take as long as there are hairs: the page waits for seconds after an hour's work."""
    asked: list[str] = []

    def counting(measurement: Measurement, widths_um: widths.Array, kind: str) -> float:
        asked.append(kind)
        return of_kind_um(measurement, widths_um, kind)

    of_kind_um = widths.of_kind_um
    monkeypatch.setattr(widths, "of_kind_um", counting)
    drawn = [added((100.0 + i, 300.0), (110.0 + i, 330.0)) for i in range(20)]
    assert len(numbered_hairs(scalp(), drawn)) == 80
    assert len(asked) <= 2


def test_an_added_hair_joins_the_unit_beside_it() -> None:
    """Hairs per unit would differ between hairs that a person drew and those that were found."""
    given = scalp(9, hairs=12)
    number = next(i for i, hair in enumerate(given.hairs) if hair.unit > 2)
    x, y = root_of(given, number)
    beside = corrected(given, [added((x + 5, y), (x + 5, y + 40))])
    assert beside.hairs[-1].unit == beside.hairs[number].unit > 2
    assert beside.unit_density_per_cm2.value == pytest.approx(given.unit_density_per_cm2.value, abs=0.02)
    roots_um = np.array([hair.root_px for hair in beside.hairs]) * beside.um_per_px
    assert [hair.unit for hair in beside.hairs] == group(roots_um).tolist()


def test_joined_pieces_take_after_the_longer_one() -> None:
    """A stub of a hair would say how thick all of it is."""
    given = scalp(1, unmeasured=0.0)
    lengths = [hair.length_mm for hair in given.hairs]
    longer, shorter = int(np.argmax(lengths)), int(np.argmin(lengths))
    for first, second in ((longer, shorter), (shorter, longer)):
        whole = corrected(given, [{"edit": "joined", "hairs": [first, second]}]).hairs[-1]
        assert whole.diameter_um == given.hairs[longer].diameter_um
        assert whole.kind == given.hairs[longer].kind
        assert whole.root_px == given.hairs[first].root_px
        assert whole.length_mm > lengths[longer]
        assert whole.probability == 1.0
    bare = replace(given.hairs[longer], diameter_um=None, diameter_sd_um=None)
    hairs = (*given.hairs[:longer], bare, *given.hairs[longer + 1 :])
    whole = corrected(replace(given, hairs=hairs), [{"edit": "joined", "hairs": [longer, shorter]}]).hairs[-1]
    assert whole.diameter_um == given.hairs[shorter].diameter_um


def test_a_piece_that_was_found_the_wrong_way_round_is_joined_by_its_nearer_end() -> None:
    """The line would run to the far end and back, and be twice as long as the hair."""
    given = scalp(hairs=0)
    pieces = [added((200.0, 200.0), (230.0, 200.0)), added((270.0, 200.0), (240.0, 200.0))]
    whole = corrected(given, [*pieces, {"edit": "joined", "hairs": [0, 1]}]).hairs[0]
    assert whole.centreline_px.tolist() == [[200.0, 200.0], [230.0, 200.0], [240.0, 200.0], [270.0, 200.0]]
    assert whole.length_mm == pytest.approx(0.7)


def test_what_a_person_split_is_surely_two_hairs() -> None:
    """The doubt about the line that was found would stay in the interval."""
    given = scalp(4)
    assert given.hairs[3].probability < 1.0
    pieces = corrected(given, [{"edit": "split", "hair": 3, "at_px": middle(given, 3)}]).hairs[-2:]
    assert [piece.probability for piece in pieces] == [1.0, 1.0]
    moved = corrected(given, [{"edit": "root-moved", "hair": 3, "root_px": root_of(given, 3)}]).hairs[3]
    assert moved.probability == given.hairs[3].probability


def test_a_root_that_is_put_at_the_tip_turns_the_hair() -> None:
    """A hair that was found the wrong way round could not be put right."""
    given = scalp(4)
    hair = given.hairs[2]
    turned = corrected(given, [{"edit": "root-moved", "hair": 2, "root_px": list(hair.tip_px)}]).hairs[2]
    assert (turned.root_px, turned.tip_px) == (hair.tip_px, hair.root_px)
    assert turned.length_mm == pytest.approx(hair.length_mm)
    assert turned.diameter_um == hair.diameter_um


def test_a_root_moves_along_the_hair_and_beyond_it() -> None:
    """The way to the new root would be missing from the hair, or a spur be left at the old one."""
    hair = scalp(4).hairs[2]
    root, tip = np.array(hair.root_px), np.array(hair.tip_px)
    for share in (-0.3, 0.25):
        to = root + share * (tip - root)
        moved = corrected(scalp(4), [{"edit": "root-moved", "hair": 2, "root_px": to.tolist()}]).hairs[2]
        assert moved.root_px == pytest.approx(tuple(to))
        assert moved.tip_px == hair.tip_px
        assert moved.length_mm == pytest.approx((1 - share) * hair.length_mm, rel=0.02)


def test_flags_follow_the_hairs() -> None:
    """A picture whose last hair was removed would not say that there is none."""
    given = scalp(6, hairs=8, unmeasured=0.0)
    bare = corrected(given, [{"edit": "removed", "hair": i} for i in range(8)])
    assert Flag.NO_HAIR in bare.flags
    assert Flag.BLUR_LIMITS_DIAMETERS not in bare.flags
    assert Flag.GLARE in bare.flags
    assert (bare.hairs, bare.mean_diameter_um, bare.shaft_contrast, bare.hair_density_per_cm2.value) == (
        (),
        None,
        None,
        0,
    )
    drawn = [added((100.0 + 60 * i, 300.0), (110.0 + 60 * i, 330.0)) for i in range(4)]
    assert Flag.FEW_DIAMETERS in corrected(given, drawn).flags
    one = corrected(scalp(6, hairs=0), drawn[:1])
    assert Flag.NO_HAIR not in one.flags
    assert one.hair_density_per_cm2.value == pytest.approx(1 / AREA_CM2, abs=0.01)


def test_a_measurement_is_never_changed() -> None:
    """The automatic figures are published beside the corrected ones."""
    given = scalp(8)
    before = given.as_dict()
    corrected(given, [{"edit": "removed", "hair": 1}, {"edit": "split", "hair": 3, "at_px": middle(given, 3)}])
    assert given.as_dict() == before


def middle(measurement: Measurement, number: int) -> list[float]:
    """Return the middle of a straight hair."""
    hair = measurement.hairs[number]
    return [(a + b) / 2 for a, b in zip(hair.root_px, hair.tip_px, strict=True)]


REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no such hair": ([{"edit": "removed", "hair": 60}], "no hair 60"),
    "taken away before": (
        [{"edit": "removed", "hair": 3}, {"edit": "removed", "hair": 3}],
        "Correction 2: Hair 3 is no longer there",
    ),
    "joined away before": (
        [{"edit": "joined", "hairs": [3, 4]}, {"edit": "split", "hair": 3, "at_px": [1, 1]}],
        "no longer there",
    ),
    "joined with itself": ([{"edit": "joined", "hairs": [3, 3]}], "another one"),
    "root in the guard band": ([added((5.0, 300.0), (60.0, 300.0))], "outside of the counting frame"),
    "root under glare": ([added((405.0, 15.0), (405.0, 80.0))], "glare or cover"),
    "outside of the picture": ([added((300.0, 300.0), (900.0, 300.0))], "outside of the picture"),
    "one touch": ([added((300.0, 300.0), (301.0, 301.0))], "too short"),
    "one point": ([added((300.0, 300.0))], "too short"),
    "split far off": ([{"edit": "split", "hair": 3, "at_px": [0.0, 0.0]}], "off the line"),
    "root moved out": ([{"edit": "root-moved", "hair": 3, "root_px": [2.0, 300.0]}], "outside of the counting frame"),
    "root moved off the picture": ([{"edit": "root-moved", "hair": 3, "root_px": [-40.0, 3.0]}], "outside of the pic"),
    "no kind": ([added((300.0, 300.0), (330.0, 330.0), kind="grey")], "cannot be read"),
    "no number": ([added((300.0, 300.0), (float("nan"), 330.0))], "cannot be read"),
    "nothing known": ([{"edit": "painted"}], "cannot be read"),
    "half an edit": ([{"edit": "split", "hair": 3}], "cannot be read"),
    "a whole number that is none": ([{"edit": "removed", "hair": True}], "cannot be read"),
    "too many": ([{"edit": "removed", "hair": 0}] * 2001, "more than 2000 corrections"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_applied_is_refused_in_words(name: str) -> None:
    """A correction that is half applied, or applied to another hair, would be published under the technician's code."""
    edits, said = REFUSED[name]
    with pytest.raises(CorrectionRefused, match=said):
        corrected(scalp(cells=((0, 38, 6),)), edits)


def test_a_split_at_the_very_end_is_refused() -> None:
    """It would make a hair of no length."""
    given = scalp()
    with pytest.raises(CorrectionRefused, match="too short"):
        corrected(given, [{"edit": "split", "hair": 3, "at_px": root_of(given, 3)}])


def test_no_more_hairs_than_a_message_may_carry() -> None:
    """The review could not be sent, and the corrections would be lost with it."""
    given = scalp(hairs=2)
    full = replace(given, hairs=given.hairs * 2500)
    with pytest.raises(CorrectionRefused, match="more than 5000 hairs"):
        numbered_hairs(full, [added((300.0, 300.0), (330.0, 330.0))])


def half_counted(given: Measurement, number: int) -> tuple[Measurement, tuple[int, int]]:
    """Return a measurement whose hair has its root in a cell that half counts, and that cell's row and column."""
    x, y = root_of(given, number)
    row = int((y - FRAME_PX[1]) / 580 * given.cells[0])
    column = int((x - FRAME_PX[0]) / 780 * given.cells[1])
    return replace(given, uncounted_cells=((row, column, 1), (0, 38, 6))), (row, column)


def middle_of_cell(given: Measurement, row: int, column: int) -> list[float]:
    """Return the middle of a cell of the frame."""
    rows, columns = given.cells
    return [FRAME_PX[0] + (column + 0.5) / columns * 780, FRAME_PX[1] + (row + 0.5) / rows * 580]


def test_a_root_that_lies_in_a_cell_that_half_counts_may_move_within_it() -> None:
    """A root seen beside a glint could not be put right by a few pixels."""
    partly, cell = half_counted(scalp(), 0)
    to = middle_of_cell(partly, *cell)
    assert to != root_of(partly, 0)
    moved = corrected(partly, [{"edit": "root-moved", "hair": 0, "root_px": to}])
    assert moved.hairs[0].root_px == tuple(to)


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ([2.0, 300.0], "outside of the counting frame"),
        ([0.0, 0.0], "outside of the counting frame"),
        ([795.0, 595.0], "outside of the counting frame"),
        ([405.0, 15.0], "glare or cover"),
    ],
)
def test_a_root_in_a_cell_that_half_counts_may_not_move_to_where_hairs_do_not_count(to: list[float], said: str) -> None:
    """A hair drawn on from a glint, out of the frame or into another glint, would count and be millimetres long."""
    partly, cell = half_counted(scalp(), 0)
    edits = [
        {"edit": "root-moved", "hair": 0, "root_px": middle_of_cell(partly, *cell)},
        {"edit": "root-moved", "hair": 0, "root_px": to},
    ]
    for moves in (edits, edits[1:]):
        with pytest.raises(CorrectionRefused, match=said):
            corrected(partly, moves)


def test_a_root_may_leave_a_cell_that_half_counts_for_one_that_counts() -> None:
    """A root that was found in a glint could not be put where it is seen."""
    partly, (row, column) = half_counted(scalp(), 0)
    to = middle_of_cell(partly, row + 1, column)
    assert corrected(partly, [{"edit": "root-moved", "hair": 0, "root_px": to}]).hairs[0].root_px == tuple(to)


def test_a_root_that_rounding_put_outside_of_the_frame_goes_no_further() -> None:
    """A root on the frame's edge could not be moved along it; or it would be a way out of the frame."""
    given = scalp()
    hair = given.hairs[0]
    line = hair.centreline_px.copy()
    line[0] = (FRAME_PX[0] - 0.05, 300.0)
    edge = replace(given, hairs=(replace(hair, root_px=(line[0][0], 300.0), centreline_px=line), *given.hairs[1:]))
    along = corrected(edge, [{"edit": "root-moved", "hair": 0, "root_px": [FRAME_PX[0] - 0.05, 303.0]}])
    assert along.hairs[0].root_px == (FRAME_PX[0] - 0.05, 303.0)
    with pytest.raises(CorrectionRefused, match="outside of the counting frame"):
        corrected(edge, [{"edit": "root-moved", "hair": 0, "root_px": [FRAME_PX[0] - 0.5, 303.0]}])


def test_the_mean_diameter_leaves_drawn_hairs_out() -> None:
    """A width that nobody measured would move a mean that is called measured."""
    given = scalp(2, unmeasured=0.0)
    drawn = [added((100.0 + 30 * i, 300.0), (110.0 + 30 * i, 340.0), kind="vellus") for i in range(15)]
    more = corrected(given, drawn)
    values = [hair.diameter_um for hair in given.hairs if hair.diameter_um is not None]
    assert isinstance(more.mean_diameter_um, Interval)
    assert more.mean_diameter_um.value == pytest.approx(np.mean(values))
    assert more.thin_hair_share is not None
    thin = sum(value < 30 for value in values) + 15
    assert more.thin_hair_share.value == pytest.approx(thin / (len(values) + 15))
