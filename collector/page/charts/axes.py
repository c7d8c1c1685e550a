"""The two axes of a chart: visits by time, and even round values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise

_LEAST_GAP = 76.0
"""Between two visits' words under the axis."""
_CROWDED = 7.0
"""Nearer than this two visits' marks lie on one another: then visits stand evenly."""
_TICKS = 5
_LEAST_SPAN = 1e-3  # what is nearer together is one value: no figure is told finer


@dataclass(frozen=True)
class VisitPlace:
    """A visit under the chart: its number, when it was, and that day in words."""

    number: int
    at: datetime
    day: str


@dataclass(frozen=True)
class Box:
    """Where a chart's lines are drawn, within its drawing."""

    left: float
    top: float
    right: float
    bottom: float


def across(visits: Sequence[VisitPlace], box: Box, inside: float) -> dict[int, float]:
    """Return each visit's place: by time, or evenly where some would lie on one another.

    Parameters
    ----------
    visits
        In order, one at least.
    box
        The chart's.
    inside
        From either end of the axis to the first or last visit.
    """
    first, width = box.left + inside, box.right - box.left - 2 * inside
    if len(visits) == 1:
        return {visits[0].number: first + width / 2}
    times = [one.at.timestamp() for one in visits]
    span = times[-1] - times[0]
    places = [width * (time - times[0]) / span if span > 0 else 0.0 for time in times]
    if min(later - earlier for earlier, later in pairwise(places)) < _CROWDED:
        places = [width * at / (len(times) - 1) for at in range(len(times))]
    return {one.number: first + place for one, place in zip(visits, places, strict=True)}


def named(places: Iterable[float]) -> list[bool]:
    """Return which of some visits are named, so that their words do not run into one another: the last always is."""
    ordered = list(places)
    chosen = [False] * len(ordered)
    free = math.inf
    for at in range(len(ordered) - 1, -1, -1):
        if free - ordered[at] >= _LEAST_GAP:
            chosen[at], free = True, ordered[at]
    return chosen


def ticks(values: Iterable[float], *, whole: bool = False) -> list[float]:
    """Return even, round values that hold some values between them; whole ones for what is counted."""
    known = list(values)
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = high - low if high - low >= _LEAST_SPAN else max(abs(high), 1.0)
    rough = max(span / (_TICKS - 1), 1.0 if whole else 0.0)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(
        one for one in ((1, 2, 5, 10) if whole else (1, 2, 2.5, 5, 10)) if one * power >= rough * (1 - 1e-9)
    )
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * at for at in range(first, max(last, first + 1) + 1)]


def decimals(step: float) -> int:
    """Return how many decimals a tick needs."""
    return max(0, -math.floor(math.log10(step)) + (f"{step:e}"[2] != "0"))


def drawn_visits(visits: Sequence[VisitPlace], places: Mapping[int, float], box: Box, visit_word: str) -> str:
    """Draw the visits' axis.

    Parameters
    ----------
    visits, places, box
        As in :func:`across`.
    visit_word
        "Visit", in the reader's language.
    """
    parts = [f'<path class="axis" d="M{box.left:.1f} {box.bottom:.1f}H{box.right:.1f}"/>']
    for visit, is_named in zip(visits, named([places[one.number] for one in visits]), strict=True):
        x = places[visit.number]
        parts.append(f'<path class="axis" d="M{x:.1f} {box.bottom:.1f}v5"/>')
        if is_named:
            parts.append(
                f'<text class="visit" text-anchor="middle" x="{x:.1f}" y="{box.bottom + 20:.1f}">{escape(visit_word)}'
                f' {visit.number}</text><text class="day" text-anchor="middle" x="{x:.1f}" y="{box.bottom + 35:.1f}">'
                f"{escape(visit.day)}</text>"
            )
    return "".join(parts)
