"""Each role's day at a clinic of real processes, from sign-in to sign-out: broker, collector, device, a browser."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from collector.commands.study import study
from collector.people.roles import Role
from contract import Capture, Site
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.outbox import Outbox
from device.store import Store
from tests.collector.conftest import await_true
from tests.collector.report_series import PATIENT, capture_at, change, comparison_of, picture_bytes
from tests.collector.report_series import SHIFT_PX as SHIFTED_PX
from tests.free_ports import free_ports
from tests.system.browser import chromium
from tests.system.chair.screens import violations
from tests.system.signed_in import PASSWORD

CODES = {Role.CLINICIAN: "dr-1", Role.TECHNICIAN: "tech-3", Role.MONITOR: "mon-2"}
LEFT = "tech-9"
"""Whose account is closed again."""
STUDY = "HAIR-2027"
PLAN = f"""
study_code = "{STUDY}"
title = "Secretome against placebo"
sites = ["{Site.VERTEX}"]
donor = "{Site.OCCIPITAL}"
visits = [1, 2]
baseline = 1
end_point = 2
reference = "P"

[[arms]]
code = "P"
title = "Placebo"

[[arms]]
code = "S"
title = "Secretome"
"""


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """Give a running clinic: two visits of a patient came by its broker and over TLS, and a study is planned."""
    clinic = Clinic(tmp_path_factory.mktemp("clinic"), free_ports(), "mosquitto", seed=3)
    with ExitStack() as running:
        for program in (clinic.broker, clinic.collector, clinic.device):
            running.enter_context(program())
        _deliver(clinic)
        _plan(clinic)
        yield clinic


def _deliver(clinic: Clinic) -> None:
    """Keep a series at the instrument, and wait until the clinic has confirmed all of it."""
    with closing(Store(clinic.folder / "device")) as store:
        kept = []
        for number in (1, 2):
            content = picture_bytes((0.0, 0.0) if number == 1 else SHIFTED_PX)
            made = capture_at(number, clinic_id=CLINIC, device_id=DEVICE)
            assert made.picture.sha256 == hashlib.sha256(content).hexdigest()

            def compose(sequence: int, of: Capture = made) -> Capture:
                return of.model_copy(update={"sequence": sequence})

            kept.append(store.keep(made.picture, content, compose))
        own = {"clinic_id": CLINIC, "device_id": DEVICE}
        store.keep_message(lambda sequence: comparison_of(kept[0], kept[1], change(), sequence=sequence, **own))
        outbox = Outbox(store)

        def has_all() -> bool:
            counts = outbox.counts()
            return not (counts.waiting_captures or counts.waiting_pictures or counts.waiting_others)

        await_true(has_all, "the clinic has confirmed everything", 60.0)


def _plan(clinic: Clinic) -> None:
    file = clinic.folder / "plan.toml"
    file.write_text(PLAN, encoding="utf-8")
    done = CliRunner().invoke(study, ["add", str(file), "--settings", str(clinic.collector_settings)])
    assert done.exit_code == 0, done.output


class Desk:
    """A browser at which one person works: whatever goes wrong on a screen is noted.

    Parameters
    ----------
    page
        Of the browser.
    address
        Of the clinic's pages.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda told: self.wrong.append(told.text) if told.type == "error" else None)
        page.on("request", lambda asked: None if asked.url.startswith(address) else self.wrong.append(asked.url))

    def sees(self, heading: str | re.Pattern[str]) -> None:
        """Wait for a screen by its heading, and hold it to what everybody can read."""
        expect(self.page.get_by_role("heading", name=heading).first).to_be_visible()
        self.is_readable()

    def is_readable(self) -> None:
        """Hold the screen as it stands to axe, and what happened on it to nothing."""
        assert violations(self.page) == [], self.page.url
        assert self.wrong == [], self.page.url

    def goes(self, section: str) -> None:
        """Go to a section by the bar."""
        self.page.get_by_role("navigation", name="Sections").get_by_role("link", name=section, exact=True).click()
        self.sees(section)

    def has_no(self, *sections: str) -> None:
        """Say that the bar does not lead to sections which are of other roles."""
        bar = self.page.get_by_role("navigation", name="Sections")
        assert not {*sections} & {one.strip() for one in bar.get_by_role("link").all_inner_texts()}

    def may_not(self, path: str, hidden: str) -> None:
        """Ask for a screen of other roles by its address, and be refused in words."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == 403
        assert hidden not in answer.text()
        (told,) = self.wrong  # the browser itself tells of the status
        assert "403" in told
        self.wrong.clear()
        self.sees("Your role does not include this. Ask an administrator.")
        self.page.get_by_role("link", name="Back to the start").click()
        self.sees("Today")

    def sets_password(self, link: str) -> None:
        """Follow a one-time link and choose a password, which signs in."""
        self.page.goto(link)
        self.sees("Set your password")
        self.page.get_by_label("New password").fill(PASSWORD)
        self.page.get_by_role("button", name="Set password and sign in").click()
        self.sees("Today")

    def signs_in(self, code: str) -> None:
        """Sign in with code and password."""
        self.page.goto("/")
        self.sees("Sign in")
        self.page.get_by_label("Your code").fill(code)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.sees("Today")
        expect(self.page.locator(".menu-who strong")).to_have_text(code)

    def signs_out(self) -> None:
        """Sign out; the way back leads nowhere."""
        self.page.locator(".menu summary").click()
        self.page.get_by_role("button", name="Sign out").click()
        self.sees("Sign in")
        self.page.goto("/")
        self.sees("Sign in")


@contextmanager
def _desk(browser: Browser, clinic: Clinic) -> Iterator[Desk]:
    address = f"http://127.0.0.1:{clinic.ports.page}"
    with browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}, locale="en-GB") as context:
        yield Desk(context.new_page(), address)


def test_each_role_does_its_day_s_work(clinic: Clinic, tmp_path: Path) -> None:
    """Breaks when somebody cannot do their work, may do another's, or meets a screen that is not for everybody."""
    with chromium() as browser:
        with _desk(browser, clinic) as desk:
            links = _administrator(desk, _first_link(clinic))
        with _desk(browser, clinic) as desk:
            desk.sets_password(links[CODES[Role.CLINICIAN]])
            desk.signs_out()
            _clinician(desk, tmp_path)
        with _desk(browser, clinic) as desk:
            desk.sets_password(links[CODES[Role.TECHNICIAN]])
            _technician(desk)
        with _desk(browser, clinic) as desk:
            desk.sets_password(links[CODES[Role.MONITOR]])
            _monitor(desk)
        with _desk(browser, clinic) as desk:
            answer = desk.page.goto(links[LEFT])
            assert answer is not None
            assert answer.status == 404
            expect(desk.page.get_by_role("heading")).to_contain_text("This link opens nothing any more")


