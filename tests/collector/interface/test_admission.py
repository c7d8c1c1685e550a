"""Who is answered: tokens, rights, paces; and the trail of who looked."""

from __future__ import annotations

from pathlib import Path

import pytest
from openapi_spec_validator import validate

from collector.interface.admission import Pace
from collector.interface.application import ADDRESS, DOCUMENT, described
from collector.people.roles import Role
from collector.people.tokens import Tokens
from tests.collector.interface.served import CAPTURE, PATIENT, STUDY, Served, fill

_EVERY = (
    "/patients",
    f"/patients/{PATIENT}",
    f"/patients/{PATIENT}/visits",
    f"/patients/{PATIENT}/captures",
    f"/patients/{PATIENT}/sites/frontal/changes",
    f"/patients/{PATIENT}/fhir",
    "/captures",
    f"/captures/{CAPTURE}",
    f"/captures/{CAPTURE}/picture",
    "/devices",
    f"/studies/{STUDY}",
)
_OF_PATIENTS = {path for path in _EVERY if path not in ("/devices", f"/studies/{STUDY}")}


def test_every_resource_is_looked_at_here(filled: Served) -> None:
    """Breaks when a resource is added and none of these tests knows of it."""
    document = filled.stranger.get(f"{ADDRESS}{DOCUMENT}").json()
    asked = {"code": PATIENT, "site": "frontal", "id": str(CAPTURE)}
    paths = {path.format(**asked) for path in document["paths"]}
    assert {path.replace(f"/studies/{PATIENT}", f"/studies/{STUDY}") for path in paths} == set(_EVERY)


@pytest.mark.parametrize("path", _EVERY)
def test_without_a_token_nothing_is_answered(filled: Served, path: str) -> None:
    """Breaks when a resource is open to whoever finds its address, or says no more than a page of a browser."""
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic eDp4"}, {"authorization": ""}):
        answer = filled.stranger.get(f"{ADDRESS}{path}", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="trichoscope"')
        assert ("invalid_token" in answer.headers["www-authenticate"]) == bool(headers)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 401
        assert PATIENT not in answer.text


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.TECHNICIAN, _OF_PATIENTS - {f"/patients/{PATIENT}/fhir"} | {"/devices"}),
        (Role.CLINICIAN, set(_EVERY)),
        (Role.MONITOR, {f"/studies/{STUDY}"}),
        (Role.ADMINISTRATOR, {"/devices"}),
    ],
)
def test_a_token_has_the_rights_of_its_account(filled: Served, role: Role, allowed: set[str]) -> None:
    """Breaks when a token reads what its account may not see."""
    holder = filled.holder(role)
    for path in _EVERY:
        answer = holder.get(f"{ADDRESS}{path}")
        assert answer.status_code == (200 if path in allowed else 403), (path, answer.text)
        if path not in allowed:
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_a_revoked_token_reads_nothing(served: Served) -> None:
    """Breaks when a token goes on after an administrator took it back."""
    holder, tokens = served.holder(), Tokens(served.store)
    assert holder.get(f"{ADDRESS}/patients").status_code == 200
    assert tokens.revoke("admin", tokens.all()[0].token_sha256)
    assert holder.get(f"{ADDRESS}/patients").status_code == 401


@pytest.mark.parametrize("path", _EVERY)
def test_every_look_at_a_patient_stands_in_the_trail(served: Served, path: str) -> None:
    """Breaks when what is read over the interface leaves no trace of who read whose."""
    fill(served)
    before = len(served.trail())
    assert served.holder().get(f"{ADDRESS}{path}").status_code == 200
    found = served.trail()[: len(served.trail()) - before]
    if path == "/devices":
        assert not found
        return
    (entry,) = found
    assert entry.by == "clinician by token practice system"
    if path in _OF_PATIENTS:
        assert PATIENT in (entry.patient_code or entry.detail or "")


def test_what_is_refused_leaves_no_look_in_the_trail(filled: Served) -> None:
    """Breaks when the trail says that somebody saw a patient who were shown nothing."""
    before = len(filled.trail())
    holder = filled.holder()
    filled.stranger.get(f"{ADDRESS}/patients/{PATIENT}")
    filled.holder(Role.MONITOR).get(f"{ADDRESS}/patients/{PATIENT}")
    holder.get(f"{ADDRESS}/patients/P-9999")
    holder.get(f"{ADDRESS}/patients/{PATIENT}/captures?limit=0")
    assert len(filled.trail()) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_is_taken_in(filled: Served, method: str) -> None:
    """Breaks when something can be changed over the interface."""
    for path in (*_EVERY, DOCUMENT):
        answer = filled.holder().request(method, f"{ADDRESS}{path}")
        assert answer.status_code == 405
        assert {"GET", "HEAD"} == set(answer.headers["allow"].replace(" ", "").split(","))
        assert answer.json()["title"] == "Method Not Allowed"


def test_a_token_is_slowed_down_alone(tmp_path: Path) -> None:
    """Breaks when one system that asks too much stops the others, or is never stopped."""
    served = Served(tmp_path, Pace(per_s=0.01, at_once=5))
    hasty, other = served.holder(title="hasty"), served.holder(title="other")
    statuses = [hasty.get(f"{ADDRESS}/patients").status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert int(hasty.get(f"{ADDRESS}/patients").headers["retry-after"]) >= 1
    assert other.get(f"{ADDRESS}/patients").status_code == 200
    served.store.close()


def test_tries_of_tokens_are_slowed_down(tmp_path: Path) -> None:
    """Breaks when one may try tokens as fast as the machine answers."""
    served = Served(tmp_path, Pace(strangers_per_s=0.01, strangers_at_once=5))
    tries = [served.stranger.get(f"{ADDRESS}/patients").status_code for _ in range(7)]
    assert tries == [401] * 5 + [429] * 2
    assert served.holder().get(f"{ADDRESS}/patients").status_code == 200
    served.store.close()


def test_the_document_is_valid_and_open(filled: Served) -> None:
    """Breaks when programs cannot be made from the document, or something in it has no description."""
    document = filled.stranger.get(f"{ADDRESS}{DOCUMENT}").json()
    validate(document)
    assert document == described()
    for path in document["paths"].values():
        operation = path["get"]
        assert operation["summary"]
        assert operation["responses"]["200"]["description"]
        for parameter in [*operation["parameters"], *path.get("parameters", ())]:
            assert parameter["description"], parameter
