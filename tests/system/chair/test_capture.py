"""The capture screen in the browser: every way to take a picture, what keeps one from it, and a line that is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from device.camera import Aim, CameraGivenUp, Frame, HeldTo
from device.chair.appointments import begin
from device.chair.chair import Chair
from device.chair.seat import Holder
from device.chair.taking import Started
from tests.device.page.chair_fixture import PATIENT, VISIT, captured, open_small_chair
from tests.device.page.serving import serving
from tests.system.browser import chromium
from tests.system.chair.screens import violations

SITE = "vertex"
SCREENS = [(1024, 600), (768, 1024), (1440, 900)]
RESULT = re.compile(r"/captures/[0-9a-f-]{36}$")
WITHIN_MS = 15_000.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """A chair on a small simulated camera, with a visit that is open."""
    with open_small_chair(tmp_path) as opened:
        with opened.store() as store:
            begin(store, PATIENT, VISIT, "mk")
        yield opened


@pytest.fixture
def address(chair: Chair) -> Iterator[str]:
    """Where its page is served."""
    with serving(chair) as served:
        yield served


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A touch screen of 7 inches; what a script does wrong fails the test."""
    context = browser.new_context(viewport={"width": 1024, "height": 600}, has_touch=True)
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    page.goto("about:blank")  # Chromium may never close a page that is being loaded anew
    context.close()
    assert not faults


def work(tab: Page, address: str, visit: int = VISIT) -> None:
    """Say who works here, begin the visit, and go to its capture screen."""
    tab.goto(f"{address}/")
    status = tab.evaluate(
        """async (asked) => (await fetch("/visits", {method: "POST", body: JSON.stringify(asked), headers: {
            "content-type": "application/json",
            "x-chair-token": document.querySelector('meta[name="chair-token"]').content}})).status""",
        {"technician": "mk", "patient": PATIENT, "visit": visit},
    )
    assert status == 200
    tab.goto(f"{address}/visits/{PATIENT}/{visit}/sites/{SITE}")
    expect(tab.locator("#live-word")).to_have_text("Live", timeout=WITHIN_MS)


def test_a_touch_takes_the_picture_with_flash_and_lock(chair: Chair, address: str, tab: Page) -> None:
    """Breaks when nothing shows that the picture is being taken, or the page does not come to its result."""
    work(tab, address)
    tab.evaluate(
        """() => new MutationObserver(() => {
            if (document.getElementById("flash").classList.contains("on")) sessionStorage.setItem("flashed", "yes");
            if (document.getElementById("take").disabled) sessionStorage.setItem("locked", "yes");
        }).observe(document.body, {attributes: true, subtree: true})"""
    )
    tab.locator("#take").tap()
    tab.wait_for_url(RESULT, timeout=WITHIN_MS)
    assert tab.evaluate("[sessionStorage.getItem('flashed'), sessionStorage.getItem('locked')]") == ["yes", "yes"]
    assert chair.taking.state.started is Started.PAGE
    assert chair.taking.state.number == 1


def test_the_foot_switch_takes_the_picture_once(chair: Chair, address: str, tab: Page) -> None:
    """Breaks when a foot that stays on the switch takes one picture after another."""
    work(tab, address)
    for _ in range(3):
        tab.keyboard.press("b")
    tab.wait_for_url(RESULT, timeout=WITHIN_MS)
    assert (chair.taking.state.started, chair.taking.state.number) == (Started.FOOT_SWITCH, 1)


def test_the_page_follows_a_press_on_the_instrument(chair: Chair, address: str, tab: Page) -> None:
    """Breaks when the button on the handpiece takes a picture, and the page stands as if nothing were."""
    work(tab, address)
    assert chair.stream.aim == Aim(PATIENT, SITE, VISIT)
    chair.taking.begin(Aim(PATIENT, SITE, VISIT), Started.BUTTON)
    tab.wait_for_url(RESULT, timeout=WITHIN_MS)


