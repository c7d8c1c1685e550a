"""The calibration in a real browser: its steps by touch, stopped, refused, cut off and gone on with; the check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from device.calibration.records import Records
from device.calibration.step_names import StepName
from device.camera import Aim
from device.camera.simulated import CERTIFICATES
from device.chair.appointments import begin
from device.chair.chair import Chair
from device.chair.taking import Started
from tests.device.page.chair_fixture import PATIENT, VISIT, open_small_chair
from tests.device.page.serving import serving
from tests.system.browser import chromium
from tests.system.chair.held_requests import hold
from tests.system.chair.screens import FIRST, show, violations

TABLES: dict[str, Any] = {
    "camera": {"optics": "lens", "um_per_px": 10.6, "size_px": [1014, 760], "preview_width_px": 320},
    "lens": {"name": "lens 7", "nominal_um_per_px": 10.6, "distance_mm": 40.0},
    "calibration": {"certificates": str(CERTIFICATES)},
}
GIVES = {
    StepName.EXPOSURE: "holds white at",
    StepName.DARK: "hot pixels",
    StepName.RESPONSE: "Tone curve from",
    StepName.FLAT_FIELD: "falls off",
    StepName.SCALE: "um/px, sure to",
    StepName.BLUR: "Edges blurred",
}
STEP_WITHIN_MS = 120_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run the browser once for this module; what it waits for may take its time on a machine that does much else."""
    expect.set_options(timeout=30_000)
    with chromium() as browser:
        yield browser
    expect.set_options(timeout=5_000)


@pytest.fixture
def touch(browser: Browser) -> Iterator[BrowserContext]:
    """Give a touch screen of 7 inches; a script's error on it fails the test."""
    context = browser.new_context(viewport={"width": FIRST[0], "height": FIRST[1]}, has_touch=True, locale="en-GB")
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert errors == []


def opened(touch: BrowserContext, url: str) -> Page:
    """Open a window at which mk works."""
    page = touch.new_page()
    page.goto(url)
    page.locator("#who-code").fill("mk")
    page.get_by_role("button", name="Work here").tap()
    expect(page.get_by_role("heading", name="Patient code")).to_be_visible()
    return page


def tap(page: Page, name: str) -> None:
    """Touch a button or a link, the present one of that name."""
    button = page.get_by_role("button", name=name, exact=True)
    (button if button.count() else page.get_by_role("link", name=name, exact=True)).first.tap()


def live(page: Page) -> None:
    """Wait until the target is seen."""
    expect(page.locator(".target-view")).to_have_attribute("data-state", "live", timeout=STEP_WITHIN_MS)


def large_enough(page: Page) -> None:
    """Hold everything that is touched to 64 px, as a finger in a glove needs it."""
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, label.cal-file")]
            .filter((one) => one.checkVisibility() && !one.closest("dialog:not([open])"))
            .map((one) => [one.textContent.trim().slice(0, 30), one.getBoundingClientRect()])
            .filter(([, box]) => box.width < 64 || box.height < 64)
            .map(([words, box]) => `${words} ${box.width} x ${box.height}`)"""
    )
    assert small == []


def test_a_whole_calibration_by_touch(touch: BrowserContext, tmp_path: Path) -> None:
    """Breaks when a technician cannot calibrate at the page; or a stop, a closed window or a restart costs steps."""
    with open_small_chair(tmp_path, **TABLES) as chair, serving(chair) as url:
        page = opened(touch, url)
        page.goto(f"{url}/calibration")
        expect(page.get_by_text("Not calibrated")).to_be_visible()
        assert violations(page) == []
        tap(page, "New calibration")
        expect(page.get_by_role("heading", name="Which targets are at hand?")).to_be_visible()
        large_enough(page)
        show(page, "calibration-targets", tmp_path)
        tap(page, "Begin")
        live(page)
        expect(page.get_by_text("Step 1 of 8")).to_be_visible()
        large_enough(page)
        stopped_and_refused(page, chair)
        tap(page, "Run again")
        expect(page.locator("#lines p").first).to_be_visible(timeout=STEP_WITHIN_MS)
        page.close()  # the window is closed while the step runs
        page = touch.new_page()
        page.goto(f"{url}/calibration/wizard")
        expect(page.locator("#outcome")).to_contain_text("Sharpest at", timeout=STEP_WITHIN_MS)
        taken(page, StepName.EXPOSURE)
        page.close()
    with open_small_chair(tmp_path, **TABLES) as chair, serving(chair) as url:  # the instrument is started anew
        page = opened(touch, url)
        page.goto(f"{url}/calibration/wizard")
        expect(page.get_by_text("Step 3 of 8")).to_be_visible()
        for step in (StepName.DARK, StepName.RESPONSE, StepName.FLAT_FIELD):
            taken(page, step)
        left_out(page, tmp_path)
        taken(page, StepName.SCALE)
        taken(page, StepName.BLUR)
        expect(page.get_by_text("All steps are done")).to_be_visible()
        assert violations(page) == []
        assert Records(chair.settings.state_folder).all() == []
        tap(page, "Put in force")
        expect(page.get_by_text("In date")).to_be_visible()
        record = chair.instrument.calibration().record
        assert record is not None
        assert chair.instrument.camera.usual == record.still
        assert [one.reason for one in record.skipped] == ["no chart"]
        expect(page.get_by_text(f"{record.geometry.um_per_px:.4f} µm/px").first).to_be_visible()
        checked(page, chair, tmp_path)


def stopped_and_refused(page: Page, chair: Chair) -> None:
    """Stop a step; and be refused another while a picture is taken."""
    tap(page, "Run")
    expect(page.locator("#lines p").first).to_be_visible(timeout=STEP_WITHIN_MS)
    assert violations(page) == []
    tap(page, "Stop")
    expect(page.get_by_text("Stopped. What was done before is kept")).to_be_visible(timeout=STEP_WITHIN_MS)
    with chair.store() as store:
        begin(store, PATIENT, VISIT, "mk")
    state = chair.taking.begin(Aim(PATIENT, "vertex", VISIT), Started.FOOT_SWITCH)
    tap(page, "Run again")
    expect(page.locator("#refusal")).to_have_text("A picture is being taken. Wait until it is measured.")
    while state.running:
        state = chair.taking.wait_newer(state, STEP_WITHIN_MS / 1000)


def taken(page: Page, step: StepName) -> None:
    """Take a step, once its target is seen."""
    live(page)
    tap(page, "Run")
    expect(page.locator("#outcome")).to_contain_text(GIVES[step], timeout=STEP_WITHIN_MS)


def left_out(page: Page, folder: Path) -> None:
    """Leave the colour out, with a reason typed on the screen's keyboard."""
    live(page)
    show(page, "calibration-wizard", folder)
    tap(page, "Leave out")
    expect(page.get_by_role("heading", name="Why is this step left out?")).to_be_visible()
    assert violations(page) == []
    large_enough(page)
    for letter in "no chart":
        page.locator(f'[data-key="{letter}"]').tap()
    page.locator("#leave-out-now").tap()
    expect(page.get_by_text("Step 7 of 8")).to_be_visible()
    expect(page.locator(".cal-steps .left-out")).to_contain_text("Colour")


