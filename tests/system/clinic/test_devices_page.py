"""Devices, quarantine and the day in a browser, told what is new as it comes; and how the streams end."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from playwright.sync_api import Browser, BrowserContext, Page

from collector.ingestion.decisions import Accepted, Decision, Quarantined
from collector.page.access.guard import COOKIE
from collector.people.roles import Role
from collector.people.sessions import Sessions
from collector.server import listen, plain_server
from collector.store import people
from collector.store.alarms import Alarm, AlarmKind
from contract import Channel, DayList, Quality, Topic, Verdict
from contract.day_list import Expected
from tests.collector.examples import CLINIC, DEVICE, health, status
from tests.collector.page_clinic import Clinic
from tests.examples import capture
from tests.free_ports import free_port
from tests.system.browser import chromium
from tests.system.chair.screens import violations

_SIZES = ((1440, 900), (768, 1024))


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


def _hold(clinic: Clinic, *decisions: Decision) -> None:
    clinic.store.store_batch(decisions, datetime.now(UTC))


def _came(clinic: Clinic, code: str = "P-0042", device: str = DEVICE, verdict: Verdict = Verdict.PASS) -> None:
    quality = Quality(verdict=verdict, reasons=() if verdict is Verdict.PASS else ("Out of focus.",))
    shown = capture(patient_code=code, device_id=device, quality=quality, taken_at=datetime.now(UTC))
    _hold(clinic, Accepted(Topic(CLINIC, device, Channel.CAPTURE), shown, shown.encode()))


def fill(clinic: Clinic) -> None:
    """Make a clinic's usual day, and some of what goes wrong on others."""
    now = datetime.now(UTC)
    well = {"created_at": now, "room_captures": 3900, "calibration_made_at": now - timedelta(days=6)}
    _hold(
        clinic,
        status(created_at=now - timedelta(hours=3)),
        health(**well, lights=("cross", "parallel"), triggers=("foot-switch",),
               certificate_expires_at=now + timedelta(days=500)),
        status(device_id="chair-2", created_at=now - timedelta(hours=2)),
        health(**well | {"room_captures": 41, "device_id": "chair-2", "waiting_captures": 12, "waiting_pictures": 30,
                         "oldest_waiting_at": now - timedelta(days=2), "refused_captures": 3}),
        status(device_id="chair-3", created_at=now, software_version="0.0.9"),
        health(**well | {"device_id": "chair-3", "camera_trouble": "The camera is gone. Look at its cable."}),
        status(device_id="laboratory", created_at=now - timedelta(days=6), presence="offline", simulated=True),
    )  # fmt: skip
    for number in range(24):
        _came(clinic, f"P-00{40 + number % 5}", verdict=Verdict.REFUSE if number % 9 == 0 else Verdict.PASS)
    clinic.store.raise_alarm(
        Alarm(AlarmKind.PICTURE_ALTERED, "chair-3", "a" * 64, "b" * 64, 10_200_000, "The body's SHA-256 is another.")
    )
    fit = capture(patient_code="P-0077")
    contract_topic = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))
    _hold(clinic, Quarantined(contract_topic, fit.encode(), "The message breaks the contract: site (literal_error)."))
    _hold(
        clinic,
        *(Quarantined("weather/today", b"rain %d" % n, "The topic is none of the contract's.") for n in range(3)),
    )
    today = datetime.now().astimezone().date()
    expected = tuple(Expected(patient_code=f"P-00{number}", visit_number=1) for number in (40, 41, 90, 91))
    listed = DayList(clinic_id=CLINIC, device_id=DEVICE, made_at=now, day=today, expected=expected)
    clinic.store.keep_day_lists([listed], today)


def cookie_of(clinic: Clinic, role: Role) -> str:
    """Open a session of an account of its own, and return its secret."""
    account_id = uuid4()
    with clinic.store.writing() as connection:
        people.add_account(connection, account_id, f"a-{account_id.hex[:8]}", role.value, datetime.now(UTC))
    return Sessions(clinic.store).open(account_id)


def _signed_in(clinic: Clinic, browser: Browser, base: str, role: Role, *, dark: bool = False) -> BrowserContext:
    value = cookie_of(clinic, role)
    context = browser.new_context(
        color_scheme="dark" if dark else "light", viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    context.add_cookies([{"name": COOKIE, "value": value, "url": base}])
    return context


def _looked_at(page: Page, name: str, folder: Path, sizes: tuple[tuple[int, int], ...] = _SIZES) -> None:
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == [], f"{name} at {width}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width} is too wide"
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})


def _heard(page: Page, faults: list[str]) -> None:
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))


