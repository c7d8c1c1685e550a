"""Start, sites and summary in a real browser: fingers, a scanner, two people, a restart; nothing is captured here."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from contract import Outcome, Receipt, content_sha256
from device import clock
from device.chair.chair import Chair
from device.outbox import Outbox
from device.page.app import create_app
from device.page.server import listen, server, url
from tests.device.page.chair_fixture import open_small_chair
from tests.device.page.kept_examples import kept
from tests.system.browser import chromium
from tests.system.chair.screens import FIRST, SIZES, show

_SMALL = """() => [...document.querySelectorAll("button, a, input, .head-map-box")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.matches("svg a"))
  .map((one) => [one.textContent.trim() || one.id || one.getAttribute("aria-label"), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 63.5 || box.height < 63.5))
  .map(([name, box]) => `${name}: ${box.width.toFixed(1)} x ${box.height.toFixed(1)}`)"""


@contextmanager
def served(folder: Path, port: int) -> Iterator[tuple[str, Chair]]:
    """Serve a chair on a state folder for the length of the block: leaving it and coming back is a restart."""
    with open_small_chair(folder, chair={"port": port}) as chair, listen(chair.settings.chair) as listening:
        serving = server(create_app(chair), chair.settings.chair)
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield url(chair.settings.chair, listening).rstrip("/"), chair
        finally:
            serving.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give the browser."""
    with chromium() as running:
        yield running


