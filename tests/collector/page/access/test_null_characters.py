"""What the database does not take, and U+0000, answered with a sentence, on pages and over the interface."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from collector.people.roles import Role
from collector.people.tokens import Tokens
from collector.store import patients
from tests.collector.page_clinic import Clinic
from tests.postgresql import PostgreSQL


@pytest.mark.parametrize(
    "path", ["/patients/P-%00", "/patients?search=%00", "/api/v1/patients/P-%00", "/api/v1/patients?after=%00"]
)
def test_a_null_character_in_an_address_is_refused(tmp_path: Path, path: str) -> None:
    """Breaks when such an address ends in a fault of the server, or comes back in the answer."""
    clinic = Clinic(tmp_path)
    with closing(clinic.store):
        answer = clinic.client.get(path)
    assert answer.status_code == 400
    assert "U+0000" in answer.text
    assert "\0" not in answer.text


@pytest.mark.parametrize("body", [b'{"name": "a\\u0000b", "role": "nurse"}', b'{"name": "a\0b"}'])
def test_a_null_character_in_a_body_is_refused(tmp_path: Path, body: bytes) -> None:
    """Breaks when a text is stored on SQLite that PostgreSQL could never hold, or the server fails at it."""
    clinic = Clinic(tmp_path, Role.ADMINISTRATOR)
    with closing(clinic.store):
        answer = clinic.client.post(
            "/accounts/add",
            content=body,
            headers={"content-type": "application/json", "origin": "http://127.0.0.1:8080"},
        )
    assert (answer.status_code, "U+0000" in answer.text) == (400, True)


def refusing(connection: Connection, *_asked: object) -> None:
    """Ask what PostgreSQL refuses, quoting it."""
    connection.exec_driver_sql("SELECT 'P-4711'::integer")


@pytest.mark.parametrize("path", ["/patients", "/api/v1/patients"])
def test_what_the_store_refuses_is_answered_without_what_was_sent(
    postgresql_cluster: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Breaks when what the database refuses ends in a fault of the server, or is quoted."""
    clinic = Clinic(tmp_path, place=postgresql_cluster.fresh())
    monkeypatch.setattr(patients, "newest", refusing)
    monkeypatch.setattr(patients, "found", refusing)
    with closing(clinic.store):
        secret = Tokens(clinic.store).make(Role.CLINICIAN.value, "practice system", Role.CLINICIAN.value, 30)
        answer = clinic.client.get(path, headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 422
    assert "P-4711" not in answer.text
    assert "store does not take" in answer.text
