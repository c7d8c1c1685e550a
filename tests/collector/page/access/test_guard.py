"""What stands before every request."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from collector.page.access.addresses import KnownHosts, base_url, is_open, local_path
from collector.page.access.guard import COOKIE, COOKIE_UNDER_TLS, TOKEN_HEADER, Guard
from collector.people.accounts import Accounts
from collector.people.roles import Role
from collector.people.sessions import Sessions, token_of
from collector.settings import PageSettings
from collector.store.stored import StoreFailed
from groundwork.credential import SecretPath
from tests.collector.asgi import AsgiClient
from tests.collector.page_clinic import Clinic

_ORIGIN = "http://127.0.0.1:8080"
_TLS = PageSettings(
    host="192.0.2.1", names=("clinic.example",), certificate=Path("page.crt"),
    key=TypeAdapter(SecretPath).validate_python("page.key"),
)  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/", "/accounts", "/patients/P-0042", "/nothing", "/pictures/" + "0" * 64, "/first", "/first/a/b"]
)
def test_a_stranger_is_asked_to_sign_in(clinic: Clinic, path: str) -> None:
    """Breaks when a screen, or whether there is one, is shown to who is not signed in."""
    answer = clinic.stranger.get(path)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


def test_a_stranger_is_led_back_after_signing_in(clinic: Clinic) -> None:
    """Breaks when who follows a link to a patient signs in and stands at the start."""
    answer = clinic.stranger.get("/patients/P-0042?site=vertex")
    assert answer.headers["location"] == "/sign-in?next=%2Fpatients%2FP-0042%3Fsite%3Dvertex"
    assert 'value="/patients/P-0042?site=vertex"' in clinic.stranger.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    "asked",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a b", "/sign-in", "/first/x",
     "/sign-in?next=/", "/\r\nset-cookie: a=b", "/x" * 2000, ""],
)  # fmt: skip
def test_nobody_is_led_elsewhere(clinic: Clinic, asked: str) -> None:
    """Breaks when a link to this page's sign-in ends at somebody else's."""
    assert local_path(asked) == "/"
    assert 'name="next" value="/"' in clinic.stranger.get("/sign-in", params={"next": asked}).text


@pytest.mark.parametrize("path", ["/accounts/add", "/sign-out", "/nothing", "/", "/account/password"])
def test_a_stranger_changes_nothing(clinic: Clinic, path: str) -> None:
    """Breaks when an action needs no session."""
    answer = clinic.stranger.post(path, {"name": "mk", "role": "administrator"})
    assert answer.status_code == 401
    assert answer.json()["signed_out"] is True


def test_what_a_script_asks_without_a_session_is_said_to_the_script(clinic: Clinic) -> None:
    """Breaks when a page's script, signed out meanwhile, takes the sign-in screen for an answer."""
    answer = clinic.stranger.get(
        "/patients/P-0042", headers={"sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("token", ["", "x", "0" * 64])
def test_a_change_needs_the_sessions_token(clinic: Clinic, token: str) -> None:
    """Breaks when another page can change something with the cookie alone."""
    answer = clinic.client.post("/account/language", {"language": None}, headers={TOKEN_HEADER: token})
    assert answer.status_code == 403
    assert answer.json()["stale"] is True
    assert clinic.client.post("/account/language", {"language": None}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "http://127.0.0.1:9999"}, {"origin": "null"},
     {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)  # fmt: skip
def test_a_change_comes_from_the_page_itself(clinic: Clinic, headers: dict[str, str]) -> None:
    """Breaks when another site's page, of this machine too, can have a browser change or sign in."""
    assert clinic.client.post("/account/language", {"language": None}, headers=headers).status_code == 403
    assert clinic.stranger.post("/sign-in", {"name": "mk", "password": "x"}, headers=headers).status_code == 403


def test_the_page_itself_may(clinic: Clinic) -> None:
    """Breaks when what a browser adds by itself keeps the page's own changes out."""
    headers = {"origin": _ORIGIN, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}
    assert clinic.client.post("/account/language", {"language": None}, headers=headers).status_code == 200


def test_a_link_on_another_site_leads_here(clinic: Clinic) -> None:
    """Breaks when who is signed in and follows a link from a mail has to sign in again: its cookie stays at home."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    answer = clinic.stranger.get("/patients/P-0042", headers=headers)
    assert answer.status_code == 200
    assert "http-equiv=refresh" in answer.text
    assert (
        clinic.stranger.get(
            "/pictures/0", headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
        ).status_code
        == 403
    )


def test_the_cookie_is_out_of_reach(clinic: Clinic) -> None:
    """Breaks when a script, another site or a connection without TLS can take the cookie."""
    cookie = clinic.client.post("/sign-out").headers["set-cookie"]
    assert cookie == f"{COOKIE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"


def _under_tls(clinic: Clinic, work: Any) -> AsgiClient:  # noqa: ANN401  an endpoint
    application = Starlette(routes=[Route("/sign-in", work, methods=["GET", "POST"])])
    return AsgiClient(Guard(application, _TLS, clinic.store), base_url="https://clinic.example")


def test_under_tls_it_is_bound_to_tls(clinic: Clinic) -> None:
    """Breaks when a page without TLS can plant or read the cookie, or a browser ever comes without TLS again."""

    def signs_in(request: Request) -> Response:
        request.state.cookie = "a" * 43
        return PlainTextResponse("")

    answer = _under_tls(clinic, signs_in).get("/sign-in")
    assert answer.headers["set-cookie"] == f"{COOKIE_UNDER_TLS}={'a' * 43}; Path=/; HttpOnly; SameSite=Strict; Secure"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in clinic.client.get("/").headers


def test_no_cookie_is_given_to_who_does_not_sign_in(clinic: Clinic) -> None:
    """Breaks when strangers fill the database with sessions, or a session from before signing in goes on after."""
    for path in ("/", "/sign-in", "/static/page.css", "/healthz"):
        assert "set-cookie" not in clinic.stranger.get(path).headers


def test_a_closed_account_is_out_at_once(clinic: Clinic) -> None:
    """Breaks when who left goes on until the session ends by itself."""
    assert clinic.client.get("/account").status_code == 200
    Accounts(clinic.store).close("admin", "clinician")
    assert clinic.client.get("/account").status_code == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods_are_refused(clinic: Clinic, method: str) -> None:
    """Breaks when a method that nobody thought of reaches a screen."""
    for client in (clinic.client, clinic.stranger):
        assert client.request(method, "/sign-in").status_code == 405


def test_strangers_who_ask_too_much_wait(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when one machine without a session takes all threads of the pages."""
    monkeypatch.setattr("collector.page.access.guard._STRANGERS_PER_S", 0.001)  # however slow this machine is
    answers = [clinic.stranger.get("/sign-in").status_code for _ in range(3)]
    assert answers == [200] * 3
    guard = Guard(Starlette(), PageSettings(), clinic.store)
    client = AsgiClient(guard, base_url=_ORIGIN)
    said = [client.get("/healthz") for _ in range(450)]
    assert said[0].status_code == 404
    assert {one.status_code for one in said[-5:]} == {429}
    assert int(said[-1].headers["retry-after"]) >= 1


def test_actions_of_an_account_are_bounded(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a script gone wild writes to the database as fast as it can."""
    monkeypatch.setattr("collector.page.access.guard._ACTIONS_PER_S", 0.001)  # however slow this machine is
    clinic.build()
    clinic.sign_in(Role.CLINICIAN)
    said = [clinic.client.post("/account/language", {"language": "xx"}).status_code for _ in range(60)]
    assert set(said[:40]) == {422}
    assert 429 in said
    assert clinic.client.get("/account").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a request that never ends holds its place for ever."""
    monkeypatch.setattr("collector.page.access.guard._BODY_WITHIN_S", 0.05)
    sent: list[dict[str, Any]] = []

    async def never() -> dict[str, Any]:
        await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:  # noqa: ANN401  ASGI's
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/sign-in", "raw_path": b"/sign-in",
        "query_string": b"", "root_path": "", "scheme": "http",
        "server": ("127.0.0.1", 8080), "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1:8080"), (b"content-type", b"application/json")],
    }  # fmt: skip
    asyncio.run(asyncio.wait_for(clinic.application(scope, never, send), 10))
    assert sent[0]["status"] == 408


