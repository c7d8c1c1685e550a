"""A study's day in a browser: planned, patients entered, unlocked, results waited for; readable in both schemes."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from collector.page.access.guard import COOKIE
from collector.people.roles import Role
from tests.collector.conftest import await_true
from tests.collector.page_clinic import Clinic
from tests.collector.studies.examples import allocated, plan, trial
from tests.free_ports import free_port
from tests.system.browser import chromium
from tests.system.chair.screens import violations

_CODE = "HAIR-2027"
_FAULTY = "patient_code,arm\nP-0001,P\nP-0002,X\nP-0003\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Chromium."""
    with chromium() as running:
        yield running


@contextmanager
def _served(clinic: Clinic) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(clinic.application, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        await_true(lambda: server.started, "the pages are served")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def _signed_in(browser: Browser, clinic: Clinic, role: Role, address: str, scheme: str) -> Page:
    cookie = clinic.sign_in(role).headers["cookie"].removeprefix(f"{COOKIE}=")
    context = browser.new_context(base_url=address, color_scheme=scheme, viewport={"width": 1440, "height": 900})  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": address}])
    return context.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_monitor_runs_a_study(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """Breaks when a monitor cannot plan, enter, unlock and read a study, or axe finds a fault on the way."""
    people = allocated(24)
    of = plan(study_code=_CODE)
    clinic = Clinic(tmp_path, Role.MONITOR)
    with closing(clinic.store), _served(clinic) as address:
        clinic.holds(*trial(people, of, leave=0.1))
        page = _signed_in(browser, clinic, Role.MONITOR, address, scheme)
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))

        page.goto("/studies")
        page.get_by_role("link", name="Plan a study").click()
        assert violations(page) == []
        page.locator("[name=study_code]").fill(_CODE)
        page.locator("[name=title]").fill("Secretome against platelets")
        for row, (code, title) in enumerate((("P", "Placebo"), ("R", "Platelets"), ("S", "Secretome"))):
            page.locator("[name=arm_code]").nth(row).fill(code)
            page.locator("[name=arm_title]").nth(row).fill(title)
        page.get_by_role("button", name="Keep this plan").press("Enter")
        expect(page.get_by_text("This study is blinded.")).to_be_visible()

        _enter(page, _FAULTY)
        expect(page.locator("#enter .form-said")).to_contain_text("Line 3: arm is none of the plan's arms: P, R, S.")
        expect(page.locator("#enter .form-said")).to_contain_text("Line 4: it has 1 fields")
        faults.clear()  # the browser itself tells of the refusal
        _enter(page, "patient_code,arm\n" + "".join(f"{one.patient_code},{one.arm}\n" for one in people))
        expect(page.locator(".study-numbers strong").first).to_have_text("24")
        assert page.locator("svg.boxes .box").count() == 4
        assert violations(page) == []

        page.locator("#unlock [name=study_code]").fill(_CODE)
        page.locator("#unlock [name=reason]").fill("The last patient was seen.")
        page.get_by_role("button", name="Unlock for good").click()
        expect(page.locator("svg.forest")).to_be_visible(timeout=30_000)
        assert page.locator("svg.boxes .box").count() == 12
        assert violations(page) == []
        page.get_by_role("link", name="Patient by patient").click()
        expect(page.get_by_role("row", name="P-0001")).to_contain_text("R")
        assert violations(page) == []
        for width in (768, 1440):
            page.set_viewport_size({"width": width, "height": 1024})
            page.goto(f"/studies/{_CODE}")
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert faults == []


def _enter(page: Page, text: str) -> None:
    page.locator("#enter [name=file]").set_input_files(
        {"name": "list.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Enter patients").click()
