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
from typing import Literal, NamedTuple

from groundwork.head_drawing import HALF_LENGTH, HEAD, from_crown

State = Literal["done", "due", "missing", "warn", "none"]


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


class _Look(NamedTuple):
    word: str
    sign: str


_WHITE = 'fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"'
_LOOKS: dict[State, _Look] = {
    "done": _Look("taken", f'<circle r="10" fill="#007a5a"/><path d="M-4.500 .5 -1.500 3.500 4.500 -3.500" {_WHITE}/>'),
    "due": _Look(
        "to be taken",
        '<circle r="9" fill="none" stroke="#2a7fb8" stroke-width="2.600" stroke-dasharray="4 2.280"/>'
        '<circle r="3" fill="#2a7fb8"/>',
    ),
    "missing": _Look(
        "missing",
        '<rect x="-9.500" y="-9.500" width="19" height="19" rx="3" fill="#c24c00"/>'
        f'<path d="M-4 -4 4 4M4 -4 -4 4" {_WHITE}/>',
    ),
    "warn": _Look(
        "with a warning",
        '<path d="M0 -11 11.500 9H-11.500Z" fill="#a86f00" stroke="#a86f00" stroke-width="2" stroke-linejoin="round"/>'
        f'<path d="M0 -4V2M0 5.800V5.900" {_WHITE}/>',
    ),
    "none": _Look("", '<circle r="5" fill="none" stroke="{ink}" stroke-width="2"/>'),
}

_WIDTH, _MIDDLE = 760.0, 380.0
_COLUMN = 186.0  # words end here on the left, and begin as far from the right edge
_HEIGHT = 470.0
_LINE, _GAP, _LETTERS = 16.0, 12.0, 24


_BOLD = ' font-weight="600"'


@dataclass
class _Label:
    place: Place
    x: float
    y: float
    lines: list[str]
    top: float = 0.0

    @property
    def height(self) -> float:
        return _LINE * (len(self.lines) + bool(_LOOKS[self.place.state].word))


def head_map(places: Sequence[Place], *, title: str = "Sites on the head, seen from above", ink: str = "") -> str:
    """Draw the places on a head.

    Parameters
    ----------
    places
        In the order in which they are to be read out.
    title
        What the map is of, for those who hear it.
    ink
        Colour of lines and words; left out, that of the text around. A drawing in a file of its own needs one.

    Returns
    -------
    str
        One ``<svg>`` element of the class ``head-map``. It has no width: it fills what it is put in.
    """
    ink = escape(ink or "currentColor")
    labels = [_label(place) for place in places]
    left, right = _columns(labels)
    height = max(_HEIGHT, *(sum(one.height + _GAP for one in column) + 2 * _GAP for column in (left, right)))
    crown = (_MIDDLE, height / 2)
    for column in (left, right):
        _spread(column, height)
    # A picture's parts are hidden from those who hear it; with links in it, it is a group of them instead.
    role = "group" if any(place.link for place in places) else "img"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="head-map" role="{role}"'
        f' viewBox="0 0 {_WIDTH:.0f} {height:.0f}"'
        " font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"13\">",
        f"<title>{escape(title)}</title><desc>{escape(_in_words(places))}</desc>",
        f'<g transform="translate({crown[0]:.0f} {crown[1]:.0f})">',
        HEAD.format(ink=ink),
        *_sides(ink),
        *(_leader(label, side, crown[1], ink) for column, side in ((left, -1), (right, 1)) for label in column),
        "</g>",
        *(_drawn(label, side, crown, ink) for column, side in ((left, -1), (right, 1)) for label in column),
        "</svg>",
    ]
    return "\n".join(parts)


def _label(place: Place) -> _Label:
    x, y = from_crown(place.behind_glabella_mm, place.right_mm)
    return _Label(place, x, y, textwrap.wrap(place.label, _LETTERS) + ["donor control"] * place.donor)


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


def _in_words(places: Sequence[Place]) -> str:
    """Say all that the drawing shows."""
    said = [
        f"{place.label}{', donor control' if place.donor else ''}"
        + (f": {_LOOKS[place.state].word}" if place.state != "none" else "")
        for place in places
    ]
    return "Nose up, the patient's left is on the left. " + ("; ".join(said) + "." if said else "No places.")


def _sides(ink: str) -> list[str]:
    words = f'y="{-HALF_LENGTH - 34:.0f}" fill="{ink}" font-size="11" letter-spacing=".06em"'
    return [
        f'<text x="-46" text-anchor="end" {words}>\u2190 PATIENT\'S LEFT</text>',
        f'<text text-anchor="middle" {words}>FRONT</text>',
        f'<text x="46" {words}>PATIENT\'S RIGHT \u2192</text>',
    ]


def _leader(label: _Label, side: int, crown_y: float, ink: str) -> str:
    """Draw the line from a place to its words."""
    end_x, end_y = side * (_MIDDLE - _COLUMN - 6), label.top + label.height / 2 - crown_y
    bend_x = end_x - side * 22
    along = math.hypot(bend_x - label.x, end_y - label.y)
    clear = min(1.0, (17.0 if label.place.donor else 13.0) / along) if along else 0.0
    x, y = label.x + clear * (bend_x - label.x), label.y + clear * (end_y - label.y)
    return (
        f'<path d="M{x:.1f} {y:.1f}L{bend_x:.1f} {end_y:.1f}H{end_x:.1f}" fill="none" stroke="{ink}" stroke-width="1"'
        ' opacity=".5"/>'
    )


def _drawn(label: _Label, side: int, crown: tuple[float, float], ink: str) -> str:
    """Draw a place's sign on the head, and its words beside."""
    place, look = label.place, _LOOKS[label.place.state]
    sign = look.sign.format(ink=ink)
    x, anchor = (_COLUMN, "end") if side < 0 else (_WIDTH - _COLUMN, "start")
    named = len(label.lines) - place.donor
    lines = [
        f'<tspan x="{x:.0f}" y="{label.top + _LINE * (number + 0.75):.1f}"'
        f"{_BOLD if number < named else ''}>{escape(line)}</tspan>"
        for number, line in enumerate(label.lines)
    ]
    if look.word:
        low = label.top + _LINE * (len(label.lines) + 0.75)
        lines.append(f'<tspan x="{x:.0f}" y="{low:.1f}" font-size="12">{look.word}</tspan>')
    ring = f'<circle r="15" fill="none" stroke="{ink}" stroke-width="1.400"/>' if place.donor else ""
    drawn = (
        f'<g data-key="{escape(place.key)}" data-state="{place.state}">'
        f'<g transform="translate({crown[0] + label.x:.1f} {crown[1] + label.y:.1f})">{ring}{sign}</g>'
        f'<text text-anchor="{anchor}" fill="{ink}">{"".join(lines)}</text></g>'
    )
    return drawn if place.link is None else f'<a href="{escape(place.link)}">{drawn}</a>'
