"""The devices' screens and the overview: who is there, what needs a look and why; and where the limits lie."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from collector import authority
from collector.devices import limits
from collector.devices.certificates import Certificates
from collector.devices.findings import Seen, findings, state_of
from collector.devices.releases import releases
from collector.devices.states import CertificateStanding, Gate, State
from collector.identity import issued
from collector.identity.certificates import common_name
from collector.ingestion.decisions import Accepted, Decision
from collector.people.roles import Role
from collector.store import alarms, news, quarantine
from collector.store import devices as store_devices
from collector.store.alarms import Alarm, AlarmKind
from collector.store.stored import DeviceSummary
from contract import Channel, DayList, Quality, Topic, Verdict
from contract.day_list import Expected
from tests.collector.examples import CLINIC, DEVICE, health, status
from tests.collector.page_clinic import Clinic, text_of
from tests.examples import capture

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def _seen(**changes: Any) -> Seen:  # noqa: ANN401  any field of a health message
    said = {"created_at": NOW, "calibration_made_at": NOW - timedelta(days=9), "room_captures": 4000} | changes
    return Seen(DeviceSummary(DEVICE, NOW, status(created_at=NOW), health(**said)), Gate(50, 2))


def _state(seen: Seen, now: datetime = NOW) -> State:
    return state_of(findings(seen, now))


def test_a_device_in_order_needs_nothing() -> None:
    """Breaks when a chair at which all is well asks for somebody."""
    assert findings(_seen(), NOW) == ()


@pytest.mark.parametrize(
    ("inside", "outside", "state"),
    [
        ({"room_captures": limits.FEW_CAPTURES}, {"room_captures": limits.FEW_CAPTURES - 1}, State.LOOK),
        ({"room_captures": 1000}, {"room_captures": 0}, State.BAD),
        (
            {"oldest_waiting_at": NOW - limits.WAITING_LONG},
            {"oldest_waiting_at": NOW - limits.WAITING_LONG - timedelta(seconds=1)},
            State.LOOK,
        ),
        ({"refused_captures": 0, "refused_others": 0}, {"refused_captures": 0, "refused_others": 1}, State.LOOK),
        ({"clock_trusted": True}, {"clock_trusted": False}, State.LOOK),
        ({}, {"camera_trouble": "The camera is gone."}, State.BAD),
        ({}, {"calibration_due": "Never calibrated. Calibrate it."}, State.LOOK),
        (
            {"certificate_expires_at": NOW + limits.CERTIFICATE_SOON + timedelta(seconds=1)},
            {"certificate_expires_at": NOW + limits.CERTIFICATE_SOON},
            State.LOOK,
        ),
        ({}, {"certificate_expires_at": NOW + limits.CERTIFICATE_NOW}, State.BAD),
        ({}, {"certificate_expires_at": NOW}, State.BAD),
    ],
)
def test_each_limit_lies_where_it_is_said_to(inside: dict[str, Any], outside: dict[str, Any], state: State) -> None:
    """Breaks when a threshold moves, is turned round, or one of an instrument's words is not listened to."""
    assert _state(_seen(**inside)) is State.OK
    assert _state(_seen(**outside)) is state


def test_silence_and_absence_are_told_apart() -> None:
    """Breaks when a device switched off over night asks for somebody, or one that hangs does not."""
    online = Seen(DeviceSummary(DEVICE, NOW, status(), None), Gate(0, 0))
    gone = Seen(DeviceSummary(DEVICE, NOW, status(presence="offline"), None), Gate(0, 0))
    assert _state(online, NOW + limits.SILENT_AFTER) is State.OK
    assert _state(online, NOW + limits.SILENT_AFTER + timedelta(seconds=1)) is State.LOOK
    assert _state(gone, NOW + limits.LONG_AWAY) is State.OK
    assert _state(gone, NOW + limits.LONG_AWAY + timedelta(seconds=1)) is State.LOOK


