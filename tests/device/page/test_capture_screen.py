"""The capture screen: what it is given, what its actions do, and what they refuse in words."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device.camera import Aim
from device.chair.appointments import begin, end
from device.chair.chair import Chair
from device.chair.seat import Holder
from device.chair.taking import Started
from device.guidance import GuidedAim, baseline_of_aim
from device.page.app import create_app
from tests.device.page.chair_fixture import PATIENT, VISIT, ChairClient, captured, open_small_chair

URL = f"/visits/{PATIENT}/{VISIT}/sites/vertex"


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """A chair on a small simulated camera, with a visit that is open."""
    with open_small_chair(tmp_path) as opened:
        with opened.store() as store:
            begin(store, PATIENT, VISIT, "mk")
        yield opened


@pytest.fixture
def client(chair: Chair) -> ChairClient:
    """A browser in which somebody said who they are."""
    browser = ChairClient(create_app(chair))
    browser.begin()
    return browser


def data_of(text: str) -> dict[str, Any]:
    """Return what the screen leaves for its script."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    left: dict[str, Any] = json.loads(found.group(1))
    return left


def ended(chair: Chair) -> None:
    """Wait for the end of the capture that runs."""
    state = chair.taking.state
    while state.running:
        state = chair.taking.wait_newer(state, 30.0)


def test_the_screen_names_site_patient_and_visit(client: ChairClient) -> None:
    """Breaks when a technician cannot see whose picture, and of where, the button takes."""
    answer = client.get(URL)
    assert answer.status_code == 200
    assert all(word in answer.text for word in ("vertex", PATIENT, "Take picture", "Simulated"))
    left = data_of(answer.text)
    assert left["query"] == {"patient": PATIENT, "visit": VISIT, "site": "vertex"}
    assert (left["seen_number"], left["foot_switch_key"]) == (0, "b")
    assert "style=" not in answer.text, "the policy would drop it"


def test_a_mark_is_shown_only_where_one_is_expected(tmp_path: Path) -> None:
    """Breaks when the mark that a site has is not looked for on the screen."""
    with open_small_chair(tmp_path, capture={"mark_expected": True}) as chair:
        browser = ChairClient(create_app(chair))
        browser.begin()
        assert 'id="meter-mark"' in browser.get(URL).text


@pytest.mark.parametrize(("foot_switch", "started"), [(False, Started.PAGE), (True, Started.FOOT_SWITCH)])
def test_button_and_foot_switch_take_the_same_picture(
    chair: Chair, client: ChairClient, foot_switch: bool, started: Started
) -> None:
    """Breaks when one of the ways to take a picture does less than the others, or a second press takes another."""
    client.get(URL)
    answer = client.act(f"{URL}/capture", {"foot_switch": foot_switch})
    assert (answer.status_code, answer.json()) == (200, {"number": 1})
    second = client.act(f"{URL}/capture")
    assert second.status_code == 422
    assert second.json()["sentence"]
    ended(chair)
    assert chair.taking.state.started is started
    with chair.store() as store:
        assert len(store.visit(PATIENT, VISIT)) == 1


def test_a_screen_that_is_loaded_while_a_capture_runs_follows_it(chair: Chair, client: ChairClient) -> None:
    """Breaks when a browser that was killed in a capture does not come to its result."""
    client.get(URL)
    client.act(f"{URL}/capture")
    during = data_of(client.get(URL).text)["seen_number"]
    assert chair.taking.state.number - during in {0, 1}  # one while it runs; none if it has ended meanwhile
    ended(chair)
    after = client.get(URL)
    assert data_of(after.text)["seen_number"] == 1
    assert f"/captures/{chair.taking.state.capture_id}" in after.text, "the picture that was taken is not to be found"


def test_another_technician_takes_no_picture(chair: Chair, client: ChairClient) -> None:
    """Breaks when two people take pictures of two patients with one camera."""
    client.get(URL)
    chair.seat.take_over(Holder("another session", "an"))
    answer = client.act(f"{URL}/capture")
    assert (answer.status_code, answer.json()["seat"]) == (409, True)
    assert chair.taking.state.number == 0


def test_who_said_nothing_takes_no_picture(chair: Chair) -> None:
    """Breaks when a picture is taken that nobody answers for."""
    browser = ChairClient(create_app(chair))
    assert browser.get(URL).status_code == 200
    answer = browser.act(f"{URL}/capture")
    assert answer.status_code == 422
    assert "who works here" in answer.json()["sentence"]


