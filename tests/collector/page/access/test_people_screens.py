"""Signing in, one's own account, accounts, tokens and the trail, over HTTP as a browser asks."""

import csv
import io
import re

import pytest
from argon2 import PasswordHasher

from collector.page.access.guard import COOKIE, TOKEN_HEADER
from collector.people import audit
from collector.people.accounts import Accounts
from collector.people.audit import Action
from collector.people.one_time_links import first_link
from collector.people.passwords import Passwords
from collector.people.roles import Role
from collector.people.sessions import token_of
from collector.store.audit import Entry, Wanted, entries
from tests.collector.asgi import AsgiClient
from tests.collector.page_clinic import Clinic

_ORIGIN = "http://127.0.0.1:8080"
_PASSWORD = "four plain words here"


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have hashes cost little: what they cost in the product is tested where they are made."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("collector.people.passwords.PasswordHasher.from_parameters", lambda _parameters: cheap)
    assert Passwords().kept("x").startswith("$argon2id$v=19$m=8,")


@pytest.fixture
def clinic(clinic: Clinic) -> Clinic:
    """Return a clinic whose pages keep passwords cheaply."""
    clinic.build()
    return clinic


def _browser(clinic: Clinic, set_cookie: str) -> AsgiClient:
    """Return a browser with the cookie that an answer gave it."""
    cookie = set_cookie.partition(";")[0].removeprefix(f"{COOKIE}=")
    headers = {"cookie": f"{COOKIE}={cookie}", TOKEN_HEADER: token_of(cookie)}
    return AsgiClient(clinic.application, _ORIGIN, headers)


def _trail(clinic: Clinic, wanted: Wanted) -> list[Entry]:
    with clinic.store.reading() as connection:
        return entries(connection, wanted, 1000)


def test_from_the_first_start_to_a_second_person(clinic: Clinic) -> None:
    """Breaks when a fresh collector cannot be taken into use over its pages alone."""
    link = first_link(clinic.store, _ORIGIN)
    assert link is not None
    path = link.removeprefix(_ORIGIN)
    assert "admin" in clinic.stranger.get(path).text
    assert clinic.stranger.post(path, {"password": "short"}).status_code == 422
    answer = clinic.stranger.post(path, {"password": _PASSWORD})
    assert answer.json() == {"go": "/"}
    admin = _browser(clinic, answer.headers["set-cookie"])
    assert clinic.stranger.get(path).status_code == 404

    added = admin.post("/accounts/add", {"name": "mk", "role": "clinician"}).json()
    answer = clinic.stranger.post(added["link"], {"password": _PASSWORD})
    assert _browser(clinic, answer.headers["set-cookie"]).get("/account").status_code == 200

    answer = clinic.stranger.post("/sign-in", {"name": "mk", "password": _PASSWORD, "next": "/account"})
    assert answer.json() == {"go": "/account"}
    mk = _browser(clinic, answer.headers["set-cookie"])
    assert "Clinician" in mk.get("/account").text
    assert mk.get("/accounts").status_code == 403
    out = mk.post("/sign-out")
    assert out.json() == {"go": "/sign-in"}
    assert mk.get("/account").status_code == 303
    done = [entry.action for entry in _trail(clinic, Wanted(by="mk"))]
    assert done == [Action.SIGNED_OUT, Action.SIGNED_IN, Action.PASSWORD_SET]


def test_a_wrong_password_is_told_and_signs_nobody_in(clinic: Clinic) -> None:
    """Breaks when the answer to a wrong password carries a session, or no word that helps."""
    answer = clinic.stranger.post("/sign-in", {"name": "nobody", "password": _PASSWORD})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "do not fit" in answer.json()["sentence"]


