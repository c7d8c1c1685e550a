"""What the guard lets through and what not: each forbidden act beside its permitted twin."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from device.chair.settings import ChairSettings
from device.page.access import guard as guards
from device.page.access.attempts import PinLock
from device.page.access.guard import Guard
from device.page.access.pin import hash_of
from device.page.access.sessions import Sessions
from device.page.web import Nothing, action, done
from tests.device.page.access.browsing import HERE, PIN, Browser

AWAKE = "/activity"
"""An action that every session may do."""

Act = Callable[[Browser], httpx.Response]


def post(browser: Browser, *, json: object = None, **headers: str | None) -> httpx.Response:
    """Do the action with some headers said otherwise, or (None) left out."""
    said: dict[str, str | None] = {"x-chair-token": browser.token, "origin": HERE, "sec-fetch-site": "same-origin"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value.encode("latin-1") for name, value in said.items() if value is not None}
    return browser.request("POST", AWAKE, content=b"{}" if json is None else str(json).encode(), headers=sent)


def as_json(browser: Browser, **headers: str | None) -> httpx.Response:
    """Do it as the page does, but for these headers."""
    return post(browser, **({"content_type": "application/json"} | headers))


def other_token(browser: Browser) -> str:
    """Return the token of another session of the same page."""
    other = Browser(browser.app)
    other.get("/")
    assert other.token
    return other.token


FORBIDDEN: dict[str, tuple[Act, int, Act]] = {
    "another host": (
        lambda one: one.request("GET", "/", headers={"host": "evil.example"}), 400,
        lambda one: one.request("GET", "/", headers={"host": "localhost:8090"}),
    ),
    "an action for another host": (lambda one: as_json(one, host="evil.example"), 400, as_json),
    "another origin": (lambda one: as_json(one, origin="http://evil.example"), 403, as_json),
    "the same host's other port": (lambda one: as_json(one, origin="http://127.0.0.1:9999"), 403, as_json),
    "the same host by https": (lambda one: as_json(one, origin="https://127.0.0.1:8090"), 403, as_json),
    "an origin that is hidden": (lambda one: as_json(one, origin="null"), 403, as_json),
    "another site": (lambda one: as_json(one, sec_fetch_site="cross-site"), 403, as_json),
    "a neighbour of the site": (lambda one: as_json(one, sec_fetch_site="same-site"), 403, as_json),
    "no token": (lambda one: as_json(one, x_chair_token=None), 403, as_json),
    "an empty token": (lambda one: as_json(one, x_chair_token=""), 403, as_json),
    "a wrong token": (lambda one: as_json(one, x_chair_token="0" * 64), 403, as_json),
    "a token that is no text": (lambda one: as_json(one, x_chair_token="\u00e9"), 403, as_json),  # noqa: S106
    "another session's token": (lambda one: as_json(one, x_chair_token=other_token(one)), 403, as_json),
    "a form's body": (lambda one: post(one, content_type="text/plain"), 422, as_json),
    "a form": (lambda one: post(one, content_type="application/x-www-form-urlencoded"), 422, as_json),
    "a body of no kind": (post, 422, as_json),
    "a body too long": (
        lambda one: post(one, content_type="application/json", json=" " * 2000), 422,
        lambda one: post(one, content_type="application/json", json="{}" + " " * 500),
    ),
    "another method": (
        lambda one: one.request("PUT", AWAKE, headers={"x-chair-token": one.token}), 405, as_json,
    ),
    "another site's picture": (
        lambda one: one.get("/static/icon.svg", sec_fetch_site="cross-site", sec_fetch_mode="no-cors"), 403,
        lambda one: one.get("/static/icon.svg", sec_fetch_site="same-origin", sec_fetch_mode="no-cors"),
    ),
    "a neighbour's fetch": (
        lambda one: one.get("/", sec_fetch_site="same-site", sec_fetch_mode="cors"), 403,
        lambda one: one.get("/", sec_fetch_site="same-origin", sec_fetch_mode="cors"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_forbidden_is_refused_and_its_twin_is_not(kiosk: Browser, name: str) -> None:
    """Breaks when a forged request is let in, or the page's own is refused with it."""
    forbidden, status, permitted = FORBIDDEN[name]
    assert permitted(kiosk).status_code == 200
    assert forbidden(kiosk).status_code == status
    assert permitted(kiosk).status_code == 200