def _first_link(clinic: Clinic) -> str:
    """Return the link that the collector told when it started on an empty store."""
    (log,) = (clinic.folder / "logs").glob("collector*.log")
    found = re.search(r"^first administrator: (\S+) \(once, within a day\)$", log.read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def _administrator(desk: Desk, link: str) -> dict[str, str]:
    """Set the first password, add everybody, close one, read the trail; return the one-time links by code."""
    page = desk.page
    desk.sets_password(link)
    desk.has_no("Patients", "Studies")
    desk.goes("Accounts")
    who = {code: role for role, code in CODES.items()} | {LEFT: Role.TECHNICIAN}
    links = {code: _add(desk, code, role) for code, role in who.items()}
    page.get_by_role("button", name=f"Close the account {LEFT}").click()
    desk.sees(f"Close the account {LEFT}")
    page.get_by_role("button", name="Close the account", exact=True).click()
    expect(page.get_by_role("row", name=LEFT)).to_contain_text("Closed")
    desk.goes("Devices")
    expect(page.locator("main")).to_contain_text(DEVICE)
    desk.goes("Quarantine")
    desk.may_not(f"/patients/{PATIENT}", "hairs")
    desk.goes("Audit trail")
    entries = page.locator(".trail-entries tbody")
    for code in who:
        expect(entries.get_by_role("row").filter(has_text="Added an account").filter(has_text=code)).to_have_count(1)
    expect(entries.get_by_role("row").filter(has_text="Closed an account")).to_contain_text(LEFT)
    expect(entries.get_by_role("row").filter(has_text="Set their password")).to_contain_text("admin")
    desk.signs_out()
    assert len(set(links.values())) == len(who)
    return links


def _add(desk: Desk, code: str, role: Role) -> str:
    """Add an account, and return the one-time link that is shown this once."""
    page = desk.page
    page.get_by_role("button", name="Add an account").click()
    dialog = page.get_by_role("dialog", name="Add an account")
    dialog.get_by_label("Code").fill(code)
    dialog.locator(f'input[name="role"][value="{role.value}"]').check()
    desk.is_readable()
    dialog.get_by_role("button", name="Add", exact=True).click()
    shown = page.get_by_role("dialog", name=f"One-time link for {code}")
    expect(shown.locator("output.secret")).to_contain_text("/first/")
    desk.is_readable()
    link = shown.locator("output.secret").inner_text()
    shown.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name=code)).to_contain_text("No password yet")
    return link