@pytest.fixture
def screen(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Give a maker of touch screens of 7 inches, each a browser of its own; an error on one fails the test."""
    errors: list[str] = []
    opened = []

    def make() -> Page:
        context = browser.new_context(viewport={"width": FIRST[0], "height": FIRST[1]}, has_touch=True, locale="en-GB")
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: errors.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
        )
        return page

    yield make
    for context in opened:
        context.close()
    assert errors == []


@pytest.fixture
def chair(tmp_path: Path, free_port: int) -> Iterator[tuple[str, Chair]]:
    """Give the address of a chair's page, and the chair."""
    with served(tmp_path, free_port) as running:
        yield running


def sit_down(page: Page, address: str, technician: str = "mk") -> None:
    """Say who works here, on the screen's keyboard."""
    page.goto(f"{address}/?who")
    for letter in technician:
        page.get_by_role("button", name=letter, exact=True).tap()
    page.get_by_role("button", name="Work here").tap()
    expect(page.locator("#code")).to_be_visible()


def type_code(page: Page, digits: str = "0042") -> None:
    """Type a patient's digits on the keypad, and take the code."""
    for digit in digits:
        page.get_by_role("button", name=digit, exact=True).tap()
    page.get_by_role("button", name="Take this code").tap()


def begin(page: Page, digits: str = "0042") -> None:
    """Begin the visit that is proposed."""
    type_code(page, digits)
    page.get_by_role("button", name="Begin the visit").tap()
    page.wait_for_url("**/visits/**")


def require_large_controls(page: Page, name: str) -> None:
    """Hold every control that can be seen to 64 px, at each size."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(_SMALL) == [], f"{name} at {size}"
    page.set_viewport_size({"width": FIRST[0], "height": FIRST[1]})


def test_a_visit_from_its_code_to_its_end(chair: tuple[str, Chair], screen: Callable[[], Page], tmp_path: Path) -> None:
    """Breaks when the way from the patient's code to the end of the visit is interrupted, or cannot be touched."""
    address, opened = chair
    page = screen()
    page.goto(address)
    require_large_controls(page, "who works here")
    sit_down(page, address)
    show(page, "start", tmp_path)
    require_large_controls(page, "start")
    type_code(page)
    expect(page.locator("#chosen")).to_have_text("P-0042")
    require_large_controls(page, "visit number")
    page.get_by_role("button", name="Begin the visit").tap()
    page.wait_for_url("**/visits/P-0042/1")
    for site in ("frontal", "mid-scalp", "vertex", "occipital"):
        kept(opened, site)
    page.reload()
    expect(page.locator(".head-map [data-key=vertex]")).to_have_attribute("data-state", "done")
    on_the_map = page.locator(".head-map").get_by_role("link", name="temporal, patient's left: to be taken")
    expect(on_the_map).to_have_attribute("href", "/visits/P-0042/1/sites/temporal-left")
    show(page, "sites", tmp_path)
    require_large_controls(page, "sites")
    page.get_by_role("button", name="Leave out temporal, patient's left").tap()
    require_large_controls(page, "leave out")
    for letter in "wound":
        page.get_by_role("dialog").get_by_role("button", name=letter, exact=True).tap()
    page.get_by_role("dialog").get_by_role("button", name="Leave out", exact=True).tap()
    expect(page.locator(".site.is-left-out")).to_contain_text("wound")
    page.get_by_role("link", name="Summary").tap()
    expect(page.get_by_text("Missing: temporal, patient's right.")).to_be_visible()
    show(page, "summary", tmp_path)
    require_large_controls(page, "summary")
    page.get_by_role("button", name="End the visit").tap()
    require_large_controls(page, "why sites are missing")
    page.get_by_role("button", name="The patient has to leave").tap()
    page.get_by_role("dialog").get_by_role("button", name="End the visit").tap()
    page.wait_for_url(f"{address}/")
    expect(page.get_by_text("No visit is open.")).to_be_visible()


def test_another_place_is_asked_back_where_it_mirrors_a_known_one(
    chair: tuple[str, Chair], screen: Callable[[], Page]
) -> None:
    """Breaks when left taken for right is not noticed, or the question cannot be answered with yes."""
    address, opened = chair
    page = screen()
    sit_down(page, address)
    begin(page)
    kept(opened, "g120-l10")
    page.get_by_role("button", name="Another place").tap()
    for _ in range(2):
        page.get_by_role("button", name="To the patient's right").tap()
    expect(page.locator("#right")).to_have_text("10 mm to the right")
    page.get_by_role("button", name="Take this place").tap()
    expect(page.locator("#doubts")).to_contain_text("its mirror image is known: g120-l10")
    with page.expect_request("**/visits/P-0042/1/sites/g120-r10"):
        page.get_by_role("button", name="It is meant: take this place").tap()


def test_a_scanner_types_wherever_the_focus_is(chair: tuple[str, Chair], screen: Callable[[], Page]) -> None:
    """Breaks when a scanned wristband presses the button that has the focus, or is lost."""
    address, _ = chair
    page = screen()
    sit_down(page, address)
    page.get_by_role("button", name="Erase").focus()
    page.keyboard.type("P-0042\n")
    expect(page.locator("#chosen")).to_have_text("P-0042")
    page.keyboard.type("P-0107\n")  # the next wristband, before anything was begun
    expect(page.locator("#chosen")).to_have_text("P-0107")
    page.keyboard.press("Enter")
    page.wait_for_url("**/visits/P-0107/1")


@pytest.mark.parametrize("held_s", [0.0, 0.02, 0.2])
def test_a_wristband_read_twice_is_one_patient(
    chair: tuple[str, Chair], screen: Callable[[], Page], held_s: float
) -> None:
    """Breaks when the rest of a second read, its beginning lost, is taken for another patient's code."""
    address, _ = chair
    page = screen()
    sit_down(page, address)
    asked: list[str] = []

    def hold(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}")["patient"])
        time.sleep(held_s)
        route.continue_()

    page.route("**/visits/proposed", hold)
    expect(page.locator("#code")).to_have_text("P-")  # the script is there
    page.keyboard.type("P-104200\nP-104200\n", delay=5)
    expect(page.locator("#chosen")).to_have_text("P-104200")
    page.wait_for_timeout(400)  # longer than the answer to another question would take
    expect(page.locator("#chosen")).to_have_text("P-104200")
    assert set(asked) == {"P-104200"}


def test_a_foot_on_the_switch_types_no_code(chair: tuple[str, Chair], screen: Callable[[], Page]) -> None:
    """Breaks when the foot switch, which is a keyboard's key, writes into the patient's code."""
    address, opened = chair
    page = screen()
    sit_down(page, address)
    page.keyboard.press(opened.settings.chair.foot_switch_key)
    type_code(page)
    expect(page.locator("#chosen")).to_have_text("P-0042")


def test_a_name_is_refused_and_leaves_the_screen(chair: tuple[str, Chair], screen: Callable[[], Page]) -> None:
    """Breaks when a name that somebody typed stays on the screen, or gets into an address."""
    address, _ = chair
    page = screen()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sit_down(page, address)
    page.keyboard.type("Schmidt\n")
    expect(page.get_by_role("alert")).to_contain_text("This looks like a name, which never enters the system.")
    assert "SCHMIDT" not in page.content().upper()
    assert not any("schmidt" in one.casefold() for one in asked)
    require_large_controls(page, "start with a sentence")
    type_code(page)
    expect(page.locator("#chosen")).to_have_text("P-0042")


def test_a_second_technician_is_told_and_takes_over(
    chair: tuple[str, Chair], screen: Callable[[], Page], tmp_path: Path
) -> None:
    """Breaks when two people write into one visit, or who was replaced is not told."""
    address, _ = chair
    first, second = screen(), screen()
    sit_down(first, address)
    begin(first)
    sit_down(second, address, "jo")
    expect(second.locator("#seat")).to_contain_text("mk was last at work on another screen of this instrument.")
    show(second, "seat", tmp_path)
    require_large_controls(second, "start with a banner")
    second.get_by_role("button", name="Take over").tap()
    expect(second.locator("#seat")).to_be_hidden()
    second.goto(f"{address}/visits/P-0042/1")
    first.get_by_role("button", name="Leave out vertex").tap()
    first.get_by_role("button", name="Patient does not want it").tap()
    first.get_by_role("dialog").get_by_role("button", name="Leave out", exact=True).tap()
    expect(first.get_by_role("alert").first).to_contain_text("jo was last at work on another screen")
    expect(first.get_by_role("button", name="Take over")).to_be_visible()
    first.get_by_role("button", name="Leave out vertex").tap()  # what was chosen is still there
    expect(first.locator("#reason")).to_have_value("Patient does not want it")


def test_what_is_refused_in_a_dialog_is_said_before_it(chair: tuple[str, Chair], screen: Callable[[], Page]) -> None:
    """Breaks when a sentence stands behind the dialog whose button was refused."""
    address, _ = chair
    first, second = screen(), screen()
    sit_down(first, address)
    begin(first)
    first.get_by_role("link", name="Summary").tap()
    first.get_by_role("button", name="End the visit").tap()
    sit_down(second, address, "jo")
    second.get_by_role("button", name="Take over").tap()
    expect(second.locator("#seat")).to_be_hidden()
    first.get_by_role("button", name="End without a reason").tap()
    expect(first.locator("#said")).to_contain_text("jo was last at work on another screen")
    expect(first.get_by_role("dialog")).to_have_count(0)


def test_a_code_that_is_refused_leaves_the_screen_and_the_keyboard_stays(
    chair: tuple[str, Chair], screen: Callable[[], Page]
) -> None:
    """Breaks when a name stays in the field, or the keyboard that mends it is pushed off the screen."""
    address, _ = chair
    page = screen()
    sit_down(page, address)
    page.goto(f"{address}/?who")
    page.locator("#who-code").fill("Anna Schmidt")
    page.get_by_role("button", name="Work here").tap()
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator("#who-code")).to_have_value("")
    expect(page.locator(".known, .trouble").filter(visible=True)).to_have_count(0)
    erase = page.get_by_role("button", name="Erase").bounding_box()
    assert erase is not None
    assert erase["y"] + erase["height"] <= FIRST[1]


