"""What is answered: figures as they were stored, lists in parts, what is new, what has not changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from collector.exports.codes import coded_figures
from collector.interface.application import ADDRESS
from collector.interface.resources.captures import SETTLED_AFTER
from collector.people.roles import Role
from collector.studies import conduct
from contract import Decision
from tests.collector.asgi import AsgiClient
from tests.collector.interface.served import (
    CAPTURE,
    OTHER_PATIENT,
    PATIENT,
    STUDY,
    Served,
    a_while_ago,
    changed,
    json_of,
    second_capture,
)
from tests.collector.studies.examples import allocated, plan, trial
from tests.examples import PICTURE_BYTES, capture, full_measurement, review_of, visit


@pytest.fixture
def holder(served: Served) -> AsgiClient:
    """Return a clinician's token at work."""
    return served.holder()


def read(holder: AsgiClient, path: str) -> dict[str, Any]:
    """Return the JSON of a resource."""
    return json_of(holder.get(f"{ADDRESS}{path}"))


def test_a_capture_has_every_figure_under_its_code_and_unit(filled: Served) -> None:
    """Breaks when a figure is lost, rounded, or sent under another's code or unit."""
    found = read(filled.holder(), f"/captures/{CAPTURE}")
    told = {one["code"]: (one["unit"], one["value"], one["low"], one["high"]) for one in found["figures"]}
    kept = {
        code.code: (code.ucum, interval.value, interval.low, interval.high)
        for code, interval in coded_figures(full_measurement())
    }
    assert told == kept
    assert found["calibration"]["um_per_px"] == 5.3
    assert found["review"]["decision"] == Decision.ACCEPTED
    assert found["review"]["corrections"] == 1
    assert found["picture"]["arrived"] is True
    assert found["hairs"] is None


def test_hairs_come_only_when_they_are_asked_for(filled: Served) -> None:
    """Breaks when hairs are sent to all, or lost."""
    (hair,) = read(filled.holder(), f"/captures/{CAPTURE}?include=hairs")["hairs"]
    known = full_measurement().hairs[0]
    assert hair["root_px"] == list(known.root_px)
    assert hair["diameter_um"] == known.diameter_um


def test_no_field_of_a_stored_message_passes_undocumented(served: Served, holder: AsgiClient) -> None:
    """Breaks when what an instrument of a later release adds is handed on unseen."""
    shown = capture()
    payload = shown.encode()[:-1] + b',"surname":"Miller"}'
    served.holds(shown)
    with served.store.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS captures_stay")
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='trigger'").scalars().all()
        for name in names:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE captures SET payload = ?", (payload,))
    for path in (f"/captures/{shown.message_id}?include=hairs", f"/patients/{PATIENT}/fhir", "/captures"):
        assert "Miller" not in holder.get(f"{ADDRESS}{path}").text


def test_patients_come_in_parts(served: Served, holder: AsgiClient) -> None:
    """Breaks when a patient is left out between two parts, or told twice."""
    codes = [f"P-{number:04}" for number in range(7)] + ["Q-0001"]
    served.holds(*(capture(patient_code=code) for code in codes))
    told, after = [], ""
    for _ in range(20):
        part = read(holder, f"/patients?limit=3{after}")
        told += [one["patient_code"] for one in part["patients"]]
        if part["next"] is None:
            break
        after = f"&after={part['next']}"
    assert told == codes
    assert [one["patient_code"] for one in read(holder, "/patients?beginning=Q")["patients"]] == ["Q-0001"]


def test_a_patient_is_not_another_whose_code_begins_so(served: Served, holder: AsgiClient) -> None:
    """Breaks when a code that is part of another's opens that one."""
    served.holds(capture(patient_code="P-00423"))
    assert holder.get(f"{ADDRESS}/patients/P-0042").status_code == 404
    assert read(holder, "/patients/P-00423")["captures"] == 1


def test_a_patients_captures_come_in_parts(served: Served, holder: AsgiClient) -> None:
    """Breaks when a capture is left out between two parts, or another patient's is among them."""
    taken = [capture(visit_number=number) for number in range(1, 6)]
    served.holds(*taken, capture(patient_code=OTHER_PATIENT))
    first = read(holder, f"/patients/{PATIENT}/captures?limit=3")
    second = read(holder, f"/patients/{PATIENT}/captures?limit=3&after={first['next']}")
    assert [one["id"] for one in first["captures"] + second["captures"]] == [str(one.message_id) for one in taken]
    assert second["next"] is None
    assert holder.get(f"{ADDRESS}/patients/{OTHER_PATIENT}/captures?after={first['next']}").status_code == 404


