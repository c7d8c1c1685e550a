"""The lock: what is reached while it is on (nothing), and how it is opened."""

import asyncio
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from device.chair.chair import Chair
from device.chair.seat import Holder
from device.page.access import attempts, locked_socket, sessions
from device.page.access.locked_socket import LOCKED, while_unlocked
from device.page.access.sessions import Sessions
from device.page.app import create_app
from tests.device.page.access.browsing import PIN, WRONG, Browser

VISIT = "/visits/P-0042/1"
OPEN = {("GET", "/lock"), ("HEAD", "/lock"), ("POST", "/lock"), ("POST", "/unlock"), ("GET", "/static")}


def addresses(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Name every address of the page with each of its methods, something put in for its parts."""
    for route in routes:
        if isinstance(route, Mount):
            yield "GET", route.path
            continue
        assert isinstance(route, Route | WebSocketRoute), f"{route!r} is of a kind that is not walked here"
        path = re.sub(r"\{[^}]+\}", "1", route.path)
        methods = (route.methods or set()) if isinstance(route, Route) else {"SOCKET"}
        yield from ((method, path) for method in sorted(methods))


def assert_nothing_is_reached(browser: Browser, app: Starlette) -> int:
    """Walk all addresses as a locked browser, and return how many there are."""
    walked = 0
    for method, path in addresses(app.routes):
        if (method, path) in OPEN:
            continue
        walked += 1
        if method == "SOCKET":
            word = browser.first_word(path)
            assert [one["type"] for one in word] == ["websocket.accept", "websocket.close"], path
            assert word[-1]["code"] == LOCKED
        elif method == "POST":
            answer = browser.act(path)
            assert (answer.status_code, answer.json()["locked"]) == (423, True), path
        else:
            answer = browser.request(method, path)
            assert (answer.status_code, answer.headers["location"]) == (
                303,
                f"/lock?next={path.replace('/', '%2F')}",
            ), path
            script = browser.request(method, path, headers={"sec-fetch-mode": "cors"})
            assert script.status_code == 423, path
    return walked


def test_nothing_is_reached_before_the_pin(locked_app: Starlette) -> None:
    """Breaks when a screen, an action or a live picture is added that the lock does not stand before."""
    browser = Browser(locked_app)
    browser.get("/lock")
    assert assert_nothing_is_reached(browser, locked_app) > 20


def test_nothing_is_reached_by_an_address_in_disguise(locked_app: Starlette) -> None:
    """Breaks when what is open while locked can be bent to lead to what is not."""
    browser = Browser(locked_app)
    for path in ("/lock/", "//lock", "/lock/left", "/LOCK", "/unlock", "/static", "/statics/x", "/%2e/", "/lock%2f"):
        assert browser.get(path).status_code == 303, path
    for path in ("/static/%2e%2e/visits/P-0042/1", "/static/..%2f..%2fapp.py", "/static/%2e%2e%2f%2e%2e%2fapp.py"):
        assert browser.get(path).status_code in {303, 404}, path


def test_nothing_is_reached_after_the_time(unlocked: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a session that nobody touched stays open."""
    assert unlocked.get("/").status_code == 200
    moment_s = sessions.now_s()
    monkeypatch.setattr(sessions, "now_s", lambda: moment_s + 599)
    assert unlocked.request("GET", "/lock/left").json()["left_s"] == pytest.approx(1, abs=1)
    monkeypatch.setattr(sessions, "now_s", lambda: moment_s + 602)
    app = unlocked.app
    assert isinstance(app, Starlette)
    assert_nothing_is_reached(unlocked, app)


def test_lock_now(unlocked: Browser) -> None:
    """Breaks when the button leaves the page open, or opens it."""
    assert unlocked.act("/lock").json() == {"locked": True}
    assert unlocked.get("/").status_code == 303
    assert unlocked.act("/activity").status_code == 423
    unlocked.get("/lock")
    assert unlocked.act("/lock").status_code == 200, "once more"
    assert unlocked.get("/").status_code == 303


def test_unlocking_leads_back_to_the_work(unlocked: Browser) -> None:
    """Breaks when the address that was locked is lost, its query with it, or the technician's code."""
    address = "/captures/7?show=hairs&zoom=2"
    assert unlocked.act("/visits", {"technician": "mk", "patient": "P-0042", "visit": 1}).status_code == 200
    unlocked.act("/lock")
    location = unlocked.get(address).headers["location"]
    shown = unlocked.get(location)
    assert '"after": "/captures/7?show=hairs\\u0026zoom=2"' in shown.text
    assert "mk" in shown.text
    assert unlocked.act("/unlock", {"pin": PIN, "next": address}).json() == {"go": address}
    assert "mk" in unlocked.get(VISIT).text
    assert unlocked.get(f"/lock?next={VISIT}").headers["location"] == VISIT, "nothing to unlock"


def test_strangers_do_not_learn_who_works_here(unlocked: Browser, locked_app: Starlette) -> None:
    """Breaks when who reaches the lock screen from another machine reads the code of a member of the staff there."""
    assert unlocked.act("/technician", {"technician": "somebody"}).status_code == 200
    assert unlocked.act("/seat").status_code == 200
    stranger = Browser(locked_app, address="192.0.2.77").get("/lock")
    assert "Type the PIN" in stranger.text
    assert "somebody" not in stranger.text
    assert "somebody" in unlocked.get("/").text


def test_the_seat_is_kept_under_the_new_id(unlocked: Browser, locked_chair: Chair) -> None:
    """Breaks when a technician who unlocks is told that somebody else works here: themselves."""
    unlocked.act("/visits", {"technician": "mk", "patient": "P-0042", "visit": 1})
    before = unlocked.cookies["trichoscope_chair"]
    assert locked_chair.seat.holder == Holder(before, "mk")
    unlocked.act("/lock")
    unlocked.unlock()
    after = unlocked.cookies["trichoscope_chair"]
    assert after != before
    assert locked_chair.seat.holder == Holder(after, "mk")
    other = Browser(unlocked.app)
    other.unlock()
    assert locked_chair.seat.holder == Holder(after, "mk"), "another took it by unlocking"


def test_an_id_from_before_the_pin_opens_nothing(locked_app: Starlette) -> None:
    """Breaks when whoever planted a cookie comes in with the technician (session fixation)."""
    technician = Browser(locked_app)
    technician.cookies.set("trichoscope_chair", "A" * 43, domain="127.0.0.1")
    assert technician.unlock().status_code == 200
    assert technician.get("/").status_code == 200
    planted = Browser(locked_app)
    planted.cookies.set("trichoscope_chair", "A" * 43, domain="127.0.0.1")
    assert planted.get("/").status_code == 303


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_unlocking_leads_to_no_other_host(locked_app: Starlette, after: str) -> None:
    """Breaks when a link to the lock sends a technician who has just typed the PIN elsewhere."""
    browser = Browser(locked_app)
    shown = browser.request("GET", "/lock", params={"next": after})
    assert '"after": "/"' in shown.text
    assert "evil" not in shown.text
    assert browser.unlock(after=after).json() == {"go": "/"}
    assert browser.request("GET", "/lock", params={"next": after}).headers["location"] == "/"


def test_a_wrong_pin_opens_nothing(locked_app: Starlette) -> None:
    """Breaks when anything but the PIN opens the page."""
    browser = Browser(locked_app)
    for typed, status in (("", 403), (WRONG, 403), (PIN[:-1], 403), (PIN + "0", 403)):
        assert browser.unlock(typed).status_code == status, typed
        assert browser.get("/").status_code == 303
    assert browser.unlock(PIN).status_code == 200
    assert browser.get("/").status_code == 200


def test_trying_pins_has_to_wait_from_wherever_it_comes(locked_app: Starlette, locked_chair: Chair) -> None:
    """Breaks when the tries are counted by browser or address, so that many of them try on; or by start."""
    tries = [Browser(locked_app, address=f"192.0.2.{number}").unlock(WRONG).json() for number in range(6)]
    assert [tried["wait_s"] for tried in tries] == [0, 0, 0, 0, 30, 30]
    assert tries[0]["sentence"] == "This is not the PIN. 4 more tries before there is a wait."
    assert tries[3]["sentence"] == "This is not the PIN. One more try before there is a wait."
    assert "Too many wrong PINs" in tries[5]["sentence"]
    for app in (locked_app, create_app(locked_chair)):
        browser = Browser(app)
        assert browser.unlock(PIN).json()["wait_s"] in {29, 30}
        assert re.search(r'"wait_s": (29|30)\b', browser.get("/lock").text), "the screen does not say how long"
        assert browser.get("/").status_code == 303


def test_the_right_pin_after_the_wait(locked_app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a wait never ends."""
    for _ in range(5):
        Browser(locked_app).unlock(WRONG)
    moment_s = sessions.now_s()
    monkeypatch.setattr(attempts, "now_s", lambda: moment_s + 31)
    assert Browser(locked_app).unlock(PIN).status_code == 200


def test_what_is_typed_stays_untold(
    locked_app: Starlette, locked_chair: Chair, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Breaks when a PIN, right or wrong, or typed beside its field, shows in an answer, a file or the log."""
    caplog.set_level(logging.DEBUG)
    browser = Browser(locked_app)
    said = browser.unlock(WRONG).text + browser.act("/unlock", {"pin": PIN, "number": WRONG}).text
    said += browser.act("/unlock", {"pin": [PIN]}).text + browser.unlock(PIN).text
    files = [file for file in Path(locked_chair.settings.state_folder).rglob("*") if file.is_file()]
    kept = b"".join(file.read_bytes() for file in files)
    told = said + caplog.text + "".join(capfd.readouterr())
    assert "This is not the PIN" in said
    assert not any(typed in told or typed.encode() in kept for typed in (PIN, WRONG))


def test_what_comes_by_itself_is_no_sign_of_life(unlocked: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a live picture or a screen that renews itself keeps the page open; or a touch does not."""
    moment = [sessions.now_s()]
    monkeypatch.setattr(sessions, "now_s", lambda: moment[0])

    def left_s() -> float:
        return float(unlocked.request("GET", "/lock/left").json()["left_s"])

    unlocked.get("/")
    moment[0] += 300
    unlocked.get("/static/icon.svg", sec_fetch_mode="no-cors")
    unlocked.get("/", sec_fetch_mode="cors")
    assert unlocked.first_word("/live")[0]["type"] == "websocket.accept"
    assert left_s() == pytest.approx(300)
    for path in ("/activity", "/visits/P-0042/1/sites/vertex/capture"):  # what a foot switch presses
        unlocked.act(path)
        assert left_s() == pytest.approx(600), path
        moment[0] += 300
    unlocked.get("/", sec_fetch_mode="navigate")
    assert left_s() == pytest.approx(600)


def test_a_live_picture_ends_with_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a screen that was locked goes on showing the live picture."""
    monkeypatch.setattr(locked_socket, "_LOOK_EVERY_S", 0.01)
    kept = Sessions(600.0)
    session = kept.open(kept.stranger(None))
    sent: list[Message] = []
    ended: list[str] = []

    async def live(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "text": "frame"})
                await asyncio.sleep(0.01)
        finally:
            ended.append("live")

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 5:
            session.lock()

    async def serve() -> None:
        async with asyncio.timeout(10):
            await while_unlocked(live, session, {"type": "websocket"}, receive, send)

    asyncio.run(serve())
    assert ended == ["live"]
    assert sent[4]["type"] == "websocket.send"
    assert sent[-1] == {"type": "websocket.close", "code": LOCKED, "reason": "locked"}


def test_without_a_pin_there_is_nothing_to_lock(kiosk: Browser) -> None:
    """Breaks when a kiosk without a PIN can be locked, which nobody could open."""
    assert "trichoscope pin" in kiosk.act("/lock").json()["sentence"]
    assert kiosk.get("/").status_code == 200
    assert kiosk.get("/lock?next=/health").headers["location"] == "/health"
    assert kiosk.request("GET", "/lock/left").json() == {"left_s": None}
