"""A technician's whole visit in a real browser: real broker, collector and delivery, from the code to the receipts."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from collector.store.store import Store as ClinicStore
from contract import PROTOCOL, Decision, Site, Verdict
from device.demo.clinic import Clinic
from device.demo.processes import look_around
from device.outbox import Outbox
from device.store import Store
from tests.free_ports import free_ports
from tests.system.browser import chromium
from tests.system.chair.screens import FIRST, show
from tests.system.chair.served_capture import await_picture

PATIENT = "P-0042"
LIFTED = Site.MID_SCALP
LIVE_WITHIN_MS, MEASURED_WITHIN_MS, RECEIVED_WITHIN_MS = 20_000, 40_000, 60_000


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """Give a clinic that runs, its device calibrated, the patient's first visit taken, the chair page open."""
    clinic = Clinic(tmp_path_factory.mktemp("clinic"), free_ports(), "mosquitto", seed=3)
    clinic.calibrate()
    clinic.take_visit(PATIENT, 1)
    settings = clinic.device_settings.read_text(encoding="utf-8")
    clinic.device_settings.write_text(settings.replace("[lens]", f'lifted = ["{LIFTED}"]\n\n[lens]'), encoding="utf-8")
    with ExitStack() as running:
        for program in (clinic.broker, clinic.collector, clinic.device, clinic.chair):
            running.enter_context(program())
        yield clinic


@pytest.fixture
def page() -> Iterator[Page]:
    """Give a touch screen of 7 inches; an error on it fails the test."""
    with chromium() as browser:
        context = browser.new_context(viewport={"width": FIRST[0], "height": FIRST[1]}, has_touch=True, locale="en-GB")
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        yield page
        assert errors == []


def begin(page: Page, patient: str, visit: int) -> None:
    """Say who works here, and begin a visit on the keypad."""
    if page.get_by_role("button", name="Work here").is_visible():
        page.locator("#who-code").fill("mk")
        page.get_by_role("button", name="Work here").tap()
    expect(page.get_by_role("heading", name="Patient code")).to_be_visible()
    for digit in patient.removeprefix("P-"):
        page.get_by_role("button", name=digit, exact=True).tap()
    page.get_by_role("button", name="Take this code").tap()
    expect(page.locator("#number")).to_have_text(str(visit))


def aim(page: Page) -> None:
    """Wait until the live picture of a site is there and a capture may be taken."""
    expect(page.locator("#live-word")).to_have_text("Live", timeout=LIVE_WITHIN_MS)
    expect(page.locator("#take")).to_be_enabled(timeout=LIVE_WITHIN_MS)


def by_touch(page: Page) -> None:
    """Press the large button."""
    page.locator("#take").tap()


def by_foot(page: Page) -> None:
    """Press the foot switch, which is a keyboard."""
    page.keyboard.press("b")


def take(page: Page, press: Callable[[Page], None]) -> None:
    """Take the capture of the site that is shown, and wait for its result."""
    aim(page)
    press(page)
    page.wait_for_url("**/captures/*", timeout=MEASURED_WITHIN_MS)


