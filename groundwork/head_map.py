"""A map of the head from above with places on it, as SVG for pages and reports.

It stands on a dark ground as on a light one: lines and words take the colour of the text around, and each state has a
word, a shape and a colour of its own that tell it from the others without any one of the three. The colours are of
Okabe and Ito's palette (2008), darkened until white signs on them, and they on white or near-black, keep a contrast of
3. There is neither a style sheet nor a script in it: a page with a strict content policy can hold it.
"""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from groundwork.head_drawing import HALF_LENGTH, HEAD, from_crown

State = Literal["done", "due", "missing", "warn", "left-out", "none"]


@dataclass(frozen=True)
class Place:
    """A place on the map.

    Parameters
    ----------
    key
        What tells it from the others; it stands in the drawing as ``data-key``.
    label
        What it is called.
    behind_glabella_mm, right_mm
        Where it lies, with a tape: behind the glabella along the midline, then to the patient's right (negative: left).
    state
        How it stands.
    link
        Where it leads; None for nowhere.
    donor
        Whether it is the donor control.
    """

    key: str
    label: str
    behind_glabella_mm: float
    right_mm: float
    state: State = "none"
    link: str | None = None
    donor: bool = False


@dataclass(frozen=True)
class Words:
    """The map's own words, in the reader's language."""

    done: str = "taken"
    due: str = "to be taken"
    missing: str = "missing"
    warn: str = "with a warning"
    left_out: str = "left out"
    donor: str = "donor control"
    left: str = "PATIENT'S LEFT"
    front: str = "FRONT"
    right: str = "PATIENT'S RIGHT"
    orientation: str = "Nose up, the patient's left is on the left."
    nothing: str = "No places."

    def of(self, state: State) -> str:
        """Return a state's word; none has none."""
        said: dict[State, str] = {
            "done": self.done,
            "due": self.due,
            "missing": self.missing,
            "warn": self.warn,
            "left-out": self.left_out,
            "none": "",
        }
        return said[state]


_WHITE = 'fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"'
_SIGNS: dict[State, str] = {
    "done": f'<circle r="10" fill="#007a5a"/><path d="M-4.500 .5 -1.500 3.500 4.500 -3.500" {_WHITE}/>',
    "due": '<circle r="9" fill="none" stroke="#2a7fb8" stroke-width="2.600" stroke-dasharray="4 2.280"/>'
    '<circle r="3" fill="#2a7fb8"/>',
    "missing": '<rect x="-9.500" y="-9.500" width="19" height="19" rx="3" fill="#c24c00"/>'
    f'<path d="M-4 -4 4 4M4 -4 -4 4" {_WHITE}/>',
    "warn": '<path d="M0 -11 11.500 9H-11.500Z" fill="#a86f00" stroke="#a86f00" stroke-width="2"'
    f' stroke-linejoin="round"/><path d="M0 -4V2M0 5.800V5.900" {_WHITE}/>',
    "left-out": f'<path d="M0 -11 11 0 0 11 -11 0Z" fill="#6b7985"/><path d="M-4.500 0H4.500" {_WHITE}/>',
    "none": '<circle r="5" fill="none" stroke="{ink}" stroke-width="2"/>',
}


@dataclass(frozen=True)
class _Sheet:
    """What is drawn on, in the drawing's units.

    ``column`` is where words end on the left, and begin as far from the right edge. Where places are touched, words
    stand in boxes of at least ``box``, 64 px and more where the drawing is shown at its own size, and signs are larger.
    """

    width: float
    height: float
    column: float
    line: float
    letters: int
    font: float
    box: float = 0.0
    sign: float = 1.0

    @property
    def middle(self) -> float:
        return self.width / 2


@dataclass(frozen=True)
class _Style:
    ink: str
    sheet: _Sheet
    words: Words


_READ = _Sheet(width=760, height=470, column=186, line=16, letters=24, font=13)
_TOUCHED = _Sheet(width=620, height=480, column=150, line=18, letters=16, font=14, box=66, sign=1.4)
_GAP = 12.0
_BOX_EDGE = 8.0

_BOLD = ' font-weight="600"'
_LEFTWARDS, _RIGHTWARDS = "\u2190\N{NO-BREAK SPACE}", "\N{NO-BREAK SPACE}\u2192"


