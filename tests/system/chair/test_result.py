"""The result screen in a real browser: what is drawn, touched, switched and decided."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from contract import Capture, Decision, HairKind
from device.chair.chair import Chair
from device.chair.reviewing import review_of
from tests.device.page.chair_fixture import open_small_chair
from tests.device.page.kept_captures import REFUSED, hair, keep_capture, new_patient
from tests.device.page.serving import serving
from tests.system.browser import chromium
from tests.system.chair.held_requests import hold
from tests.system.chair.screens import show, violations
from tests.system.chair.served_capture import await_picture, colours_near, place, touch_screen


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chair, str]]:
    """Give one chair that is served for all tests."""
    with open_small_chair(tmp_path_factory.mktemp("chair")) as chair, serving(chair) as address:
        yield chair, address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser for all tests."""
    with chromium() as running:
        yield running


@pytest.fixture
def capture(served: tuple[Chair, str]) -> Capture:
    """Give a capture of a terminal and a vellus hair."""
    hairs = (hair(100, 100), hair(300, 200, HairKind.VELLUS))
    return keep_capture(served[0], *hairs, patient_code=new_patient())


@pytest.fixture
def page(served: tuple[Chair, str], browser: Browser, capture: Capture) -> Iterator[Page]:
    """Give a touch screen that shows the capture's result."""
    _, address = served
    with touch_screen(browser, address, capture) as page:
        page.goto(f"{address}/captures/{capture.message_id}")
        await_picture(page)
        yield page


def zoom(page: Page) -> float:
    """Return how many times larger than whole the picture is shown."""
    return float(page.locator(".viewer canvas").get_attribute("data-zoom") or 0)


