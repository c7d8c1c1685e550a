"""Charts: values where they belong, words for all of it, nothing out of the drawing."""

import re
from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.page.charts.axes import VisitPlace, across, named, ticks
from collector.page.charts.fates import Fates, fates_chart
from collector.page.charts.head import HeadWords, TrendPlace, sign, signs, trend_map
from collector.page.charts.lines import BOX, HEIGHT, WIDTH, Band, Point, Words, line_chart
from collector.page.charts.spark import sparkline
from collector.page.figures import number
from collector.page.language import language_of
from collector.page.readings import signed
from contract import PROTOCOL, place_of
from tests.collector.examples import NOW

WORDS = Words("Density <a>", "All & told.", "Visit", lambda value, decimals: f"{value:.{decimals}f}")
FINITE = st.floats(-1e4, 1e4)


def xml(drawn: str) -> ElementTree.Element:
    """Read a drawing; one that is not well formed fails."""
    return ElementTree.fromstring(drawn)  # noqa: S314  made by the code under test


def visits(days: list[int]) -> list[VisitPlace]:
    """Return visits on some days."""
    return [VisitPlace(at, NOW + timedelta(days=day), f"day {day}") for at, day in enumerate(days, start=1)]


def points(values: list[float], spread: float = 5.0) -> list[Point]:
    """Return points, one a visit."""
    return [Point(at, one, one - spread, one + spread, f"Visit {at}.") for at, one in enumerate(values, start=1)]


@given(st.lists(FINITE, min_size=1, max_size=9))
def test_ticks_hold_all_values_and_are_few(values: list[float]) -> None:
    """Breaks when a point lies outside of its chart, or the axis is crowded with numbers."""
    marks = ticks(values)
    step = marks[1] - marks[0]
    assert marks[0] <= min(values) + 1e-6 * step
    assert marks[-1] >= max(values) - 1e-6 * step
    assert 2 <= len(marks) <= 7
    assert all(later - earlier == pytest.approx(step) for earlier, later in pairwise(marks))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_ticks_of_counts_are_whole(counts: list[int]) -> None:
    """Breaks when an axis counts half hairs."""
    assert all(float(mark).is_integer() for mark in ticks(map(float, counts), whole=True))


@pytest.mark.parametrize("days", [[0], [0, 0], [0, 30, 365], list(range(60)), [0, 1, 900]])
def test_visits_stand_in_order_and_apart(days: list[int]) -> None:
    """Breaks when visits on one day lie on one another, or a single visit has no place."""
    places = list(across(visits(days), BOX, 30.0).values())
    assert all(later - earlier > 5 for earlier, later in pairwise(places))
    assert all(BOX.left < place < BOX.right for place in places)
    kept = [place for place, is_named in zip(places, named(places), strict=True) if is_named]
    assert kept[-1] == places[-1]
    assert all(later - earlier >= 62 for earlier, later in pairwise(kept))


def test_time_is_true_to_scale() -> None:
    """Breaks when a visit after three years stands where one after three months would."""
    places = across(visits([0, 100, 1000]), BOX, 30.0)
    assert (places[2] - places[1]) / (places[3] - places[1]) == pytest.approx(0.1)


@given(st.lists(st.floats(0, 300), min_size=1, max_size=20), st.booleans())
def test_a_chart_is_well_formed_and_stays_in_its_box(values: list[float], zero: bool) -> None:
    """Breaks when a drawing is no XML, or draws a value out of sight."""
    drawn = line_chart(
        visits([30 * at for at in range(len(values))]),
        points(values),
        points(values[::-1]),
        WORDS,
        band=Band(min(values) - 3, min(values) + 3),
        zero=zero,
        changed={1: "Another <lens>."},
    )
    root = xml(drawn)
    assert root.get("viewBox") == f"0 0 {WIDTH:.0f} {HEIGHT:.0f}"
    for circle in root.iter("circle"):
        assert BOX.left <= float(circle.get("cx", "")) <= BOX.right
        assert BOX.top - 0.1 <= float(circle.get("cy", "")) <= BOX.bottom + 0.1
    assert len(list(root.iter("circle"))) == len(values)


def test_higher_values_lie_higher_and_intervals_around_them() -> None:
    """Breaks when an axis is turned over, or a whisker belongs to another point."""
    drawn = line_chart(visits([0, 50]), points([100.0, 120.0]), [], WORDS)
    first, second = (float(y) for y in re.findall(r'cy="([\d.]+)"', drawn))
    assert first > second
    (path,) = re.findall(r'class="whisker site" d="([^"]+)"', drawn)
    tops = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)V", path)]
    bottoms = [float(y) for y in re.findall(r"V([\d.]+)", path)]
    for y, top, bottom in zip((first, second), tops, bottoms, strict=True):
        assert top < y < bottom
        assert y - top == pytest.approx(bottom - y, abs=0.2)