def test_whoever_follows_misses_none_and_gets_none_twice(served: Served, holder: AsgiClient) -> None:
    """Breaks when another system that asks again and again has other captures than the clinic."""
    told: list[str] = []
    kept: list[str] = []
    after = ""
    for around in range(4):
        arrived = [capture(patient_code=f"P-{around}{number:03}") for number in range(5)]
        served.holds(*arrived, at=a_while_ago(400 - 60 * around))  # five at the same moment
        kept += sorted(str(one.message_id) for one in arrived)
        more = True
        while more:
            part = read(holder, f"/captures?limit=2{after}")
            told += [one["id"] for one in part["captures"]]
            more, after = part["more"], f"&after={part['next']}"
    assert told == kept
    assert read(holder, f"/captures?limit=2{after}") == {"captures": [], "next": after.split("=")[1], "more": False}


def test_what_has_just_come_waits_until_nothing_can_come_before_it(served: Served, holder: AsgiClient) -> None:
    """Breaks when a capture that another collector commits later is stepped over."""
    served.holds(capture(), at=a_while_ago(SETTLED_AFTER.total_seconds() - 20))
    assert read(holder, "/captures")["captures"] == []
    served.holds(capture(), at=a_while_ago(SETTLED_AFTER.total_seconds() + 5))
    assert len(read(holder, "/captures")["captures"]) == 1


def test_captures_since_a_time(served: Served, holder: AsgiClient) -> None:
    """Breaks when the bound is taken in another zone, or leaves out what came at that very time."""
    at = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    served.holds(capture(), at=at)
    for since, number in (
        ("2026-03-04T10:00:00Z", 1),
        ("2026-03-04T12:00:00%2B02:00", 1),
        ("2026-03-04T12:00:00+02:00", 1),
        ("2026-03-04T10:00:00.001Z", 0),
        ("2026-03-04t09:59:60z", 1),
        ("0001-01-01T00:00:00%2B23:59", 1),
        ("9999-12-31T23:59:60-23:59", 0),
    ):
        assert len(read(holder, f"/captures?since={since}")["captures"]) == number, since


@pytest.mark.parametrize(
    "query",
    [
        "limit=201",
        "limit=0",
        "limit=1_0",
        "limit=+5",
        "limit=1e1",
        "limit=%D9%A3",
        "limit=",
        "limit=5&limit=6",
        "since=yesterday",
        "since=1772616600",
        "since=2026-03-04",
        "since=2026-03-04T10:00:00",
        "since=2026-02-30T10:00:00Z",
        "after=1",
        "after=99999999999999_0195f1a2-7f4e-7cc3-98c4-dc0c0c07398f",
        "unknown=1",
        "Limit=5",
        "include=hairs",
    ],
)
def test_what_is_not_documented_is_refused(filled: Served, query: str) -> None:
    """Breaks when a mistyped parameter is passed over, so that somebody gets other captures than they asked for."""
    answer = filled.holder().get(f"{ADDRESS}/captures?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/patients/",
        "/patients/p-0042",
        "/patients/P-0042%0A",
        f"/captures/{str(CAPTURE).upper()}",
        f"/captures/{{{CAPTURE}}}",
        f"/captures/{UUID(int=0)}",
        f"/patients/{PATIENT}/sites/nose/changes",
        "/studies/NONE-2026",
        "/captures/%00/picture",
    ],
)
def test_what_is_not_there_is_a_problem_with_a_sentence(filled: Served, path: str) -> None:
    """Breaks when an address has a second spelling, or a wrong one fails the program."""
    answer = filled.holder().get(f"{ADDRESS}{path}")
    assert answer.status_code == 404, answer.text
    assert set(answer.json()) == {"type", "title", "status", "detail"}


