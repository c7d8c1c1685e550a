"""The head map: places where the tape says, words and signs for every state, nothing that a strict page refuses."""

import re
from itertools import pairwise
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.head_drawing import HALF_LENGTH, HALF_WIDTH, from_crown
from groundwork.head_map import Place, State, Words, head_map

SVG = "{http://www.w3.org/2000/svg}"
STATES: tuple[State, ...] = get_args(State)
LEFT, RIGHT = Place("l", "left one", 120, -35, "done"), Place("r", "right one", 120, 35, "missing")


def drawn(svg: str) -> ET.Element:
    """Parse the drawing."""
    return ET.fromstring(svg)  # noqa: S314  our own drawing


def at(svg: str, key: str) -> tuple[float, float]:
    """Return where a place's sign stands, from the middle of the sheet."""
    root = drawn(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    (place,) = (group for group in root.iter(f"{SVG}g") if group.get("data-key") == key)
    x, y = map(float, re.findall(r"[-\d.]+", place[0].attrib["transform"]))
    return x - width / 2, y - height / 2


def test_the_patient_s_left_is_on_the_left() -> None:
    """Breaks when the map is drawn as one looks at a face: sites would be taken on the wrong side."""
    svg = head_map([LEFT, RIGHT, Place("f", "front", 90, 0), Place("b", "back", 320, 0)])
    assert at(svg, "l")[0] == -at(svg, "r")[0] < 0
    assert at(svg, "f")[1] < 0 < at(svg, "b")[1]
    assert at(svg, "f")[0] == at(svg, "b")[0] == 0
    x_of = {"".join(text.itertext()): float(text.get("x", "0")) for text in drawn(svg).iter(f"{SVG}text")}
    assert x_of["\u2190\N{NO-BREAK SPACE}PATIENT'S LEFT"] < 0 < x_of["PATIENT'S RIGHT\N{NO-BREAK SPACE}\u2192"]


@given(st.integers(30, 350), st.integers(-160, 160))
def test_places_lie_on_the_head_and_on_their_side(behind: int, right: int) -> None:
    """Breaks when a place of the scalp is drawn beside the head, or across the midline."""
    x, y = from_crown(behind, right)
    assert (x / HALF_WIDTH) ** 2 + (y / HALF_LENGTH) ** 2 <= 1
    assert (x > 0) == (right > 0)
    assert (x < 0) == (right < 0)
    if abs(right) < 150:  # the ears are where all lines across the head meet
        assert (y < 0) == (behind < 175)


def test_steps_along_the_midline_are_equal() -> None:
    """Breaks when the tape's millimetres along the midline are no longer told by the eye."""
    downs = [from_crown(behind, 0)[1] for behind in range(50, 351, 50)]
    steps = [after - before for before, after in pairwise(downs)]
    assert steps == pytest.approx([steps[0]] * len(steps))
    assert steps[0] > 0
    assert from_crown(175, 0) == (0.0, 0.0)


def test_every_state_has_a_word_a_sign_and_a_colour_of_its_own() -> None:
    """Breaks when two states are told by colour alone, or not at all."""
    seen = []
    for state in STATES:
        (group,) = (one for one in drawn(head_map([Place("a", "there", 90, 0, state)])).iter() if one.get("data-key"))
        sign, words = group[0], ["".join(line.itertext()) for line in group[1]]
        shape = tuple((part.tag, part.get("d"), part.get("r")) for part in sign)
        colours = {part.get(name) for part in sign for name in ("fill", "stroke")} - {None, "none", "#fff"}
        assert len(colours) == 1
        seen.append((tuple(words), shape, *colours))
    for told_by in zip(*seen, strict=True):
        assert len(set(told_by)) == len(STATES)


@pytest.mark.parametrize("ground", ["#ffffff", "#12181c"])
def test_signs_stand_out_from_light_and_dark_ground(ground: str) -> None:
    """Breaks when a state's colour falls below a contrast of 3 (WCAG 2.1, 1.4.11), or a white sign on it does."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]

    def contrast(one: str, other: str) -> float:
        low, high = sorted(map(luminance, (one, other)))
        return (high + 0.05) / (low + 0.05)

    svg = "".join(head_map([Place("a", "there", 90, 0, state)]) for state in STATES)
    colours = set(re.findall(r"#[0-9a-f]{6}", svg))
    assert len(colours) == 5
    for colour in colours:
        assert contrast(colour, ground) >= 3
        assert contrast(colour, "#ffffff") >= 3


def test_all_that_is_seen_is_said() -> None:
    """Breaks when somebody who hears the page misses a place, a state or a side."""
    svg = head_map([LEFT, RIGHT, Place("o", "occipital", 320, 0, "due", donor=True)], title="P-0042, visit 2")
    root = drawn(svg)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "P-0042, visit 2"
    assert root.findtext(f"{SVG}desc") == (
        "Nose up, the patient's left is on the left. left one: taken; right one: missing; occipital, donor control:"
        " to be taken."
    )


def test_links_can_be_reached() -> None:
    """Breaks when a place leads nowhere, or its link is hidden from those who hear the page."""
    root = drawn(head_map([Place("a", "there", 90, 0, "done", link="/captures/1?a=1&b=2")]))
    assert root.get("role") == "group"
    (link,) = root.iter(f"{SVG}a")
    assert link.get("href") == "/captures/1?a=1&b=2"
    assert link.get("aria-label") == "there: taken"


def test_words_from_outside_stay_words() -> None:
    """Breaks when a label, key or link can put elements into a clinic's page."""
    nasty = '"><script>alert(1)</script>'
    root = drawn(head_map([Place(nasty, nasty, 90, 0, "done", link=nasty)], title=nasty, ink=nasty))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "g", "path", "circle", "rect", "text", "tspan", "a")
    }
    assert root.findtext(f"{SVG}title") == nasty