def test_a_chart_says_in_words_what_it_shows() -> None:
    """Breaks when who hears the page is told nothing, or words of others become markup."""
    drawn = line_chart(visits([0]), points([100.0]), [], WORDS, changed={1: "Another <lens>."})
    assert drawn.startswith('<svg class="chart" role="img"')
    assert "<title>Density &lt;a&gt;</title><desc>All &amp; told.</desc>" in drawn
    assert "Another &lt;lens&gt;." in drawn


def test_new_hairs_stand_above_and_lost_ones_below() -> None:
    """Breaks when a loss is drawn as a gain."""
    drawn = fates_chart(visits([0, 90]), [Fates(2, 100, 7, 3, "Visit 2.")], WORDS)
    ((middle, new),) = re.findall(r'class="new" d="M[\d.]+ ([\d.]+)V([\d.]+)', drawn)
    ((start, lost),) = re.findall(r'class="lost" d="M[\d.]+ ([\d.]+)V([\d.]+)', drawn)
    assert float(new) < float(middle) == float(start) < float(lost)
    assert (float(middle) - float(new)) / (float(lost) - float(start)) == pytest.approx(7 / 3, rel=0.02)
    assert ">7</text>" in drawn
    assert ">3</text>" in drawn
    xml(drawn)


def test_a_spark_of_nothing_is_nothing() -> None:
    """Breaks when a site without figures draws an empty line."""
    assert sparkline([]) == ""
    one = sparkline([(NOW, 120.0)], Band(115.0, 125.0))
    assert xml(one).get("aria-hidden") == "true"
    assert "nan" not in sparkline([(NOW, 120.0), (NOW, 120.0)])


def test_the_head_shows_every_site_on_its_side() -> None:
    """Breaks when left and right are mixed, words overlap, or a site leads to another's page."""
    places = [
        TrendPlace(key, key, place_of(key).behind_glabella_mm, place_of(key).right_mm, ("1",), "increase", f"/{key}")
        for key in (*PROTOCOL, "g120-l35", "g120-r35")
    ]
    drawn = trend_map(places, HeadWords("Sites", "left", "front", "right"))
    root = xml(drawn)
    assert [link.get("href") for link in root.iter("a")] == [f"/{one.key}" for one in places]
    ends = {link.get("href"): link.find(".//text").get("text-anchor") for link in root.iter("a")}  # type: ignore[union-attr]
    assert (ends["/temporal-left"], ends["/temporal-right"]) == ("end", "start")
    assert (ends["/g120-l35"], ends["/g120-r35"]) == ("end", "start")
    for anchor in ("end", "start"):
        tops = sorted(
            float(span.get("y", ""))
            for text in root.iter("text")
            if text.get("text-anchor") == anchor
            for span in text.iter("tspan")
        )
        assert all(later - earlier >= 16 for earlier, later in pairwise(tops))


def test_every_call_has_a_sign_of_its_own() -> None:
    """Breaks when two readings differ by colour alone, or a sign is asked for that the page does not hold."""
    defined = re.findall(r'<symbol id="trend-([a-z-]+)"[^>]*>(.*?)</symbol>', signs())
    assert len(defined) == 5
    assert len({re.sub(r"class=\"[^\"]*\"", "", drawn) for _, drawn in defined}) == 5
    for trend, _ in defined:
        assert f"#trend-{trend}" in sign(trend)


@pytest.mark.parametrize(
    ("value", "decimals", "written"), [(1234.5, 1, "1,234.5"), (0.0, 0, "0"), (151.6, 0, "152"), (-2.04, 2, "-2.04")]
)
def test_numbers_are_written_as_the_language_does(value: float, decimals: int, written: str) -> None:
    """Breaks when the quick way of writing numbers parts from the language's own."""
    language = language_of("en")
    assert number(value, decimals, language) == written == language.number(value, decimals)


@pytest.mark.parametrize(
    ("value", "written"), [(12.31, "+12.3"), (-0.4, "\u22120.4"), (0.04, "0.0"), (-0.04, "0.0"), (0.0, "0.0")]
)
def test_a_change_has_its_sign_and_no_change_has_none(value: float, written: str) -> None:
    """Breaks when a loss looks like a gain, or nothing like a loss."""
    assert signed(value, "hairs/cm2", language_of("en")) == written
