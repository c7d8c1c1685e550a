"""Ingestion: whatever comes, a decision follows, and nothing is dropped without a reason."""

import json
import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.ingestion.decisions import Accepted, Decision, Quarantined, Refused, decide
from contract import (
    MAX_MESSAGE_BYTES,
    BaselineAsk,
    Channel,
    Hair,
    HairKind,
    Health,
    Message,
    Status,
    Topic,
    content_sha256,
)
from contract.measurement import MAX_HAIRS
from tests.collector.examples import CLINIC, DEVICE, ask, health, status
from tests.examples import added_hair, capture, comparison, corrected_measurement, measurement, review, visit

TOPIC = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))
VALID = capture()


def changed(**changes: Any) -> bytes:  # noqa: ANN401  any JSON value
    """Return a valid capture's bytes with some of its fields replaced."""
    return json.dumps(json.loads(VALID.encode()) | changes).encode()


def test_valid_messages_are_taken_as_they_are() -> None:
    """Breaks when a good message is refused, or its bytes are altered on the way to the store."""
    decision = decide(CLINIC, TOPIC, VALID.encode())
    assert isinstance(decision, Accepted)
    bare = VALID.measurement.model_copy(update={"hairs": (), "uncounted": (), "uncounted_cells": ()})
    assert decision.message == VALID.model_copy(update={"measurement": bare}), "all but the lists"
    assert decision.payload == VALID.encode()
    assert decision.content_sha256 == content_sha256(VALID.encode())
    for channel, message in ((Channel.CHANGE, comparison()), (Channel.VISIT, visit()), (Channel.REVIEW, review())):
        decision = decide(CLINIC, str(Topic(CLINIC, DEVICE, channel)), message.encode())
        assert isinstance(decision, Accepted)
        assert (decision.message, decision.payload) == (message, message.encode())
    online, fit, asked = status(), health(), ask()
    assert decide(CLINIC, str(Topic(CLINIC, DEVICE, Channel.BASELINE_ASK)), asked.encode()) == asked
    assert decide(CLINIC, str(Topic(CLINIC, DEVICE, Channel.STATUS)), online.encode()) == online
    assert decide(CLINIC, str(Topic(CLINIC, DEVICE, Channel.HEALTH)), fit.encode()) == fit


def test_message_of_a_later_release_is_taken() -> None:
    """Breaks when an optional field that this release does not know makes a capture unreadable."""
    assert isinstance(decide(CLINIC, TOPIC, changed(pigment={"l_star": 41.5})), Accepted)


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (changed(device_id="chair-2"), "another device"),
        (changed(clinic_id="elsewhere"), "another clinic"),
        (changed(site="neck"), "site"),
        (changed(patient_code="Jane Doe"), "patient_code"),
        (changed(schema_version=2), "schema_version"),
        (changed(taken_at="9999-12-31T23:59:59-10:00"), "calendar"),
        (changed(taken_at="2026-03-04T09:30:00"), "taken_at"),
        (changed(exposure_us=10**400), "exposure_us"),
    ],
)
def test_capture_with_a_readable_id_is_refused_with_the_reason(payload: bytes, word: str) -> None:
    """Breaks when a device is not told that, and why, its capture will never be stored."""
    decision = decide(CLINIC, TOPIC, payload)
    assert isinstance(decision, Refused)
    assert decision.message_id == VALID.message_id
    assert word in decision.reason


@pytest.mark.parametrize(
    "named",
    [
        {"patient_code": "Jane Doe"},
        {"device_id": "jane-doe"},
        {"clinic_id": "jane-doe"},
        {"boot_id": "Jane Doe"},
        {"taken_at": "Jane Doe"},
        {"exposure_us": "Jane Doe"},
        {"camera": "Jane Doe" * 50},
    ],
)
def test_reason_does_not_repeat_what_must_not_enter(named: dict[str, str]) -> None:
    """Breaks when a patient's name, sent in place of another value, reaches log, page and receipt."""
    decision = decide(CLINIC, TOPIC, changed(**named))
    assert isinstance(decision, Refused)
    assert "jane" not in decision.reason.lower()
    assert "`" not in decision.reason, "pydantic quotes single letters of what it read"