def checked(page: Page, chair: Chair, folder: Path) -> None:
    """Do the daily check."""
    tap(page, "Daily check")
    live(page)
    large_enough(page)
    tap(page, "Check")
    expect(page.get_by_text("Everything is within its tolerance.")).to_be_visible(timeout=STEP_WITHIN_MS)
    show(page, "calibration-check", folder)
    page.locator("#doing").get_by_role("link", name="Calibration").tap()
    expect(page.get_by_text("Check passed", exact=True)).to_be_visible()
    show(page, "calibration", folder)
    assert len(chair.instrument.records.all()) == 2


def test_giving_up_asks_first_and_a_cut_line_is_said(touch: BrowserContext, tmp_path: Path) -> None:
    """Breaks when one touch loses an hour's steps, or a picture that stands still looks live."""
    with open_small_chair(tmp_path, **TABLES) as chair, serving(chair) as url:
        begun = chair.settings.state_folder / "calibration" / "session.json"
        page = opened(touch, url)
        page.goto(f"{url}/calibration/new")
        tap(page, "Begin")
        live(page)
        tap(page, "Give up")
        expect(page.get_by_role("heading", name="Give this calibration up?")).to_be_visible()
        assert violations(page) == []
        tap(page, "Keep it")
        assert begun.exists()
        chair.calibrating.skip(StepName.FOCUS, "left out at the command line")
        expect(page.get_by_text("Step 2 of 8")).to_be_visible()
        live(page)
        tap(page, "Give up")
        tap(page, "Give it up")
        expect(page.get_by_role("link", name="New calibration")).to_be_visible()
        assert not begun.exists()
        page.goto(f"{url}/calibration/new")
        tap(page, "Begin")
        live(page)
    expect(page.get_by_text("Not live: the line to the instrument is cut.")).to_be_visible(timeout=STEP_WITHIN_MS)
    assert violations(page) == []


def test_the_instrument_is_asked_by_one_chain(touch: BrowserContext, tmp_path: Path) -> None:
    """Breaks when each touch begins another row of questions, of which none ends before the screen is left."""
    with open_small_chair(tmp_path, **TABLES) as chair, serving(chair) as url:
        page = opened(touch, url)
        page.goto(f"{url}/calibration/new")
        tap(page, "Begin")
        live(page)
        with page.expect_request("**/calibration/progress"):
            held = hold(page, "**/calibration/progress")
        for reason in ("no chart", "later"):
            tap(page, "Leave out")
            page.locator("#reason").fill(reason)
            with page.expect_request("**/calibration/progress"):
                page.locator("#leave-out-now").tap()
        expect(page.get_by_text("Step 3 of 8")).to_be_visible()
        assert len(held) == 3, "one of the chain, and one after each touch"
        with page.expect_request("**/calibration/progress"):
            while held:
                held.pop(0).continue_()
        page.wait_for_timeout(2500)  # longer than from one question to the next
        assert len(held) == 1
