"""Differences with their intervals, one below the other, and the line of no difference: a forest-like chart.

Methods are told apart by their marks as much as by their tone: a square for the answer, a circle and a diamond for what
it is held against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from markupsafe import Markup

from analysis.measurement import Interval
from collector.page.charts.box_plot import decimals_of, even_ticks

_WIDTH, _LEFT, _RIGHT, _TOP, _FOOT = 720.0, 190.0, 178.0, 14.0, 40.0
_HEAD, _LINE, _AFTER = 26.0, 24.0, 12.0
_ROOM = 60.0
"""That the words under the axis want beside the line of no difference."""


class Mark(StrEnum):
    """Which method a line is of."""

    SQUARE = "square"
    CIRCLE = "circle"
    DIAMOND = "diamond"


@dataclass(frozen=True)
class Line:
    """One method's difference, with what is written beside it."""

    method: str
    mark: Mark
    difference: Interval
    written: str


@dataclass(frozen=True)
class Block:
    """The lines of one arm under its name."""

    name: str
    tone: int
    lines: Sequence[Line]


def forest(blocks: Sequence[Block], *, title: str, less: str, more: str, number: Callable[[float, int], str]) -> Markup:
    """Draw differences against the reference arm.

    Parameters
    ----------
    blocks
        One an arm, with one line at least among them.
    title
        What is shown, for those who hear it.
    less, more
        Written under the axis, left and right of no difference.
    number
        Writes a number with so many decimals.
    """
    ends = [end for block in blocks for line in block.lines for end in (line.difference.low, line.difference.high)]
    ticks = even_ticks(min(0.0, *ends), max(0.0, *ends))
    low, high, decimals = ticks[0], ticks[-1], decimals_of(ticks)
    foot = _TOP + sum(_HEAD + _LINE * len(block.lines) + _AFTER for block in blocks)
    height, right = foot + _FOOT, _WIDTH - _RIGHT

    def across(value: float) -> float:
        return _LEFT + (right - _LEFT) * (value - low) / (high - low)

    words = " ".join(f"{block.name}, {line.method}: {line.written}." for block in blocks for line in block.lines)
    parts = [
        f'<svg role="img" class="forest" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" width="{_WIDTH:.0f}"'
        f' height="{height:.0f}"><title>{escape(title)}</title><desc>{escape(words)}</desc>'
    ]
    parts += [
        f'<path class="{"zero" if tick == 0 else "grid"}" d="M{across(tick):.1f} {_TOP:.1f}V{foot:.1f}"/>'
        f'<text class="tick" x="{across(tick):.1f}" y="{foot + 16:.1f}" text-anchor="middle">'
        f"{escape(number(tick, decimals))}</text>"
        for tick in ticks
    ]
    middle = across(0.0)
    if middle - _LEFT > _ROOM:
        parts.append(
            f'<text class="tick" x="{middle - 8:.1f}" y="{foot + 33:.1f}" text-anchor="end">{escape(less)}</text>'
        )
    if right - middle > _ROOM:
        parts.append(f'<text class="tick" x="{middle + 8:.1f}" y="{foot + 33:.1f}">{escape(more)}</text>')
    y = _TOP
    for block in blocks:
        parts.append(f'<text class="arm" x="0" y="{y + 17:.1f}">{escape(block.name)}</text>')
        y += _HEAD
        for line in block.lines:
            parts.append(_drawn(line, y + _LINE / 2, block.tone, across))
            y += _LINE
        y += _AFTER
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  every text in it is escaped above


def _drawn(line: Line, y: float, tone: int, across: Callable[[float], float]) -> str:
    what = escape(f"{line.method}: {line.written}")
    low, value, high = (across(one) for one in (line.difference.low, line.difference.value, line.difference.high))
    answer = line.mark is Mark.SQUARE
    mark = {
        Mark.SQUARE: f'<rect class="mark" x="{value - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11"/>',
        Mark.CIRCLE: f'<circle class="mark open" cx="{value:.1f}" cy="{y:.1f}" r="4.5"/>',
        Mark.DIAMOND: f'<path class="mark open" d="M{value:.1f} {y - 5.5:.1f}l5.5 5.5-5.5 5.5-5.5-5.5z"/>',
    }[line.mark]
    return (
        f'<g class="tone-{tone}{" answer" if answer else ""}"><title>{what}</title>'
        f'<text class="method" x="14" y="{y + 4:.1f}">{escape(line.method)}</text>'
        f'<path class="reach" d="M{low:.1f} {y:.1f}H{high:.1f}M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8"/>'
        f"{mark}"
        f'<text class="written" x="{_WIDTH:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(line.written)}</text></g>'
    )
