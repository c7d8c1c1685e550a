"""What a report draws: pictures laid over each other, marks, and charts."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from analysis.measurement import Interval
from analysis.noise.floor import Call, Judgement
from collector.report.change_figures import HEADLINE, ChangeFigure, against_donor
from collector.report.chart import Axis, Band, ChartPoint, chart
from collector.report.marks import Mark, at_baseline, at_followup
from collector.report.picture_cut import Cut, cut
from collector.report.registered import Affine, Box, NotInvertible, around, shared_area
from collector.report.side_by_side import pair
from contract import Fate, HairChange, Transform
from tests.collector.report_series import SHIFT_PX, SHIFTED, SIZE_PX, capture_at, change, picture_bytes

_FRAME = (0.0, 0.0, 400.0, 300.0)
_MOMENT = datetime(2026, 3, 4, tzinfo=UTC)


def turned(turn_px: tuple[float, float], shift_px: tuple[float, float]) -> Transform:
    """Return a transform with a linear part (a, b), (-b, a)."""
    a, b = turn_px
    rows = ((a, b, shift_px[0]), (-b, a, shift_px[1]))
    return SHIFTED.model_copy(update={"baseline_to_followup_px": rows})


@given(
    turn=st.tuples(st.floats(0.5, 1.5), st.floats(-1.0, 1.0)),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    point=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
)
def test_there_and_back_is_the_same_point(
    turn: tuple[float, float], shift: tuple[float, float], point: tuple[float, float]
) -> None:
    """Breaks when the follow-up is laid anywhere else than where the comparison found it."""
    transform = turned(turn, shift)
    there = Affine.baseline_to_followup(transform)(point)
    assert Affine.followup_to_baseline(transform)(there) == pytest.approx(point, abs=1e-4)


def test_a_transform_that_flattens_is_refused() -> None:
    """Breaks when a broken message divides by zero instead of showing the pictures as they are."""
    flat = turned((0.0, 0.0), (1.0, 2.0))
    with pytest.raises(NotInvertible):
        Affine.followup_to_baseline(flat)
    shown = pair(capture_at(1), capture_at(2), change(transform=flat), lambda _: None)
    assert not shown.registered


@given(
    turn=st.tuples(st.floats(0.8, 1.2), st.floats(-0.6, 0.6)),
    shift=st.tuples(st.floats(-600, 600), st.floats(-500, 500)),
)
def test_the_shared_area_lies_in_both_frames(turn: tuple[float, float], shift: tuple[float, float]) -> None:
    """Breaks when an area is outlined as shared that one of the pictures does not show."""
    transform = turned(turn, shift)
    back = Affine.baseline_to_followup(transform)
    corners = shared_area(_FRAME, _FRAME, Affine.followup_to_baseline(transform))
    for corner in corners:
        for x, y in (corner, back(corner)):
            assert -1e-3 <= x <= 400.001
            assert -1e-3 <= y <= 300.001


def test_the_shared_area_of_a_shift_is_what_is_left() -> None:
    """Breaks when the area shared is cut too small or too large."""
    corners = shared_area(_FRAME, _FRAME, Affine.followup_to_baseline(turned((1.0, 0.0), (100.0, 60.0))))
    assert around(corners) == pytest.approx((0.0, 0.0, 300.0, 240.0))
    assert shared_area(_FRAME, _FRAME, Affine.followup_to_baseline(turned((1.0, 0.0), (900.0, 0.0)))) == []


def places_of(drawing: str, mark: Mark) -> list[tuple[float, float]]:
    """Return where a drawing holds a mark."""
    found = re.findall(rf'data-mark="{mark}" transform="translate\(([-\d.]+) ([-\d.]+)\)', drawing)
    return [(float(x), float(y)) for x, y in found]


def test_marks_of_both_pictures_lie_at_the_same_places(tmp_path: Path) -> None:
    """Breaks when a hair is marked at one place on the left and at another on the right."""
    (tmp_path / "picture").write_bytes(picture_bytes())
    shown = pair(capture_at(1), capture_at(2), change(), lambda _: (tmp_path / "picture").open("rb"))
    assert shown.registered
    for left, right in (
        (Mark.NOT_YET, Mark.NEW),
        (Mark.LOST, Mark.GONE),
        (Mark.KEPT, Mark.KEPT),
        (Mark.THICKER, Mark.THICKER),
        (Mark.THINNER, Mark.THINNER),
    ):
        places = places_of(shown.baseline.marked, left)
        assert places
        assert places == places_of(shown.followup.marked, right)
    assert "data-mark" not in shown.baseline.plain
    assert {word for _, word in shown.legend} >= {"kept", "new", "lost", "kept, thicker", "kept, thinner"}
    boxes = {re.search(r'viewBox="([^"]+)"', one)[1] for one in (shown.baseline.marked, shown.followup.plain)}  # type: ignore[index]
    assert len(boxes) == 1


def test_each_fate_has_a_mark_of_its_own() -> None:
    """Breaks when new and lost hairs look alike."""
    hair = HairChange(fate=Fate.NEW, probability=1.0, baseline_px=(1.0, 2.0), followup_px=(3.0, 4.0))
    lost = hair.model_copy(update={"fate": Fate.LOST})
    assert [one.mark for one in at_baseline([hair, lost])] == [Mark.NOT_YET, Mark.LOST]
    assert [one.mark for one in at_followup([hair, lost])] == [Mark.NEW, Mark.GONE]
    assert [one.at for one in at_followup([hair])] == [(3.0, 4.0)]


def cut_of(path: Path, size_px: tuple[int, int], wanted_px: Box) -> Cut | None:
    """Return a part of a picture's file."""
    with path.open("rb") as file:
        return cut(file, size_px, wanted_px)


