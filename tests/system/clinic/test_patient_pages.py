"""A clinician's way in a real browser: a patient found, a site opened, two visits compared, all of it printed."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from collector.people.roles import Role
from contract import Site
from tests.collector.conftest import await_true
from tests.collector.page_clinic import Clinic
from tests.collector.report_series import capture_at, whole_series
from tests.examples import capture, visit
from tests.free_ports import free_port
from tests.system.browser import chromium
from tests.system.chair.screens import violations

SITE = "/patients/P-0042/sites/vertex"
SIZES = ((1440, 900), (768, 1024))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Clinic]]:
    """Serve the pages of a clinic with a series; give their address, and the clinic with a clinician signed in."""
    clinic = Clinic(tmp_path_factory.mktemp("clinic"))
    whole_series(clinic)
    clinic.holds(
        *(capture(patient_code=f"P-{number}") for number in range(1000, 1060)),
        visit(protocol=(Site.FRONTAL, Site.VERTEX, Site.OCCIPITAL), taken=(Site.VERTEX, Site.OCCIPITAL)),
    )
    clinic.sign_in(Role.CLINICIAN)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(clinic.application, host="127.0.0.1", port=port, log_level="warning"))
    running = threading.Thread(target=server.run)
    running.start()
    try:
        await_true(lambda: server.started, "the pages are served")
        with closing(clinic.store):
            yield f"http://127.0.0.1:{port}", clinic
    finally:
        server.should_exit = True
        running.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run one browser for all tests."""
    with chromium() as running:
        yield running


def opened(browser: Browser, served: tuple[str, Clinic], **options: object) -> BrowserContext:
    """Open a browser's window in which the clinician is signed in."""
    address, clinic = served
    headers = clinic.client.headers
    assert headers is not None
    name, _, value = headers["cookie"].partition("=")
    context = browser.new_context(base_url=address, **{"viewport": {"width": 1440, "height": 900}} | options)  # type: ignore[arg-type]
    context.add_cookies([{"name": name, "value": value, "url": address}])
    return context


@pytest.fixture
def page(browser: Browser, served: tuple[str, Clinic]) -> Iterator[Page]:
    """Give a page; an error on it, or a request to another host, fails the test."""
    with opened(browser, served) as context:
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(served[0]) else None)
        yield page
        assert wrong == []


def test_a_clinician_finds_a_patient_and_reads_the_change(page: Page) -> None:
    """Breaks when the way from a typed code to what changed at a site is interrupted."""
    page.goto("/patients")
    expect(page.locator("#found tbody tr")).to_have_count(50)
    page.get_by_label("Patient code").press_sequentially("p-004")
    expect(page.locator("#found tbody tr")).to_have_count(1)
    expect(page.locator("#found")).to_contain_text("Vertex +12.3 hairs/cm²")
    assert page.url.endswith("/patients?code=p-004")
    page.get_by_role("link", name="P-0042").click()
    expect(page.get_by_role("heading", name="P-0042")).to_be_visible()
    page.locator(".trend-map").get_by_role("link", name="Vertex").click()
    expect(page.locator(".answer")).to_contain_text("Hair density: increase by 12.3 hairs/cm²")
    page.get_by_role("link", name="Thin-hair share").click()
    expect(page.locator(".charted figcaption").nth(1)).to_contain_text("Thin-hair share")


def edge_of(page: Page) -> float:
    """Return where the slider's line stands, as a share of the picture's width."""
    share: float = page.locator("#stage").evaluate(
        "stage => (stage.querySelector('.divider:not(.casing)').x1.baseVal.value - stage.viewBox.baseVal.x)"
        " / stage.viewBox.baseVal.width"
    )
    return share


def test_the_slider_moves_by_keyboard(page: Page) -> None:
    """Breaks when the two visits can only be compared with a mouse."""
    page.goto(SITE)
    slider = page.get_by_role("slider")
    expect(page.locator("#stage")).to_be_visible()
    expect(page.locator(".pair")).to_be_hidden()
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert edge_of(page) == pytest.approx(0.7, abs=0.01)
    expect(slider).to_have_attribute("aria-valuetext", "70 % of the earlier picture")
    page.keyboard.press("Home")
    assert edge_of(page) == pytest.approx(0.0, abs=0.01)