@pytest.mark.parametrize(
    ("channel", "message", "changes", "word"),
    [
        (Channel.CHANGE, comparison(), {"device_id": "chair-2"}, "another device"),
        (Channel.CHANGE, comparison(), {"site": "neck"}, "site"),
        (Channel.CHANGE, visit(), {}, "followup"),
        (Channel.VISIT, visit(), {"patient_code": "Jane Doe"}, "patient_code"),
        (Channel.VISIT, visit(), {"visit_date": "9999-12-31"}, "calendar"),
        (Channel.VISIT, VALID, {}, "protocol"),
        (Channel.REVIEW, review(), {"device_id": "chair-2"}, "another device"),
        (Channel.REVIEW, review(), {"decision": "rejected"}, "message"),
        (Channel.REVIEW, review(), {"decided_by": "Jane Doe"}, "decided_by"),
        (Channel.REVIEW, VALID, {}, "capture_id"),
    ],
)
def test_comparisons_and_visits_that_cannot_be_stored_are_refused_with_the_reason(
    channel: Channel, message: Message, changes: dict[str, str], word: str
) -> None:
    """Breaks when a device is not told that, and why, its comparison or visit will never be stored."""
    payload = json.dumps(json.loads(message.encode()) | changes).encode()
    decision = decide(CLINIC, str(Topic(CLINIC, DEVICE, channel)), payload)
    assert isinstance(decision, Refused)
    assert decision.message_id == message.message_id
    assert word in decision.reason


@pytest.mark.parametrize("place", ["baseline", "followup"])
def test_a_comparison_at_the_edge_of_the_calendar_is_refused(place: str) -> None:
    """Breaks when a time is stored that no page can show."""
    fields = json.loads(comparison().encode())
    fields[place]["taken_at"] = "9999-12-31T23:59:59-10:00"
    decision = decide(CLINIC, str(Topic(CLINIC, DEVICE, Channel.CHANGE)), json.dumps(fields).encode())
    assert isinstance(decision, Refused)
    assert "calendar" in decision.reason


def test_a_correction_at_the_edge_of_the_calendar_is_refused() -> None:
    """Breaks when a time is stored that no page can show."""
    fields = json.loads(review(edits=(added_hair(),), corrected=corrected_measurement()).encode())
    fields["edits"][0]["at"] = "9999-12-31T23:59:59-10:00"
    decision = decide(CLINIC, str(Topic(CLINIC, DEVICE, Channel.REVIEW)), json.dumps(fields).encode())
    assert isinstance(decision, Refused)
    assert "calendar" in decision.reason


@pytest.mark.parametrize("changes", [{"device_id": "chair-2"}, {"before_visit": 1}, {"patient_code": "Jane Doe"}])
def test_an_ask_that_cannot_be_read_is_quarantined(changes: dict[str, Any]) -> None:
    """Breaks when one device asks in another's name, or an ask that breaks the contract is lost without a trace."""
    payload = json.dumps(json.loads(ask().encode()) | changes).encode()
    decision = decide(CLINIC, str(Topic(CLINIC, DEVICE, Channel.BASELINE_ASK)), payload)
    assert isinstance(decision, Quarantined)


def test_health_with_a_count_beyond_all_numbers_is_quarantined() -> None:
    """Breaks when a number is taken in that neither the store nor a page can read back."""
    fields = json.loads(health().encode()) | {"free_disk_bytes": 10**400}
    decision = decide(CLINIC, str(Topic(CLINIC, DEVICE, Channel.HEALTH)), json.dumps(fields).encode())
    assert isinstance(decision, Quarantined)
    assert "free_disk_bytes" in decision.reason


