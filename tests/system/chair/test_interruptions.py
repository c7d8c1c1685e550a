"""Browser killed, network cut, instrument killed in the middle of each screen: the work is there again."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from contract import Capture, HairRemoved, Site
from device import clock
from device.camera.simulated import CERTIFICATES
from device.chair.chair import open_store
from device.chair.reviewing import draft, keep_draft
from device.demo.processes import Program, own_program
from device.settings import DeviceSettings
from groundwork import settings_file
from tests.device.page.chair_fixture import PATIENT, VISIT, captured, open_small_chair
from tests.free_ports import free_ports
from tests.system.browser import chromium
from tests.system.chair.screens import FIRST

WITHIN_MS = 20_000
EDIT = HairRemoved(by="mk", at=clock.now(), hair=0)
_START_WITHIN_S = 30.0


@dataclass
class Instrument:
    """A device whose chair page is a process of its own, with a visit that is under way."""

    file: Path
    port: int
    capture: Capture
    finished: Capture
    program: Program

    @property
    def address(self) -> str:
        """Where its page is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> DeviceSettings:
        """As its file has them."""
        return settings_file.read(DeviceSettings, self.file)

    def kill_and_start(self) -> None:
        """Cut its power, and give it back."""
        self.program.process.send_signal(signal.SIGKILL)
        self.program.process.wait()
        self.program = started(self.file)


def started(file: Path) -> Program:
    """Start the chair page, and wait until it is there."""
    number = len(list(file.parent.glob("chair-*.log")))
    program = Program(
        "chair page",
        [own_program("trichoscope"), "chair", "--settings", str(file)],
        file.parent / f"chair-{number}.log",
    )
    program.wait_for_line("chair page:", _START_WITHIN_S)
    return program