def test_the_gates_share_counts_from_enough_captures_on() -> None:
    """Breaks when three refused of three ask for somebody, or a lens out of focus does not."""

    def of(captures: int, refused: int) -> State:
        return _state(Seen(DeviceSummary(DEVICE, NOW, None, None), Gate(captures, refused)))

    assert of(3, 3) is State.OK
    assert of(limits.GATE_FEWEST, 3) is State.OK
    assert of(limits.GATE_FEWEST, 4) is State.LOOK
    assert of(50, 9) is State.OK
    assert of(50, 10) is State.LOOK


def test_an_alarm_weighs_for_a_month_and_a_revoked_device_only_while_it_is_connected() -> None:
    """Breaks when an attack is nobody's business, or a device that was thrown out long ago."""
    summary = DeviceSummary(DEVICE, NOW, status(), health(refused_captures=9))
    for ago, state in ((timedelta(days=29), State.BAD), (timedelta(days=31), State.OK)):
        assert _state(Seen(DeviceSummary(DEVICE, NOW, status(), None), Gate(0, 0), NOW - ago)) is state
    revoked = CertificateStanding(NOW + timedelta(days=300), revoked=True)
    (still_here,) = findings(Seen(summary, Gate(0, 0), certificate=revoked), NOW)
    assert still_here.state is State.BAD
    assert "taken back" in still_here.sentence
    gone = DeviceSummary(DEVICE, NOW, status(presence="offline"), health(refused_captures=9))
    assert findings(Seen(gone, Gate(0, 0), certificate=revoked), NOW + timedelta(days=99)) == ()


def test_releases_are_ordered_by_their_numbers() -> None:
    """Breaks when 0.9 is newer than 0.10, or one release alone is called mixed."""
    found = releases(["0.10.0", "0.9.1", "0.9.1"])
    assert (found.oldest, found.newest, found.mixed) == ("0.9.1", "0.10.0", True)
    assert not releases(["1.0"]).mixed
    assert releases([]).newest is None
    older = Seen(
        DeviceSummary(DEVICE, NOW, status(software_version="0.9.1"), None), Gate(0, 0), newest_release="0.10.0"
    )
    assert "0.10.0" in findings(older, NOW)[0].values.values()


def test_certificates_say_who_was_revoked_and_who_was_let_in_again(certificates: Path, tmp_path: Path) -> None:
    """Breaks when a revoked device is shown as one in force, or one that was enrolled anew as revoked."""
    folder = tmp_path / "issued"
    mine = [one for one in issued.recorded(certificates / issued.FOLDER) if common_name(one) == DEVICE]
    assert mine, "the authority records what it signs"
    for one in mine:
        issued.record(folder, one)
    now = datetime.now(UTC)
    taken_back = {one.serial_number for one in mine}
    assert not Certificates(folder).of_devices(now)[DEVICE].revoked
    revoking = Certificates(folder, taken_back.__contains__)
    assert revoking.of_devices(now)[DEVICE].revoked
    other = tmp_path / "other"
    authority.ensure_authority(other)
    authority.ensure_client(other, DEVICE)
    for one in issued.recorded(other / issued.FOLDER):
        issued.record(folder, one)
    anew = revoking.of_devices(now)[DEVICE]
    assert not anew.revoked
    assert anew.until is not None
    (folder / "0.crt").write_text("no certificate")
    assert not revoking.of_devices(now)[DEVICE].revoked


def _now() -> datetime:
    return datetime.now(UTC)


def _hold(clinic: Clinic, *decisions: Decision) -> None:
    clinic.store.store_batch(decisions, _now())


def test_the_list_begins_with_the_worst_and_says_why_and_what_to_do(clinic: Clinic) -> None:
    """Breaks when somebody has to look for what is the matter, or markup of a device gets in."""
    now = _now()
    _hold(
        clinic,
        status(created_at=now),
        health(created_at=now, room_captures=900),
        status(device_id="chair-2", created_at=now),
        health(device_id="chair-2", created_at=now, camera_trouble="The camera is gone. Look at its <cable>."),
        status(device_id="chair-3", created_at=now, software_version="0.2.0"),
        health(device_id="chair-3", created_at=now, calibration_due="Never calibrated. Calibrate it."),
    )
    page = clinic.page("/devices")
    said = html.unescape(text_of(page))
    assert re.findall(r'href="/devices/(chair-\d)"', page)[0] == "chair-2"
    assert "The camera is gone. Look at its <cable>." in said
    assert "<cable>" not in page
    assert "Never calibrated. Calibrate it." in said
    assert "It runs release 0.1.0; another instrument here runs 0.2.0." in said
    assert "0.1.0 to 0.2.0" in said
    assert "3 of 3" in said
    assert "for 900 captures" in said