@dataclass
class _Label:
    place: Place
    x: float
    y: float
    lines: list[str]
    height: float
    top: float = 0.0


def head_map(
    places: Sequence[Place],
    *,
    title: str = "Sites on the head, seen from above",
    ink: str = "",
    words: Words = Words(),
    touch: bool = False,
) -> str:
    """Draw the places on a head.

    Parameters
    ----------
    places
        In the order in which they are to be read out.
    title
        What the map is of, for those who hear it.
    ink
        Colour of lines and words; left out, that of the text around. A drawing in a file of its own needs one.
    words
        In the reader's language.
    touch
        Whether places are chosen by a finger: their words then are boxes that are no smaller than 64 units. Shown at
        its own size or larger, a unit is a pixel at least.

    Returns
    -------
    str
        One ``<svg>`` element of the class ``head-map``. It has no width: it fills what it is put in.
    """
    ink = escape(ink or "currentColor")
    sheet = _TOUCHED if touch else _READ
    style = _Style(ink, sheet, words)
    labels = [_label(place, style) for place in places]
    left, right = _columns(labels)
    height = max(sheet.height, *(sum(one.height + _GAP for one in column) + 2 * _GAP for column in (left, right)))
    crown = (sheet.middle, height / 2)
    for column in (left, right):
        _spread(column, height)
    # A picture's parts are hidden from those who hear it; with links in it, it is a group of them instead.
    role = "group" if any(place.link for place in places) else "img"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="head-map" role="{role}"'
        f' viewBox="0 0 {sheet.width:.0f} {height:.0f}"'
        " font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\""
        f' font-size="{sheet.font:g}">',
        f"<title>{escape(title)}</title><desc>{escape(_in_words(places, words))}</desc>",
        f'<g transform="translate({crown[0]:.0f} {crown[1]:.0f})">',
        HEAD.format(ink=ink),
        *_sides(ink, words),
        *(_leader(label, side, crown[1], style) for column, side in ((left, -1), (right, 1)) for label in column),
        "</g>",
        *(_drawn(label, side, crown, style) for column, side in ((left, -1), (right, 1)) for label in column),
        "</svg>",
    ]
    return "\n".join(parts)


def _label(place: Place, style: _Style) -> _Label:
    sheet, words = style.sheet, style.words
    x, y = from_crown(place.behind_glabella_mm, place.right_mm)
    lines = textwrap.wrap(place.label, sheet.letters) + [words.donor] * place.donor
    written = sheet.line * (len(lines) + bool(words.of(place.state)))
    return _Label(place, x, y, lines, max(written + 2 * _BOX_EDGE, sheet.box) if sheet.box else written)


def _columns(labels: Sequence[_Label]) -> tuple[list[_Label], list[_Label]]:
    """Put words on the side their place is on, those of the midline where there are fewer; each from front to back."""
    left = [label for label in labels if label.place.right_mm < 0]
    right = [label for label in labels if label.place.right_mm > 0]
    for label in sorted((label for label in labels if label.place.right_mm == 0), key=lambda label: label.y):
        (left if len(left) < len(right) else right).append(label)
    return sorted(left, key=lambda label: label.y), sorted(right, key=lambda label: label.y)


def _spread(column: list[_Label], height: float) -> None:
    """Give the words of a column room: each near its place, none over another, all on the sheet."""
    below = _GAP
    for label in column:
        label.top = max(below, height / 2 + label.y - label.height / 2)
        below = label.top + label.height + _GAP
    above = height
    for label in reversed(column):
        label.top = min(label.top, above - label.height - _GAP)
        above = label.top


def _in_words(places: Sequence[Place], words: Words) -> str:
    """Say all that the drawing shows."""
    said = [_said(place, words) for place in places]
    return f"{words.orientation} " + ("; ".join(said) + "." if said else words.nothing)


def _said(place: Place, words: Words) -> str:
    """Say one place as it is drawn."""
    named = f"{place.label}, {words.donor}" if place.donor else place.label
    return f"{named}: {words.of(place.state)}" if place.state != "none" else named


