"""A figure over visits as a chart: values with their 95 % intervals, the noise floor as a band, the donor beside.

Lines are told apart by their marks and dashes as much as by colour, which are of Okabe and Ito's palette (2008). Drawn
with attributes only: a page that allows no style in its elements shows it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise

_HEIGHT = 230.0
_WIDTH = 460.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 14.0, 14.0, 44.0
_INSIDE = 26.0
"""From either end of the axis to the first or last visit."""
_INK, _QUIET, _LINE, _BAND = "#16222a", "#55646d", "#dde3e6", "#e9e4d4"
_BAND_EDGE = "#b3a578"
_SITE, _DONOR = "#0072b2", "#d55e00"
_APART = 7.0
"""What the second line is moved to the right, so that two intervals at one visit do not hide each other."""
_LEAST_GAP = 58.0
"""Between two visits' words under the axis."""
_TICKS = 5
_LEAST_SPAN = 1e-3  # what is nearer together is one value: no figure is told finer

_Down = Callable[[float], float]
"""From a value to its place down the drawing."""


@dataclass(frozen=True)
class ChartPoint:
    """A figure at one visit; ``low`` and ``high`` are None for what is so by definition. ``words`` say all of it."""

    visit_number: int
    value: float
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True)
class Band:
    """Where a figure stays while nothing but noise moves it."""

    low: float
    high: float


@dataclass(frozen=True)
class Axis:
    """The visits under the chart, with when they were."""

    visits: Sequence[tuple[int, datetime, str]]
    """Number, time, and the day in words."""

    def places(self, width: float) -> dict[int, float]:
        """Return each visit's place from 0 to `width`: by time, or evenly where some lie too close for their words."""
        if len(self.visits) == 1:
            return {self.visits[0][0]: width / 2}
        times = [when.timestamp() for _, when, _ in self.visits]
        span = times[-1] - times[0]
        by_time = [width * (time - times[0]) / span if span > 0 else 0.0 for time in times]
        gaps = [later - earlier for earlier, later in pairwise(by_time)]
        if min(gaps) < _LEAST_GAP:
            by_time = [width * at / (len(times) - 1) for at in range(len(times))]
        return {number: place for (number, _, _), place in zip(self.visits, by_time, strict=True)}


def chart(
    axis: Axis,
    site: Sequence[ChartPoint],
    donor: Sequence[ChartPoint],
    *,
    title: str,
    band: Band | None = None,
    zero: bool = False,
) -> str:
    """Draw a chart.

    Parameters
    ----------
    axis
        The visits, one at least, in order.
    site, donor
        The two lines; a visit without a figure is left out.
    title
        What it shows, for those who hear it.
    band
        The noise floor; None where it is not known.
    zero
        Whether a line is drawn at 0, which is part of the chart then.
    """
    places = {
        number: _LEFT + _INSIDE + place for number, place in axis.places(_WIDTH - _LEFT - _RIGHT - 2 * _INSIDE).items()
    }
    ticks = _ticks(_reach(site, donor, band, zero))
    low, high = ticks[0], ticks[-1]

    def down(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low)

    right = _WIDTH - _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" class="chart" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"'
        f' font-family="system-ui, \'DejaVu Sans\', sans-serif" font-size="11"><title>{escape(title)}</title>'
        f"<desc>{escape(' '.join(point.words for point in (*site, *donor)))}</desc>"
    ]
    if band is not None:
        parts.append(_drawn_band(band, down, right))
    parts += [
        f'<path d="M{_LEFT:.1f} {down(tick):.1f}H{right:.1f}" stroke="{_INK if zero and tick == 0 else _LINE}"'
        f' stroke-width="1"/><text x="{_LEFT - 7:.1f}" y="{down(tick) + 4:.1f}" text-anchor="end" fill="{_QUIET}">'
        f"{_tick_words(tick, ticks[1] - ticks[0], signed=zero)}</text>"
        for tick in ticks
    ]
    every = _every(list(places.values()))
    parts += [
        _drawn_visit(places[number], number, day, named=at % every == 0)
        for at, (number, _, day) in enumerate(axis.visits)
    ]
    parts += [_drawn_line(donor, places, down, is_donor=True), _drawn_line(site, places, down, is_donor=False)]
    return "".join([*parts, "</svg>"])


