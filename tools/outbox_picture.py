"""The outbox's states as a picture, drawn from the table that the code follows: `python -m tools.outbox_picture`."""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from device.outbox.states import KEPT, TRANSITIONS, Event, State

FILE = Path(__file__).parent.parent / "docs" / "pictures" / "outbox-states.svg"

_WIDTH, _HEIGHT = 1100, 480
_BOX = (176, 58)

_PLACES = {
    State.HELD: (150, 70),
    State.WAITING: (250, 220),
    State.SENT: (640, 220),
    State.RECEIVED: (990, 220),
    State.REFUSED: (640, 420),
    State.WITHDRAWN: (990, 420),
}
_WORDS = {
    State.HELD: "the gate refused it",
    State.WAITING: "for the clinic",
    State.SENT: "on this connection only",
    State.RECEIVED: "the clinic holds it",
    State.REFUSED: "by the clinic, with a reason",
    State.WITHDRAWN: "stays here, never sent",
}


@dataclass(frozen=True)
class _Bend:
    """How far an arrow bows to its left, in pixels, and where its words stand from its middle."""

    bow: float
    words: tuple[float, float] = (0, -8)


_BENDS = {
    (State.HELD, Event.RELEASED): _Bend(0, (82, 4)),
    (State.WAITING, Event.PUBLISHED): _Bend(-26),
    (State.SENT, Event.UNCONFIRMED): _Bend(-20, (12, -8)),
    (State.SENT, Event.STORED): _Bend(0),
    (State.SENT, Event.REFUSED): _Bend(0, (58, 4)),
    (State.WAITING, Event.STORED): _Bend(-72),
    (State.WAITING, Event.REFUSED): _Bend(-8, (66, -14)),
    (State.REFUSED, Event.SENT_AGAIN): _Bend(-44, (-84, 10)),
    (State.RECEIVED, Event.SENT_AGAIN): _Bend(100, (0, -6)),
    (State.REFUSED, Event.WITHDRAWN): _Bend(0),
    (State.REFUSED, Event.STORED): _Bend(0, (56, 16)),
    (State.WITHDRAWN, Event.STORED): _Bend(0, (52, 4)),
}

_STYLE = """
  text { fill: #1c2b36; text-anchor: middle; font: 13px system-ui, sans-serif }
  .name { font-weight: 600; font-size: 15px } .small { font-size: 12px; fill: #46596a }
  .state { fill: #fff; stroke: #35526b; stroke-width: 1.5 } .memory { stroke-dasharray: 6 4 }
  .end { fill: #e7f0f7 } .way { stroke: #35526b; stroke-width: 1.6; fill: none; marker-end: url(#tip) }
  .person { stroke: #a03a8c; marker-end: url(#person-tip) } .by-person { fill: #8a2c77 }
"""


def draw(file: Path) -> None:
    """Write the picture.

    Raises
    ------
    KeyError
        If the table has a state or a transition that has no place in the picture.
    """
    ways = [line for (state, event), to in TRANSITIONS.items() for line in _way(state, event, to)]
    boxes = [line for state in State for line in _box(state)]
    starts = [line for state in KEPT for line in _start(state)]
    file.write_text(
        "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
                ' aria-label="The states of a message between the chair and the clinic">',
                f"<style>{_STYLE}</style>",
                f"<defs>{_marker('tip', '#35526b')}{_marker('person-tip', '#a03a8c')}</defs>",
                f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
                *starts,
                *ways,
                *boxes,
                "</svg>",
                "",
            ]
        ),
        encoding="utf-8",
    )


def _marker(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
    )


def _box(state: State) -> list[str]:
    x, y = _PLACES[state]
    width, height = _BOX
    kind = {State.SENT: " memory", State.RECEIVED: " end"}.get(state, "")
    left, top = x - width / 2, y - height / 2
    return [
        f'<rect class="state{kind}" x="{left}" y="{top}" width="{width}" height="{height}" rx="9"/>',
        f'<text class="name" x="{x}" y="{y - 3}">{state}</text>',
        f'<text class="small" x="{x}" y="{y + 17}">{escape(_WORDS[state])}</text>',
    ]


def _start(state: State) -> list[str]:
    x, y = _PLACES[state]
    left = x - _BOX[0] / 2
    at = (left - 28, y)
    return [
        f'<circle cx="{at[0]}" cy="{at[1]}" r="5" fill="#35526b"/>',
        f'<path class="way" d="M{at[0]} {at[1]} H{left}"/>',
        f'<text class="small" x="{at[0]}" y="{at[1] - 12}">kept</text>',
    ]


def _way(state: State, event: Event, to: State) -> list[str]:
    bend = _BENDS[state, event]
    start, end = _PLACES[state], _PLACES[to]
    along = end[0] - start[0], end[1] - start[1]
    length = (along[0] ** 2 + along[1] ** 2) ** 0.5
    aside = -along[1] / length, along[0] / length
    middle = tuple((start[axis] + end[axis]) / 2 + 2 * bend.bow * aside[axis] for axis in (0, 1))
    first, last = _edge(start, middle), _edge(end, middle)
    top = tuple((first[axis] + 2 * middle[axis] + last[axis]) / 4 for axis in (0, 1))
    by_person = event in {Event.RELEASED, Event.SENT_AGAIN, Event.WITHDRAWN}
    return [
        f'<path class="way{" person" if by_person else ""}" d="M{first[0]:.0f} {first[1]:.0f}'
        f' Q{middle[0]:.0f} {middle[1]:.0f} {last[0]:.0f} {last[1]:.0f}"/>',
        f'<text class="small{" by-person" if by_person else ""}" x="{top[0] + bend.words[0]:.0f}"'
        f' y="{top[1] + bend.words[1]:.0f}">{escape(event)}</text>',
    ]


def _edge(centre: tuple[float, ...], towards: tuple[float, ...]) -> tuple[float, float]:
    """Return where the way from a box's centre towards a point leaves the box."""
    across, down = towards[0] - centre[0], towards[1] - centre[1]
    scale = min(
        (_BOX[0] / 2) / abs(across) if across else float("inf"), (_BOX[1] / 2) / abs(down) if down else float("inf")
    )
    return centre[0] + across * scale, centre[1] + down * scale


if __name__ == "__main__":
    draw(FILE)
