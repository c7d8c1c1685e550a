"""Safe mode: what is wrong, where, without secrets, and the ways out."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.chair.refusals import ChairRefused
from device.chair.settings import ChairSettings
from device.page import safe_mode
from device.page import serving as serving_module
from device.page.safe_mode import Trouble, create_safe_app
from device.page.serving import Serving
from device.page.settings_excerpt import excerpt
from device.settings import DeviceSettings
from device.settings_edit import GOOD, beside, keep_good
from device.store import StoreUnusable
from groundwork.log_file import stop_logging_to_file
from groundwork.settings_file import SettingsFileError, read
from tests.device.page.chair_fixture import ChairClient, write_settings
from tests.free_ports import free_port


def broken(file: Path) -> Trouble:
    """Return what is wrong with a settings file."""
    with pytest.raises(SettingsFileError) as refused:
        read(DeviceSettings, file)
    return Trouble(refused.value, file)


def browser_at(trouble: Trouble, reopened: list[bool], chair: ChairSettings | None = None) -> ChairClient:
    """Return a browser at the safe screen."""
    app = create_safe_app(trouble, chair or ChairSettings())
    app.state.reopen = lambda: reopened.append(True)
    return ChairClient(app)


def test_any_address_shows_the_fault_and_its_line(tmp_path: Path) -> None:
    """Breaks when a technician who loads the visit's screen sees nothing of what is wrong."""
    file = write_settings(tmp_path, chair={"port": 8090, "lock_after_minutes": 999})
    line = 1 + [one.startswith("lock_after_minutes") for one in file.read_text().splitlines()].index(True)
    browser = browser_at(broken(file), [])
    for address in ("/", "/visits/P-0042/1", "/captures/nothing"):
        answer = browser.get(address)
        assert answer.status_code == 503
        assert "chair.lock_after_minutes" in answer.text
        assert f'<li class="line fault"><span class="number">{line}</span>' in answer.text
        assert "<code>port = 8090</code>" in answer.text
        assert "content-security-policy" in answer.headers


def test_the_last_good_settings_are_put_back(tmp_path: Path) -> None:
    """Breaks when the way back is offered and does not lead back."""
    file = write_settings(tmp_path)
    keep_good(file, file.read_bytes())
    good = file.read_text()
    file.write_text("[chair\n")
    reopened: list[bool] = []
    browser = browser_at(broken(file), reopened)
    assert "Use the last settings that worked" in browser.get("/").text
    assert browser.act("/safe/last-good").json() == {"reopens": True}
    assert reopened == [True]
    assert file.read_text() == good


def test_a_way_back_that_fails_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the last screen that is left answers with nothing but a number."""
    file = write_settings(tmp_path)
    keep_good(file, file.read_bytes())
    file.write_text("[chair\n")
    app = create_safe_app(broken(file), ChairSettings())
    browser = ChairClient(app, fails=True)
    browser.get("/")

    def surprise(_file: Path) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr(safe_mode, "put_back_good", surprise)
    answer = browser.act("/safe/last-good")
    assert answer.status_code == 500
    assert "The program failed" in answer.json()["sentence"]
    assert "surprise" not in answer.text


def test_no_way_back_is_offered_where_there_is_none(tmp_path: Path) -> None:
    """Breaks when a button promises settings that are not there, or are as broken."""
    file = write_settings(tmp_path)
    file.write_text("[chair\n")
    reopened: list[bool] = []
    browser = browser_at(broken(file), reopened)
    assert "last settings that worked" not in browser.get("/").text
    beside(file, GOOD).write_text("[also\n")
    assert "last settings that worked" not in browser.get("/").text
    answer = browser.act("/safe/last-good")
    assert answer.status_code == 422
    assert "not a TOML file" in answer.json()["sentence"]
    assert reopened == []


def test_an_instrument_that_cannot_start_says_why_and_leaves_the_settings(tmp_path: Path) -> None:
    """Breaks when a full disk is answered by other settings, or by no page at all."""
    file = write_settings(tmp_path)
    before = file.read_bytes()
    trouble = Trouble(StoreUnusable("The store cannot be opened. Free space."), file, read(DeviceSettings, file))
    reopened: list[bool] = []
    browser = browser_at(trouble, reopened)
    shown = browser.get("/health").text
    assert "The store cannot be opened. Free space." in shown
    assert 'href="/settings"' in shown
    assert browser.act("/safe/last-good").status_code == 422
    assert browser.act("/safe/again").json() == {"reopens": True}
    assert (reopened, file.read_bytes()) == ([True], before)


def test_settings_can_be_changed_while_the_instrument_does_not_start(tmp_path: Path) -> None:
    """Breaks when a reserve that is larger than the disk can be undone only by a command line."""
    file = write_settings(tmp_path)
    trouble = Trouble(StoreUnusable("No."), file, read(DeviceSettings, file))
    reopened: list[bool] = []
    browser = browser_at(trouble, reopened)
    assert browser.get("/settings").status_code == 200
    answer = browser.act("/settings", {"by": "mk", "values": {"storage.keep_free_mb": 60}})
    assert answer.status_code == 200, answer.text
    assert (reopened, read(DeviceSettings, file).storage.keep_free_mb) == ([True], 60)


def test_where_there_is_a_pin_no_settings_are_shown(tmp_path: Path) -> None:
    """Breaks when an instrument that does not start is open to everybody who has no PIN."""
    file = write_settings(tmp_path, chair={"pin": str(tmp_path / "pin")})
    settings = read(DeviceSettings, file)
    browser = browser_at(Trouble(StoreUnusable("No."), file, settings), [], settings.chair)
    assert 'href="/settings"' not in browser.get("/").text
    assert browser.get("/settings").status_code == 503
    assert browser.act("/settings", {"by": "mk", "values": {"chair.hand": "left"}}).status_code == 405
    assert read(DeviceSettings, file).chair.hand == "right"


SECRETS = '''clinic_id = "riverside"
[broker]
key = "MIIEvQIBADANBgkqhkiG9w0BAQ"
[chair]
pin = "481516"
password = 'hunter2'
port = "eighty"
key = """
-----BEGIN PRIVATE KEY-----
c2VjcmV0LW9mLXRoaXMtY2xpbmlj
-----END PRIVATE KEY-----
"""
hand = "left"
note = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0"
'''


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Breaks when a PIN or key that somebody typed into the file is read out to the room."""
    file = tmp_path / "device.toml"
    file.write_text(SECRETS)
    shown = {line.number: line for line in excerpt(file, range(1, 15))}
    said = "\n".join(line.text for line in shown.values())
    for secret in ("MIIE", "481516", "hunter2", "c2VjcmV0", "BEGIN PRIVATE", "QUJDRE"):
        assert secret not in said
    assert shown[1].text == 'clinic_id = "riverside"'
    assert shown[7].text == 'port = "eighty"'
    assert shown[13].text == 'hand = "left"'


