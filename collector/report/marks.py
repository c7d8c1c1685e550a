"""The marks of hairs on a picture: each fate has a shape and a colour of its own, and a dark casing.

Magenta, lime and blue stand out from all skin and hair, and from one another for every kind of colour vision; the
shapes tell them apart in black and white. Drawn with attributes only: a page that allows no style in its elements shows
them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from collector.report.registered import Point
from contract import Fate, HairChange

NEW, LOST, KEPT, CASING = "#c4ff1a", "#ff2fc8", "#3d9bff", "#10151a"


class Mark(StrEnum):
    """What is drawn at a hair's root."""

    KEPT = "kept"
    THICKER = "thicker"
    THINNER = "thinner"
    NEW = "new"
    NOT_YET = "not-yet"
    LOST = "lost"
    GONE = "gone"


WORDS = {
    Mark.KEPT: "kept",
    Mark.THICKER: "kept, thicker",
    Mark.THINNER: "kept, thinner",
    Mark.NEW: "new",
    Mark.NOT_YET: "place of a new one",
    Mark.LOST: "lost",
    Mark.GONE: "place of a lost one",
}

_DOT = f'<circle r="3.600" fill="{KEPT}" stroke="{CASING}" stroke-width="1.600"/>'
_TRIANGLE = "M0 -9.500 8.600 6.200H-8.600Z"
_CROSS = "M-6 -6 6 6M6 -6 -6 6"
_BAR = "M-7.500 0H7.500"
_ROUND = 'stroke-linecap="round" stroke-linejoin="round"'

_DRAWN = {
    Mark.KEPT: _DOT,
    Mark.THICKER: (
        f'<circle r="7.800" fill="none" stroke="{CASING}" stroke-width="4.400"/>'
        f'<circle r="7.800" fill="none" stroke="{KEPT}" stroke-width="2.400"/>{_DOT}'
    ),
    Mark.THINNER: (
        f'<path d="{_BAR}" fill="none" stroke="{CASING}" stroke-width="6.400" {_ROUND}/>'
        f'<path d="{_BAR}" fill="none" stroke="{KEPT}" stroke-width="3.600" {_ROUND}/>'
    ),
    Mark.NEW: f'<path d="{_TRIANGLE}" fill="{NEW}" stroke="{CASING}" stroke-width="2" {_ROUND}/>',
    Mark.NOT_YET: (
        f'<path d="{_TRIANGLE}" fill="none" stroke="{CASING}" stroke-width="4" {_ROUND}/>'
        f'<path d="{_TRIANGLE}" fill="none" stroke="{NEW}" stroke-width="1.800" {_ROUND}/>'
    ),
    Mark.LOST: (
        f'<path d="{_CROSS}" fill="none" stroke="{CASING}" stroke-width="7" {_ROUND}/>'
        f'<path d="{_CROSS}" fill="none" stroke="{LOST}" stroke-width="4" {_ROUND}/>'
    ),
    Mark.GONE: (
        f'<path d="{_CROSS}" fill="none" stroke="{CASING}" stroke-width="4" {_ROUND}/>'
        f'<path d="{_CROSS}" fill="none" stroke="{LOST}" stroke-width="1.600" {_ROUND}/>'
    ),
}

_ABOVE = (Mark.KEPT, Mark.THICKER, Mark.THINNER, Mark.GONE, Mark.NOT_YET, Mark.LOST, Mark.NEW)
"""What is drawn later lies above: the changes above what stayed."""


@dataclass(frozen=True)
class Placed:
    """A mark at a place."""

    mark: Mark
    at: Point


def at_baseline(hairs: Iterable[HairChange]) -> list[Placed]:
    """Return the marks of the baseline picture, at its pixels."""
    return [Placed(_mark(hair, {Fate.NEW: Mark.NOT_YET, Fate.LOST: Mark.LOST}), hair.baseline_px) for hair in hairs]


def at_followup(hairs: Iterable[HairChange]) -> list[Placed]:
    """Return the marks of the follow-up picture, at its pixels."""
    return [Placed(_mark(hair, {Fate.NEW: Mark.NEW, Fate.LOST: Mark.GONE}), hair.followup_px) for hair in hairs]


def drawn(placed: Iterable[Placed], size: float) -> str:
    """Draw marks as SVG.

    Parameters
    ----------
    placed
        The marks.
    size
        How many units of the drawing one unit of a mark takes: a mark is about 16 of its units wide.
    """
    return "".join(
        f'<g data-mark="{one.mark}" transform="translate({one.at[0]:.1f} {one.at[1]:.1f}) scale({size:.3f})">'
        f"{_DRAWN[one.mark]}</g>"
        for one in sorted(placed, key=lambda one: _ABOVE.index(one.mark))
    )


def in_legend(mark: Mark) -> str:
    """Draw one mark on a piece of ground like skin, for the legend."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-14 -14 28 28" width="17" height="17" aria-hidden="true">'
        f'<circle r="14" fill="#d9b49b"/>{_DRAWN[mark]}</svg>'
    )


def _mark(hair: HairChange, of_fate: dict[Fate, Mark]) -> Mark:
    if hair.fate is Fate.KEPT:
        return {"thicker": Mark.THICKER, "thinner": Mark.THINNER}.get(hair.thickness or "", Mark.KEPT)
    return of_fate[hair.fate]
