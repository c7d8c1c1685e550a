"""The clinic's page in a real browser, over a visit that came the whole way."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from contract import Capture
from device.demo import clinician
from device.demo.clinic import Clinic
from device.demo.visit import PATIENT, VISIT_NUMBER, await_delivery
from tests.free_ports import free_ports
from tests.system.browser import chromium
from tests.system.signed_in import let_in, pages_of, session_of


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Capture, Clinic]]:
    """Give the page's address, the one capture that the clinic holds, and the clinic."""
    clinic = Clinic(tmp_path_factory.mktemp("clinic"), free_ports(), "mosquitto", seed=3)
    with ExitStack() as running:
        for program in (clinic.broker, clinic.collector, clinic.device):
            running.enter_context(program())
        clinic.calibrate()
        clinic.take_visit(PATIENT, VISIT_NUMBER, "--site", "vertex")
        (row,) = await_delivery(clinic)
        assert row.arrived
        yield f"http://127.0.0.1:{clinic.ports.page}", row.capture, clinic


@pytest.fixture(scope="module")
def session(delivered: tuple[str, Capture, Clinic]) -> httpx.Cookies:
    """Return the session of a clinician."""
    return session_of(*pages_of(delivered[2]))


@pytest.fixture
def page(delivered: tuple[str, Capture, Clinic], session: httpx.Cookies) -> Iterator[Page]:
    """Give a page of a browser of its own in which a clinician is signed in; an error on it fails the test."""
    with chromium() as browser, browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        let_in(context, session, delivered[0])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        yield page
        assert errors == []


def test_a_person_finds_the_figure_and_the_picture_behind_it(
    delivered: tuple[str, Capture, Clinic], page: Page
) -> None:
    """Breaks when the way from the patients to a capture's figure, picture or overlay is interrupted."""
    address, capture, _ = delivered
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(address)
    page.get_by_role("link", name=PATIENT).first.click()
    density = capture.measurement.hair_density_per_cm2
    expect(page.locator("main")).to_contain_text(f"{density.value:.0f}")
    expect(page.locator("main")).to_contain_text("Simulated")
    page.locator("section.visit").get_by_role("link", name="Vertex").click()
    shown = page.get_by_role("img", name="Scalp picture")
    expect(shown).to_be_visible()
    width = shown.evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert width == min(1600, capture.measurement.picture_px[0]), "reduced for the screen, and never enlarged"
    hairs = page.locator(".overlay g")
    assert hairs.count() == len(capture.measurement.hairs)
    expect(hairs.first).to_be_visible()
    page.get_by_label("Show what was counted").uncheck()
    expect(hairs.first).to_be_hidden()
    assert hosts == {address.split("/")[2]}, "an asset from another host"


@pytest.mark.parametrize("size", [(1440, 900), (768, 1024)])
def test_nothing_runs_out_of_the_page(
    delivered: tuple[str, Capture, Clinic], page: Page, size: tuple[int, int], tmp_path: Path
) -> None:
    """Breaks when a page must be scrolled sideways on a laptop or a tablet."""
    address, capture, _ = delivered
    page.set_viewport_size({"width": size[0], "height": size[1]})
    paths = ("/", "/patients", f"/patients/{PATIENT}", f"/patients/{PATIENT}/sites/vertex", "/devices")
    for path in (*paths, f"/captures/{capture.message_id}"):
        page.goto(address + path)
        page.screenshot(path=tmp_path / "page.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_the_demonstration_knows_a_page_that_does_not_show_what_it_must(
    delivered: tuple[str, Capture, Clinic],
) -> None:
    """Breaks when the demonstration calls pages right that a stranger may read, or that do not show the figure."""
    address, capture, clinic = delivered
    patient, open_to_all = f"{address}/patients/{PATIENT}", f"{address}/sign-in"
    density = f"<strong>{capture.measurement.hair_density_per_cm2.value:.0f}</strong>"
    assert clinician.look(clinic.add_clinician("one"), {patient: density}) == []
    assert clinician.look(clinic.add_clinician("two"), {patient: "<strong>1000</strong>", open_to_all: ""}) == [
        f"{open_to_all} is shown to a stranger.",
        f"{patient} does not show '<strong>1000</strong>' (status 200).",
        f"{open_to_all} does not show '' (status 303).",
    ]


def listening_addresses(port: int) -> set[str]:
    """Return the addresses, in the kernel's spelling, at which something on this machine listens on a port."""
    addresses = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            address, _, number = fields[1].partition(":")
            if int(number, 16) == port and fields[3] == "0A":
                addresses.add(address)
    return addresses


def test_the_demonstration_listens_on_this_machine_only(delivered: tuple[str, Capture, Clinic]) -> None:
    """Breaks when broker, picture service or page of a demonstration can be reached from another machine."""
    ports = delivered[2].ports
    for port in (ports.broker, ports.pictures, ports.page):
        assert listening_addresses(port) == {"0100007F"}, port