def test_the_lines_are_those_around_the_fault(tmp_path: Path) -> None:
    """Breaks when the wrong line is marked, or a long file floods the screen."""
    file = tmp_path / "device.toml"
    file.write_text("".join(f"a{number} = {number}\n" for number in range(1, 200)))
    assert [(line.number, line.at_fault) for line in excerpt(file, [100])] == [
        (98, False),
        (99, False),
        (100, True),
        (101, False),
        (102, False),
    ]
    assert excerpt(file, []) == ()
    assert len(excerpt(file, range(1, 200))) <= 24
    assert excerpt(tmp_path / "none", [1]) == ()


def test_a_file_that_never_was_is_no_safe_mode(tmp_path: Path) -> None:
    """Breaks when a slip in the command line starts a screen that waits for a file of that name."""
    said: list[str] = []
    with pytest.raises(SettingsFileError, match="Name an existing settings file"):
        Serving(tmp_path / "none.toml", said.append).run()
    assert said == []


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    """Breaks when a second instrument on one machine ends in a traceback, or leaves the camera open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        file = write_settings(tmp_path, chair={"port": taken.getsockname()[1]})
        try:
            with pytest.raises(ChairRefused, match="cannot be listened on"):
                Serving(file, lambda _line: None).run()
        finally:
            stop_logging_to_file()


def test_where_the_page_was_nobody_is_kept_waiting() -> None:
    """Breaks when a browser at the former port waits for ever, or one at the same is not answered any more."""
    serving = Serving(Path("device.toml"), lambda _line: None)
    first, second = (ChairSettings(port=free_port()) for _ in range(2))
    listening = serving._listen(first)
    assert serving._listen(first) is listening
    try:
        socket.create_connection((first.host, first.port), 1.0).close()
        serving._listen(second)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((first.host, first.port), 1.0)
        socket.create_connection((second.host, second.port), 1.0).close()
    finally:
        serving._stop_listening()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((second.host, second.port), 1.0)


def test_the_copy_is_of_the_settings_that_the_instrument_started_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when the way back leads to a file that was saved half edited while the camera opened."""
    file = write_settings(tmp_path, chair={"port": free_port()})
    good = file.read_bytes()

    @contextmanager
    def opened_slowly(_settings: DeviceSettings, _file: Path) -> Iterator[object]:
        file.write_text("[chair\n")
        yield object()

    class NothingServed:
        def __init__(self, *_of: object) -> None:
            pass

        def until_asked(self, _listening: socket.socket) -> bool:
            return False

    monkeypatch.setattr(serving_module, "open_chair", opened_slowly)
    monkeypatch.setattr(serving_module, "create_app", lambda _chair: None)
    monkeypatch.setattr(serving_module, "_Run", NothingServed)
    try:
        Serving(file, lambda _line: None).run()
    finally:
        stop_logging_to_file()
    assert beside(file, GOOD).read_bytes() == good