def test_what_has_not_changed_is_not_sent_again(served: Served, holder: AsgiClient) -> None:
    """Breaks when a system has to read all again, or is not told of a word that was said since."""
    shown = capture(message_id=CAPTURE)
    served.holds(shown, capture())
    served.holds_picture()
    for path in (f"/captures/{CAPTURE}", f"/captures/{CAPTURE}/picture", f"/patients/{PATIENT}/fhir", "/patients"):
        tag = holder.get(f"{ADDRESS}{path}").headers["etag"]
        for known in (tag, f'W/{tag}, "x"', f'"y", {tag}', "*"):
            again = holder.get(f"{ADDRESS}{path}", headers={"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), path
        assert holder.get(f"{ADDRESS}{path}", headers={"if-none-match": '"other"'}).status_code == 200
    before = holder.get(f"{ADDRESS}/captures/{CAPTURE}").headers["etag"]
    served.holds(review_of(shown, decision=Decision.REJECTED, reason="hair was wet"))
    after = holder.get(f"{ADDRESS}/captures/{CAPTURE}", headers={"if-none-match": before})
    assert after.json()["review"]["reason"] == "hair was wet"


def test_a_picture_comes_as_the_instrument_made_it(served: Served, holder: AsgiClient) -> None:
    """Breaks when other bytes are given out, or one that has not arrived is said to be there."""
    shown = capture()
    served.holds(shown)
    path = f"{ADDRESS}/captures/{shown.message_id}/picture"
    assert holder.get(path).status_code == 404
    assert holder.head(path).status_code == 404
    served.holds_picture()
    answer = holder.get(path)
    assert answer.content == PICTURE_BYTES
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["etag"] == f'"{hashlib.sha256(PICTURE_BYTES).hexdigest()}"'


@pytest.mark.parametrize("path", ["/patients", f"/captures/{CAPTURE}", f"/captures/{CAPTURE}/picture", "/devices"])
def test_head_says_what_get_would(filled: Served, path: str) -> None:
    """Breaks when HEAD has a body, or tells of another length or tag."""
    holder = filled.holder()
    got, headed = holder.get(f"{ADDRESS}{path}"), holder.head(f"{ADDRESS}{path}")
    assert headed.status_code == 200
    assert headed.content == b""
    assert {name: headed.headers[name] for name in ("content-type", "content-length", "etag")} == {
        name: got.headers[name] for name in ("content-type", "content-length", "etag")
    }


def test_a_change_has_its_interval_and_what_is_said_of_it(filled: Served) -> None:
    """Breaks when another system learns of a change that the clinic's own pages do not call one."""
    (change,) = read(filled.holder(), f"/patients/{PATIENT}/sites/frontal/changes")["changes"]
    density = next(one for one in change["figures"] if one["name"] == "density_change_per_cm2")
    assert (density["change"]["value"], density["change"]["low"], density["change"]["high"]) == (12.0, 7.0, 17.0)
    assert density["change"]["unit"] == "{hairs}/cm2"
    assert density["called_from"] > 0
    assert density["call"] == "increase"
    assert change["counts"] is True


def test_a_rejected_captures_change_does_not_count(served: Served, holder: AsgiClient) -> None:
    """Breaks when a change is taken for one although its picture was rejected."""
    first, later = capture(message_id=CAPTURE), second_capture()
    served.holds(first, later, changed(first, later))
    served.holds(review_of(later, decision=Decision.REJECTED, reason="not the place"))
    (change,) = read(holder, f"/patients/{PATIENT}/sites/frontal/changes")["changes"]
    assert change["counts"] is False
    rejected = {one["id"]: one["rejected"] for one in read(holder, f"/patients/{PATIENT}/captures")["captures"]}
    assert rejected == {str(first.message_id): False, str(later.message_id): True}


def test_of_a_study_no_arm_is_told_before_it_is_unlocked(served: Served) -> None:
    """Breaks when somebody can tell over the interface who got what, while the pages keep it."""
    of, people = plan(), allocated(30)
    conduct.add(served.store, of, "monitor")
    conduct.enter_patients(served.store, STUDY, people, "monitor")
    served.holds(*trial(people, of), visit(patient_code="P-0001", treatment_arm="S"))
    monitor = served.holder(Role.MONITOR)
    blinded = read(monitor, f"/studies/{STUDY}")
    assert (blinded["results"], blinded["outcome"], blinded["blinded"]) == ("blinded", None, True)
    assert blinded["completeness"]["patients"] == 30
    seen = read(served.holder(), "/patients/P-0001/visits")
    assert len(seen["visits"]) == 1
    assert "arm" not in str(seen)

    conduct.unlock(served.store, STUDY, STUDY, "the data base is closed", "monitor")
    end = datetime.now(UTC) + timedelta(seconds=60)
    while (told := read(monitor, f"/studies/{STUDY}"))["results"] != "ready" and datetime.now(UTC) < end:
        assert told["outcome"] is None
    assert {one["arm"]: one["allocated"] for one in told["outcome"]["arms"]} == {"P": 10, "R": 10, "S": 10}
    assert {one["arm"] for one in told["outcome"]["differences"]} == {"R", "S"}
    assert all(one["difference"]["low"] <= one["difference"]["high"] for one in told["outcome"]["differences"])


def test_a_bundle_is_of_the_release_that_was_asked_for(filled: Served) -> None:
    """Breaks when a system that reads R4 gets R5, or a bundle leaves a capture out."""
    holder = filled.holder()
    kinds = {}
    for release in ("R4", "R5"):
        answer = holder.get(f"{ADDRESS}/patients/{PATIENT}/fhir?release={release}")
        assert answer.headers["content-type"] == "application/fhir+json"
        kinds[release] = [entry["resource"]["resourceType"] for entry in answer.json()["entry"]]
    assert kinds["R4"].count("Media") == kinds["R5"].count("DocumentReference") == 3