def test_a_device_says_all_that_it_said_of_itself(clinic: Clinic) -> None:
    """Breaks when one of an instrument's words is nowhere to be read, or an older release's silence is an error."""
    now = _now()
    fields: dict[str, Any] = {
        "waiting_captures": 3, "waiting_pictures": 5, "waiting_others": 4, "refused_captures": 2, "refused_others": 1,
        "oldest_waiting_at": now - timedelta(days=9), "room_captures": 17, "lights": ("cross", "parallel"),
        "triggers": (), "certificate_expires_at": now + timedelta(days=40),
        "calibration_made_at": now - timedelta(days=21),
    }  # fmt: skip
    _hold(clinic, status(created_at=now, simulated=True), health(created_at=now, **fields))
    said = html.unescape(text_of(clinic.page("/devices/chair-1")))
    for words in (
        "Online since", "Simulated", "Captures 3", "Pictures 5", "Comparisons, visits and reviews 4",
        "Refused by the clinic 3", "Oldest waits since", "17 captures", "Cross-polarised, parallel-polarised",
        "None; captures are started by page or command line", "Synchronised", "In use until", "3 weeks",
        "Its oldest message has waited for 1 week", "12.4 GB",
    ):  # fmt: skip
        assert words in said, words
    _hold(clinic, status(device_id="chair-2", created_at=now, clock_trusted=False))
    said = text_of(clinic.page("/devices/chair-2"))
    assert "Online since" not in said  # by a clock that nobody trusts
    assert clinic.client.get("/devices/chair-9").status_code == 404


def test_a_devices_days_count_what_came_and_what_the_gate_refused(clinic: Clinic) -> None:
    """Breaks when a day's captures are another day's or another device's, or the picture has no words."""
    _hold(clinic, status(created_at=_now()))
    refused = Quality(verdict=Verdict.REFUSE, reasons=("Out of focus.",))
    here = [capture(), capture(quality=refused), capture()]
    there = capture(device_id="chair-2")
    for one in (*here, there):
        topic = Topic(CLINIC, one.device_id, Channel.CAPTURE)
        clinic.store.store_batch([Accepted(topic, one, one.encode())], _now())
    clinic.store.store_batch(
        [Accepted(Topic(CLINIC, DEVICE, Channel.CAPTURE), old := capture(), old.encode())], _now() - timedelta(days=40)
    )
    page = clinic.page("/devices/chair-1")
    assert "3 captures came in 14 days; the gate refused 1." in page
    assert "Of its newest 4 captures the gate refused 1, 25 %." in text_of(page)
    rows = re.findall(r'<tr><th scope="row">[^<]*</th><td class="number">(\d+)</td><td class="number">(\d+)</td>', page)
    assert rows[0] == ("3", "1")
    assert len(rows) == 14
    assert all(row == ("0", "0") for row in rows[1:])


