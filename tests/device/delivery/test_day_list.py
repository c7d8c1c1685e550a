"""The clinic's list of the day on the instrument: kept for the page, nobody else's, and never in the way."""

import datetime
import stat
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from contract import TO_DEVICE, Channel, DayList, Expected, Topic
from contract.day_list import MAX_EXPECTED
from device.delivery.broker_connection import BrokerConnection, Connected, Lost, read_message
from device.delivery.day_list import expected_today, keep
from groundwork.broker_settings import BrokerSettings

TODAY = datetime.date(2026, 3, 4)
EARLY = Expected(patient_code="P-0107", visit_number=1, at=datetime.time(8, 30))
LATE = Expected(patient_code="P-0042", visit_number=3, at=datetime.time(11, 0))
ANY_TIME = Expected(patient_code="P-0007", visit_number=2)


def day_list(*expected: Expected, day: datetime.date = TODAY) -> DayList:
    """Return a list of this chair's."""
    made_at = datetime.datetime(2026, 3, 3, 18, 0, tzinfo=datetime.UTC)
    return DayList(clinic_id="riverside", device_id="chair-1", made_at=made_at, day=day, expected=expected)


def message(payload: bytes, channel: Channel = Channel.DAY_LIST) -> mqtt.MQTTMessage:
    """Return a message as paho hands it over."""
    came = mqtt.MQTTMessage(mid=1, topic=str(Topic("riverside", "chair-1", channel)).encode())
    came.payload = payload
    return came


def test_whom_the_clinic_expects_is_told_by_time_of_day(tmp_path: Path) -> None:
    """Breaks when a technician reads the day's patients in any order but the day's."""
    keep(tmp_path, day_list(LATE, ANY_TIME, EARLY).encode())
    assert expected_today(tmp_path, TODAY) == (EARLY, LATE, ANY_TIME)


def test_a_list_takes_the_earlier_one_s_place(tmp_path: Path) -> None:
    """Breaks when a patient who cancelled is expected all day."""
    keep(tmp_path, day_list(LATE, EARLY).encode())
    keep(tmp_path, day_list(EARLY).encode())
    assert expected_today(tmp_path, TODAY) == (EARLY,)
    keep(tmp_path, day_list().encode())
    assert expected_today(tmp_path, TODAY) == ()


@pytest.mark.parametrize("day", [TODAY - datetime.timedelta(days=1), TODAY + datetime.timedelta(days=1)])
def test_another_day_s_list_names_nobody(tmp_path: Path, day: datetime.date) -> None:
    """Breaks when yesterday's patients are offered on a morning without connection."""
    keep(tmp_path, day_list(EARLY, day=day).encode())
    assert expected_today(tmp_path, TODAY) == ()


def test_a_list_whose_day_is_over_is_deleted(tmp_path: Path) -> None:
    """Breaks when codes of patients lie on an instrument that their clinic sends no list any more."""
    keep(tmp_path, day_list(EARLY, day=TODAY + datetime.timedelta(days=1)).encode())
    expected_today(tmp_path, TODAY)
    assert len(list(tmp_path.iterdir())) == 1, "an instrument starts with the clock of its last hours"
    keep(tmp_path, day_list(EARLY).encode())
    expected_today(tmp_path, TODAY)
    assert len(list(tmp_path.iterdir())) == 1
    assert expected_today(tmp_path, TODAY + datetime.timedelta(days=1)) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_comes_while_the_old_one_is_read_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the new day's list is deleted in the place of yesterday's."""
    keep(tmp_path, day_list(LATE, day=TODAY - datetime.timedelta(days=1)).encode())
    read = DayList.model_validate_json

    def read_slowly(content: bytes) -> DayList:
        kept = read(content)
        keep(tmp_path, day_list(EARLY).encode())
        return kept

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(DayList, "model_validate_json", read_slowly)
        assert expected_today(tmp_path, TODAY) == ()
    assert expected_today(tmp_path, TODAY) == (EARLY,)


def test_the_list_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    """Breaks when another user of the instrument's computer reads who comes today."""
    keep(tmp_path, day_list(EARLY).encode())
    (path,) = tmp_path.iterdir()
    assert path.name == "day-list.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"{}", b"[" * 100_000, b" " * 600_000, day_list(EARLY).encode()[:-9]]
)
def test_a_damaged_file_names_nobody(tmp_path: Path, content: bytes) -> None:
    """Breaks when a file that a power cut or a person damaged keeps the start page from being shown."""
    (tmp_path / "day-list.json").write_bytes(content)
    assert expected_today(tmp_path, TODAY) == ()


def test_without_a_file_nobody_is_named(tmp_path: Path) -> None:
    """Breaks when a chair whose clinic sends no lists does not start."""
    assert expected_today(tmp_path, TODAY) == ()
    (tmp_path / "day-list.json").mkdir()
    assert expected_today(tmp_path, TODAY) == ()


def test_a_later_release_s_list_is_read(tmp_path: Path) -> None:
    """Breaks when a clinic that is newer than the chair, and says more of appointments, leaves it without a list."""
    later = day_list(EARLY, LATE).encode().replace(b'"at":"08:30:00"', b'"at":"08:30:00+01:00","room":"2"')
    keep(tmp_path, later)
    assert [one.patient_code for one in expected_today(tmp_path, TODAY)] == ["P-0107", "P-0042"]


def test_the_longest_list_is_read() -> None:
    """Breaks when a list that the contract allows is passed over for its length."""
    longest = tuple(
        Expected(patient_code=f"ABCD-{number:010d}", visit_number=9999, at=datetime.time(23, 59, 59, 999_999))
        for number in range(MAX_EXPECTED)
    )
    sent = day_list(*longest)
    assert read_message(message(sent.encode())) == sent


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", day_list(EARLY).encode() + b" " * 70_000])
def test_what_is_no_list_is_passed_over(payload: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when a message that empties or floods the topic ends the delivery."""
    assert read_message(message(payload)) is None
    assert "passed over" in caplog.text


def test_what_a_device_writes_is_not_read(caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when a message on a channel that no clinic writes is taken for a receipt."""
    assert read_message(message(day_list(EARLY).encode(), Channel.CAPTURE)) is None
    assert "no clinic writes" in caplog.text


@pytest.mark.parametrize(("refused", "lost"), [(Channel.DAY_LIST, False), (Channel.RECEIPT, True)])
def test_a_broker_that_refuses_the_list_alone_is_worked_with(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, refused: Channel, lost: bool
) -> None:
    """Breaks when a broker that is older than the chair, and says no to the list's topic, ends each connection.

    mosquitto 2.0 grants any subscription; MQTT 5 (3.9.3) lets a broker refuse one of several.
    """
    nowhere = tmp_path / "none"
    at = BrokerSettings(host="127.0.0.1", authority=nowhere, certificate=nowhere, key=nowhere)
    topics = [Topic("riverside", "chair-1", channel) for channel in TO_DEVICE]
    connection = BrokerConnection(at, "chair-1", topics, (Topic("riverside", "chair-1", Channel.STATUS), b"{}"))
    assert isinstance(connection.events.get_nowait(), Lost), "there are no certificates"
    codes = [ReasonCode(PacketTypes.SUBACK, identifier=0x87 if one is refused else 1) for one in TO_DEVICE]
    connection._on_subscribe(connection._client, None, 1, codes, None)
    assert isinstance(connection.events.get_nowait(), Lost if lost else Connected)
    assert ("refuses the day's list" in caplog.text) is not lost