def test_a_cut_shows_what_is_wanted(tmp_path: Path) -> None:
    """Breaks when the part shown is not the part it is said to be, so that all marks are off."""
    path = tmp_path / "picture"
    path.write_bytes(picture_bytes())
    part = cut_of(path, SIZE_PX, (100.2, 50.6, 180.4, 120.0))
    assert part is not None
    assert part.box_px == (99.5, 50.5, 180.5, 120.5)
    beyond = cut_of(path, SIZE_PX, (-50.0, -50.0, 1000.0, 1000.0))
    assert beyond is not None
    assert beyond.box_px == (-0.5, -0.5, 399.5, 299.5)


def test_a_picture_made_to_harm_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a small file of gigantic pixels, a broken one or another format fills the clinic's memory."""
    path = tmp_path / "picture"
    Image.new("1", (7000, 7000)).save(path, "PNG")
    assert cut_of(path, (7000, 7000), (0.0, 0.0, 50.0, 50.0)) is None
    path.write_bytes(picture_bytes()[:-40])
    for lenient in (False, True):  # as WeasyPrint sets it for the whole program
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
        assert cut_of(path, SIZE_PX, (0.0, 0.0, 50.0, 50.0)) is None
    Image.new("RGB", SIZE_PX).save(path, "GIF")
    assert cut_of(path, SIZE_PX, (0.0, 0.0, 50.0, 50.0)) is None
    assert cut_of(path, SIZE_PX, (900.0, 0.0, 950.0, 50.0)) is None


def axis_of(*days: float) -> Axis:
    """Return an axis with visits so many days after the first."""
    return Axis([(at + 1, _MOMENT + timedelta(days=day), f"day {day:g}") for at, day in enumerate(days)])


def test_visits_stand_by_time_where_their_words_have_room() -> None:
    """Breaks when a year looks as long as a week, or dates are written over one another."""
    assert axis_of(0, 90, 360).places(360.0) == pytest.approx({1: 0.0, 2: 90.0, 3: 360.0})
    assert axis_of(0, 2, 360).places(360.0) == pytest.approx({1: 0.0, 2: 180.0, 3: 360.0})
    assert axis_of(5).places(360.0) == {1: 180.0}
    assert axis_of(0, 0).places(360.0) == pytest.approx({1: 0.0, 2: 360.0})
    many = chart(axis_of(*range(0, 900, 90)), [], [], title="none")
    assert many.count(">Visit ") == 5