def test_alarms_are_listed_with_device_and_words(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when an attack is told on the start alone, or those that are not listed are not counted."""
    monkeypatch.setattr(alarms, "KEPT_OF_EACH_DEVICE", 2)
    _hold(clinic, status(created_at=_now()))
    for found in ("b", "c", "d"):
        clinic.store.raise_alarm(Alarm(AlarmKind.PICTURE_ALTERED, DEVICE, "a" * 64, found * 64, 9, "Another."))
    for path in ("/devices", "/devices/chair-1"):
        said = html.unescape(text_of(clinic.page(path)))
        assert "chair-1: Other bytes came under this picture's name." in said
        assert "Something came under another's name" in said
    assert "1 earlier ones are counted and not listed." in text_of(clinic.page("/devices"))


def _expects(clinic: Clinic, *codes: str) -> None:
    expected = tuple(Expected(patient_code=code, visit_number=1) for code in codes)
    today = datetime.now().astimezone().date()
    listed = DayList(clinic_id=CLINIC, device_id=DEVICE, made_at=_now(), day=today, expected=expected)
    clinic.store.keep_day_lists([listed], today)


def test_the_overview_says_who_is_expected_and_what_came(clinic: Clinic) -> None:
    """Breaks when the day's list is nowhere, a finished visit is not, or a look at codes is not in the trail."""
    _expects(clinic, "P-0042", "P-0007")
    came = capture(patient_code="P-0042", visit_number=1)
    _hold(clinic, Accepted(Topic(CLINIC, DEVICE, Channel.CAPTURE), came, came.encode()))
    said = html.unescape(text_of(clinic.page("/")))
    assert "0 of 2 done" in said
    assert "Under way, 1 captures" in said
    assert "One capture came." in said
    with clinic.store.reading() as connection:
        noted = connection.execute(text("SELECT action, detail FROM audit_trail ORDER BY entry_id DESC")).first()
    assert noted is not None
    assert noted[0] == "looked"
    assert {"P-0042", "P-0007"} <= set(noted[1].split())


@pytest.mark.parametrize(
    ("role", "shows", "hides"),
    [
        (Role.TECHNICIAN, {"expected", "patients", "devices", "quarantine"}, {"studies"}),
        (Role.CLINICIAN, {"expected", "patients", "devices", "quarantine"}, set()),
        (Role.MONITOR, {"studies"}, {"expected", "patients", "devices", "quarantine"}),
        (Role.ADMINISTRATOR, {"devices", "quarantine"}, {"expected", "patients", "studies"}),
    ],
)
def test_the_overview_shows_each_role_its_day(clinic: Clinic, role: Role, shows: set[str], hides: set[str]) -> None:
    """Breaks when a role misses what it needs, or one without a right to patients reads a code."""
    _expects(clinic, "P-0042")
    came = capture()
    _hold(clinic, Accepted(Topic(CLINIC, DEVICE, Channel.CAPTURE), came, came.encode()))
    clinic.sign_in(role)
    page = clinic.page("/")
    for section in shows:
        assert f'id="{section}"' in page
    for section in hides:
        assert f'id="{section}"' not in page
    assert ("P-0042" in page) == ("patients" in shows)
    assert "One capture came." in text_of(page)


def _plan(clinic: Clinic, ask: Callable[[Any], object]) -> str:
    """Return how SQLite answers the questions that are asked."""
    asked: list[str] = []
    with clinic.store.reading() as connection:
        real = connection.execute

        def noting(statement: Any, *more: Any) -> Any:  # noqa: ANN401  SQLAlchemy's own
            compiled = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
            asked.append(str(compiled))
            return real(statement, *more)

        connection.execute = noting  # type: ignore[method-assign, assignment]
        ask(connection)
        lines = []
        for statement in asked:
            lines += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
    assert lines
    return "\n".join(lines)


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: store_devices.newest_captures(connection, DEVICE, 50),
        lambda connection: store_devices.newest_captures(connection, DEVICE, 50, NOW),
        lambda connection: store_devices.alarms_of(connection, DEVICE),
        lambda connection: news.arrivals(connection, NOW, 10),
        lambda connection: news.came_since(connection, NOW, 10),
        lambda connection: news.taken_at_visits(connection, ["P-0042"]),
        lambda connection: news.visits_said(connection, [("P-0042", 1)]),
        lambda connection: quarantine.newest(connection, 50),
        lambda connection: quarantine.newest(
            connection, 50, quarantine.After(NOW, quarantine.Key("a/b", "0" * 64)), "Why."
        ),
        quarantine.reasons,
        lambda connection: quarantine.keys_of(connection, "Why.", 50),
        lambda connection: quarantine.of_key(connection, quarantine.Key("a/b", "0" * 64), 10),
    ],
)
def test_no_question_reads_a_whole_table(clinic: Clinic, ask: Callable[[Any], object]) -> None:
    """Breaks when a screen takes the longer the more the clinic holds."""
    for line in _plan(clinic, ask).splitlines():
        # A scan by an index, in its order, ends at the question's limit; one of a subquery at that one's.
        whole = re.fullmatch(r"SCAN (captures|quarantine|alarms|visits)", line)
        assert whole is None, line