@pytest.mark.timeout(400)
def test_a_whole_visit(clinic: Clinic, page: Page, tmp_path: Path) -> None:
    """Breaks when a technician cannot get from the patient's code to the clinic's receipts with one hand.

    Six sites by touch and by foot switch in turn; one picture that the gate refuses, one taken again, one corrected.
    """
    page.goto(f"http://127.0.0.1:{clinic.ports.chair}/")
    show(page, "who", tmp_path)
    begin(page, PATIENT, 2)
    show(page, "start", tmp_path)
    page.get_by_role("button", name="Begin the visit").tap()
    page.wait_for_url(f"**/visits/{PATIENT}/2")
    for place, site in enumerate(PROTOCOL):
        if place:
            page.goto(f"http://127.0.0.1:{clinic.ports.chair}/visits/{PATIENT}/2")
        if place == 3:
            show(page, "sites", tmp_path)
        page.locator(f'a.site-link[href$="/sites/{site}"]').tap()
        if place == 0:
            aim(page)
            expect(page.locator("#ghost")).to_be_visible(timeout=LIVE_WITHIN_MS)
            show(page, "capture", tmp_path)
        take(page, by_foot if place % 2 else by_touch)
        if site == LIFTED:
            expect(page.get_by_text("Not usable")).to_be_visible()
            show(page, "refused", tmp_path)
            page.get_by_role("link", name="Take again").tap()
            take(page, by_touch)
        if site == Site.VERTEX:
            page.get_by_role("link", name="Take again").tap()
            take(page, by_foot)
        if site == Site.OCCIPITAL:
            expect(page.locator("#change li").first).to_be_visible()
            show(page, "result", tmp_path)
            correct(page, tmp_path)
        page.get_by_role("button", name="Accept").tap()
        page.wait_for_url("**/sites/*" if place + 1 < len(PROTOCOL) else "**/summary")
    expect(page.get_by_text("Nothing is missing")).to_be_visible()
    expect(page.locator(".sending .state.good")).to_have_count(len(PROTOCOL) + 1, timeout=RECEIVED_WITHIN_MS)
    show(page, "summary", tmp_path)
    page.get_by_role("button", name="End the visit").tap()
    page.wait_for_url(f"http://127.0.0.1:{clinic.ports.chair}/")
    expect(page.get_by_text("No visit is open.")).to_be_visible()
    check_what_arrived(clinic)


def correct(page: Page, folder: Path) -> None:
    """Take one hair away, and finish."""
    page.get_by_role("link", name="Correct").tap()
    await_picture(page)
    remove = page.get_by_role("toolbar").get_by_role("button", name="Remove")
    remove.tap()
    expect(remove).to_have_attribute("aria-pressed", "true")
    touch_a_hair(page)
    expect(page.locator("#edits li")).to_have_count(1)
    show(page, "correct", folder)
    page.get_by_role("button", name="Finish").tap()
    page.wait_for_url("**/captures/*")
    expect(page.get_by_text("corrected by hand")).to_be_visible()


def touch_a_hair(page: Page) -> None:
    """Touch the picture until a hair is hit: some of any row of points across the middle is one."""
    box = page.locator(".viewer canvas").bounding_box()
    assert box is not None
    hint = page.locator("#how")
    for step in range(40):
        page.touchscreen.tap(box["x"] + box["width"] * (0.2 + 0.015 * step), box["y"] + box["height"] * 0.5)
        expect(hint).to_have_text(re.compile("No hair there|hairs"))
        if "hairs" in hint.inner_text():
            return
    raise AssertionError("no hair was hit")


def check_what_arrived(clinic: Clinic) -> None:
    """Hold the clinic's store against the instrument's."""
    with closing(Store(clinic.folder / "device")) as store:
        captures = store.visit(PATIENT, 2)
        outbox = Outbox(store)
        while (counts := outbox.counts()).waiting_captures + counts.waiting_pictures + counts.waiting_others:
            look_around()
    refused = [one for one in captures if one.quality.verdict is Verdict.REFUSE]
    sent = {one.message_id for one in captures} - {one.message_id for one in refused}
    assert [one.site for one in refused] == [LIFTED]
    assert len(sent) == len(PROTOCOL) + 1
    clinic_store = ClinicStore(clinic.folder / "collector" / "collector.sqlite3")
    arrived = [one.capture for one in clinic_store.captures_of(PATIENT) if one.capture.visit_number == 2]
    assert {one.message_id for one in arrived} == sent
    reviews = clinic_store.reviews_of(PATIENT)
    decided = [reviews.of(one) for one in arrived]
    assert sum(one is not None and one.decision is Decision.ACCEPTED for one in decided) == len(PROTOCOL)
    (corrected,) = (one for one in decided if one is not None and one.edits)
    capture = next(one for one in arrived if one.message_id == corrected.capture_id)
    assert corrected.corrected is not None
    assert len(corrected.corrected.hairs) == len(capture.measurement.hairs) - 1
    clinic_store.close()
