"""The head with a patient's sites on it, each with what was measured last and whether it changed.

The head and where a place lies on it are :mod:`groundwork.head_drawing`'s; here signs and words are looks of
``static/css/charts.css``, so that they stand on a light ground and on a dark one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from groundwork.head_drawing import HALF_LENGTH, HEAD, from_crown

Trend = Literal["increase", "decrease", "no-change-beyond-noise", "cannot-tell", "new"]

_WIDTH, _LEAST_HEIGHT = 760.0, 470.0
_COLUMN = 188.0
_LINE, _GAP = 17.0, 14.0
_NAME = 24
"""Letters of a name on one line."""

_SIGNS: dict[Trend, str] = {
    "increase": '<circle r="12.500"/><path d="M0 6.500V-6M-5 -1.200 0 -6.500 5 -1.200"/>',
    "decrease": '<circle r="12.500"/><path d="M0 -6.500V6M-5 1.200 0 6.500 5 1.200"/>',
    "no-change-beyond-noise": '<circle r="11"/><path d="M-5 -2.600H5M-5 2.600H5"/>',
    "cannot-tell": '<circle r="11" stroke-dasharray="3.500 2.600"/><path d="M-3.200 -2.400a3.200 3.200 0 1 1'
    ' 4.700 2.800c-1.100 .600-1.500 1.100-1.500 2M0 5.800v.1"/>',
    "new": '<circle r="9"/><circle class="core" r="2.500"/>',
}


@dataclass(frozen=True)
class TrendPlace:
    """A site on the head.

    Parameters
    ----------
    key
        Of the site.
    name
        What it is called.
    behind_glabella_mm, right_mm
        Where it lies.
    lines
        What was measured, a line each.
    trend
        What is said of its change; ``new`` where it was not compared.
    link
        Where it leads.
    """

    key: str
    name: str
    behind_glabella_mm: float
    right_mm: float
    lines: tuple[str, ...]
    trend: Trend
    link: str


@dataclass(frozen=True)
class HeadWords:
    """What else is written, in the reader's language."""

    title: str
    left: str
    front: str
    right: str


@dataclass
class _Label:
    place: TrendPlace
    x: float
    y: float
    named: list[str]
    height: float
    top: float = 0.0


def trend_map(places: Sequence[TrendPlace], words: HeadWords) -> str:
    """Draw sites on the head; one SVG element whose links lead to the sites, in the order given.

    Parameters
    ----------
    places
        In the order in which they are read out.
    words
        What else is written.
    """
    labels = [_label(place) for place in places]
    columns = _columns(labels)
    height = max(_LEAST_HEIGHT, *(sum(one.height + _GAP for one in column) + 2 * _GAP for column in columns))
    for column in columns:
        _spread(column, height)
    sides = {label.place.key: side for side, column in zip((-1, 1), columns, strict=True) for label in column}
    crown = f"translate({_WIDTH / 2:.0f} {height / 2:.0f})"
    return "".join(
        [
            f'<svg class="chart trend-map" role="group" viewBox="0 0 {_WIDTH:.0f} {height:.0f}">'
            f"<title>{escape(words.title)}</title>"
            f'<g transform="{crown}">{HEAD.format(ink="currentColor")}{_sides(words)}</g>',
            *(_drawn(label, sides[label.place.key], height) for label in labels),
            "</svg>",
        ]
    )


def signs() -> str:
    """Define all trends' signs once for a page that shows many of them by :func:`sign`."""
    defined = "".join(
        f'<symbol id="trend-{trend}" viewBox="-14 -14 28 28"><g class="trend {trend}">{drawn}</g></symbol>'
        for trend, drawn in _SIGNS.items()
    )
    return f'<svg class="definitions" width="0" height="0" aria-hidden="true">{defined}</svg>'


def sign(trend: Trend) -> str:
    """Show a trend's sign by itself, for tables and legends; the page holds :func:`signs`."""
    return f'<svg class="sign" width="20" height="20" aria-hidden="true"><use href="#trend-{trend}"/></svg>'


def _label(place: TrendPlace) -> _Label:
    x, y = from_crown(place.behind_glabella_mm, place.right_mm)
    named = _wrapped(place.name)
    return _Label(place, x, y, named, _LINE * (len(named) + len(place.lines)))


def _wrapped(name: str) -> list[str]:
    lines: list[str] = []
    for word in name.split():
        if lines and len(lines[-1]) + 1 + len(word) <= _NAME:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _columns(labels: Sequence[_Label]) -> tuple[list[_Label], list[_Label]]:
    """Put words on the side their place is on, those of the midline where there are fewer; each from front to back."""
    left = [label for label in labels if label.place.right_mm < 0]
    right = [label for label in labels if label.place.right_mm > 0]
    for label in sorted((label for label in labels if label.place.right_mm == 0), key=lambda label: label.y):
        (left if len(left) < len(right) else right).append(label)
    return sorted(left, key=lambda label: label.y), sorted(right, key=lambda label: label.y)


def _spread(column: Sequence[_Label], height: float) -> None:
    """Give the words of a column room: each near its place, none over another, all on the sheet."""
    below = _GAP
    for label in column:
        label.top = max(below, height / 2 + label.y - label.height / 2)
        below = label.top + label.height + _GAP
    above = height
    for label in reversed(column):
        label.top = min(label.top, above - label.height - _GAP)
        above = label.top


def _sides(words: HeadWords) -> str:
    y = -HALF_LENGTH - 34
    return (
        f'<text class="side-word" x="-44" y="{y:.0f}" text-anchor="end">\u2190 {escape(words.left)}</text>'
        f'<text class="side-word" x="0" y="{y:.0f}" text-anchor="middle">{escape(words.front)}</text>'
        f'<text class="side-word" x="44" y="{y:.0f}">{escape(words.right)} \u2192</text>'
    )


def _drawn(label: _Label, side: int, height: float) -> str:
    """Draw a place: the line to its words, its sign on the head, and the words."""
    place, half = label.place, height / 2
    x, y = _WIDTH / 2 + label.x, half + label.y
    end_x, end_y = _WIDTH / 2 + side * (_WIDTH / 2 - _COLUMN - 8), label.top + label.height / 2
    bend_x = end_x - side * 22
    along = math.hypot(bend_x - x, end_y - y)
    clear = min(1.0, 15.0 / along) if along else 0.0
    text_x, anchor = (_COLUMN, "end") if side < 0 else (_WIDTH - _COLUMN, "start")
    written = [(line, "name") for line in label.named] + [(line, "told") for line in place.lines]
    lines = "".join(
        f'<tspan class="{look}" x="{text_x:.0f}" y="{label.top + _LINE * (number + 0.78):.1f}">{escape(line)}</tspan>'
        for number, (line, look) in enumerate(written)
    )
    said = f"{place.name}: {', '.join(place.lines)}"
    return (
        f'<a href="{escape(place.link)}" aria-label="{escape(said)}"><g data-key="{escape(place.key)}">'
        f'<path class="leader" d="M{x + clear * (bend_x - x):.1f} {y + clear * (end_y - y):.1f}'
        f'L{bend_x:.1f} {end_y:.1f}H{end_x:.1f}"/>'
        f'<g class="trend {place.trend}" transform="translate({x:.1f} {y:.1f})">{_SIGNS[place.trend]}</g>'
        f'<text text-anchor="{anchor}">{lines}</text></g></a>'
    )