def _clinician(desk: Desk, folder: Path) -> None:
    """Find a patient, read a site and a capture, take the report away."""
    page = desk.page
    desk.signs_in(CODES[Role.CLINICIAN])
    desk.has_no("Accounts", "Audit trail", "Quarantine", "Tokens")
    desk.goes("Patients")
    page.get_by_label("Patient code").press_sequentially("p-00")
    page.locator("#found").get_by_role("link", name=PATIENT).click()
    desk.sees(PATIENT)
    page.locator(".courses").get_by_role("link", name="Vertex").click()
    desk.sees("Vertex")
    expect(page.locator(".answer")).to_contain_text("increase by 12.3 hairs/cm²")
    with page.context.expect_page() as beside:  # the browser's own viewer, of which nothing is asked here
        page.get_by_role("link", name="Report as PDF").click(modifiers=["ControlOrMeta"])
    beside.value.wait_for_url("**/sites/vertex/report.pdf")
    report = page.context.request.get(beside.value.url)
    beside.value.close()
    assert report.headers["content-disposition"] == f'inline; filename="{PATIENT}-vertex.pdf"'
    file = folder / "report.pdf"
    file.write_bytes(report.body())
    said = subprocess.run(["/usr/bin/pdftotext", file, "-"], capture_output=True, text=True, check=True)
    assert PATIENT in said.stdout
    assert "12.3" in said.stdout
    page.get_by_role("link", name="Report", exact=True).click()
    desk.sees(re.compile(PATIENT))
    page.go_back()
    page.locator("table.visits").get_by_role("link").first.click()
    page.wait_for_url("**/captures/*")
    desk.sees("Vertex")
    picture = page.get_by_role("img", name="Scalp picture")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 400
    desk.goes("Studies")
    desk.may_not("/audit", PATIENT)
    desk.signs_out()


def _technician(desk: Desk) -> None:
    """Look after the instruments; studies are of others."""
    page = desk.page
    desk.has_no("Studies", "Accounts", "Audit trail", "Quarantine", "Tokens")
    desk.goes("Devices")
    page.get_by_role("link", name=DEVICE).click()
    desk.sees(DEVICE)
    expect(page.locator(".device-states").first).to_contain_text("Online")
    desk.may_not("/studies", STUDY)
    desk.goes("Patients")
    desk.signs_out()


def _monitor(desk: Desk) -> None:
    """Follow the study and read the trail; patients are of others."""
    page = desk.page
    desk.has_no("Patients", "Devices", "Accounts", "Quarantine", "Tokens")
    desk.goes("Studies")
    page.get_by_role("link", name=STUDY).click()
    desk.sees("Secretome against placebo")
    expect(page.get_by_text("This study is blinded.")).to_be_visible()
    for path in (f"/patients/{PATIENT}", f"/patients/{PATIENT}/sites/vertex/report.pdf"):
        desk.may_not(path, "hairs")
    desk.goes("Audit trail")
    page.get_by_label("By whom").fill(CODES[Role.CLINICIAN])
    page.get_by_label("Patient", exact=True).fill(PATIENT)
    page.get_by_role("button", name="Show").click()
    desk.sees("Audit trail")
    looks = page.locator(".trail-entries tbody").get_by_role("row")
    expect(looks.first).to_contain_text("Looked at a patient")
    expect(looks.filter(has_text="report of vertex").first).to_be_visible()
    assert {*looks.locator("td:nth-child(2)").all_inner_texts()} == {CODES[Role.CLINICIAN]}
    desk.signs_out()