def test_the_screen_holds_to_the_rules_at_each_size(page: Page, tmp_path: Path) -> None:
    """Breaks when axe finds a fault, with the layers or the reasons open as without."""
    show(page, "result", tmp_path)
    page.get_by_role("button", name="Layers").tap()
    expect(page.get_by_role("button", name="Counting frame")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Layers").tap()
    page.get_by_role("button", name="Reject").tap()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    assert violations(page) == []


def test_each_kind_is_drawn_where_it_is_and_can_be_switched_off(page: Page) -> None:
    """Breaks when an overlay lies beside its hairs, or a switch does not do what it says."""
    assert colours_near(page, 101, 100) == colours_near(page, 148, 100) == {"terminal"}
    assert colours_near(page, 325, 200) == {"vellus"}
    assert colours_near(page, 84, 100) == colours_near(page, 166, 100) == set()
    assert colours_near(page, 320, 5) == {"frame"}
    assert colours_near(page, 125, 300) == set()
    page.get_by_role("button", name="Layers").tap()
    terminal = page.get_by_role("button", name="Terminal hair")
    terminal.tap()
    expect(terminal).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(50)  # drawn with the next frame
    assert colours_near(page, 125, 100) == set()
    page.reload()
    await_picture(page)
    assert colours_near(page, 125, 100) == set(), "what is switched off stays off for the next picture"


def test_a_touched_hair_says_what_it_is(page: Page) -> None:
    """Breaks when a hair that is touched stays silent, or another one answers."""
    page.touchscreen.tap(*place(page, 120, 103))
    expect(page.locator("#hair-words")).to_have_text("Terminal hair, 61 µm thick, 0.27 mm long")
    page.get_by_role("button", name="Next hair").tap()
    expect(page.locator("#hair-words")).to_have_text("Vellus hair, 22 µm thick, 0.27 mm long")
    page.get_by_role("button", name="Close").last.tap()
    expect(page.locator("#hair-words")).to_be_hidden()
    page.locator(".viewer canvas").focus()
    page.keyboard.press("n")
    expect(page.locator("#hair-words")).to_be_visible()


def test_the_picture_zooms_by_finger_wheel_button_and_key(page: Page) -> None:
    """Breaks when one of the ways to look closer does nothing."""
    middle = place(page, 320, 240)
    seen = [zoom(page)]

    def looked_closer() -> None:
        page.wait_for_timeout(50)  # drawn with the next frame
        seen.append(zoom(page))
        assert seen[-1] > seen[-2] * 1.05, seen

    page.touchscreen.tap(*middle)
    page.touchscreen.tap(*middle)
    looked_closer()
    page.get_by_role("button", name="Zoom in").tap()
    looked_closer()
    page.mouse.move(*middle)
    page.mouse.wheel(0, -300)
    looked_closer()
    page.get_by_role("button", name="Whole picture").tap()
    page.locator(".viewer canvas").focus()
    page.keyboard.press("+")
    page.wait_for_timeout(50)
    assert zoom(page) == pytest.approx(1.4, abs=0.01)
    page.keyboard.press("0")
    page.wait_for_timeout(50)
    touch = page.context.new_cdp_session(page)
    x, y = middle
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": _fingers(x, y, 40)})
    for apart in (60, 80, 100):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": _fingers(x, y, apart)})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(50)
    assert zoom(page) == pytest.approx(2.5, rel=0.05)


def _fingers(x: float, y: float, apart: float) -> list[dict[str, float]]:
    return [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]


def test_a_rejection_takes_a_reason_by_two_touches(served: tuple[Chair, str], page: Page, capture: Capture) -> None:
    """Breaks when a technician in gloves has to type, or a picture is rejected without a word."""
    page.get_by_role("button", name="Reject").tap()
    given = page.locator("#reason-given")
    given.tap(force=True)
    expect(page.get_by_role("heading", name="Why is this picture rejected?")).to_be_visible()
    page.get_by_role("button", name="Wrong site").tap()
    given.tap()
    page.wait_for_url("**/sites/frontal")
    with served[0].store() as store:
        review = review_of(store, capture)
    assert review is not None
    assert (review.decision, review.reason) == (Decision.REJECTED, "Wrong site")


def test_a_double_tap_decides_once(page: Page) -> None:
    """Breaks when a finger that trembles publishes two reviews, or the button is dead after a cut line."""
    held = hold(page, "**/decision")
    accept = page.get_by_role("button", name="Accept")
    for _ in range(3):
        accept.dispatch_event("click")
    expect(accept).to_have_attribute("aria-disabled", "true")
    page.wait_for_timeout(100)
    assert len(held) == 1
    held.pop().abort()
    expect(accept).not_to_have_attribute("aria-disabled", "true")
    accept.tap()
    expect(accept).to_have_attribute("aria-disabled", "true")
    page.wait_for_timeout(50)
    held.pop().continue_()
    page.wait_for_url("**/sites/*")


def test_a_cut_network_and_a_closed_browser_lose_nothing(
    served: tuple[Chair, str], browser: Browser, page: Page, capture: Capture
) -> None:
    """Breaks when a touch without a network is taken for done, or the same address shows another state later."""
    page.context.set_offline(True)
    page.get_by_role("button", name="Accept").tap()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    page.context.set_offline(False)
    page.get_by_role("button", name="Accept").tap()
    page.wait_for_url("**/sites/*")
    with touch_screen(browser, served[1], capture) as again:
        again.goto(f"{served[1]}/captures/{capture.message_id}")
        expect(again.get_by_text("Accepted by mk")).to_be_visible()


def test_a_refused_and_a_damaged_picture_say_so(served: tuple[Chair, str], page: Page) -> None:
    """Breaks when a refused picture looks like a good one, or a damaged one like an empty screen."""
    chair, address = served
    refused = keep_capture(chair, hair(100, 100), patient_code=new_patient(), quality=REFUSED)
    page.goto(f"{address}/captures/{refused.message_id}")
    expect(page.get_by_role("link", name="Take again")).to_be_visible()
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    assert violations(page) == []
    with chair.store() as store:
        path = store.pictures.path(refused.picture.sha256)
    content = path.read_bytes()
    path.write_bytes(content[:-50])
    page.reload()
    expect(page.locator(".viewer-note")).to_contain_text("is not what was kept")
    path.write_bytes(content)