def _sides(ink: str, words: Words) -> list[str]:
    y = -HALF_LENGTH - 34
    style = f'fill="{ink}" font-size="14" letter-spacing=".03em"'
    return [
        f'<text x="-38" text-anchor="end" {style}>{_two_lines(_LEFTWARDS + words.left, -38, y)}</text>',
        f'<text y="{y:.0f}" text-anchor="middle" {style}>{escape(words.front, quote=False)}</text>',
        f'<text x="38" {style}>{_two_lines(words.right + _RIGHTWARDS, 38, y)}</text>',
    ]


def _two_lines(words: str, x: float, y: float) -> str:
    """Break words in two: between the boxes of many places there is no room for more. An arrow stays with its word."""
    first, _, second = words.rpartition(" ")
    lines = ((first, y - 17), (second, y)) if first else ((second, y),)
    return " ".join(f'<tspan x="{x:.0f}" y="{at:.0f}">{escape(line, quote=False)}</tspan>' for line, at in lines)


def _leader(label: _Label, side: int, crown_y: float, style: _Style) -> str:
    """Draw the line from a place to its words."""
    ink, sheet = style.ink, style.sheet
    end_x, end_y = side * (sheet.middle - sheet.column - 6), label.top + label.height / 2 - crown_y
    if sheet.box:
        end_x += side * 6
    bend_x = end_x - side * 22
    along = math.hypot(bend_x - label.x, end_y - label.y)
    clear = min(1.0, (17.0 if label.place.donor else 13.0) * sheet.sign / along) if along else 0.0
    x, y = label.x + clear * (bend_x - label.x), label.y + clear * (end_y - label.y)
    return (
        f'<path d="M{x:.1f} {y:.1f}L{bend_x:.1f} {end_y:.1f}H{end_x:.1f}" fill="none" stroke="{ink}" stroke-width="1"'
        ' opacity=".5"/>'
    )


def _drawn(label: _Label, side: int, crown: tuple[float, float], style: _Style) -> str:
    """Draw a place's sign on the head, and its words beside."""
    ink, sheet, words = style.ink, style.sheet, style.words
    place, state = label.place, words.of(label.place.state)
    sign = _SIGNS[place.state].format(ink=ink)
    column, inwards = (sheet.column, -1) if side < 0 else (sheet.width - sheet.column, 1)
    x = column + inwards * (_BOX_EDGE + 2 if sheet.box else 0)
    anchor = "end" if side < 0 else "start"
    written = sheet.line * (len(label.lines) + bool(state))
    first = label.top + (label.height - written) / 2
    named = len(label.lines) - place.donor
    lines = [
        f'<tspan x="{x:.0f}" y="{first + sheet.line * (number + 0.75):.1f}"'
        f"{_BOLD if number < named else ''}>{escape(line)}</tspan>"
        for number, line in enumerate(label.lines)
    ]
    if state:
        low = first + sheet.line * (len(label.lines) + 0.75)
        lines.append(f'<tspan x="{x:.0f}" y="{low:.1f}" font-size="{sheet.font - 1:g}">{escape(state)}</tspan>')
    ring = f'<circle r="15" fill="none" stroke="{ink}" stroke-width="1.400"/>' if place.donor else ""
    grown = f" scale({sheet.sign:g})" if sheet.sign != 1 else ""
    drawn = (
        f'<g data-key="{escape(place.key)}" data-state="{place.state}">'
        f'<g transform="translate({crown[0] + label.x:.1f} {crown[1] + label.y:.1f}){grown}">{ring}{sign}</g>'
        f'<text text-anchor="{anchor}" fill="{ink}">{"".join(lines)}</text>{_box(label, side, style)}</g>'
    )
    if place.link is None:
        return drawn
    return f'<a href="{escape(place.link)}" aria-label="{escape(_said(place, words))}">{drawn}</a>'


def _box(label: _Label, side: int, style: _Style) -> str:
    """Draw what a finger meets: the words' box."""
    ink, sheet = style.ink, style.sheet
    if not sheet.box:
        return ""
    left = 1.0 if side < 0 else sheet.width - sheet.column
    return (
        f'<rect class="head-map-box" x="{left:.0f}" y="{label.top:.1f}" width="{sheet.column - 1:.0f}"'
        f' height="{label.height:.1f}" rx="10" fill="{ink}" fill-opacity=".05" stroke="{ink}" stroke-opacity=".35"/>'
    )
