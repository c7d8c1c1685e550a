"""Numbers that addresses ask for."""

from pathlib import Path

import pytest

from device.page.app import create_app
from device.page.typed import whole_number
from tests.device.page.chair_fixture import ChairClient, open_small_chair
from tests.device.page.kept_captures import hair, keep_capture

ENDLESS = "000160" + 5000 * "0"
"""Begins as a width that is offered, and is no number that Python reads."""


@pytest.mark.parametrize(
    ("text", "number"),
    [("160", 160), ("0160", 160), ("4096", 4096), ("159", None), ("4097", None), ("99999", None), ("00160", None)]
    + [(odd, None) for odd in ("", "-200", "+200", "2e2", "200.0", " 200", "\u0662\u0660\u0660", "\u00b2", ENDLESS)],
)
def test_a_number_is_held_to_its_bounds_as_a_whole(text: str, number: int | None) -> None:
    """Breaks when a bound is checked on a part of what was asked for, and the whole is used."""
    assert whole_number(text, 160, 4096) == number


def test_an_endless_number_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Breaks when an address makes the page fail in a way that nobody foresaw."""
    with open_small_chair(tmp_path) as chair:
        capture = keep_capture(chair, hair(100, 100))
        client = ChairClient(create_app(chair), fails=True)
        answer = client.get(f"/captures/{capture.message_id}/picture?width={ENDLESS}")
    assert answer.status_code == 422
    assert "160 to 4096 pixels" in answer.text
