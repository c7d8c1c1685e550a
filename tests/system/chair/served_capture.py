"""A touch screen that shows one capture of a served chair, and what is drawn on it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from contract import Capture
from tests.system.chair.screens import FIRST


@contextmanager
def touch_screen(browser: Browser, address: str, capture: Capture) -> Iterator[Page]:
    """Give a touch screen of 7 inches at which a technician has begun the capture's visit; an error fails the test."""
    context = browser.new_context(viewport={"width": FIRST[0], "height": FIRST[1]}, has_touch=True, locale="en-GB")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(f"{address}/")
        body = {"technician": "mk", "patient": capture.patient_code, "visit": capture.visit_number}
        answer = page.evaluate(
            """async (body) => {
                const token = document.querySelector('meta[name="chair-token"]').content;
                const headers = { "content-type": "application/json", "x-chair-token": token };
                return (await fetch("/visits", { method: "POST", headers, body: JSON.stringify(body) })).status;
            }""",
            body,
        )
        assert answer == 200
        yield page
        assert errors == []
    finally:
        context.close()


def await_picture(page: Page) -> None:
    """Wait until the viewer has drawn the picture."""
    expect(page.locator("canvas[data-picture-width]:not([data-picture-width='0'])")).to_be_visible()


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a pixel of the picture lies on the screen while the whole picture is shown."""
    box = page.locator(".viewer canvas").bounding_box()
    assert box is not None
    scale = min(box["width"] / 640, box["height"] / 480)
    return (
        box["x"] + (box["width"] - 640 * scale) / 2 + x * scale,
        box["y"] + (box["height"] - 480 * scale) / 2 + y * scale,
    )


def colours_near(page: Page, x: float, y: float) -> set[str]:
    """Return which overlay colours are drawn within 6 screen pixels of a pixel of the picture."""
    screen_x, screen_y = place(page, x, y)
    found: list[str] = page.evaluate(
        """([x, y]) => {
            const canvas = document.querySelector(".viewer canvas");
            const box = canvas.getBoundingClientRect();
            const ratio = canvas.width / box.width;
            const at = [(x - box.left - 6) * ratio, (y - box.top - 6) * ratio, 12 * ratio, 12 * ratio].map(Math.round);
            const { data } = canvas.getContext("2d").getImageData(...at);
            const colours = { terminal: [255, 95, 210], vellus: [198, 244, 50], frame: [108, 195, 255] };
            const near = (rgb) => {
                for (let i = 0; i < data.length; i += 4) {
                    if (rgb.every((value, j) => Math.abs(value - data[i + j]) < 12)) return true;
                }
                return false;
            };
            return Object.keys(colours).filter((name) => near(colours[name]));
        }""",
        [screen_x, screen_y],
    )
    return set(found)
