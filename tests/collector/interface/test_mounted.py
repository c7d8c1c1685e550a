"""The interface where people and systems reach it: behind the guard of the clinic's pages."""

from __future__ import annotations

from collector.interface.application import ADDRESS, DOCUMENT
from collector.people.roles import Role
from collector.people.tokens import Tokens
from tests.collector.asgi import AsgiClient
from tests.collector.page_clinic import Clinic
from tests.examples import capture


def holder(clinic: Clinic, role: Role = Role.CLINICIAN) -> AsgiClient:
    """Return somebody with a token of the account that is signed in, and without its cookie."""
    secret = Tokens(clinic.store).make("admin", "practice system", role.value, 30)
    headers = {"authorization": f"Bearer {secret}"}
    return AsgiClient(clinic.application, base_url="http://127.0.0.1:8080", headers=headers)


def test_a_token_reads_behind_the_guard(clinic: Clinic) -> None:
    """Breaks when the guard of the pages asks another system for a session, or leads it to signing in."""
    shown = capture()
    clinic.holds(shown)
    clinic.holds_picture(shown)
    system = holder(clinic)
    for path in ("/patients", f"/captures/{shown.message_id}", f"/captures/{shown.message_id}/picture"):
        answer = system.get(f"{ADDRESS}{path}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
    assert clinic.stranger.get(f"{ADDRESS}{DOCUMENT}").status_code == 200


def test_a_session_is_no_token(clinic: Clinic) -> None:
    """Breaks when a page of another site can have a browser read patients over the interface, by its cookie."""
    clinic.holds(capture())
    for client in (clinic.client, clinic.stranger):
        answer = client.get(f"{ADDRESS}/patients")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_is_no_session(clinic: Clinic) -> None:
    """Breaks when what was made for another system opens the pages."""
    clinic.holds(capture())
    system = holder(clinic)
    assert system.get("/patients/P-0042").status_code == 303
    assert system.get("/patients/P-0042", headers={"sec-fetch-mode": "cors"}).status_code == 401


def test_what_is_wrong_is_a_problem_behind_the_guard_too(clinic: Clinic) -> None:
    """Breaks when another system gets a page made for people where it reads JSON."""
    system = holder(clinic)
    for method, path, status in (
        ("GET", f"{ADDRESS}/nothing", 404),
        ("GET", f"{ADDRESS}/patients/P-9999", 404),
        ("GET", f"{ADDRESS}/patients?x=1", 422),
        ("POST", f"{ADDRESS}/patients", 405),
    ):
        answer = system.request(method, path)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert system.get(f"{ADDRESS}/patients", headers={"host": "evil.example"}).status_code == 400
