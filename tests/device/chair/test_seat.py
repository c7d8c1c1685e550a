"""The seat: one person at a time, at whichever screen."""

import pytest

from device.chair.refusals import SeatTaken
from device.chair.seat import Holder, Seat


def test_the_seat_is_one_person_s() -> None:
    """Breaks when two people work at once, or one is kept from their work by a screen of theirs that is gone."""
    seat = Seat()
    assert seat.other_than("crashed", None) is None
    seat.take(Holder("crashed", "mk"))
    seat.take(Holder("again", "mk"))
    assert seat.holder == Holder("again", "mk")
    assert seat.other_than("crashed", "mk") is None
    assert seat.other_than("elsewhere", "jo") == Holder("again", "mk")
    assert seat.other_than("elsewhere", None) == Holder("again", "mk"), "nobody is no person"
    with pytest.raises(SeatTaken, match="mk was last at work on another screen"):
        seat.take(Holder("elsewhere", "jo"))
    assert seat.holder == Holder("again", "mk")
    seat.take_over(Holder("elsewhere", "jo"))
    with pytest.raises(SeatTaken, match="jo was last"):
        seat.take(Holder("again", "mk"))


def test_who_works_at_a_screen_may_change() -> None:
    """Breaks when the next technician at the same screen is told to take over from it."""
    seat = Seat()
    seat.take(Holder("screen", "mk"))
    assert seat.other_than("screen", "jo") is None
    seat.take(Holder("screen", "jo"))
    assert seat.holder == Holder("screen", "jo")
