"""A figure over visits: values with their 95 % intervals, the noise floor as a band, the donor control beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from collector.page.charts.axes import Box, VisitPlace, across, decimals, drawn_visits, ticks

WIDTH, HEIGHT = 640.0, 300.0
BOX = Box(left=52.0, top=22.0, right=626.0, bottom=250.0)
INSIDE = 30.0
_ASIDE = 6.0
"""What the donor control's line is moved to the right, so that two intervals at one visit do not hide each other."""
_MANY = 16
"""From so many visits on marks are small."""

_Down = Callable[[float], float]
"""From a value to its place down the drawing."""


@dataclass(frozen=True)
class Point:
    """A figure at one visit; ``low`` and ``high`` are None for what is so by definition. ``words`` say all of it.

    ``corrected`` is the figure by corrected hairs, None where none were.
    """

    visit_number: int
    value: float
    low: float | None
    high: float | None
    words: str
    corrected: float | None = None


@dataclass(frozen=True)
class Band:
    """Where a figure stays while nothing but noise moves it."""

    low: float
    high: float


@dataclass(frozen=True)
class Words:
    """What is written in a chart, in the reader's language."""

    title: str
    told: str
    """All that it shows in a sentence or two, for those who hear it."""
    visit: str
    number: Callable[[float, int], str]
    """Writes a number with so many decimals."""


def line_chart(
    visits: Sequence[VisitPlace],
    site: Sequence[Point],
    donor: Sequence[Point],
    words: Words,
    *,
    band: Band | None = None,
    zero: bool = False,
    changed: Mapping[int, str] | None = None,
) -> str:
    """Draw a chart.

    Parameters
    ----------
    visits
        Of the axis, one at least, in order.
    site, donor
        The two lines; a visit without a figure is left out.
    words
        What is written.
    band
        The noise floor; None where it is not known.
    zero
        Whether a line is drawn at 0, which is part of the chart then, and values have signs.
    changed
        The visits before which the instrument changed, with a sentence that says how.
    """
    places = across(visits, BOX, INSIDE)
    marks = ticks(_reach(site, donor, band, zero=zero))
    low, high = marks[0], marks[-1]

    def down(value: float) -> float:
        return BOX.top + (BOX.bottom - BOX.top) * (high - value) / (high - low)

    return "".join(
        [
            f'<svg class="chart" role="img" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}"><title>{escape(words.title)}</title>'
            f"<desc>{escape(words.told)}</desc>",
            "" if band is None else _drawn_band(band, down),
            drawn_grid(marks, down, words, signed=zero),
            drawn_visits(visits, places, BOX, words.visit),
            "".join(_drawn_change(places[number], said) for number, said in (changed or {}).items()),
            _drawn_line(donor, places, down, "donor", small=len(visits) >= _MANY),
            _drawn_line(site, places, down, "site", small=len(visits) >= _MANY),
            "</svg>",
        ]
    )


def drawn_grid(marks: Sequence[float], down: _Down, words: Words, *, signed: bool) -> str:
    """Draw the values' axis: a line across and a number for each."""
    few = decimals(marks[1] - marks[0])
    return "".join(
        f'<path class="grid{" zero" if signed and abs(mark) < 1e-12 else ""}"'
        f' d="M{BOX.left:.1f} {down(mark):.1f}H{BOX.right:.1f}"/>'
        f'<text class="tick" text-anchor="end" x="{BOX.left - 8:.1f}" y="{down(mark) + 4:.1f}">'
        f"{escape(_signed(mark, few, words) if signed else words.number(mark, few))}</text>"
        for mark in marks
    )


def in_legend(look: str) -> str:
    """Draw a piece of a line (``site``, ``donor``), the band (``band``) or another sign, for the legend."""
    inside = {
        "band": '<path class="band" d="M1 2H33V12H1Z"/><path class="band-edge" d="M1 2H33M1 12H33"/>',
        "corrected": _sign(17, 7, "corrected", 4.0),
        "changed": '<path class="changed" d="M17 0V14"/>',
    }.get(look, f'<path class="line {look}" d="M1 7H33"/>{_sign(17, 7, look, 4.0)}')
    return f'<svg class="chart sign" viewBox="0 0 34 14" width="34" height="14" aria-hidden="true">{inside}</svg>'


