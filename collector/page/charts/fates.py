"""What became of the hairs of a site since its baseline: new ones up, lost ones down, at each visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from collector.page.charts.axes import VisitPlace, across, drawn_visits, ticks
from collector.page.charts.lines import BOX, HEIGHT, INSIDE, WIDTH, Words, drawn_grid

_WIDEST, _SHARE = 26.0, 0.6
_LEAST_FOR_NUMBERS = 15.0
_ROOM = 1.15


@dataclass(frozen=True)
class Fates:
    """The hairs of one comparison's shared area; ``words`` say all of it."""

    visit_number: int
    kept: int
    new: int
    lost: int
    words: str


def fates_chart(visits: Sequence[VisitPlace], found: Sequence[Fates], words: Words) -> str:
    """Draw the chart.

    Parameters
    ----------
    visits
        Of the axis, one at least, in order.
    found
        Of the visits that were compared.
    words
        What is written.
    """
    places = across(visits, BOX, INSIDE)
    # A bar's number stands beyond its end, within the chart.
    marks = ticks([0.0, *(_ROOM * one.new for one in found), *(-_ROOM * one.lost for one in found)], whole=True)
    low, high = marks[0], marks[-1]
    ordered = sorted(places.values())
    gap = min((later - earlier for earlier, later in pairwise(ordered)), default=_WIDEST / _SHARE)
    width = min(_WIDEST, _SHARE * gap)

    def down(value: float) -> float:
        return BOX.top + (BOX.bottom - BOX.top) * (high - value) / (high - low)

    bars = []
    for one in found:
        x = places[one.visit_number]
        middle, top, bottom = down(0.0), down(one.new), down(-one.lost)
        left = x - width / 2
        bars.append(
            f'<g data-visit="{one.visit_number}"><title>{escape(one.words)}</title>'
            f'<path class="new" d="M{left:.1f} {middle:.1f}V{top:.1f}h{width:.1f}V{middle:.1f}Z"/>'
            f'<path class="lost" d="M{left:.1f} {middle:.1f}V{bottom:.1f}h{width:.1f}V{middle:.1f}Z"/>'
        )
        if width >= _LEAST_FOR_NUMBERS:
            bars.append(
                f'<text class="count" text-anchor="middle" x="{x:.1f}" y="{top - 5:.1f}">{one.new}</text>'
                f'<text class="count" text-anchor="middle" x="{x:.1f}" y="{bottom + 14:.1f}">{one.lost}</text>'
            )
        bars.append("</g>")
    return "".join(
        [
            f'<svg class="chart" role="img" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}"><title>{escape(words.title)}</title>'
            f"<desc>{escape(words.told)}</desc>",
            drawn_grid(marks, down, words, signed=True),
            drawn_visits(visits, places, BOX, words.visit),
            *bars,
            "</svg>",
        ]
    )


def in_legend(look: str) -> str:
    """Draw a piece of a bar (``new``, ``lost``), for the legend."""
    return (
        '<svg class="chart sign" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">'
        f'<path class="{look}" d="M1 1H13V13H1Z"/></svg>'
    )