def test_an_address_that_waits_is_told_how_long(clinic: Clinic) -> None:
    """Breaks when who typed wrong too often is not told when to try again."""
    said = [clinic.stranger.post("/sign-in", {"name": f"n{one}", "password": "x"}).json() for one in range(21)]
    assert said[0]["wait_s"] == 0
    assert said[-1]["wait_s"] == 30


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"name": "mk"}', '{"name": 1, "password": "x"}', '{"name": "a", "password": "s3cret", "x": 1}']
)
def test_a_body_of_another_shape_is_refused_without_quoting_it(clinic: Clinic, body: str) -> None:
    """Breaks when a body that nobody foresaw fails in the program, or a password comes back in the answer."""
    answer = clinic.stranger.request(
        "POST", "/sign-in", content=body.encode(), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
    assert "s3cret" not in answer.text


def test_a_form_of_another_site_is_refused(clinic: Clinic) -> None:
    """Breaks when a plain form, which needs no leave of this site, can sign somebody in."""
    answer = clinic.stranger.request("POST", "/sign-in", data={"name": "mk", "password": "x"})
    assert answer.status_code == 415


def test_signing_in_anew_ends_the_session_before(clinic: Clinic) -> None:
    """Breaks when a session that was planted, or forgotten, goes on beside the new one."""
    with_password = Accounts(clinic.store).add("test", "mk", Role.TECHNICIAN)
    first = _browser(
        clinic, clinic.stranger.post(f"/first/{with_password}", {"password": _PASSWORD}).headers["set-cookie"]
    )
    answer = first.post("/sign-in", {"name": "mk", "password": _PASSWORD})
    second = _browser(clinic, answer.headers["set-cookie"])
    assert first.get("/account").status_code == 303
    assert second.get("/account").status_code == 200


def test_a_password_is_changed_and_other_sessions_end(clinic: Clinic) -> None:
    """Breaks when the page that changed it is signed out, or another one is not."""
    link = Accounts(clinic.store).add("test", "mk", Role.TECHNICIAN)
    here = _browser(clinic, clinic.stranger.post(f"/first/{link}", {"password": _PASSWORD}).headers["set-cookie"])
    answer = clinic.stranger.post("/sign-in", {"name": "mk", "password": _PASSWORD})
    elsewhere = _browser(clinic, answer.headers["set-cookie"])
    wrong = here.post("/account/password", {"present": "wrong", "new": "another four words"})
    assert wrong.status_code == 422
    changed = here.post("/account/password", {"present": _PASSWORD, "new": "another four words"})
    assert changed.json() == {"reload": True}
    assert elsewhere.get("/account").status_code == 303
    assert _browser(clinic, changed.headers["set-cookie"]).get("/account").status_code == 200


def test_the_list_of_accounts_and_what_is_done_there(clinic: Clinic) -> None:
    """Breaks when the administrator's screen does not show or do what it says."""
    admin = clinic.sign_in(Role.ADMINISTRATOR)
    assert (
        "There is an account"
        in admin.post("/accounts/add", {"name": "Clinician", "role": "monitor"}).json()["sentence"]
    )
    assert admin.post("/accounts/add", {"name": "Dr. Who", "role": "monitor"}).status_code == 422
    assert admin.post("/accounts/add", {"name": "x", "role": "owner"}).status_code == 422
    assert admin.post("/accounts/role", {"name": "clinician", "role": "technician"}).json() == {"reload": True}
    assert admin.post("/accounts/reset", {"name": "administrator"}).status_code == 422
    assert admin.post("/accounts/reset", {"name": "clinician"}).json()["link"].startswith("/first/")
    assert admin.post("/accounts/close", {"name": "clinician"}).json() == {"reload": True}
    assert admin.post("/accounts/close", {"name": "clinician"}).status_code == 422
    page = re.sub(r"\s+", " ", admin.get("/accounts").text)
    assert "Technician" in page
    assert "Closed" in page


def test_a_token_is_shown_once(clinic: Clinic) -> None:
    """Breaks when a token can be read again by whoever comes to the screen later."""
    admin = clinic.sign_in(Role.ADMINISTRATOR)
    secret = admin.post("/tokens/make", {"title": "Register", "account": "clinician", "days": 30}).json()["token"]
    page = admin.get("/tokens").text
    assert "Register" in page
    assert secret not in page
    (digest,) = set(re.findall(r"[0-9a-f]{64}", page)) - {admin.headers[TOKEN_HEADER]}
    assert admin.post("/tokens/revoke", {"token_sha256": digest}).json() == {"reload": True}
    assert admin.post("/tokens/revoke", {"token_sha256": digest}).status_code == 422


def test_the_trail_is_paged_and_filtered(clinic: Clinic) -> None:
    """Breaks when an entry cannot be found in the trail, or a page of it has no end."""
    for number in range(150):
        audit.note(clinic.store, "mk", Action.LOOKED, patient_code=f"P-{number:04}")
    client = clinic.sign_in(Role.MONITOR)
    first = client.get("/audit").text
    assert first.count("<tr") == 101
    assert "P-0149" in first
    assert "P-0020" not in first
    following = re.search(r'href="(/audit\?before=[^"]+)"', first)
    assert following is not None
    second = client.get(following[1]).text
    assert "P-0020" in second
    assert "P-0100" not in second
    one = client.get("/audit?patient=P-0077&by=mk&action=looked").text
    assert one.count("<tr") == 2
    assert "no such entry" in client.get("/audit?patient=P-9999").text


@pytest.mark.parametrize("query", ["action=x", "from=yesterday", "to=9999-12-31", "from=0001-01-01", "before=x"])
def test_a_question_that_is_none_is_told(clinic: Clinic, query: str) -> None:
    """Breaks when an address that somebody typed fails in the program."""
    client = clinic.sign_in(Role.MONITOR)
    for path in ("/audit", "/audit.csv"):
        assert client.get(f"{path}?{query}").status_code == (
            200 if (path, query) == ("/audit.csv", "before=x") else 422
        )


def test_the_trail_is_taken_away_as_a_file_and_that_is_in_it(clinic: Clinic) -> None:
    """Breaks when the file lacks entries, runs in a spreadsheet, or nobody sees who took it."""
    for number in range(1500):
        audit.note(
            clinic.store, "mk", Action.LOOKED, patient_code=f"P-{number:04}", detail="=1+1" if not number else None
        )
    client = clinic.sign_in(Role.MONITOR)
    answer = client.get("/audit.csv?by=mk")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-trail.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["patient_code"] for line in lines] == [f"P-{number:04}" for number in reversed(range(1500))]
    assert lines[-1]["detail"] == "'=1+1"
    (taken,) = _trail(clinic, Wanted(action=Action.TRAIL_TAKEN.value))
    assert (taken.by, taken.detail) == ("monitor", "by mk")


def test_a_language_is_chosen_from_those_there_are(clinic: Clinic) -> None:
    """Breaks when a language that there is none of is kept, and no page can be shown any more."""
    assert clinic.client.post("/account/language", {"language": "en"}).json() == {"reload": True}
    assert clinic.client.post("/account/language", {"language": "../../x"}).status_code == 422
    assert '<html lang="en">' in clinic.client.get("/account").text


@pytest.mark.parametrize("role", Role)
def test_the_way_to_other_screens_follows_the_rights(clinic: Clinic, role: Role) -> None:
    """Breaks when the bar offers what is refused then, or hides what is allowed."""
    client = clinic.sign_in(role)
    bar = re.search(r"<nav aria-label=\"Sections\">(.*?)</nav>", client.get("/account").text, re.DOTALL)
    assert bar is not None
    for address in re.findall(r'href="([^"]+)"', bar[1]):
        assert client.get(address).status_code in (200, 303), address
    assert ('href="/accounts"' in bar[1]) == (role is Role.ADMINISTRATOR)
    assert ('href="/patients"' in bar[1]) == (role in (Role.CLINICIAN, Role.TECHNICIAN))