def test_a_strict_page_can_hold_it() -> None:
    """Breaks when the content policy of the clinic's pages takes the map's colours away."""
    root = drawn(head_map([Place("a", "there", 90, 0, state) for state in STATES]))
    assert all("style" not in element.attrib for element in root.iter())
    assert f"{SVG}style" not in {element.tag for element in root.iter()}


@given(
    st.lists(
        st.tuples(st.integers(30, 420), st.integers(-160, 160), st.sampled_from(STATES), st.booleans()), max_size=32
    )
)
def test_words_never_lie_over_words(places: list[tuple[int, int, State, bool]]) -> None:
    """Breaks when two labels are drawn over one another, or off the sheet: a crowded protocol must be readable."""
    long = "a rather long name of a place that needs three lines"
    root = drawn(
        head_map([Place(str(n), long, g, r, state, donor=donor) for n, (g, r, state, donor) in enumerate(places)])
    )
    height = float(root.attrib["viewBox"].split()[3])
    columns: dict[str, list[list[float]]] = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("data-key") is not None:
            lines = [float(line.attrib["y"]) for line in group.iter(f"{SVG}tspan")]
            columns.setdefault(group[1].attrib["text-anchor"], []).append(lines)
    for words in columns.values():
        baselines = [line for lines in sorted(words) for line in lines]
        assert all(after - before >= 15.9 for before, after in pairwise(baselines))
        assert baselines[0] >= 10
        assert baselines[-1] <= height
    assert sum(map(len, columns.values())) == len(places)


@given(
    st.lists(
        st.tuples(st.integers(30, 420), st.integers(-160, 160), st.sampled_from(STATES), st.booleans()), max_size=32
    )
)
def test_boxes_for_fingers_are_large_enough_and_apart(places: list[tuple[int, int, State, bool]]) -> None:
    """Breaks when a place cannot be met with a gloved finger: under 64 units, or beneath its neighbour's box."""
    long = "a rather long name of a place that needs three lines"
    root = drawn(
        head_map(
            [Place(str(n), long, g, r, state, donor=donor) for n, (g, r, state, donor) in enumerate(places)],
            touch=True,
        )
    )
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    columns: dict[float, list[tuple[float, float]]] = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("data-key") is None:
            continue
        (box,) = (part for part in group if part.get("class") == "head-map-box")
        x, y, wide, high = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
        assert wide >= 64
        assert high >= 64
        assert 0 <= x <= x + wide <= width
        columns.setdefault(x, []).append((y, y + high))
        for line in group.iter(f"{SVG}tspan"):
            assert y < float(line.attrib["y"]) < y + high
    for boxes in columns.values():
        assert all(above[1] < below[0] for above, below in pairwise(sorted(boxes)))
        assert min(boxes)[0] >= 0
        assert max(boxes)[1] <= height
    assert sum(map(len, columns.values())) == len(places)


def test_the_map_speaks_the_reader_s_language() -> None:
    """Breaks when a word of the map's own stays English on a German screen."""
    words = Words(*(f"wort-{number}" for number in range(11)))
    svg = head_map([Place(state, "x", 90, 0, state, donor=True) for state in STATES], title="x", words=words)
    seen = {"".join(element.itertext()) for element in drawn(svg).iter() if element.tag.endswith(("text", "desc"))}
    for number in range(10):
        assert any(f"wort-{number}" in text for text in seen), number
    assert "wort-10" in head_map([], title="x", words=words)


def test_no_places_is_a_head() -> None:
    """Breaks when a patient without sites has no page."""
    assert drawn(head_map([])).findtext(f"{SVG}desc", "").endswith("No places.")