def test_the_same_address_shows_the_same_work_after_a_restart(
    screen: Callable[[], Page], tmp_path: Path, free_port: int
) -> None:
    """Breaks when work lies in the browser, or in the device's memory."""
    page = screen()
    with served(tmp_path, free_port) as (address, opened):
        sit_down(page, address)
        begin(page)
        kept(opened, "frontal")
        address_of_work = page.url
        page.goto("about:blank")  # else its script asks on for what is gone, and the browser writes it down
    with served(tmp_path, free_port):
        page.goto(address_of_work)
        expect(page.locator(".head-map [data-key=frontal]")).to_have_attribute("data-state", "done")
        page.goto(f"{address}/visits/P-0042/1/summary")
        expect(page.locator(".sending")).to_have_count(1)
        page.goto(address)
        page.get_by_role("button", name="mk").tap()  # a restart asks who is there
        page.get_by_role("link", name="Go on").tap()
        page.wait_for_url("**/visits/P-0042/1")


def test_the_summary_follows_the_delivery_by_itself(chair: tuple[str, Chair], screen: Callable[[], Page]) -> None:
    """Breaks when a technician has to load the page again to see that the clinic has the pictures."""
    address, opened = chair
    page = screen()
    sit_down(page, address)
    begin(page)
    capture = kept(opened, "frontal")
    page.goto(f"{address}/visits/P-0042/1/summary")
    row = page.locator(".sending")
    expect(row.locator(".state")).to_have_text("Waiting")
    with opened.store() as store:
        outbox = Outbox(store)
        digest = content_sha256(outbox.payload(capture.message_id))
        receipt = Receipt(
            message_id=capture.message_id, content_sha256=digest, outcome=Outcome.STORED, decided_at=clock.now()
        )
        assert outbox.record_receipts([receipt]) == [True]
    expect(row.locator(".state")).to_have_text("Received by the clinic")
    expect(row.locator(".state")).to_contain_class("good")
    expect(row.locator(".state use")).to_have_attribute("href", "/static/icons.svg#received")


def test_the_controls_change_sides_with_the_hand(chair: tuple[str, Chair], screen: Callable[[], Page]) -> None:
    """Breaks when a left-handed technician reaches across the screen; the choice holds on each screen."""
    address, _ = chair
    page = screen()
    sit_down(page, address)

    def middle(selector: str) -> float:
        box = page.locator(selector).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2

    assert middle(".pad") > FIRST[0] / 2
    page.get_by_role("button", name="Controls for the other hand").tap()
    assert middle(".pad") < FIRST[0] / 2
    begin(page)
    assert middle(".list") < FIRST[0] / 2
    page.get_by_role("link", name="Summary").tap()
    assert middle(".ending .button.first") < FIRST[0] / 2
