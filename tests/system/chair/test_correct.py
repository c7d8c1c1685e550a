"""Correcting hairs in a real browser, by finger and by keys."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from contract import Capture
from contract.review import HairAdded, RootMoved
from device.chair.chair import Chair
from device.chair.reviewing import draft, keep_draft, review_of
from tests.device.page.chair_fixture import open_small_chair
from tests.device.page.kept_captures import hair, keep_capture, new_patient
from tests.device.page.serving import serving
from tests.system.browser import chromium
from tests.system.chair.held_requests import hold
from tests.system.chair.screens import show
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
    """Give a capture of three hairs, two of them pieces of one."""
    hairs = (hair(100, 100), hair(200, 200), hair(260, 200))
    return keep_capture(served[0], *hairs, patient_code=new_patient())


@pytest.fixture
def page(served: tuple[Chair, str], browser: Browser, capture: Capture) -> Iterator[Page]:
    """Give a touch screen at which the capture is corrected."""
    _, address = served
    with touch_screen(browser, address, capture) as page:
        page.goto(f"{address}/captures/{capture.message_id}/correct")
        await_picture(page)
        yield page


def tool(page: Page, name: str) -> None:
    """Take a tool in hand."""
    button = page.get_by_role("toolbar").get_by_role("button", name=name)
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")


def drag(page: Page, *points: tuple[float, float]) -> None:
    """Draw over pixels of the picture with the mouse."""
    page.mouse.move(*place(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, *point), steps=12)
    page.mouse.up()


def expect_edits(page: Page, *words: str) -> None:
    """Wait until the list of corrections says this."""
    expect(page.locator("#edits .edit-words")).to_have_count(len(words))
    for said, word in zip(page.locator("#edits .edit-words").all(), words, strict=True):
        expect(said).to_contain_text(word)


def corrected_density(page: Page) -> str:
    """Return the corrected density that is shown."""
    return page.locator("#figures tr").first.locator("td b").last.inner_text()


def test_each_tool_by_touch(served: tuple[Chair, str], page: Page, capture: Capture, tmp_path: Path) -> None:
    """Breaks when a finger cannot make one of the five corrections, or the density does not follow at once.

    The frame is 0.0815 cm2: three hairs are 36.8 to the cm2.
    """
    tool(page, "Add")
    page.get_by_role("button", name="Vellus", exact=True).tap()
    drag(page, (400, 300), (440, 320), (480, 360))
    expect_edits(page, "Vellus hair added")
    assert corrected_density(page) == "49"
    show(page, "correct", tmp_path)
    tool(page, "Remove")
    page.touchscreen.tap(*place(page, 125, 102))
    expect_edits(page, "Vellus hair added", "Hair removed")
    assert corrected_density(page) == "37"
    tool(page, "Join")
    page.touchscreen.tap(*place(page, 225, 200))
    expect(page.locator("#how")).to_have_text("Now the piece that goes on from it.")
    page.touchscreen.tap(*place(page, 285, 200))
    expect_edits(page, "Vellus hair added", "Hair removed", "Two pieces joined")
    tool(page, "Split")
    page.touchscreen.tap(*place(page, 255, 201))
    expect_edits(page, "Vellus hair added", "Hair removed", "Two pieces joined", "Hair split")
    tool(page, "Move root")
    drag(page, (200, 200), (190, 190), (180, 190))
    expect(page.locator("#edits li")).to_have_count(5)
    assert corrected_density(page) == "37"
    with served[0].store() as store:
        added, *_, moved = draft(store, capture)
    assert isinstance(added, HairAdded)
    assert 3 <= len(added.course_px) <= 16
    for drawn, touched in zip((added.course_px[0], added.course_px[-1]), ((400, 300), (480, 360)), strict=True):
        assert drawn == pytest.approx(touched, abs=1.5)
    assert isinstance(moved, RootMoved)
    assert moved.root_px == pytest.approx((180, 190), abs=1.5)


def test_undo_redo_and_finish(page: Page, capture: Capture) -> None:
    """Breaks when a slip cannot be taken back, or what is finished is not what was shown."""
    tool(page, "Remove")
    page.touchscreen.tap(*place(page, 125, 100))
    expect_edits(page, "Hair removed")
    tool(page, "Add")
    drag(page, (400, 300), (460, 330))
    expect_edits(page, "Hair removed", "Terminal hair added")
    page.locator("#undo").tap()
    expect_edits(page, "Hair removed")
    page.locator("#redo").tap()
    expect_edits(page, "Hair removed", "Terminal hair added")
    page.get_by_role("button", name="Undo: 1. Hair removed").tap()
    expect_edits(page, "Terminal hair added")
    page.get_by_role("button", name="Finish").tap()
    page.wait_for_url(f"**/captures/{capture.message_id}")
    expect(page.get_by_text("corrected by hand")).to_be_visible()
    expect(page.locator(".density.corrected .density-value")).to_have_text("49")
    expect(page.locator(".density-value").first).to_have_text("37")


def test_keys_alone_remove_and_add(page: Page) -> None:
    """Breaks when somebody without a finger or a mouse cannot correct a hair.

    The cross begins in the middle of the picture, and moves by 12 screen pixels.
    """
    tool(page, "Remove")
    scale = (place(page, 100, 0)[0] - place(page, 0, 0)[0]) / 100
    page.locator(".viewer canvas").focus()
    for key, px in (("ArrowLeft", 320 - 220), ("ArrowUp", 240 - 200)):
        for _ in range(round(px * scale / 12)):
            page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect_edits(page, "Hair removed")
    page.keyboard.press("Escape")
    page.get_by_role("toolbar").get_by_role("button", name="Add").press("Enter")
    page.locator(".viewer canvas").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect_edits(page, "Hair removed", "Terminal hair added")


def test_two_fingers_move_the_picture_and_draw_nothing(served: tuple[Chair, str], page: Page, capture: Capture) -> None:
    """Breaks when zooming in with a tool in hand leaves a stroke behind."""
    tool(page, "Add")
    touch = page.context.new_cdp_session(page)
    x, y = place(page, 320, 300)
    one, two = {"x": x, "y": y, "id": 0}, {"x": x + 60, "y": y, "id": 1}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [one]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [one, two]})
    for apart in (90, 120):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [one, two | {"x": x + apart}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(100)
    assert float(page.locator(".viewer canvas").get_attribute("data-zoom") or 0) > 1.5
    page.get_by_role("button", name="Whole picture").tap()
    page.wait_for_timeout(100)
    assert colours_near(page, 320, 300) == set()
    with served[0].store() as store:
        assert draft(store, capture) == ()


def test_what_is_corrected_outlasts_a_cut_network_and_the_browser(
    served: tuple[Chair, str], browser: Browser, page: Page, capture: Capture
) -> None:
    """Breaks when a correction is shown that the instrument has not kept, or a kept one is gone later."""
    tool(page, "Remove")
    page.touchscreen.tap(*place(page, 125, 100))
    expect_edits(page, "Hair removed")
    page.context.set_offline(True)
    page.touchscreen.tap(*place(page, 225, 200))
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    expect_edits(page, "Hair removed")
    page.close()
    with touch_screen(browser, served[1], capture) as again:
        again.goto(f"{served[1]}/captures/{capture.message_id}/correct")
        expect_edits(again, "Hair removed")


def expect_words(page: Page, selector: str, words: str) -> None:
    """Wait until something says this, how long ever the instrument takes."""
    expect(page.locator(selector)).to_contain_text(words, timeout=10_000)


class Slow:
    """A line on which each answer of a capture's corrections comes when the test says so."""

    def __init__(self, page: Page, capture: Capture) -> None:
        self.held = hold(page, f"**/captures/{capture.message_id}/{{draft,draft/*,corrections}}")
        self._page = page

    def answer(self, asked: int, *, refuses: bool = False) -> None:
        """Let the next so many through, one after another; each is sent once the one before was answered."""
        for _ in range(asked):
            end_s = time.monotonic() + 10
            while not self.held:
                assert time.monotonic() < end_s, "nothing was sent"
                self._page.wait_for_timeout(10)
            self._page.wait_for_timeout(50)
            assert len(self.held) == 1, "two were sent at once"
            route = self.held.pop()
            if refuses:
                route.fulfill(status=422, json={"sentence": "Not this one."})
            else:
                route.continue_()


