"""The sentence for the technician."""

from __future__ import annotations

import pytest

from analysis.guidance import Guidance, Lost, Placement, sentence


def guidance(right: float, down: float, turn: float, *, there: bool = False) -> Guidance:
    """Make a guidance of a place that was found."""
    return Guidance(0.99, (right, down), turn, 0.81, there, placement=Placement((right, down), turn))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (guidance(1.23, -0.41, 5.2), "Move the camera 1.2 mm right and 0.4 mm up, and turn it 5 degrees clockwise"),
        (
            guidance(-1.23, 0.41, -5.2),
            "Move the camera 1.2 mm left and 0.4 mm down, and turn it 5 degrees anticlockwise",
        ),
        (guidance(2.0, 0.05, 0.2), "Move the camera 2.0 mm right"),
        (guidance(0.02, 0.05, -8.0), "Turn the camera 8 degrees anticlockwise"),
        (guidance(0.0, -0.4, 1.0), "Move the camera 0.4 mm up, and turn it 1 degree clockwise"),
    ],
)
def test_the_way_is_said_in_the_picture_s_directions(said: Guidance, words: str) -> None:
    """Breaks when left and right, up and down or the senses of a turn are exchanged, or a trifle is asked for."""
    assert sentence(said) == f"{words} (overlap 81 %)."


def test_near_enough_asks_for_no_more() -> None:
    """Breaks when the technician is kept correcting tenths of a millimetre."""
    assert sentence(guidance(0.2, 0.1, 0.9, there=True)) == "This is the place: hold still (overlap 81 %)."


@pytest.mark.parametrize("right", [0.16, 0.22, 0.31])
@pytest.mark.parametrize("turn", [0.1, 0.8, 1.6])
def test_a_place_that_is_not_reached_always_asks_for_something(right: float, turn: float) -> None:
    """Breaks when a sentence without a way is shown though the place is not reached."""
    assert "(" not in sentence(guidance(right, 0.0, turn)).split(" mm")[0]


@pytest.mark.parametrize("lost", Lost)
def test_a_lost_place_is_said_with_what_to_do(lost: Lost) -> None:
    """Breaks when a reason has no words."""
    words = sentence(Guidance(0.1, lost=lost))
    assert words.startswith("Place not found: ")
    assert "mark" in words
