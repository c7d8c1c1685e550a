"""The service as it is started, in a browser: broken settings, an instrument that cannot start, settings saved."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from contract import Outcome, Receipt, content_sha256
from device import clock
from device.demo.processes import own_program
from device.outbox import Outbox, State
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read
from tests.device.page.chair_fixture import write_settings
from tests.examples import PICTURE_BYTES, capture
from tests.system.browser import chromium
from tests.system.chair.screens import show, violations

_WITHIN_MS = 30_000
_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Open one browser on a 7-inch screen for all tests here."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1024, "height": 600})
        page.set_default_timeout(_WITHIN_MS)
        yield page


@contextmanager
def served(file: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """Run the service until the block ends; it must be listening before it is given."""
    # By its name alone: pictures of the screens show no folder of the machine that they were made on.
    command = [own_program("trichoscope"), "chair", "--settings", file.name]
    with subprocess.Popen(
        command, cwd=file.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as service:
        try:
            assert service.stdout is not None
            for line in service.stdout:
                if line.startswith("chair page:"):
                    assert f":{port}/" in line
                    break
            yield service
        finally:
            if service.poll() is None:
                service.send_signal(signal.SIGTERM)


def settings_at(folder: Path, port: int) -> Path:
    """Write settings whose page is at that port."""
    return write_settings(folder, chair={"port": port})


def test_a_broken_file_is_shown_and_mended_at_the_same_address(page: Page, tmp_path: Path, free_port: int) -> None:
    """Breaks when a slip in the settings leaves the technician before a dead screen, or the mended file is not seen."""
    file = settings_at(tmp_path, free_port)
    good = file.read_text()
    line = len(good.splitlines()) + 1
    file.write_text(good + "lock_after_minutes = 0\n")
    with served(file, free_port) as service:
        address = f"http://127.0.0.1:{free_port}/health"
        page.goto(address)
        expect(page.get_by_role("heading", name="Safe mode")).to_be_visible()
        fault = page.locator(".line.fault")
        expect(fault).to_contain_text(f"{line}lock_after_minutes = 0")
        expect(page.get_by_text("last settings that worked")).to_have_count(0)
        show(page, "safe-mode", tmp_path)
        file.write_text(good)
        expect(page.get_by_role("heading", name="Instrument")).to_be_visible(timeout=_WITHIN_MS)
        assert page.url == address
        service.send_signal(signal.SIGTERM)
        assert service.wait(_WITHIN_S) == 0


def test_the_last_settings_that_worked_are_one_touch_away(page: Page, tmp_path: Path, free_port: int) -> None:
    """Breaks when a file that was broken between two starts cannot be got rid of without a keyboard."""
    file = settings_at(tmp_path, free_port)
    good = file.read_text()
    with served(file, free_port):
        pass  # a start that succeeds keeps the copy
    file.write_text("[chair\n" + good)
    with served(file, free_port):
        page.goto(f"http://127.0.0.1:{free_port}/settings")
        page.get_by_role("button", name="Use the last settings that worked").click()
        expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible(timeout=_WITHIN_MS)
    assert file.read_text() == good
    assert file.with_name(f"{file.name}.broken").read_text() == "[chair\n" + good


def test_the_terminal_has_its_sentence(tmp_path: Path, free_port: int) -> None:
    """Breaks when who starts the service by hand is not told the line."""
    file = settings_at(tmp_path, free_port)
    file.write_text(file.read_text() + "colour = 1\n")
    line = len(file.read_text().splitlines())
    with served(file, free_port) as service:
        service.send_signal(signal.SIGTERM)
        _output, said = service.communicate(timeout=_WITHIN_S)
        assert service.returncode == 2
    assert f"{file.name}, line {line}: unknown setting 'chair.colour'" in said


def test_an_instrument_that_cannot_start_says_why_and_starts_once_it_can(
    page: Page, tmp_path: Path, free_port: int
) -> None:
    """Breaks when a store that cannot be opened ends the service instead of saying so on its screen."""
    file = settings_at(tmp_path, free_port)
    state = tmp_path / "state"
    state.write_text("a file, where the folder should be")
    with served(file, free_port):
        page.goto(f"http://127.0.0.1:{free_port}/log")
        expect(page.get_by_role("heading", name="The instrument cannot start")).to_be_visible()
        expect(page.locator(".sentence")).to_contain_text("The store in")
        assert violations(page) == []
        page.get_by_role("link", name="Settings").click()
        expect(page.get_by_role("heading", name="Settings")).to_be_visible()
        page.go_back()
        state.unlink()
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", name="Log")).to_be_visible(timeout=_WITHIN_MS)


def test_a_saved_setting_is_in_force_at_the_same_address(page: Page, tmp_path: Path, free_port: int) -> None:
    """Breaks when a limit is not held, or a saved setting takes a restart by hand."""
    file = settings_at(tmp_path, free_port)
    before = file.read_bytes()
    with served(file, free_port):
        address = f"http://127.0.0.1:{free_port}/settings"
        page.goto(address)
        show(page, "settings", tmp_path)
        save = page.get_by_role("button", name="Save")
        expect(save).to_be_disabled()
        page.get_by_label("Your code").fill("mk")

        holds = page.get_by_label("A calibration holds", exact=True)
        holds.fill("731")
        save.click()
        expect(page.get_by_role("alert")).to_contain_text("730")
        holds.fill("180")
        expect(save).to_be_disabled()
        assert file.read_bytes() == before

        page.get_by_label("Key of the foot switch").press("PageDown")  # as the foot switch types it
        hand = page.get_by_role("radiogroup", name="Capture button")
        hand.get_by_label("Left").check()
        save.click()
        expect(page.locator('html[data-hand="left"]')).to_be_attached(timeout=_WITHIN_MS)
        expect(hand.get_by_label("Left")).to_be_checked()
        expect(page.get_by_label("Key of the foot switch")).to_have_value("PageDown")
        assert page.url == address
        assert read(DeviceSettings, file).chair.hand == "left"

        page.goto(f"http://127.0.0.1:{free_port}/log")
        expect(page.get_by_text("mk changed the setting chair.hand from 'right' to 'left'.")).to_be_visible()
        show(page, "log", tmp_path)


def refused_capture(file: Path) -> UUID:
    """Keep a capture in the instrument's store that the clinic refused."""
    shown = capture()
    with closing(Store(read(DeviceSettings, file).state_folder)) as store:
        store.keep(shown.picture, PICTURE_BYTES, lambda _sequence: shown)
        receipt = Receipt(
            message_id=shown.message_id,
            content_sha256=content_sha256(Outbox(store).payload(shown.message_id)),
            outcome=Outcome.REFUSED,
            reason="the visit is closed at the clinic",
            decided_at=clock.now(),
        )
        Outbox(store).record_receipts([receipt])
    return shown.message_id