def test_a_token_is_no_other_session_s(unlocked: Browser) -> None:
    """Breaks when, with a PIN too, the token of one technician's page moves another's."""
    other = Browser(unlocked.app)
    other.unlock()
    other.get("/")
    assert as_json(unlocked, x_chair_token=other.token).status_code == 403
    assert as_json(unlocked).status_code == 200


@pytest.mark.parametrize("name", ["kiosk", "unlocked"])
def test_every_answer_is_strict(request: pytest.FixtureRequest, name: str) -> None:
    """Breaks when a screen, a file or a refusal leaves without its headers."""
    browser: Browser = request.getfixturevalue(name)
    answers = [
        browser.get("/"),
        browser.get("/static/css/page.css"),
        browser.get("/nothing-here"),
        as_json(browser),
        as_json(browser, x_chair_token=None),
        browser.request("GET", "/", headers={"host": "evil.example"}),
        browser.request("DELETE", "/"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 200, 403, 400, 405]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        of_everybody = answer.url.path.startswith("/static/")
        assert answer.headers["cache-control"] == ("no-cache" if of_everybody else "no-store")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "strict-transport-security" not in answer.headers, "without TLS it would shut the page out"


def small_app(settings: ChairSettings, lock: PinLock | None = None) -> ASGIApp:
    """Return a guarded page of one screen and one action."""

    def screen(request: Request) -> Response:
        return PlainTextResponse(f'name="chair-token" content="{request.state.session.token}"')

    app = Starlette(routes=[Route("/", screen), action("/act", Nothing, lambda _request, _asked: done())])
    return Guard(app, settings, Sessions(None if lock is None else 600.0), lock)


def tls_settings(tmp_path: Path) -> ChairSettings:
    """Return settings of a page under TLS, still on loopback."""
    return ChairSettings(certificate=tmp_path / "c", key=tmp_path / "k")


def test_the_cookie_is_nobody_else_s(kiosk: Browser, tmp_path: Path) -> None:
    """Breaks when a script, another site, or a page without TLS gets at the session's cookie."""
    assert Browser(kiosk.app).get("/").headers["set-cookie"].startswith("trichoscope_chair=")
    rules = Browser(kiosk.app).get("/").headers["set-cookie"].split("; ")[1:]
    assert rules == ["Path=/", "HttpOnly", "SameSite=Strict"]
    secure = Browser(small_app(tls_settings(tmp_path)), "https://127.0.0.1:8090").get("/")
    assert secure.headers["set-cookie"].startswith("__Host-trichoscope_chair=")
    assert secure.headers["set-cookie"].split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


def test_under_tls_a_cookie_from_without_is_none(tmp_path: Path) -> None:
    """Breaks when a page without TLS on the same host can plant the session's cookie."""
    app = small_app(tls_settings(tmp_path))
    browser = Browser(app, "https://127.0.0.1:8090")
    browser.get("/")
    session_id = browser.cookies["__Host-trichoscope_chair"]
    assert browser.act("/act").status_code == 200
    planted = Browser(app, "https://127.0.0.1:8090")
    planted.token = browser.token
    planted.cookies.set("trichoscope_chair", session_id)
    assert planted.act("/act").status_code == 403


def test_a_link_elsewhere_ends_no_session(kiosk: Browser) -> None:
    """Breaks when a link on another site, which comes without the cookie, gives the browser a new session."""
    kiosk.act(AWAKE)
    linked = Browser(kiosk.app).get("/", sec_fetch_site="cross-site", sec_fetch_mode="navigate")
    assert "set-cookie" not in linked.headers
    assert "http-equiv=refresh" in linked.text
    assert "chair-token" not in linked.text
    again = Browser(kiosk.app).get("/", sec_fetch_site="same-origin", sec_fetch_mode="navigate")
    assert "chair-token" in again.text
    assert "set-cookie" in again.headers


def test_the_page_keeps_one_session(kiosk: Browser) -> None:
    """Breaks when each request begins another session, and the technician's code is forgotten."""
    before = dict(kiosk.cookies)
    assert as_json(kiosk).status_code == 200
    assert "set-cookie" not in kiosk.get("/").headers
    assert dict(kiosk.cookies) == before


@pytest.mark.parametrize("foreign", ['prefs={"theme":"dark"}', "a=b c", "a=b; ; =c; d", 'q="', "\u00e9=\u00e9"])
def test_other_pages_cookies_do_not_hide_the_page_s(kiosk: Browser, foreign: str) -> None:
    """Breaks when a cookie of another page on this machine, of any port, has each request begin another session."""
    own = f"trichoscope_chair={kiosk.cookies['trichoscope_chair']}"
    for cookies in (f"{foreign}; {own}", f"{own}; {foreign}"):
        kiosk.cookies = httpx.Cookies()
        answer = as_json(kiosk, cookie=cookies)
        assert answer.status_code == 200, cookies
        assert "set-cookie" not in answer.headers


def test_another_start_says_that_the_page_is_old(kiosk: Browser, kiosk_chair: Any) -> None:  # noqa: ANN401
    """Breaks when a page of before the last start moves the instrument, or gets no word that its script can act on."""
    from device.page.app import create_app  # noqa: PLC0415  beside its only use

    kiosk.app = create_app(kiosk_chair)
    answer = as_json(kiosk)
    assert answer.status_code == 403
    assert answer.json()["stale"] is True
    assert "Load it again" in answer.json()["sentence"]
    kiosk.get("/")
    assert as_json(kiosk).status_code == 200


def test_actions_are_limited_by_session(kiosk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a script that runs wild keeps the instrument busy, or keeps another technician out."""
    monkeypatch.setattr(guards, "_ACTIONS_PER_S", 0.01)
    kiosk.app = small_app(ChairSettings())
    kiosk.get("/")
    assert [kiosk.act("/act").status_code for _ in range(41)] == [200] * 41, "the first one was a stranger's"
    refused = kiosk.act("/act")
    assert refused.status_code == 429
    assert "Wait a moment" in refused.json()["sentence"]
    assert int(refused.headers["retry-after"]) > 0
    assert kiosk.get("/").status_code == 200, "looking is no action"
    other = Browser(kiosk.app)
    other.get("/")
    assert other.act("/act").status_code == 200


def test_strangers_are_limited_by_address(kiosk: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when one machine without a session keeps all others from the page, or takes a technician's session."""
    monkeypatch.setattr(guards, "_STRANGERS_PER_S", 0.01)
    monkeypatch.setattr(guards, "_STRANGERS_AT_ONCE", 20)
    settings = ChairSettings(pin=tmp_path / "pin")
    sessions = Sessions(600.0)
    kiosk.app = Guard(
        Starlette(routes=[action(AWAKE, Nothing, lambda _request, _asked: done())]),
        settings,
        sessions,
        PinLock(hash_of(PIN, 16), tmp_path),
    )
    opened = sessions.open(sessions.stranger(None))
    kiosk.cookies = httpx.Cookies({"trichoscope_chair": opened.session_id})
    kiosk.token = opened.token
    flood = Browser(kiosk.app, address="192.0.2.66")
    statuses = []
    for _ in range(30):
        flood.cookies = httpx.Cookies()
        statuses.append(flood.get("/static/icon.svg").status_code)
    assert statuses == [404] * 20 + [429] * 10
    assert Browser(kiosk.app, address="192.0.2.67").get("/static/icon.svg").status_code == 404
    kiosk.address = "192.0.2.66"
    assert as_json(kiosk).status_code == 200


def test_a_body_that_does_not_come_is_given_up(kiosk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a body that comes byte by byte holds a request for ever."""
    monkeypatch.setattr(guards, "_BODY_WITHIN_S", 0.2)
    headers = {"host": "127.0.0.1:8090", "x-chair-token": kiosk.token, "content-type": "application/json"}
    headers["cookie"] = f"trichoscope_chair={kiosk.cookies['trichoscope_chair']}"
    scope: dict[str, Any] = {
        **kiosk.scope(AWAKE),
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    async def ask() -> None:
        async with asyncio.timeout(10):
            await kiosk.app(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 408
    assert "in time" in json.loads(sent[1]["body"])["sentence"]


def test_a_websocket_from_another_site_is_refused(kiosk: Browser) -> None:
    """Breaks when another site's page watches the live picture, or the page's own cannot."""
    kiosk.act(AWAKE)
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"host": "evil.example"}):
        word = kiosk.first_word("/live", **headers)[-1]
        assert word["type"] == "websocket.http.response.start", headers
        assert word["status"] in {400, 403}
    assert kiosk.first_word("/live")[0]["type"] == "websocket.accept"


def test_a_guard_without_lock_serves_no_page_with_a_pin(tmp_path: Path) -> None:
    """Breaks when a slip in the wiring opens a page whose settings name a PIN; plain settings need none."""
    with pytest.raises(ValueError, match="given no lock"):
        small_app(ChairSettings(pin=tmp_path / "pin"))
    safe_mode = Browser(small_app(ChairSettings()))
    safe_mode.get("/")
    assert safe_mode.act("/act").status_code == 200