def test_an_administrators_day(tmp_path: Path) -> None:
    """Breaks when devices or quarantine cannot be used by eye, keyboard or screen reader, or need what CSP forbids."""
    clinic = Clinic(tmp_path, Role.ADMINISTRATOR)
    with closing(clinic.store), _served(clinic) as base, chromium() as browser:
        fill(clinic)
        faults: list[str] = []
        for dark in (False, True):
            context = _signed_in(clinic, browser, base, Role.ADMINISTRATOR, dark=dark)
            page = context.new_page()
            _heard(page, faults)
            for name, path in (("overview", "/"), ("devices", "/devices"), ("device", "/devices/chair-1"),
                               ("chair-2", "/devices/chair-2"), ("quarantine", "/quarantine")):  # fmt: skip
                page.goto(base + path)
                _looked_at(page, f"{name}{'-dark' if dark else ''}", tmp_path, _SIZES[:1] if dark else _SIZES)
            context.close()
        context = _signed_in(clinic, browser, base, Role.ADMINISTRATOR)
        page = context.new_page()
        _heard(page, faults)
        page.goto(f"{base}/quarantine")
        count = page.locator("[data-live=quarantine]")
        assert count.inner_text() == "4"
        place = page.locator(".held").first.bounding_box()
        page.click(".held:has-text('literal_error') a")
        page.wait_for_selector(".bytes")
        assert "P-0077" in page.inner_text(".bytes")
        _looked_at(page, "message", tmp_path)
        page.goto(f"{base}/quarantine")
        page.locator(".held:has-text('literal_error') button:has-text('Try again')").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".held.gone .outcome:not(:empty)")
        assert "Stored: 1." in page.inner_text("#said")
        page.wait_for_selector("[data-live=quarantine]:text-is('3')")
        page.click(".reasons-table tr:has-text('none of the contract') .danger")
        page.wait_for_selector("#discarding[open]")
        _looked_at(page, "discarding", tmp_path)
        page.fill("#why", "no instrument of ours")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-live=quarantine]:text-is('0')")
        assert page.locator(".held.gone").count() == 4
        assert place is not None
        page.goto(f"{base}/quarantine")
        assert "Every message could be taken." in page.inner_text("main")
        assert faults == []


def test_what_is_new_is_offered_and_never_forced(tmp_path: Path) -> None:
    """Breaks when a page jumps under the hand, is not told, is told of other patients, or each tab takes a stream."""
    clinic = Clinic(tmp_path)
    with closing(clinic.store), _served(clinic) as base, chromium() as browser:
        fill(clinic)
        context = _signed_in(clinic, browser, base, Role.CLINICIAN)
        streams: list[str] = []
        context.on("request", lambda asked: streams.append(asked.url) if asked.url.endswith("/live") else None)
        listed, patient = context.new_page(), context.new_page()
        with listed.expect_response("**/live"):
            listed.goto(f"{base}/")
        patient.goto(f"{base}/patients/P-0040")
        bar = ".live-bar:not([hidden])"
        _looked_at(listed, "clinician", tmp_path)
        assert listed.locator(bar).count() == 0
        before = listed.locator("#patients").bounding_box()
        _came(clinic, "P-0041")
        listed.wait_for_selector(bar)
        assert listed.locator("#patients").bounding_box() == before
        _looked_at(listed, "bar", tmp_path)
        assert patient.locator(bar).count() == 0
        _came(clinic, "P-0040")
        patient.wait_for_selector(bar)  # by the other tab's stream
        assert len(streams) == 1
        listed.click(".live-bar a")
        listed.wait_for_selector(f"{bar}", state="detached")
        patient.click(".live-bar button")
        assert patient.locator(bar).count() == 0
        listed.close()
        _came(clinic, "P-0040")
        patient.wait_for_selector(bar)  # it listens by itself now
        patient.click(".live-bar button")
        (cookie,) = [one["value"] for one in context.cookies() if one["name"] == COOKIE]
        Sessions(clinic.store).close(cookie)
        patient.wait_for_selector(".live-words:has-text('signed out')")
        patient.reload()
        patient.wait_for_url("**/sign-in?next=*")


_PROGRAM = """
import sys, threading
from pathlib import Path
from collector.people.roles import Role
from collector.server import listen, plain_server
from tests.collector.page_clinic import Clinic
from tests.system.clinic.test_devices_page import cookie_of
clinic = Clinic(Path(sys.argv[1]))
with listen("page", "127.0.0.1", int(sys.argv[2])) as listening:
    running = plain_server(clinic.application, 50)
    print(cookie_of(clinic, Role.CLINICIAN), flush=True)
    threading.Thread(target=lambda: (sys.stdin.readline(), setattr(running, "should_exit", True)), daemon=True).start()
    running.run(sockets=[listening])
"""


def test_streams_end_with_the_collector_within_a_second(tmp_path: Path) -> None:
    """Breaks when open pages hold the collector's end up, by a signal or by a fault of one of its parts."""
    for by_signal in (True, False):
        folder = tmp_path / str(by_signal)
        folder.mkdir()
        port = free_port()
        arguments = [sys.executable, "-c", _PROGRAM, str(folder), str(port)]
        with subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            cookie = process.stdout.readline().strip()
            headers = {"cookie": f"{COOKIE}={cookie}", "accept": "text/event-stream"}
            with httpx.stream("GET", f"http://127.0.0.1:{port}/live", headers=headers, timeout=20) as stream:
                lines = stream.iter_lines()
                assert next(lines).startswith("event: news")
                began_s = time.monotonic()
                if by_signal:
                    process.terminate()
                else:
                    process.stdin.write("\n")
                    process.stdin.flush()
                # Broken off, or ended in good order: a browser connects again after either.
                with suppress(httpx.RemoteProtocolError):
                    for _line in lines:
                        pass
                ended_s = time.monotonic() - began_s
                process.wait(10)
            assert process.stderr is not None
            said = process.stderr.read()
        assert "Traceback" not in said
        assert "graceful" not in said  # nothing had to be cut off
        assert ended_s < 1.0, f"the stream ended after {ended_s:.1f} s"
