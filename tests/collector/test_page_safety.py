"""What the page must not do: run what a message says, load from elsewhere, answer strangers, change anything."""

import re

import pytest

from collector.ingestion.decisions import Quarantined
from contract import (
    Quality,
    Verdict,
)
from tests.collector.examples import NOW, status
from tests.collector.page_clinic import Clinic
from tests.examples import capture, measurement


def test_markup_in_a_message_is_text_on_the_page(clinic: Clinic) -> None:
    """Breaks when a device can put markup into the clinic's page."""
    evil = "<img src=x onerror=alert(1)>"
    shown = capture(
        camera=evil,
        software_version=evil,
        quality=Quality(verdict=Verdict.REFUSE, reasons=(evil,)),
        measurement=measurement(flags=(evil,)),
    )
    clinic.holds(shown)
    clinic.store.store_batch([Quarantined(evil, b"", evil), status(software_version=evil)], NOW)
    for path in ("/", "/patients/P-0042", f"/captures/{shown.message_id}"):
        assert "<img src=x" not in clinic.client.get(path).text


@pytest.mark.parametrize("path", ["/", "/patients/P-9999", "/healthz", "/static/page.css", "/nothing"])
def test_every_answer_carries_the_strict_headers(clinic: Clinic, path: str) -> None:
    """Breaks when one kind of answer can be framed, sniffed, cached or made to run a script."""
    headers = clinic.client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_pages_need_nothing_that_the_policy_forbids(clinic: Clinic) -> None:
    """Breaks when a page loses its looks or its overlay switch to its own policy, or asks another host."""
    shown = capture()
    clinic.holds(shown)
    clinic.holds_picture(shown)
    for path in ("/", "/patients/P-0042", f"/captures/{shown.message_id}", "/nothing"):
        page = clinic.client.get(path).text
        page = re.sub(r'<script type="module" src="/static/js/[a-z_]+\.js">', "", page)
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|https?://|//[a-z]+\.", page)
        for address in re.findall(r'(?:href|src)="([^"]+)"', page):
            assert address.startswith(("/", "#")), address
            if address.startswith("/static/"):
                assert clinic.client.get(address.split("#")[0]).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.4:8080", ""])
def test_foreign_host_names_are_refused(clinic: Clinic, host: str) -> None:
    """Breaks when another site's script can read the page under a name of its own that points at this machine."""
    answer = clinic.client.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "nosniff" in answer.headers["x-content-type-options"]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "localhost:1234"])
def test_own_host_names_are_served(clinic: Clinic, host: str) -> None:
    """Breaks when the page is refused to the machine that it is for."""
    assert clinic.client.get("/", headers={"host": host}).status_code == 200


def test_nothing_can_be_changed_over_the_page(clinic: Clinic) -> None:
    """Breaks when a screen that only shows takes anything in."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in ("/", "/patients/P-0042", f"/pictures/{'0' * 64}"):
            assert clinic.client.request(method, path).status_code == 405