@pytest.fixture(scope="module")
def instrument(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instrument]:
    """Give an instrument at which a site was taken, a hair of it is being removed, and a calibration was begun."""
    folder, port = tmp_path_factory.mktemp("chair"), free_ports().chair
    with open_small_chair(
        folder, chair={"port": port}, camera={"optics": "lens"}, calibration={"certificates": str(CERTIFICATES)}
    ) as chair:
        capture, finished = captured(chair, Site.VERTEX), captured(chair, Site.FRONTAL)
        with chair.store() as store:
            for one in (capture, finished):
                keep_draft(store, one.message_id, [EDIT])
    running = Instrument(folder / "device.toml", port, capture, finished, started(folder / "device.toml"))
    yield running
    running.program.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser for all; its windows are killed one by one."""
    with chromium() as opened:
        yield opened


def window(browser: Browser) -> Page:
    """Open a window that knows nothing of any other."""
    context = browser.new_context(viewport={"width": FIRST[0], "height": FIRST[1]}, has_touch=True, locale="en-GB")
    return context.new_page()


def sit_down(page: Page, instrument: Instrument) -> None:
    """Say who works here, relieving whoever does, and go on with the visit."""
    page.goto(f"{instrument.address}/?who")
    page.locator("#who-code").fill("mk")
    page.get_by_role("button", name="Work here").tap()
    page.wait_for_url(f"{instrument.address}/")
    take_over = page.get_by_role("button", name="Take over")
    if take_over.is_visible():
        take_over.tap()
        expect(take_over).to_be_hidden()


Look = Callable[[Page, Instrument], None]


def open_visit_is_offered(page: Page, _instrument: Instrument) -> None:
    """The visit is offered to be gone on with."""
    expect(page.get_by_role("link", name=PATIENT)).to_be_visible(timeout=WITHIN_MS)


def site_is_taken(page: Page, instrument: Instrument) -> None:
    """The map's list has the site's density."""
    density = f"{instrument.capture.measurement.hair_density_per_cm2.value:.0f}"
    expect(page.locator(f'a.site-link[href$="/{Site.VERTEX}"] .density strong')).to_have_text(density)


def picture_is_live(page: Page, _instrument: Instrument) -> None:
    """The picture is live, and a capture may be taken."""
    expect(page.locator("#live-word")).to_have_text("Live", timeout=WITHIN_MS)
    expect(page.locator("#take")).to_be_enabled(timeout=WITHIN_MS)


def figures_are_shown(page: Page, instrument: Instrument) -> None:
    """The density stands there, and that corrections are under way."""
    density = f"{instrument.capture.measurement.hair_density_per_cm2.value:.0f}"
    expect(page.locator(".densities .density-value").first).to_have_text(density)
    expect(page.get_by_text("Corrections under way")).to_be_visible()


def correction_is_there(page: Page, instrument: Instrument) -> None:
    """The correction is shown, and kept."""
    expect(page.locator("#edits li")).to_have_count(1, timeout=WITHIN_MS)
    with closing(open_store(instrument.settings)) as store:
        assert len(draft(store, instrument.capture)) == 1


def capture_is_listed(page: Page, instrument: Instrument) -> None:
    """The capture stands in the summary."""
    expect(page.locator(f'.sending[data-capture="{instrument.capture.message_id}"]')).to_be_visible(timeout=WITHIN_MS)


def calibration_is_shown(page: Page, _instrument: Instrument) -> None:
    """How the calibration stands is there."""
    expect(page.get_by_role("link", name="New calibration")).to_be_visible(timeout=WITHIN_MS)


def checks_are_shown(page: Page, _instrument: Instrument) -> None:
    """What the machine says of itself is there."""
    expect(page.get_by_text("Camera", exact=False).first).to_be_visible(timeout=WITHIN_MS)


def settings_are_shown(page: Page, _instrument: Instrument) -> None:
    """What may be changed is there."""
    expect(page.get_by_role("button", name="Save")).to_be_visible(timeout=WITHIN_MS)


VISIT_URL = f"/visits/{PATIENT}/{VISIT}"
SCREENS: dict[str, tuple[str, Look]] = {
    "start": ("/", open_visit_is_offered),
    "sites": (VISIT_URL, site_is_taken),
    "capture": (f"{VISIT_URL}/sites/{Site.VERTEX}", picture_is_live),
    "result": ("/captures/{capture}", figures_are_shown),
    "correct": ("/captures/{capture}/correct", correction_is_there),
    "summary": (f"{VISIT_URL}/summary", capture_is_listed),
    "calibration": ("/calibration", calibration_is_shown),
    "health": ("/health", checks_are_shown),
    "settings": ("/settings", settings_are_shown),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_the_work_is_there_again(instrument: Instrument, browser: Browser, screen: str) -> None:
    """Breaks when a dead tablet, a pulled cable or a power cut loses what a technician had done, or hides it."""
    path, look = SCREENS[screen]
    url = instrument.address + path.format(capture=instrument.capture.message_id)
    page = window(browser)
    sit_down(page, instrument)
    page.goto(url)
    look(page, instrument)

    page.context.close()  # the browser is killed
    page = window(browser)
    sit_down(page, instrument)
    page.goto(url)
    look(page, instrument)

    page.context.set_offline(True)  # the network is cut, and mended
    page.wait_for_timeout(400)
    page.context.set_offline(False)
    look(page, instrument)

    instrument.kill_and_start()  # the instrument loses its power
    sit_down(page, instrument)
    page.goto(url)
    look(page, instrument)
    page.context.close()


def test_a_correction_goes_on_after_each_cut(instrument: Instrument, browser: Browser) -> None:
    """Breaks when a page that lived through a restart can be looked at, and not worked with."""
    page = window(browser)
    sit_down(page, instrument)
    page.goto(f"{instrument.address}/captures/{instrument.finished.message_id}/correct")
    expect(page.locator("#edits li")).to_have_count(1)
    instrument.kill_and_start()
    page.get_by_role("button", name="Finish").tap()
    expect(page.locator("#said")).to_be_visible(timeout=WITHIN_MS)
    sit_down(page, instrument)
    page.goto(f"{instrument.address}/captures/{instrument.finished.message_id}/correct")
    expect(page.locator("#edits li")).to_have_count(1)
    page.get_by_role("button", name="Finish").tap()
    page.wait_for_url(f"**/captures/{instrument.finished.message_id}", timeout=WITHIN_MS)
    expect(page.get_by_text("corrected by hand")).to_be_visible(timeout=WITHIN_MS)
