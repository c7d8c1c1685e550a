"""Access at a real server and in a real browser: TLS, bounds on connections, the lock."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser, BrowserContext, Page, expect
from websockets import Origin
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from device.chair.chair import Chair
from device.chair.refusals import ChairRefused
from device.chair.settings import ChairSettings
from device.page.access import attempts, connections, sessions
from device.page.access.pin import hash_of, write_pin
from device.page.server import server
from tests.device.page.chair_fixture import PATIENT, open_small_chair
from tests.device.page.serving import serving
from tests.system.browser import chromium
from tests.system.chair.held_requests import hold
from tests.system.chair.screens import FIRST, show

PIN, WRONG = "385027", "385028"
_WITHIN_S = 10.0


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chair-1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "page.crt", folder / "page.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    paths[1].chmod(0o600)
    return paths


@pytest.fixture(scope="module")
def chair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chair]:
    """A chair with TLS and a PIN."""
    folder = tmp_path_factory.mktemp("chair")
    certificate, key = write_certificate(folder)
    write_pin(folder / "pin", hash_of(PIN, 16))
    table = {"certificate": str(certificate), "key": str(key), "pin": str(folder / "pin")}
    with open_small_chair(folder, chair=table) as chair:
        yield chair


@pytest.fixture
def address(chair: Chair) -> Iterator[str]:
    """Its page, served; nobody has tried a PIN."""
    (chair.settings.state_folder / "pin-attempts.json").unlink(missing_ok=True)
    with serving(chair) as address:
        yield address.replace("http:", "https:")


def trusting(chair: Chair) -> ssl.SSLContext:
    """Return the TLS of somebody who trusts the page's certificate alone."""
    return ssl.create_default_context(cafile=str(chair.settings.chair.certificate))


def port_of(address: str) -> int:
    """Return an address's port."""
    return int(address.rpartition(":")[2])


def test_the_page_is_reached_by_tls_alone(chair: Chair, address: str) -> None:
    """Breaks when patients can be read off the wire, or the cookie leaves without its rules."""
    with httpx.Client(verify=trusting(chair), base_url=address) as client:
        answer = client.get("/lock")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["set-cookie"].startswith("__Host-trichoscope_chair=")
    assert "; Secure" in answer.headers["set-cookie"]
    with pytest.raises(httpx.HTTPError):
        httpx.get(address.replace("https:", "http:"))
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(address)


