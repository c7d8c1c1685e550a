"""How the delivery stands, as another process reads it."""

import time
from pathlib import Path

import pytest

from contract import new_message_id
from device import clock
from device.delivery.standing import Standing, StandingFile, read_standing


def test_what_is_told_is_read(tmp_path: Path) -> None:
    """Breaks when the page shows a capture as waiting that is on its way."""
    sent = {new_message_id(), new_message_id()}
    StandingFile(tmp_path).tell(True, sent)
    assert read_standing(tmp_path) == Standing(True, None, frozenset(sent))


def test_a_pause_outlasts_the_time_that_a_connection_may_be_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a broker that is away reads as a delivery that does not run, or one that ended as one that does."""
    told = StandingFile(tmp_path)
    told.tell_pause("the broker cannot be reached", 30.0)
    real = time.clock_gettime
    for later_s, expected in ((40.0, False), (60.0, True)):
        monkeypatch.setattr(time, "clock_gettime", lambda which, by=later_s: real(which) + by)
        assert (read_standing(tmp_path) is None) is expected


def test_nothing_is_known_before_a_word_and_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when what the last start said passes for the present."""
    assert read_standing(tmp_path) is None
    StandingFile(tmp_path).tell(True, ())
    assert read_standing(tmp_path) is not None
    monkeypatch.setattr(clock, "boot_id", new_message_id)
    assert read_standing(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"connected": true}', '{"boot_id": 1, "sent": [3]}', "null"])
def test_a_damaged_file_says_nothing(tmp_path: Path, content: str) -> None:
    """Breaks when a power cut's half file stops a page."""
    (tmp_path / "delivery.json").write_text(content)
    assert read_standing(tmp_path) is None


def test_a_disk_that_refuses_does_not_stop_the_delivery(tmp_path: Path) -> None:
    """Breaks when a full disk keeps receipts from being written because this could not be."""
    told = StandingFile(tmp_path / "gone")
    told.tell(True, ())
    told.tell_pause("why", 1.0)
    assert read_standing(tmp_path / "gone") is None