def test_a_store_that_fails_lets_nobody_in(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a page is shown while nobody can say who asks, or without the strict headers."""

    def fails(*_: object, **__: object) -> None:
        raise StoreFailed("the store could not be read: disk I/O error")

    monkeypatch.setattr(Sessions, "person", fails)
    answer = clinic.client.get("/patients/P-0042")
    assert answer.status_code == 503
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_fault_that_nobody_foresaw_tells_nothing(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a traceback, or the text of an exception, is shown at the page; or comes without the headers."""

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("P-0042 at /var/lib/secret")

    monkeypatch.setattr("collector.people.own_account.OwnAccount.sessions", fails)
    answer = AsgiClient(_not_raised(clinic.application), _ORIGIN, clinic.client.headers).get("/account")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "P-0042" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"


def _not_raised(application: Any) -> Any:  # noqa: ANN401  ASGI's
    """Have an application not raise again what it answered already: the server writes it down."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        with contextlib.suppress(RuntimeError):
            await application(scope, receive, send)

    return asked


def test_metrics_are_for_this_machine(clinic: Clinic) -> None:
    """Breaks when figures of the collector are read from elsewhere without a session."""
    guard = Guard(
        Starlette(routes=[Route("/metrics", lambda _: PlainTextResponse("up 1"))]), PageSettings(), clinic.store
    )
    assert AsgiClient(guard, base_url=_ORIGIN).get("/metrics").status_code == 200
    assert AsgiClient(guard, base_url=_ORIGIN, client=("192.0.2.7", 1)).get("/metrics").status_code == 403


def test_a_web_socket_is_refused(clinic: Clinic) -> None:
    """Breaks when a web socket, which needs no token and no origin, reaches a screen."""
    sent: list[Any] = []

    async def ask() -> None:
        async def send(message: Any) -> None:  # noqa: ANN401
            sent.append(message)

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        await clinic.application({"type": "websocket", "path": "/", "headers": []}, receive, send)

    asyncio.run(ask())
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_open_addresses_are_few(clinic: Clinic) -> None:
    """Breaks when something is added to what strangers reach, and nobody looked."""
    opened = ["GET /sign-in", "POST /sign-in", "GET /first/abc", "POST /first/abc", "GET /static/page.css"]
    opened += ["GET /healthz", "GET /metrics", "GET /api/v1/captures"]
    closed = ["GET /", "POST /static/page.css", "POST /healthz", "GET /sign-in/x", "GET /healthz/x", "GET /staticx"]
    closed += ["GET /apis", "GET /first/a/../../accounts", "GET /FIRST/abc"]
    assert all(is_open(*one.split(" ")) for one in opened)
    assert not any(is_open(*one.split(" ")) for one in closed)
    assert clinic.stranger.get("/static/../account").status_code in (303, 404)


def test_a_cookie_of_another_session_is_not_taken_for_the_token(clinic: Clinic) -> None:
    """Breaks when the token of one session opens changes to another."""
    other = clinic.sign_in(Role.ADMINISTRATOR)
    mixed = {"cookie": other.headers["cookie"], TOKEN_HEADER: token_of("x" * 43)}
    assert AsgiClient(clinic.application, _ORIGIN, mixed).post("/sign-out").status_code == 403


def test_hosts_and_links_follow_the_settings() -> None:
    """Breaks when the page is refused under its own name, or a one-time link leads nowhere."""
    hosts = KnownHosts(_TLS)
    assert hosts.know(Headers({"host": "clinic.example"}))
    assert hosts.know(Headers({"host": "192.0.2.1:8080"}))
    assert not hosts.know(Headers({"host": "localhost"}))
    assert hosts.are_origin(Headers({"host": "clinic.example", "origin": "https://clinic.example"}))
    assert not hosts.are_origin(Headers({"host": "clinic.example", "origin": "http://clinic.example"}))
    assert base_url(_TLS) == "https://clinic.example:8080"
    assert base_url(PageSettings()) == _ORIGIN
    assert base_url(PageSettings(host="::1", port=81)) == "http://[::1]:81"
    assert base_url(PageSettings(port=0), 4711) == "http://127.0.0.1:4711"


def test_a_refusal_is_in_the_log_in_one_line(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when somebody tries what their role has not and nobody can see it, or an address forges a line."""
    client = clinic.sign_in(Role.TECHNICIAN)
    assert client.get("/audit?x=%0Aadmin").status_code == 403
    assert client.post("/accounts/close%0Ax", {}).status_code == 404
    assert client.post("/accounts/close", {"name": "x"}).status_code == 403
    said = [record.getMessage() for record in caplog.records if record.name.startswith("collector.")]
    assert said == ["technician was refused: GET /audit", "technician was refused: POST /accounts/close"]
