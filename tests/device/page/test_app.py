"""What holds for every screen: a failure that nobody foresaw is a sentence too."""

from pathlib import Path

import pytest

from device.page.app import create_app
from device.page.screens import start
from tests.device.page.chair_fixture import ChairClient, open_small_chair


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_failure_that_nobody_foresaw_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Breaks when a fault of the program shows a technician a bare line, or its own insides."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("insides")

    with open_small_chair(tmp_path) as chair:
        client = ChairClient(create_app(chair), fails=True)
        client.get("/")
        client.act("/technician", {"technician": "mk"})
        monkeypatch.setattr(start, "open_visits", fail)
        monkeypatch.setattr(start, "next_visit_number", fail)
        answer = client.get("/") if method == "GET" else client.act("/visits/proposed", {"patient": "P-0042"})
    assert answer.status_code == 500
    assert "The program failed at this." in answer.text
    assert "insides" not in answer.text
