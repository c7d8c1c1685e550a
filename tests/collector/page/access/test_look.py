"""The screens about people in a browser: the first administrator's whole way, and nothing that axe finds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from collector.page.access.guard import COOKIE
from collector.people.one_time_links import first_link
from collector.server import listen, plain_server
from tests.collector.page_clinic import Clinic
from tests.free_ports import free_port
from tests.system.browser import chromium
from tests.system.chair.screens import violations

_SIZES = ((1440, 900), (768, 1024), (390, 844))
_PASSWORD = "four plain words here"


@contextmanager
def _served(clinic: Clinic) -> Iterator[str]:
    port = free_port()
    with listen("page", "127.0.0.1", port) as listening:
        running = plain_server(clinic.application, 50)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"  # it listens already: a request waits until it is served
        finally:
            running.should_exit = True
            thread.join(10)


def _looked_at(page: Page, name: str, folder: Path) -> None:
    for width, height in _SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == [], f"{name} at {width}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width} is too wide"
    page.screenshot(path=folder / f"{name}.png")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_the_first_administrators_way(clinic: Clinic, tmp_path: Path) -> None:
    """Breaks when a screen about people cannot be used by eye, keyboard or screen reader, or needs what CSP forbids."""
    with _served(clinic) as base, chromium() as browser:
        page = browser.new_context().new_page()
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        link = first_link(clinic.store, base)
        assert link is not None

        page.goto(f"{base}/audit")
        _looked_at(page, "sign-in", tmp_path)
        page.fill("#name", "nobody")
        page.fill("#password", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector(".form-said:not(:empty)")
        assert faults == ["Failed to load resource: the server responded with a status of 401 (Unauthorized)"]
        faults.clear()

        page.goto(link)
        _looked_at(page, "first", tmp_path)
        page.keyboard.type(_PASSWORD)  # the field has the focus
        page.keyboard.press("Enter")
        page.wait_for_url(f"{base}/")
        for name in ("accounts", "tokens", "audit", "account"):
            page.goto(f"{base}/{name}")
            _looked_at(page, name, tmp_path)

        page.goto(f"{base}/accounts")
        page.click("[data-open=adding]")
        page.fill("#new-name", "mk")
        page.check("#adding input[value=clinician]")
        _looked_at(page, "adding", tmp_path)
        page.keyboard.press("Enter")
        page.wait_for_selector("#link[open]")
        second = page.inner_text("#link-address")
        assert second.startswith(f"{base}/first/")
        _looked_at(page, "link", tmp_path)
        page.click("#link-done")
        page.wait_for_selector("th:has-text('mk')")

        page.goto(f"{base}/audit")
        page.select_option("#action", "account-added")
        page.click("form[role=search] .main")
        page.wait_for_url("**/audit?*action=account-added*")
        assert page.locator("tbody tr").count() == 2

        page.click(".menu summary")
        page.click("[data-act='/sign-out']")
        page.wait_for_url(f"{base}/sign-in")
        assert not [one for one in page.context.cookies() if one["name"] == COOKIE]
        page.go_back()
        page.wait_for_url("**/sign-in?next=*")
        assert faults == []