def test_what_the_clinic_refused_is_withdrawn_by_touch(page: Page, tmp_path: Path, free_port: int) -> None:
    """Breaks when a refusal cannot be decided on the screen alone, or the screen shows what is over."""
    file = settings_at(tmp_path, free_port)
    message_id = refused_capture(file)
    with served(file, free_port):
        page.goto(f"http://127.0.0.1:{free_port}/")
        page.get_by_placeholder("Your code").fill("mk")
        page.keyboard.press("Enter")
        expect(page.get_by_placeholder("Your code")).to_be_hidden()
        page.goto(f"http://127.0.0.1:{free_port}/health")
        show(page, "health", tmp_path)
        refusal = page.locator(f'[data-message="{message_id}"]')
        expect(refusal).to_contain_text("the visit is closed at the clinic")
        refusal.get_by_role("button", name="Withdraw").click()
        page.get_by_role("button", name="It was a trial").click()
        assert violations(page) == []
        page.get_by_role("button", name="Withdraw it").click()
        expect(refusal).to_have_count(0)
        with closing(Store(tmp_path / "state")) as store:
            assert Outbox(store).state(message_id)[0] is State.WITHDRAWN
            kept = store.connection.execute("SELECT by, note FROM decision").fetchall()
        assert kept == [("mk", "It was a trial")]