def in_legend(*, is_donor: bool) -> str:
    """Draw a piece of one of the two lines, for the legend."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 14" width="34" height="14" aria-hidden="true">'
        f'<path d="M1 7H33" {_look(is_donor)}/>{_sign(17, 7, is_donor)}</svg>'
    )


def band_in_legend() -> str:
    """Draw a piece of the noise floor's band, for the legend."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 14" width="34" height="14" aria-hidden="true">'
        f'<rect x="1" y="2" width="32" height="10" fill="{_BAND}"/>'
        f'<path d="M1 2H33M1 12H33" stroke="{_BAND_EDGE}" stroke-dasharray="2 2"/></svg>'
    )


def _reach(
    site: Sequence[ChartPoint], donor: Sequence[ChartPoint], band: Band | None, zero: bool
) -> tuple[float, float]:
    values = [0.0] * zero
    for point in (*site, *donor):
        values += [point.value, *(end for end in (point.low, point.high) if end is not None)]
    if band is not None:
        values += [band.low, band.high]
    return (min(values), max(values)) if values else (0.0, 1.0)


def _ticks(reach: tuple[float, float]) -> list[float]:
    """Return even, round values that hold the reach between them."""
    low, high = reach
    span = high - low if high - low >= _LEAST_SPAN else max(abs(high), 1.0)
    rough = span / (_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(one for one in (1, 2, 2.5, 5, 10) if one * power >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * at for at in range(first, max(last, first + 1) + 1)]


def _tick_words(tick: float, step: float, *, signed: bool) -> str:
    decimals = max(0, -math.floor(math.log10(step)) + (f"{step:e}"[2] != "0"))
    words = f"{tick:{'+' if signed and tick else ''}.{decimals}f}"
    return words.replace("-", "\u2212")


def _every(places: Sequence[float]) -> int:
    """Return of how many visits one is named, so that their words do not run into one another."""
    least = min((later - earlier for earlier, later in pairwise(places)), default=_LEAST_GAP)
    return max(1, math.ceil(_LEAST_GAP / least - 0.01))


def _drawn_visit(x: float, number: int, day: str, *, named: bool) -> str:
    foot = _HEIGHT - _BOTTOM
    if not named:
        return f'<path d="M{x:.1f} {foot:.1f}v5" stroke="{_QUIET}"/>'
    words = f'x="{x:.1f}" text-anchor="middle"'
    return (
        f'<path d="M{x:.1f} {foot:.1f}v5" stroke="{_QUIET}"/>'
        f'<text {words} y="{foot + 18:.1f}" fill="{_INK}">Visit {number}</text>'
        f'<text {words} y="{foot + 32:.1f}" fill="{_QUIET}" font-size="9.500">{escape(day)}</text>'
    )


def _drawn_band(band: Band, down: _Down, right: float) -> str:
    top, bottom = down(band.high), down(band.low)
    width, height = right - _LEFT, bottom - top
    return (
        f'<rect class="band" x="{_LEFT:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{_BAND}"/>'
        f'<path d="M{_LEFT:.1f} {top:.1f}H{right:.1f}M{_LEFT:.1f} {bottom:.1f}H{right:.1f}" fill="none"'
        f' stroke="{_BAND_EDGE}" stroke-dasharray="2 2"/>'
    )


def _drawn_line(points: Sequence[ChartPoint], places: Mapping[int, float], down: _Down, *, is_donor: bool) -> str:
    aside = _APART if is_donor else 0.0
    at = [(places[point.visit_number] + aside, down(point.value), point) for point in points]
    parts = []
    if len(at) > 1:
        course = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in at)
        parts.append(f'<path d="M{course}" {_look(is_donor)}/>')
    for x, y, point in at:
        parts.append(f'<g data-visit="{point.visit_number}"><title>{escape(point.words)}</title>')
        if point.low is not None and point.high is not None:
            top, bottom = down(point.high), down(point.low)
            parts.append(
                f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}M{x - 4:.1f} {top:.1f}h8M{x - 4:.1f} {bottom:.1f}h8"'
                f' fill="none" stroke="{_DONOR if is_donor else _SITE}" stroke-width="1.500"/>'
            )
        parts.append(f"{_sign(x, y, is_donor)}</g>")
    return "".join(parts)


def _look(is_donor: bool) -> str:
    dashes = ' stroke-dasharray="5 4"' if is_donor else ""
    return f'fill="none" stroke="{_DONOR if is_donor else _SITE}" stroke-width="2"{dashes}'


def _sign(x: float, y: float, is_donor: bool) -> str:
    if is_donor:
        square = f'x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"'
        return f'<rect {square} fill="#fff" stroke="{_DONOR}" stroke-width="2"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{_SITE}"/>'