def test_the_picture_is_enlarged_and_moved_by_keyboard(page: Page) -> None:
    """Breaks when nobody can look closely at a hair without a mouse, or a closer look stays coarse."""
    page.goto(SITE)
    stage = page.locator("#stage")
    whole = stage.evaluate("stage => stage.viewBox.baseVal.width")
    page.get_by_role("button", name="Larger").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#zoomed")).to_have_text("150 %")
    assert stage.evaluate("stage => stage.viewBox.baseVal.width") == pytest.approx(whole / 1.5)
    expect(stage.locator("image").first).to_have_attribute(
        "href", f"/pictures/{capture_at(1).picture.sha256}/reduced/1600"
    )
    stage.focus()
    left = stage.evaluate("stage => stage.viewBox.baseVal.x")
    page.keyboard.press("ArrowRight")
    assert stage.evaluate("stage => stage.viewBox.baseVal.x") > left
    page.keyboard.press("-")
    expect(page.locator("#zoomed")).to_have_text("100 %")


def test_marks_are_switched_and_pictures_stand_side_by_side(page: Page) -> None:
    """Breaks when marks hide what is looked for, or the two pictures cannot be seen at once."""
    page.goto(SITE)
    mark = page.locator("#stage .marks-layer use").first
    expect(mark).to_be_visible()
    page.get_by_label("Marks").uncheck()
    expect(mark).to_be_hidden()
    page.get_by_role("button", name="Side by side").click()
    expect(page.locator(".pair svg.scalp").nth(1)).to_be_visible()
    expect(page.locator("#stage")).to_be_hidden()


def test_what_is_dragged_is_the_slider(page: Page) -> None:
    """Breaks when a finger on the picture does not move the line to where it is."""
    page.goto(SITE)
    stage = page.locator("#stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 60, middle, steps=3)
    page.mouse.up()
    assert edge_of(page) > 0.53
    page.mouse.move(box["x"] + box["width"] / 2 - 100, middle)
    assert edge_of(page) > 0.53, "nothing is held any more"


def test_without_script_everything_is_there(browser: Browser, served: tuple[str, Clinic]) -> None:
    """Breaks when a page is empty, or the pictures are missing, where scripts are switched off."""
    with opened(browser, served, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/patients?code=P-0042")
        page.get_by_role("link", name="P-0042").click()
        page.locator(".courses").get_by_role("link", name="Vertex").click()
        expect(page.locator(".pair svg.scalp").nth(0)).to_be_visible()
        expect(page.locator(".pair svg.scalp").nth(1)).to_be_visible()
        expect(page.locator(".stage")).to_be_hidden()
        expect(page.locator("svg.chart[role=img]")).to_have_count(4)
        expect(page.locator("table.visits tbody tr")).to_have_count(2)


def test_the_search_works_without_script(browser: Browser, served: tuple[str, Clinic]) -> None:
    """Breaks when the policy forbids the form that searches, so that nobody is found without scripts."""
    with opened(browser, served, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/patients")
        page.get_by_label("Patient code").fill("P-0042")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("#found tbody tr")).to_have_count(1)


def test_a_site_is_printed_whole(page: Page, tmp_path: Path) -> None:
    """Breaks when paper shows half a slider in place of both pictures, or buttons that nobody can press."""
    page.goto(SITE)
    page.emulate_media(media="print")
    expect(page.locator(".pair svg.scalp").nth(0)).to_be_visible()
    expect(page.locator(".pair svg.scalp").nth(1)).to_be_visible()
    for hidden in (".stage", ".tools", ".choose", ".ways", ".top"):
        expect(page.locator(hidden).first).to_be_hidden()
    page.pdf(path=tmp_path / "site.pdf", format="A4")
    assert (tmp_path / "site.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_out(browser: Browser, served: tuple[str, Clinic], scheme: str) -> None:
    """Breaks when a screen cannot be read by everybody, on a light or a dark ground, on a laptop or a tablet."""
    shown = f"/captures/{served[1].store.captures_of('P-0042')[0].capture.message_id}"
    with opened(browser, served, color_scheme=scheme) as context:
        page = context.new_page()
        for path in ("/patients", "/patients?code=X", "/patients/P-0042", SITE, f"{SITE}?figure=hairs_per_unit", shown):
            page.goto(path)
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                assert violations(page) == [], f"{path} at {width}"
                assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