@pytest.mark.parametrize(
    ("version", "taken"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
def test_old_tls_is_refused(chair: Chair, address: str, version: ssl.TLSVersion, *, taken: bool) -> None:
    """Breaks when a browser may be talked down to a TLS that is broken."""
    context = trusting(chair)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # that is what is tried
        context.minimum_version = ssl.TLSVersion.TLSv1_2 if taken else ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")  # or this machine's own rules would refuse, and not the page
    with socket.create_connection(("127.0.0.1", port_of(address)), _WITHIN_S) as plain:
        if taken:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                assert secure.version() == version.name.replace("_", ".")
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(plain, server_hostname="127.0.0.1")


def test_a_key_that_others_can_read_is_refused(chair: Chair, tmp_path: Path) -> None:
    """Breaks when the page serves with a key that anybody on the machine could have copied, or with another's."""
    certificate, key = write_certificate(tmp_path)
    settings = ChairSettings(certificate=certificate, key=key)
    assert server(lambda *_: None, settings).config.ssl is not None  # type: ignore[arg-type]  # not served
    key.chmod(0o640)
    with pytest.raises(ChairRefused, match=r"open to others.*chmod 600"):
        server(lambda *_: None, settings)  # type: ignore[arg-type]
    other = ChairSettings(certificate=certificate, key=chair.settings.chair.key)
    with pytest.raises(ChairRefused, match=r"cannot be used .*under \[chair\]"):
        server(lambda *_: None, other)  # type: ignore[arg-type]
    missing = ChairSettings(certificate=tmp_path / "none", key=chair.settings.chair.key)
    with pytest.raises(ChairRefused, match=r"cannot be used .*under \[chair\]"):
        server(lambda *_: None, missing)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a page without TLS and PIN, for what is bounded on every connection."""
    with open_small_chair(tmp_path_factory.mktemp("kiosk")) as chair, serving(chair) as address:
        yield address


def opened(address: str, source: str = "127.0.0.1") -> socket.socket:
    """Open a connection from an address of this machine."""
    return socket.create_connection(("127.0.0.1", port_of(address)), _WITHIN_S, source_address=(source, 0))


def test_who_says_nothing_is_hung_up_on(kiosk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when connections that say nothing, or a byte now and then, last for ever."""
    monkeypatch.setattr(connections.BoundedConnection, "head_within_s", 0.3)
    with opened(kiosk) as silent, opened(kiosk) as slow:
        with pytest.raises(ConnectionError):  # reset, not closed: nothing was said
            _say_slowly(slow)
        assert _is_over(silent)


def _say_slowly(connection: socket.socket) -> None:
    end_s = time.monotonic() + _WITHIN_S
    while time.monotonic() < end_s:
        connection.sendall(b"G")
        time.sleep(0.05)


def _is_over(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(("size", "status"), [(8_000, b"200"), (40_000, b"400")])
def test_a_head_that_is_too_long_is_refused(kiosk: str, size: int, status: bytes) -> None:
    """Breaks when headers that never end fill the memory, or those of a browser are not taken."""
    with opened(kiosk) as connection:
        connection.sendall(b"GET /static/icon.svg HTTP/1.1\r\nhost: 127.0.0.1\r\nx-long: " + b"a" * size)
        if status == b"200":
            connection.sendall(b"\r\n\r\n")
        assert connection.recv(1000).split(b" ")[1] == status


def test_another_machine_cannot_take_all_connections(kiosk: str) -> None:
    """Breaks when one machine of the network keeps the instrument's own browser, or all others, from the page."""
    taken = [opened(kiosk, "127.0.0.2") for _ in range(40)]
    try:
        assert _over(kiosk, taken, 8) == 40 - connections.MOST_OF_ONE_ADDRESS
        more = [opened(kiosk, f"127.0.0.{number}") for number in range(3, 23)]
        taken += more
        assert _over(kiosk, more, 4) == 20 - (connections.MOST_OF_OTHERS - connections.MOST_OF_ONE_ADDRESS)
        assert httpx.get(f"{kiosk}/static/icon.svg").status_code == 200
    finally:
        for one in taken:
            one.close()


def _over(kiosk: str, taken: list[socket.socket], expected: int) -> int:
    """Count connections that were hung up on, once as many as expected were, and no more follow."""
    end_s = time.monotonic() + _WITHIN_S
    while len(select.select(taken, [], [], 0.02)[0]) < expected and time.monotonic() < end_s:
        time.sleep(0.02)
    # Connections are taken in their order: this answer comes after the last of them was looked at.
    assert httpx.get(f"{kiosk}/static/icon.svg").status_code == 200
    return sum(_is_over(one) for one in select.select(taken, [], [], 0.2)[0])


@pytest.mark.parametrize(("size", "code"), [(4096, 4400), (4097, 1009)])
def test_a_message_too_long_ends_the_live_picture(kiosk: str, size: int, code: int) -> None:
    """Breaks when a watcher can fill the instrument's memory: what is too long is not even read by the page (4400)."""
    with connect(f"{kiosk.replace('http', 'ws')}/live", origin=Origin(kiosk)) as watching:
        watching.recv(_WITHIN_S)
        watching.send(" " * size)
        with pytest.raises(ConnectionClosedError) as closed:
            _watch(watching)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def _watch(watching: ClientConnection) -> None:
    end_s = time.monotonic() + _WITHIN_S
    while time.monotonic() < end_s:
        watching.recv(_WITHIN_S)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run the browser once for all tests here."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """Give a 7-inch touch screen of somebody who was not here before, and is gone before the page is."""
    errors: list[str] = []
    with browser.new_context(
        viewport={"width": FIRST[0], "height": FIRST[1]}, has_touch=True, locale="en-GB", ignore_https_errors=True
    ) as context:
        context.set_default_timeout(_WITHIN_S * 1000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        assert address
        yield context
    assert errors == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Open a tab; a script's error on it fails the test."""
    return context.new_page()


def tap(page: Page, pin: str) -> None:
    """Type a PIN on the screen's keypad."""
    for digit in pin:
        page.locator(f'[data-digit="{digit}"]').tap()
    page.get_by_role("button", name="Unlock").tap()


def test_the_lock_leads_back_to_the_work(page: Page, address: str, tmp_path: Path) -> None:
    """Breaks when the lock cannot be opened in gloves, or the work is not behind it; looked at at each size."""
    page.goto(f"{address}/health?from=here")
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    show(page, "lock", tmp_path)
    for key in page.locator(".lock-key").all():
        box = key.bounding_box()
        assert box is not None
        assert box["width"] >= 64
        assert box["height"] >= 64
    tap(page, WRONG)
    expect(page.locator("#pin-said")).to_have_text("This is not the PIN. 4 more tries before there is a wait.")
    assert PIN not in page.content()
    tap(page, PIN)
    page.wait_for_url(f"{address}/health?from=here")


def test_the_keyboard_types_it_too(page: Page, address: str) -> None:
    """Breaks when a laptop's keys do not type the PIN, or digits show on the screen."""
    page.goto(f"{address}/")
    page.keyboard.type("3850")
    page.keyboard.press("Enter")
    expect(page.locator("#pin-said")).to_have_text("A PIN has at least 6 digits.")
    page.keyboard.press("Backspace")
    page.keyboard.type("027")
    expect(page.locator(".lock-dot")).to_have_count(6)
    expect(page.locator("#pin-count")).to_have_text("6 digits typed")
    assert PIN not in page.content()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")


def test_after_wrong_pins_the_wait_is_shown(page: Page, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the screen does not say how long, takes digits meanwhile, or never takes them again."""
    monkeypatch.setattr(attempts, "FIRST_WAIT_S", 2.0)
    page.goto(f"{address}/")
    for left in (4, 3, 2, "One", 0):
        tap(page, WRONG)
        expect(page.locator("#pin-said")).to_contain_text("Try again in" if left == 0 else f"{left} more tr")
    expect(page.locator('[data-digit="1"]')).to_have_attribute("aria-disabled", "true")
    page.keyboard.type("1")
    expect(page.locator(".lock-dot")).to_have_count(0)
    expect(page.locator('[data-digit="1"]')).to_have_attribute("aria-disabled", "false")
    tap(page, PIN)
    page.wait_for_url(f"{address}/")


def test_a_screen_that_nobody_touches_locks_by_itself(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when patients stay on a screen that was left, or the screen locks under a finger."""
    later_s = [0.0]
    boot = sessions.now_s
    monkeypatch.setattr(sessions, "now_s", lambda: boot() + later_s[0])
    page.clock.install()
    page.goto(f"{address}/")
    tap(page, PIN)
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/health")
    later_s[0] = 500.0
    with page.expect_response("**/activity"):
        page.clock.fast_forward(500_000)
        page.locator("main").tap()
    with page.expect_response("**/lock/left"):
        later_s[0] = 650.0
        page.clock.fast_forward(150_000)  # ten minutes after the screen came, two and a half after the touch
    assert page.url == f"{address}/health"
    later_s[0] = 1200.0  # ten minutes after the touch, and more
    while page.url == f"{address}/health":  # the time limit of the test ends it if it never locks
        page.clock.fast_forward(60_000)
        page.wait_for_timeout(50)
    page.wait_for_url(f"{address}/lock?next=%2Fhealth")


def test_lock_now_ends_the_live_picture_too(page: Page, context: BrowserContext, address: str) -> None:
    """Breaks when the live picture goes on behind the lock, on a screen of the same browser or another tab."""
    page.goto(f"{address}/")
    tap(page, PIN)
    page.wait_for_url(f"{address}/")
    begun = page.evaluate(
        """async (visit) => {
          const { ask } = await import("/static/js/access.js");
          return (await ask("/visits", visit)).status;
        }""",
        {"technician": "mk", "patient": PATIENT, "visit": 1},
    )
    assert begun == 200
    capture = f"/visits/{PATIENT}/1/sites/vertex"
    page.goto(address + capture)
    other = context.new_page()
    other.goto(f"{address}/")
    other.get_by_role("button", name="Lock").first.tap()
    other.wait_for_url(f"{address}/lock?next=%2F")
    page.wait_for_url(f"{address}/lock?next={capture.replace('/', '%2F')}")
    other.close()
    tap(page, PIN)
    page.wait_for_url(address + capture)
    assert page.evaluate("fetch('/lock/left').then((answer) => answer.status)") == 200


def test_trying_pins_holds_nobody_up(chair: Chair, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when looking at a PIN stops the page for those who work: the hash takes its time on purpose."""
    looking, looked = threading.Event(), threading.Event()

    def slowly(_pin: object, _typed: str) -> bool:
        looking.set()
        assert looked.wait(_WITHIN_S)
        return False

    monkeypatch.setattr("device.page.access.pin.PinHash.is_of", slowly)
    with httpx.Client(verify=trusting(chair), base_url=address) as client:
        token = client.get("/lock").text.partition('name="chair-token" content="')[2].partition('"')[0]
        headers = {"x-chair-token": token, "origin": address}
        answers: list[httpx.Response] = []

        def attempt() -> None:
            answers.append(client.post("/unlock", json={"pin": WRONG}, headers=headers))

        trying = threading.Thread(target=attempt)
        trying.start()
        assert looking.wait(_WITHIN_S)
        with httpx.Client(verify=trusting(chair), base_url=address) as other:
            assert other.get("/static/icon.svg").status_code == 200
        looked.set()
        trying.join()
    assert answers[0].status_code == 403


def test_the_health_screen_locks_with_the_page(page: Page, address: str) -> None:
    """Breaks when a screen that asks by itself takes the lock for a cut line, and shows what it showed."""
    page.goto(f"{address}/health")
    tap(page, PIN)
    page.wait_for_url(f"{address}/health")
    locked = page.evaluate(
        """async () => {
          const headers = { "content-type": "application/json" };
          headers["x-chair-token"] = document.querySelector('meta[name="chair-token"]').content;
          return (await fetch("/lock", { method: "POST", headers, body: "{}" })).status;
        }"""
    )
    assert locked == 200
    page.wait_for_url(f"{address}/lock?next=%2Fhealth")


def test_the_health_screen_looks_once_at_a_time(page: Page, address: str) -> None:
    """Breaks when a slow instrument is asked again and again while it has not answered."""
    held = hold(page, "**/health/checks")
    page.goto(f"{address}/health")
    tap(page, PIN)
    page.wait_for_url(f"{address}/health")
    page.wait_for_event("request", lambda request: request.url.endswith("/health/checks"))
    page.wait_for_timeout(2500)  # longer than from one look to the next
    assert len(held) == 1
    held.pop().continue_()
    page.wait_for_event("request", lambda request: request.url.endswith("/health/checks"))