def points(*values: tuple[float, float, float]) -> list[ChartPoint]:
    """Return points of low, value and high, one a visit."""
    return [ChartPoint(at, value, low, high, f"Visit {at}") for at, (low, value, high) in enumerate(values, start=1)]


@given(
    values=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6),
    spread=st.floats(0.0, 1e3),
    floor=st.none() | st.floats(0.01, 1e3),
)
def test_all_of_a_chart_lies_within_it(values: list[float], spread: float, floor: float | None) -> None:
    """Breaks when an interval or the noise floor runs out of the drawing, so that it looks smaller than it is."""
    line = points(*((value - spread, value, value + spread) for value in values))
    band = None if floor is None else Band(-floor, floor)
    drawn = chart(axis_of(*(90 * at for at in range(len(values)))), line, line, title="t", band=band, zero=True)
    places = [float(y) for y in re.findall(r'c[xy]="([-\d.]+)"', drawn)]
    places += [float(y) for span in re.findall(r"M[-\d.]+ ([-\d.]+)V([-\d.]+)", drawn) for y in span]
    assert places
    assert all(0 <= place <= 460 for place in places)
    downs = [float(y) for span in re.findall(r"M[-\d.]+ ([-\d.]+)V([-\d.]+)", drawn) for y in span]
    assert all(13.9 <= place <= 186.1 for place in downs)


def test_larger_values_stand_higher() -> None:
    """Breaks when the axis is upside down."""
    drawn = chart(axis_of(0, 90), points((9, 10, 11), (19, 20, 21)), [], title="t")
    low, high = (float(y) for y in re.findall(r'cy="([-\d.]+)"', drawn))
    assert high < low


def figure(call: Call, low: float, high: float) -> ChangeFigure:
    """Return a change in density with an interval."""
    interval = Interval((low + high) / 2, low, high)
    return ChangeFigure(HEADLINE, "Hair density", "", "", "", "", "hairs/cm2", interval, Judgement(call, ""))


@pytest.mark.parametrize(
    ("site", "donor", "words"),
    [
        (figure(Call.INCREASE, 5, 9), figure(Call.NO_CHANGE, -2, 2), "more than the donor control's over"),
        (figure(Call.DECREASE, -9, -5), figure(Call.NO_CHANGE, -2, 2), "more than the donor control's over"),
        (
            figure(Call.INCREASE, 1, 9),
            figure(Call.NO_CHANGE, -2, 2),
            "not shown that the change is more than the donor control's: their intervals overlap",
        ),
        (
            figure(Call.DECREASE, -9, -1),
            figure(Call.NO_CHANGE, -2, 2),
            "not shown that the change is more than the donor control's: their intervals overlap",
        ),
        (figure(Call.INCREASE, 5, 9), figure(Call.INCREASE, 10, 14), "It is not shown"),
        (figure(Call.NO_CHANGE, 5, 9), figure(Call.NO_CHANGE, -2, 2), "none is held against"),
        (figure(Call.CANNOT_TELL, 5, 9), figure(Call.NO_CHANGE, -2, 2), "none is held against"),
        (figure(Call.INCREASE, 5, 9), None, "There is no change of the donor control"),
    ],
)
def test_more_than_the_donor_s_is_said_only_of_intervals_that_do_not_overlap(
    site: ChangeFigure, donor: ChangeFigure | None, words: str
) -> None:
    """Breaks when a change is said to be the site's own though the donor control may have changed as much."""
    said = against_donor(site, donor)
    assert words in said[-1]
    assert ("The change is more than" in " ".join(said)) == (words == "more than the donor control's over")


def test_shift_is_what_the_examples_say() -> None:
    """Breaks when the examples' transform and their pictures part ways."""
    assert Affine.baseline_to_followup(SHIFTED)((1.0, 2.0)) == (1.0 + SHIFT_PX[0], 2.0 + SHIFT_PX[1])