def _signed(value: float, few: int, words: Words) -> str:
    written = words.number(value, few)
    return f"+{written}" if value > 1e-12 else written.replace("-", "\u2212")


def _reach(site: Sequence[Point], donor: Sequence[Point], band: Band | None, *, zero: bool) -> list[float]:
    values = [0.0] * zero
    for point in (*site, *donor):
        values += [one for one in (point.value, point.low, point.high, point.corrected) if one is not None]
    return values if band is None else [*values, band.low, band.high]


def _drawn_band(band: Band, down: _Down) -> str:
    top, bottom = down(band.high), down(band.low)
    across_it = f"H{BOX.right:.1f}"
    return (
        f'<path class="band" d="M{BOX.left:.1f} {top:.1f}{across_it}V{bottom:.1f}H{BOX.left:.1f}Z"/>'
        f'<path class="band-edge" d="M{BOX.left:.1f} {top:.1f}{across_it}M{BOX.left:.1f} {bottom:.1f}{across_it}"/>'
    )


def _drawn_change(x: float, said: str) -> str:
    """Draw the line behind which the instrument is another, with its sign above."""
    return (
        f'<g class="changed-at"><title>{escape(said)}</title><path class="changed" d="M{x - 11:.1f} {BOX.top:.1f}'
        f'V{BOX.bottom:.1f}"/><path class="changed-sign" d="M{x - 11:.1f} {BOX.top - 16:.1f}l8 13h-16Z"/>'
        f'<path class="changed-mark" d="M{x - 11:.1f} {BOX.top - 11.5:.1f}v4.2'
        f'M{x - 11:.1f} {BOX.top - 5.2:.1f}v.1"/></g>'
    )


def _drawn_line(points: Sequence[Point], places: Mapping[int, float], down: _Down, look: str, *, small: bool) -> str:
    """Draw a line: its course and its intervals as a path each, then a mark a visit with its words."""
    if not points:
        return ""
    aside = (_ASIDE / 2 if small else _ASIDE) if look == "donor" else 0.0
    size = 3.0 if small else 5.0
    at = [(places[point.visit_number] + aside, down(point.value), point) for point in points]
    ends = 0.0 if small else 0.8 * size
    whiskers = "".join(
        _whisker(x, down(point.high), down(point.low), ends)
        for x, _, point in at
        if point.low is not None and point.high is not None
    )
    course = f'<path class="line {look}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y, _ in at)}"/>' if len(at) > 1 else ""
    marks = "".join(
        f'<g data-visit="{point.visit_number}"><title>{escape(point.words)}</title>{_sign(x, y, look, size)}</g>'
        for x, y, point in at
    )
    corrected = "".join(
        _sign(x, down(point.corrected), "corrected", size) for x, _, point in at if point.corrected is not None
    )
    return f'<path class="whisker {look}" d="{whiskers}"/>{course}{marks}{corrected}'


def _whisker(x: float, top: float, bottom: float, ends: float) -> str:
    upright = f"M{x:.1f} {top:.1f}V{bottom:.1f}"
    across = f"h{2 * ends:.1f}"
    return f"{upright}M{x - ends:.1f} {top:.1f}{across}M{x - ends:.1f} {bottom:.1f}{across}" if ends else upright


def _sign(x: float, y: float, look: str, size: float) -> str:
    """Draw a line's mark: a disc for the site, a square for the donor control, a diamond for corrected hairs."""
    if look == "site":
        return f'<circle class="mark site" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>'
    if look == "donor":
        half = 0.8 * size
        return (
            f'<rect class="mark donor" x="{x - half:.1f}" y="{y - half:.1f}" width="{2 * half:.1f}"'
            f' height="{2 * half:.1f}"/>'
        )
    half = 1.1 * size
    around = f"l{half:.1f} {half:.1f}-{half:.1f} {half:.1f}-{half:.1f}-{half:.1f}Z"
    return f'<path class="mark {look}" d="M{x:.1f} {y - half:.1f}{around}"/>'
