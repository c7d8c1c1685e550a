"""The outbox's drawn state machine."""

from pathlib import Path

from device.outbox.states import TRANSITIONS
from tools import outbox_picture


def test_the_picture_shows_the_table_that_the_code_follows(tmp_path: Path) -> None:
    """Breaks when a state or a transition changes and the picture in docs still shows the old ones."""
    outbox_picture.draw(tmp_path / "states.svg")
    drawn = (tmp_path / "states.svg").read_text(encoding="utf-8")
    assert drawn == outbox_picture.FILE.read_text(encoding="utf-8"), "run: python -m tools.outbox_picture"
    for event in {event for _, event in TRANSITIONS}:
        drawn_times = drawn.count(f">{event}<")
        assert drawn_times == sum(known is event for _, known in TRANSITIONS), event
