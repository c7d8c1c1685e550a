"""Box plots: a figure's distribution over patients, visit by visit and, where it may be told, arm by arm.

Boxes are told apart by the code under them as much as by their tone; the tones are of Okabe and Ito's palette (2008),
which stays apart for colour-blind eyes. Drawn with attributes and classes: ``study.css`` gives both schemes' colours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from collector.statistics.distribution import Box

TONES = 6
"""Of boxes; a seventh arm has the first tone again, and its own code under it."""

_HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 232.0, 44.0, 10.0, 12.0, 46.0
_STEP, _BOX, _BETWEEN = 34.0, 20.0, 22.0
_LEAST_WIDTH = 220.0
_TICKS = 5


@dataclass(frozen=True)
class DrawnBox:
    """One box.

    Parameters
    ----------
    box
        What it shows.
    code
        Written under it; empty where there is one box a visit.
    tone
        From 0; which colour.
    words
        All of it, for those who hear it or hold the pointer over it.
    """

    box: Box
    code: str
    tone: int
    words: str


@dataclass(frozen=True)
class Group:
    """The boxes of one visit, with what is written under them."""

    name: str
    boxes: Sequence[DrawnBox]


def even_ticks(low: float, high: float) -> list[float]:
    """Return round values, evenly apart, that hold a span between them."""
    span = high - low or max(abs(high), 1.0)
    rough = span / (_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(one for one in (1, 2, 2.5, 5, 10) if one * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * at for at in range(first, max(last, first + 1) + 1)]


def decimals_of(ticks: Sequence[float]) -> int:
    """Return how many decimals tell the ticks apart."""
    step = ticks[1] - ticks[0]
    return next(count for count in range(12) if abs(step * 10**count - round(step * 10**count)) < 1e-6)


def reach_of(groups: Sequence[Group]) -> tuple[float, float] | None:
    """Return the lowest and the highest value of boxes; None where there is none."""
    values = [
        value
        for group in groups
        for one in group.boxes
        for value in (one.box.lowest_whisker, one.box.highest_whisker, *one.box.outliers)
    ]
    return (min(values), max(values)) if values else None


def box_plot(
    groups: Sequence[Group], ticks: Sequence[float], *, title: str, number: Callable[[float, int], str]
) -> Markup:
    """Draw box plots side by side.

    Parameters
    ----------
    groups
        One a visit, in order; one without boxes keeps its place.
    ticks
        Of the axis, holding all values between them (:func:`even_ticks`).
    title
        What is shown, for those who hear it.
    number
        Writes a number with so many decimals.
    """
    low, high = ticks[0], ticks[-1]
    widths = [max(1, len(group.boxes)) * _STEP + _BETWEEN for group in groups]
    width = max(_LEAST_WIDTH, _LEFT + _RIGHT + sum(widths))
    spare = (width - _LEFT - _RIGHT - sum(widths)) / max(1, len(groups))
    foot, decimals = _HEIGHT - _BOTTOM, decimals_of(ticks)

    def down(value: float) -> float:
        return _TOP + (foot - _TOP) * (high - value) / (high - low)

    words = " ".join(one.words for group in groups for one in group.boxes)
    parts = [
        f'<svg role="img" class="boxes" viewBox="0 0 {width:.0f} {_HEIGHT:.0f}" width="{width:.0f}"'
        f' height="{_HEIGHT:.0f}"><title>{escape(title)}</title><desc>{escape(words)}</desc>'
    ]
    parts += [
        f'<path class="grid" d="M{_LEFT:.1f} {down(tick):.1f}H{width - _RIGHT:.1f}"/>'
        f'<text class="tick" x="{_LEFT - 7:.1f}" y="{down(tick) + 4:.1f}" text-anchor="end">'
        f"{escape(number(tick, decimals))}</text>"
        for tick in ticks
    ]
    at = _LEFT
    for group, own in zip(groups, widths, strict=True):
        middle = at + (own + spare) / 2
        parts.append(
            f'<text class="visit" x="{middle:.1f}" y="{_HEIGHT - 8:.1f}" text-anchor="middle">'
            f"{escape(group.name)}</text>"
        )
        first = middle - (len(group.boxes) - 1) / 2 * _STEP
        parts += [_drawn(one, first + place * _STEP, foot, down) for place, one in enumerate(group.boxes)]
        at += own + spare
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  every text in it is escaped above


def _drawn(one: DrawnBox, x: float, foot: float, down: Callable[[float], float]) -> str:
    box, half = one.box, _BOX / 2
    upper, lower, middle = down(box.upper_hinge), down(box.lower_hinge), down(box.median)
    top, bottom, mean = down(box.highest_whisker), down(box.lowest_whisker), down(box.mean)
    parts = [
        f'<g class="tone-{one.tone % TONES}"><title>{escape(one.words)}</title>',
        f'<path class="whisker" d="M{x:.1f} {top:.1f}V{upper:.1f}M{x:.1f} {lower:.1f}V{bottom:.1f}'
        f'M{x - 5:.1f} {top:.1f}h10M{x - 5:.1f} {bottom:.1f}h10"/>',
        f'<rect class="box" x="{x - half:.1f}" y="{upper:.1f}" width="{_BOX:.1f}"'
        f' height="{max(lower - upper, 0.5):.1f}" rx="2"/>',
        f'<path class="median" d="M{x - half:.1f} {middle:.1f}h{_BOX:.1f}"/>',
        f'<path class="mean" d="M{x:.1f} {mean - 3.5:.1f}l3.5 3.5-3.5 3.5-3.5-3.5z"/>',
    ]
    parts += [f'<circle class="outlier" cx="{x:.1f}" cy="{down(value):.1f}" r="2.2"/>' for value in box.outliers]
    if one.code:
        parts.append(
            f'<text class="code" x="{x:.1f}" y="{foot + 16:.1f}" text-anchor="middle">{escape(one.code[:4])}</text>'
        )
    return "".join([*parts, "</g>"])