def test_what_is_drawn_faster_than_it_is_kept_is_kept(served: tuple[Chair, str], page: Page, capture: Capture) -> None:
    """Breaks when a hair that was drawn before the last one was kept is lost in silence, or Finish is."""
    slow = Slow(page, capture)
    tool(page, "Add")
    for y in (300, 330, 360):
        drag(page, (400, y), (460, y + 10))
    page.locator("#undo").tap()
    tool(page, "Remove")
    page.touchscreen.tap(*place(page, 125, 100))
    page.get_by_role("button", name="Finish").tap()
    page.get_by_role("button", name="Finish").tap()
    expect_words(page, "#how", "touches wait for the instrument")
    slow.answer(6)
    page.wait_for_url(f"**/captures/{capture.message_id}")
    expect(page.locator(".density.corrected .density-value")).to_have_text("49")
    with served[0].store() as store:
        review = review_of(store, capture)
    assert review is not None
    assert [edit.edit for edit in review.edits] == ["added", "added", "removed"]
    assert slow.held == []


def test_what_was_touched_after_a_refusal_is_said_to_be_not_taken(
    served: tuple[Chair, str], page: Page, capture: Capture
) -> None:
    """Breaks when a refusal is covered by the next answer, or corrections are finished without the refused one."""
    slow = Slow(page, capture)
    tool(page, "Add")
    for y in (300, 330):
        drag(page, (400, y), (460, y + 10))
    page.get_by_role("button", name="Finish").tap()
    slow.answer(1)
    slow.answer(1, refuses=True)
    expect_words(page, "#how", "What was touched after that was not taken.")
    expect(page.get_by_role("alert")).to_contain_text("Not this one.")
    expect_edits(page, "Terminal hair added")
    assert page.url.endswith("/correct")
    drag(page, (400, 330), (460, 340))
    page.get_by_role("link", name="Result").tap()
    slow.answer(1)
    page.wait_for_url(f"**/captures/{capture.message_id}")
    with served[0].store() as store:
        assert [edit.edit for edit in draft(store, capture)] == ["added", "added"]


def test_discarding_asks_first_and_tells_of_another_screen(
    served: tuple[Chair, str], page: Page, capture: Capture
) -> None:
    """Breaks when one touch, or a screen that shows less, throws corrections away."""
    tool(page, "Remove")
    page.touchscreen.tap(*place(page, 125, 100))
    expect_edits(page, "Hair removed")
    with served[0].store() as store:
        (kept,) = draft(store, capture)
        keep_draft(store, capture.message_id, (kept, kept.model_copy(update={"hair": 1})))
    page.get_by_role("button", name="Discard").tap()
    page.get_by_role("dialog").get_by_role("button", name="Discard").tap()
    expect(page.get_by_role("alert")).to_contain_text("Another screen changed these corrections")
    expect_edits(page, "Hair removed", "Hair removed")
    page.get_by_role("button", name="Discard").tap()
    page.get_by_role("dialog").get_by_role("button", name="Discard").tap()
    page.wait_for_url(f"**/captures/{capture.message_id}")
    with served[0].store() as store:
        assert draft(store, capture) == ()