def test_an_ended_visit_takes_no_picture_more(chair: Chair, client: ChairClient) -> None:
    """Breaks when a picture comes into a visit whose record says that it is over."""
    client.get(URL)
    with chair.store() as store:
        end(store, PATIENT, VISIT)
    assert client.act(f"{URL}/capture").status_code == 422
    assert client.get(URL).status_code in {404, 422}
    assert chair.taking.state.number == 0


@pytest.mark.parametrize(
    "path",
    [
        "/visits/Jane-Doe/1/sites/vertex",
        "/visits/P-0042/0/sites/vertex",
        "/visits/P-0042/1000000000/sites/vertex",
        "/visits/P-0042/1/sites/nose",
        "/visits/P-0042/1/sites/<script>alert(1)<script>",
        f"/visits/P-0042/1/sites/{'v' * 10_000}",
        "/visits/P-0099/1/sites/vertex",
    ],
)
def test_an_address_that_names_no_site_is_refused_in_words(client: ChairClient, path: str) -> None:
    """Breaks when a slip in an address ends in a traceback, or what was typed is shown as a page's own."""
    answer = client.get(path)
    assert answer.status_code in {404, 422}
    assert "Jane" not in answer.text
    assert "<script>alert" not in answer.text
    assert client.act(f"{path}/capture").status_code in {404, 422}


@pytest.mark.parametrize("body", [{"foot_switch": "perhaps"}, {"site": "frontal"}, {"foot_switch": None}])
def test_a_body_that_the_page_does_not_send_is_refused(client: ChairClient, body: dict[str, Any]) -> None:
    """Breaks when a forged body takes a picture."""
    client.get(URL)
    assert client.act(f"{URL}/capture", body).status_code == 422


def test_the_ghost_is_the_baselines(chair: Chair, client: ChairClient) -> None:
    """Breaks when the technician aims at another patient's hairs, or at a ghost that hides the picture."""
    captured(chair, "vertex")
    with chair.store() as store:
        begin(store, PATIENT, 2, "mk")
    aim = Aim(PATIENT, "vertex", 2)
    chair.stream.aim_at(aim, baseline_of_aim(chair.settings, chair.store, aim))
    url = f"/visits/{PATIENT}/2/sites/vertex/ghost.png"
    answer = client.get(f"{url}?width=320&height=240")
    assert answer.headers["content-type"] == "image/png"
    drawn = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert drawn is not None
    assert drawn.shape == (240, 320, 4)
    opaque = float((drawn[:, :, 3] > 0).mean())
    assert 0.005 < opaque < 0.6
    for odd in ("", "?width=0&height=240", "?width=99999&height=240", "?width=x&height=y", "?width=320"):
        assert client.get(f"{url}{odd}").status_code == 404


def test_a_ghost_that_the_live_picture_did_not_find_is_looked_for_nowhere(
    chair: Chair, client: ChairClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when an address has the clinic asked about any patient, or holds a worker while it answers."""

    def asked(*_arguments: object, **_options: object) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(sys.modules[GuidedAim.__module__], "find_baseline", asked)
    with chair.store() as store:
        begin(store, PATIENT, 2, "mk")
        begin(store, PATIENT, 3, "mk")
        end(store, PATIENT, 3)
    size = "width=320&height=240"
    assert client.get(f"/visits/{PATIENT}/2/sites/vertex/ghost.png?{size}").status_code == 404
    assert client.get(f"/visits/P-0099/2/sites/vertex/ghost.png?{size}").status_code == 404
    ended_one = Aim(PATIENT, "vertex", 3)
    chair.stream.aim_at(ended_one, GuidedAim(None, without="There is none."))
    assert client.get(f"/visits/{PATIENT}/3/sites/vertex/ghost.png?{size}").status_code in {404, 422}
    other = Aim(PATIENT, "vertex", 2)
    assert chair.stream.guided(other) is None


def test_there_is_no_ghost_of_a_first_visit(client: ChairClient) -> None:
    """Breaks when a first visit waits for a baseline."""
    assert client.get(f"{URL}/ghost.png?width=320&height=240").status_code == 404


def test_a_site_by_landmarks_can_be_taken(client: ChairClient) -> None:
    """Breaks when only the protocol's sites have a capture screen."""
    answer = client.get(f"/visits/{PATIENT}/{VISIT}/sites/g120-l35")
    assert answer.status_code == 200
    assert "120 mm behind the glabella" in answer.text
