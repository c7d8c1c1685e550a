"""What holds for every screen: an address that is none, and a failure that nobody foresaw, are sentences too."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest

from device.page.app import create_app
from device.page.screens import start
from tests.device.page.chair_fixture import ChairClient, open_small_chair


@pytest.mark.parametrize(("path", "status"), [("/nothing-here", 404), ("/visits", 405), ("/static/nothing.js", 404)])
@pytest.mark.parametrize("language", ["en", "de"])
def test_an_address_without_a_screen_leads_back(tmp_path: Path, path: str, status: int, language: str) -> None:
    """Breaks when an old bookmark, or an action's address gone back to, shows a technician the protocol's words."""
    with open_small_chair(tmp_path, chair={"language": language}) as chair:
        answer = ChairClient(create_app(chair)).get(path)
    assert answer.status_code == status
    assert HTTPStatus(status).phrase not in answer.text
    said = {"en": "There is no screen at this address.", "de": "Unter dieser Adresse gibt es keine Ansicht."}
    assert said[language] in answer.text
    assert 'href="/"' in answer.text


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
        monkeypatch.setattr(start, "proposed", fail)
        answer = client.get("/") if method == "GET" else client.act("/visits/proposed", {"patient": "P-0042"})
    assert answer.status_code == 500
    assert "The program failed at this." in answer.text
    assert "insides" not in answer.text


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/visits/P-0042/1/sites/nowhere", "/visits/P-0042/1"),
        ("/visits/Anna-Mueller/1/summary", None),
        ("/captures/01a20804-520b-7914-b359-fb4c5677f60e/correct", None),
        ("/nothing-here", None),
    ],
)
def test_what_is_refused_within_a_visit_leads_back_to_it(tmp_path: Path, path: str, above: str | None) -> None:
    """Breaks when a technician in the middle of a visit is sent to the start, or a name that was typed is a link."""
    with open_small_chair(tmp_path) as chair:
        shown = ChairClient(create_app(chair)).get(path).text
    assert "Not possible" in shown
    assert re.findall(r'<a class="button first" href="([^"]*)"', shown) == ([above] if above else [])
    assert "Mueller" not in shown
