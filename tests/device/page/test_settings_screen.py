"""The settings screen: limits shown, the whole checked, written and taken over."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.chair.busy import Use
from device.chair.chair import Chair
from device.chair.seat import Holder
from device.page.app import create_app
from device.settings import DeviceSettings
from groundwork.settings_file import read
from tests.device.page.chair_fixture import ChairClient, open_small_chair


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """Open a chair that shows the broker's secret nowhere."""
    with open_small_chair(tmp_path, storage={"keep_free_mb": 50}) as opened:
        yield opened


@pytest.fixture
def reopened() -> list[bool]:
    """Count how often the instrument was opened anew."""
    return []


@pytest.fixture
def browser(chair: Chair, reopened: list[bool]) -> ChairClient:
    """Return a browser at it."""
    app = create_app(chair)
    app.state.reopen = lambda: reopened.append(True)
    client = ChairClient(app)
    client.get("/settings")
    return client


def test_each_setting_has_its_value_and_limits(browser: ChairClient) -> None:
    """Breaks when a technician cannot see what is in force, or how far it may go."""
    shown = browser.get("/settings").text
    assert shown.count('data-setting="') == 11
    assert 'value="50" min="50" max="1000000"' in shown
    assert 'value="180" min="1" max="730"' in shown
    assert "(from 1 to 730)" in shown
    assert "(more than 0 to 60)" in shown
    assert "chair-1.key" not in shown


def test_a_setting_is_written_logged_and_taken_over(
    browser: ChairClient, chair: Chair, reopened: list[bool], caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when a saved setting is not in force afterwards, or nobody knows who changed it."""
    caplog.set_level(logging.INFO)
    answer = browser.act("/settings", {"by": "mk", "values": {"chair.language": "de", "capture.hair": "long"}})
    assert answer.json() == {"reopens": True}
    assert reopened == [True]
    settings = read(DeviceSettings, chair.settings_file)
    assert (settings.chair.language, settings.capture.hair) == ("de", "long")
    assert "mk changed the setting chair.language from 'en' to 'de'." in caplog.messages


def test_nothing_changed_reopens_nothing(browser: ChairClient, chair: Chair, reopened: list[bool]) -> None:
    """Breaks when a touch on 'Save' stops the live picture for nothing, or rewrites the file."""
    before = chair.settings_file.read_bytes()
    answer = browser.act("/settings", {"by": "mk", "values": {"chair.language": "en", "storage.keep_free_mb": 50}})
    assert answer.json() == {"reopens": False}
    assert reopened == []
    assert chair.settings_file.read_bytes() == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"by": "mk", "values": {"chair.lock_after_minutes": 241}}, "chair.lock_after_minutes"),
        ({"by": "mk", "values": {"chair.lock_after_minutes": 0}}, "chair.lock_after_minutes"),
        ({"by": "mk", "values": {"chair.language": "<script>"}}, "chair.language"),
        ({"by": "mk", "values": {"chair.pin": "1234"}}, "not changed at the page"),
        ({"by": "mk", "values": {"state_folder": "/"}}, "not changed at the page"),
        ({"by": "Maria Meier", "values": {"chair.language": "de"}}, "cannot be used"),
        ({"by": "mk", "values": {"chair.foot_switch_key": "b" * 10_000}}, "cannot be used"),
        ({"by": "mk", "values": {f"k{number}": 1 for number in range(100)}}, "cannot be used"),
        ({"by": "mk", "values": {"chair.language": {"a": []}}}, "cannot be used"),
        ({"values": {"chair.language": "de"}}, "cannot be used"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_nothing_is_written(
    browser: ChairClient, chair: Chair, reopened: list[bool], body: dict[str, object], said: str
) -> None:
    """Breaks when a wrong value reaches the file, or what was typed is read back to the room."""
    before = chair.settings_file.read_bytes()
    answer = browser.act("/settings", body)
    assert answer.status_code == 422
    assert said in answer.json()["sentence"]
    assert str(chair.settings_file) not in answer.json()["sentence"]
    assert "Meier" not in answer.text
    assert chair.settings_file.read_bytes() == before
    assert reopened == []


def test_what_the_administrator_changed_meanwhile_stays(browser: ChairClient, chair: Chair) -> None:
    """Breaks when the screen, loaded in the morning, takes back what was edited in the file at noon."""
    text = chair.settings_file.read_text()
    chair.settings_file.write_text(text + "\n[calibration]\nvalid_days = 90  # by order of the clinic\n")
    answer = browser.act("/settings", {"by": "mk", "values": {"chair.hand": "left", "calibration.valid_days": 180}})
    assert answer.status_code == 200, answer.text
    settings = read(DeviceSettings, chair.settings_file)
    assert (settings.chair.hand, settings.calibration.valid_days) == ("left", 90)


def test_a_file_that_broke_meanwhile_is_said(browser: ChairClient, chair: Chair, reopened: list[bool]) -> None:
    """Breaks when a slip in the file is made worse by a technician at the page."""
    chair.settings_file.write_text(chair.settings_file.read_text() + "\n[chair\n")
    answer = browser.act("/settings", {"by": "mk", "values": {"chair.hand": "left"}})
    assert answer.status_code == 422
    assert "not a TOML file" in answer.json()["sentence"]
    assert reopened == []


def test_who_works_here_is_not_interrupted(browser: ChairClient, chair: Chair, reopened: list[bool]) -> None:
    """Breaks when somebody at another screen stops a capture by saving a setting."""
    chair.seat.take(Holder("another", "ab"))
    answer = browser.act("/settings", {"by": "mk", "values": {"chair.hand": "left"}})
    assert answer.status_code == 409
    assert (
        "ab was last at work on another screen of this instrument, which this would interrupt."
        in answer.json()["sentence"]
    )
    assert reopened == []


@pytest.mark.parametrize(("use", "said"), [(Use.CALIBRATION, "being calibrated"), (Use.CAPTURE, "is being taken")])
def test_what_runs_is_not_broken_off(
    browser: ChairClient, chair: Chair, reopened: list[bool], use: Use, said: str
) -> None:
    """Breaks when a saved setting stops a step of the calibration, or hides a picture that is being taken."""
    before = chair.settings_file.read_bytes()
    body = {"by": "mk", "values": {"chair.hand": "left"}}
    with chair.calibrating.busy.held(use):
        answer = browser.act("/settings", body)
        assert answer.status_code == 422
        assert said in answer.json()["sentence"]
        assert (reopened, chair.settings_file.read_bytes()) == ([], before)
    assert browser.act("/settings", body).status_code == 200


def test_an_instrument_without_a_service_around_it_says_so(chair: Chair) -> None:
    """Breaks when a page that nobody opens anew claims that a setting is in force."""
    client = ChairClient(create_app(chair))
    client.get("/settings")
    assert client.act("/settings", {"by": "mk", "values": {"chair.hand": "left"}}).json() == {"reopens": False}
