"""The report of a drawn series in a real browser: seen whole, registered, and nothing asked of the network."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from collector.report import as_html, read_report
from contract import Fate, Site
from tests.system.browser import chromium
from tests.system.phantom_series import CLINIC, PATIENT, Course, hold_series

_SIZE_PX = (1014, 760)
# Much comes and goes, so that a small picture shows all that can be marked.
_COURSES = (Course(Site.VERTEX, ((0.3, 0.15),), 41), Course(Site.OCCIPITAL, ((0.02, 0.02),), 77))


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of two sites over two visits as a file."""
    folder = tmp_path_factory.mktemp("clinic")
    store, pictures = hold_series(folder, _COURSES, _SIZE_PX)
    with closing(store):
        report = read_report(
            store,
            pictures.open,
            clinic_id=CLINIC,
            patient_code=PATIENT,
            site=Site.VERTEX,
            made_at=datetime(2026, 9, 5, 8, 0, tzinfo=UTC),
        )
        assert report.latest is not None
        assert report.latest.comparison.change.transform is not None, "the drawn pictures must be found to be one place"
        assert {hair.fate for hair in report.latest.comparison.change.hairs} == set(Fate)
        (folder / "report.html").write_text(as_html(report), encoding="utf-8")
    return folder / "report.html"


@pytest.fixture
def page(report_file: Path) -> Iterator[Page]:
    """Give a page of a browser of its own with the report; an error on it, or a request for more, fails the test."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        errors: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.on("request", lambda request: asked.append(request.url[:40]))
        page.goto(report_file.as_uri(), wait_until="load")
        yield page
        assert errors == []
        assert [url for url in asked if not url.startswith("data:image/jpeg")] == [report_file.as_uri()[:40]]


def seen(page: Page, panel: int) -> NDArray[np.float64]:
    """Return what a panel without marks shows, as grey values."""
    shot = page.locator("svg.scalp").nth(panel).screenshot()
    return np.asarray(Image.open(BytesIO(shot)).convert("L").resize((320, 240)), np.float64)


def test_the_report_is_seen_whole(page: Page) -> None:
    """Breaks when a browser leaves the style or a picture away, or the change is not what is seen first."""
    expect(page.locator(".verdict strong")).to_contain_text("Hair density")
    expect(page.locator(".verdict strong")).to_be_in_viewport()
    assert page.locator("h1").evaluate("one => getComputedStyle(one).fontSize") == "24px"
    assert page.locator("svg.scalp").count() == 4
    assert page.locator("svg.chart").count() == 3
    assert page.locator('svg.scalp [data-mark="new"]').count() > 0
    colours = Image.open(BytesIO(page.locator("svg.scalp").nth(1).screenshot())).convert("RGB")
    pixels = np.asarray(colours, np.int64).reshape(-1, 3)
    assert (np.abs(pixels - (0xC4, 0xFF, 0x1A)).max(axis=1) < 12).sum() > 20, "no lime of a new hair"


def test_the_follow_up_lies_on_the_baseline(page: Page) -> None:
    """Breaks when the pictures beside each other do not show the same hairs at the same places."""
    baseline, followup = seen(page, 2), seen(page, 3)
    inner = (slice(70, 170), slice(90, 230))
    registered = np.corrcoef(baseline[inner].ravel(), followup[inner].ravel())[0, 1]
    elsewhere = np.corrcoef(baseline[inner].ravel(), np.roll(followup, 40, axis=1)[inner].ravel())[0, 1]
    assert registered > 0.4
    assert registered > elsewhere + 0.3


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_runs_out_of_the_report(page: Page, width: int) -> None:
    """Breaks when a report must be scrolled sideways on a laptop, a tablet or a telephone."""
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for figure in page.locator("figure svg").all():
        box = figure.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] < 1.2 * box["width"]
