"""All checks of a chair that is open."""

import sqlite3
from pathlib import Path

from device.health import State, checks, worst
from tests.device.page.chair_fixture import open_small_chair


def test_every_part_is_looked_at_and_the_worst_is_the_most_urgent(tmp_path: Path) -> None:
    """Breaks when a part is left out, or a warning hides a fault."""
    with open_small_chair(tmp_path) as chair:
        found = {check.name: check for check in checks(chair, tmp_path)}
        assert set(found) == {
            *("camera", "lights", "triggers", "calibration", "disk", "outbox"),
            *("broker", "certificate", "clock", "temperature", "power", "versions"),
        }
        assert found["camera"].state is State.OK
        assert found["temperature"].state is State.UNKNOWN
        assert found["calibration"].way_out == "/calibration"
        assert "OpenCV" in found["versions"].sentence
        most_urgent = worst(chair)
        assert most_urgent is not None
        assert most_urgent.state is State.FAIL


def test_a_store_that_is_damaged_is_a_fault_and_no_traceback(tmp_path: Path) -> None:
    """Breaks when the screen that should say what is wrong falls with it."""
    with open_small_chair(tmp_path) as chair:
        file = tmp_path / "state" / "device.sqlite3"
        with sqlite3.connect(file) as connection:
            connection.execute("DROP TABLE message")
        connection.close()
        found = {check.name: check for check in checks(chair, tmp_path)}
    assert found["outbox"].state is State.FAIL
    assert found["disk"].state is State.FAIL
    assert found["camera"].state is State.OK