def test_a_picture_that_fails_is_said_and_can_be_taken_again(
    chair: Chair, address: str, tab: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a failed picture leaves the technician waiting, or without the way to try again."""
    work(tab, address)
    camera = chair.instrument.camera
    burst = camera.burst

    def failing(*_asked: object) -> None:
        monkeypatch.setattr(camera, "burst", burst)
        raise CameraGivenUp("The shutter stuck", "Take it again")

    monkeypatch.setattr(camera, "burst", failing)
    tab.locator("#take").tap()
    expect(tab.locator("#failed-words")).to_contain_text("The shutter stuck", timeout=WITHIN_MS)
    expect(tab.locator("#take-word")).to_have_text("Try again")
    expect(tab.locator("#take")).to_be_enabled(timeout=WITHIN_MS)
    tab.locator("#take").tap()
    tab.wait_for_url(RESULT, timeout=WITHIN_MS)


def test_a_camera_that_is_down_blocks_the_button_and_says_why(
    chair: Chair, address: str, tab: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when an old picture is taken for a live one, or the way back from a failed camera is not offered."""
    work(tab, address)
    camera = chair.instrument.camera
    preview = camera.preview

    def failing(_aim: HeldTo | None) -> Frame:
        raise CameraGivenUp("The camera failed 6 times in a row and is not tried again", "Push its cable in")

    monkeypatch.setattr(camera, "preview", failing)
    expect(tab.locator("#blocked-words")).to_contain_text("failed 6 times", timeout=WITHIN_MS)
    expect(tab.locator("#live-word")).to_have_text("Not live")
    expect(tab.locator("#take")).to_be_hidden()
    tab.keyboard.press("b")  # blocked is blocked, by whatever it is pressed
    assert violations(tab) == []
    # Nothing but the button brings it back.
    monkeypatch.setattr(camera, "begin_again", lambda: monkeypatch.setattr(camera, "preview", preview))
    tab.get_by_role("button", name="Try again").tap()
    expect(tab.locator("#live-word")).to_have_text("Live", timeout=WITHIN_MS)
    expect(tab.locator("#take")).to_be_enabled()
    assert chair.taking.state.number == 0


def test_a_cut_line_is_said_and_mended_by_itself(chair: Chair, tab: Page) -> None:
    """Breaks when a page that lost the instrument shows its last picture as if it were live, or needs a person."""
    with serving(chair) as address:
        work(tab, address)
        port = int(address.rpartition(":")[2])
    expect(tab.locator("#live-word")).to_have_text("Not live", timeout=WITHIN_MS)
    expect(tab.locator("#frozen-words")).to_contain_text("does not answer")
    expect(tab.locator("#take")).to_be_hidden()
    with serving(chair, port=port):
        tab.wait_for_event("load", timeout=WITHIN_MS)  # its token was of the start before: it loads itself anew
        expect(tab.locator("#live-word")).to_have_text("Live", timeout=WITHIN_MS)
        assert tab.url.endswith(f"/sites/{SITE}")


def test_somebody_else_at_the_instrument_is_said_with_the_way_out(chair: Chair, address: str, tab: Page) -> None:
    """Breaks when two technicians take pictures at once, or one is shut out for good."""
    work(tab, address)
    chair.seat.take_over(Holder("another session", "an"))
    expect(tab.locator("#blocked-words")).to_contain_text("an was last at work on another screen", timeout=WITHIN_MS)
    with tab.expect_navigation():
        tab.locator("#way-seat").tap()
    expect(tab.locator("#take")).to_be_enabled(timeout=WITHIN_MS)


def test_the_same_person_s_other_screen_is_in_nobody_s_way(chair: Chair, address: str, tab: Page) -> None:
    """Breaks when a technician whose browser crashed is told that they work at another screen."""
    chair.seat.take_over(Holder("crashed", "mk"))
    work(tab, address)
    chair.seat.take_over(Holder("crashed", "mk"))
    tab.reload()
    expect(tab.locator("#take")).to_be_enabled(timeout=WITHIN_MS)
    expect(tab.locator("#seat")).to_be_hidden()
    assert chair.stream.aim == Aim(PATIENT, SITE, VISIT)


def test_the_way_to_the_baseline_is_shown(chair: Chair, address: str, tab: Page) -> None:
    """Breaks when a follow-up is taken wherever the hand happens to be."""
    captured(chair, SITE)
    work(tab, address, visit=2)
    expect(tab.locator("#ghost-row")).to_be_visible(timeout=WITHIN_MS)
    expect(tab.locator("#way-sentence")).not_to_be_empty()
    tab.locator("#opacity").fill("80")
    assert tab.evaluate("getComputedStyle(document.getElementById('ghost')).opacity") == "0.8"
    size = tab.evaluate("['naturalWidth', 'naturalHeight'].map((side) => document.getElementById('ghost')[side])")
    assert size == [320, 240]


@pytest.mark.parametrize("hand", ["right", "left"])
def test_the_screen_fits_its_screens_and_fingers_in_gloves(browser: Browser, tmp_path: Path, hand: str) -> None:
    """Breaks when a glove hits the wrong thing, a page scrolls under it, or a person with poor sight is left out."""
    with open_small_chair(tmp_path, chair={"hand": hand}) as chair, serving(chair) as address:
        captured(chair, SITE)
        context = browser.new_context(has_touch=True)
        tab = context.new_page()
        work(tab, address, visit=2)
        expect(tab.locator("#ghost-row")).to_be_visible(timeout=WITHIN_MS)
        for width, height in SCREENS:
            tab.set_viewport_size({"width": width, "height": height})
            assert tab.evaluate("document.documentElement.scrollHeight <= innerHeight"), (width, height)
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, height)
            take, picture = (tab.locator(name).bounding_box() for name in ("#take", "#picture"))
            assert take is not None
            assert picture is not None
            assert min(take["width"], take["height"]) >= 96
            assert take["y"] + take["height"] <= height
            assert picture["width"] / picture["height"] == pytest.approx(4 / 3, rel=0.01)
            if width > height:
                assert (take["x"] > picture["x"]) == (hand == "right")
            for touched in tab.locator("a:visible, button:visible, input:visible").all():
                box = touched.bounding_box()
                assert box is not None
                assert box["height"] >= 64, touched.evaluate("it => it.outerHTML")
            assert violations(tab) == []
        context.close()
