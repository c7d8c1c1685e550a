"""Alarms: what came under the name of something else is told, and fills no disk."""

import threading
import time

import pytest
from sqlalchemy import text

from collector.ingestion.decisions import decide
from collector.store import alarms
from collector.store.alarms import Alarm, AlarmKind
from collector.store.store import Store
from contract import (
    Channel,
    Topic,
    content_sha256,
    new_message_id,
)
from tests.collector.examples import NOW
from tests.collector.store.test_store import accepted
from tests.examples import capture


def altered_picture(device_id: str | None, found: str) -> Alarm:
    """Return the alarm of another picture than its name said."""
    return Alarm(AlarmKind.PICTURE_ALTERED, device_id, "a" * 64, found, 12, "The body is another.")


def test_another_message_under_a_stored_id_raises_an_alarm(store: Store) -> None:
    """Breaks when somebody tries to change what is stored and nobody ever hears of it."""
    first = capture()
    other = first.model_copy(update={"patient_code": "P-0007"})
    store.store_batch([accepted(first)], NOW)
    assert store.alarms().raised == ()
    store.store_batch([accepted(other), accepted(other), accepted(first)], NOW)
    (raised,) = store.alarms().raised
    assert (raised.alarm.kind, raised.alarm.device_id) == (AlarmKind.MESSAGE_ALTERED, "chair-1")
    assert (raised.alarm.subject, raised.times) == (str(first.message_id), 2)
    assert raised.alarm.found_sha256 == content_sha256(other.encode())
    assert raised.first_at == raised.last_at == NOW


def test_alarms_fill_no_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a hostile device fills the store, or pushes another device's alarms out of sight."""
    monkeypatch.setattr(alarms, "KEPT_OF_EACH_DEVICE", 3)
    store.raise_alarm(altered_picture(None, "f" * 64))
    for number in range(8):
        store.raise_alarm(altered_picture("chair-1", f"{number:064}"))
        store.raise_alarm(altered_picture("chair-1", f"{number:064}"))
    told = store.alarms()
    assert [int(one.alarm.found_sha256) for one in told.raised if one.alarm.device_id == "chair-1"] == [7, 6, 5]
    assert [one.alarm.device_id for one in told.raised if one.alarm.device_id != "chair-1"] == [None]
    assert told.dropped == 10
    assert {one.times for one in told.raised} == {1, 2}


def test_an_alarm_waits_for_the_subscriber_s_commit(store: Store) -> None:
    """Breaks when an alarm is lost because a batch was being committed at that moment."""
    with store.writing() as connection:
        connection.execute(text("DELETE FROM day_lists"))
        raising = threading.Thread(target=store.raise_alarm, args=(altered_picture("chair-1", "b" * 64),))
        raising.start()
        time.sleep(0.1)
    raising.join(10)
    assert len(store.alarms().raised) == 1


def test_an_alarm_that_cannot_be_kept_is_logged(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when a full disk makes alarms vanish, or turns a refusal into a fault."""
    with store.writing() as connection:
        connection.execute(text("DROP TABLE alarms"))
    store.raise_alarm(altered_picture("chair-1", "b" * 64))
    assert "The body is another." in caplog.text
    assert "could not be kept" in caplog.text


def test_what_breaks_the_contract_under_a_stored_id_is_alarmed(store: Store) -> None:
    """Breaks when somebody tries to replace a capture, badly, and nobody learns of it."""
    stored = capture()
    store.store_batch([accepted(stored)], NOW)
    broken = stored.encode().replace(b'"visit_number":1', b'"visit_number":-1')
    assert broken != stored.encode()
    topic = str(Topic(stored.clinic_id, stored.device_id, Channel.CAPTURE))
    store.store_batch([decide(stored.clinic_id, topic, broken)], NOW)
    (raised,) = store.alarms().raised
    assert raised.alarm.subject == str(stored.message_id)
    other = broken.replace(str(stored.message_id).encode(), str(new_message_id()).encode())
    store.store_batch([decide(stored.clinic_id, topic, other)], NOW)
    assert len(store.alarms().raised) == 1, "of an id that is free it is refused alone"