def test_topic_that_is_no_unicode_is_quarantined_as_a_store_can_keep_it() -> None:
    """Breaks when one topic with half a surrogate pair stops every batch that it comes in."""
    decision = decide(CLINIC, "weather/\ud800\0", b"{}")
    assert isinstance(decision, Quarantined)
    assert decision.topic.encode() == b"weather/??"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (TOPIC, b""),
        (TOPIC, b"\xff\xfe"),
        (TOPIC, b"[" * 100_000),
        (TOPIC, changed(message_id="7")),
        (TOPIC, changed(message_id=str(UUID(int=4)))),
        (TOPIC, VALID.encode()[:-1] + b',"later":"\xff"}'),
        (TOPIC.replace("/1/", "/2/"), VALID.encode()),
        (TOPIC.replace(CLINIC, "elsewhere"), VALID.encode().replace(b"message_id", b"id")),
        ("weather/today", VALID.encode()),
        (str(Topic(CLINIC, DEVICE, Channel.RECEIPT)), VALID.encode()),
        (str(Topic(CLINIC, DEVICE, Channel.ANSWER)), VALID.encode()),
        (str(Topic(CLINIC, DEVICE, Channel.DAY_LIST)), VALID.encode()),
        (str(Topic(CLINIC, DEVICE, Channel.STATUS)), VALID.encode()),
    ],
)
def test_what_cannot_be_named_is_quarantined_whole(topic: str, payload: bytes) -> None:
    """Breaks when an unreadable message is lost instead of kept for a person to look at."""
    decision = decide(CLINIC, topic, payload)
    assert isinstance(decision, Quarantined)
    assert (decision.topic, decision.payload) == (topic, payload)
    assert decision.reason


def test_largest_capture_of_the_contract_fits_the_bound() -> None:
    """Breaks when the size bound refuses a message that the contract allows, or when there is no bound."""
    hair = Hair(
        root_px=(-12345.678901234567, 12345.678901234567),
        tip_px=(-12345.678901234567, 12345.678901234567),
        diameter_um=123.45678901234567,
        diameter_limited=False,
        length_mm=123.45678901234567,
        kind=HairKind.TERMINAL,
        probability=0.12345678901234567,
        unit=MAX_HAIRS,
    )
    largest = capture(measurement=measurement(hairs=(hair,) * MAX_HAIRS)).encode()
    assert isinstance(decide(CLINIC, TOPIC, largest), Accepted)
    padded = VALID.encode() + b" " * MAX_MESSAGE_BYTES
    decision = decide(CLINIC, TOPIC, padded)
    assert isinstance(decision, Refused)
    assert str(MAX_MESSAGE_BYTES) in decision.reason


def assert_decided(topic: str, payload: bytes, decision: Decision) -> None:
    """Check that a message ended in a decision that keeps it or tells why not."""
    match decision:
        case Accepted():
            assert decision.payload == payload
            assert decision.message.device_id == Topic.parse(topic).device_id
        case Refused() | Quarantined():
            assert decision.payload == payload
            assert 0 < len(decision.reason) <= 500
        case Status() | Health() | BaselineAsk():
            assert decision.device_id == Topic.parse(topic).device_id


_TOPICS = st.one_of(st.sampled_from([str(Topic(CLINIC, DEVICE, channel)) for channel in Channel]), st.text(max_size=80))


@settings(deadline=None)
@given(topic=_TOPICS, payload=st.binary(max_size=400))
def test_random_bytes_never_raise(topic: str, payload: bytes) -> None:
    """Breaks when bytes exist that stop the collector."""
    assert_decided(topic, payload, decide(CLINIC, topic, payload))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), topic=_TOPICS)
def test_mutated_messages_never_raise(data: st.DataObject, topic: str) -> None:
    """Breaks when a message that is almost right stops the collector."""
    messages: list[Message] = [VALID, status(), health(), comparison(), visit(), ask()]
    source = data.draw(st.sampled_from(messages)).encode()
    if data.draw(st.booleans()):
        document = json.loads(source)
        place = document
        while True:
            key = data.draw(st.sampled_from(sorted(place)))
            if not isinstance(place[key], dict) or data.draw(st.booleans()):
                break
            place = place[key]
        place[key] = data.draw(_JSON)
        payload = json.dumps(document).encode()
    else:
        chance = random.Random(data.draw(st.integers(0, 2**32)))
        mutable = bytearray(source)
        for _ in range(chance.randint(1, 5)):
            mutable[chance.randrange(len(mutable))] = chance.randrange(256)
        payload = bytes(mutable)
    assert_decided(topic, payload, decide(CLINIC, topic, payload))
