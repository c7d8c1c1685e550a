"""The process beside: it decides what this one would, and its end ends nothing."""

from collections.abc import Iterator

import pytest

from collector.ingestion import deciding
from collector.ingestion.deciding import Deciding
from collector.ingestion.decisions import Decision, Quarantined, decide
from collector.ingestion.packets import Received
from contract import Channel, Topic
from tests.collector.conftest import await_true
from tests.collector.examples import CLINIC, DEVICE, ask, health, status
from tests.examples import capture, comparison, full_measurement, review, visit

CAPTURES = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))


def every_kind() -> list[Received]:
    """Return a batch with a message of every kind, good and bad."""
    good = [
        (Channel.CAPTURE, capture()),
        (Channel.CAPTURE, capture(measurement=full_measurement())),
        (Channel.CHANGE, comparison()),
        (Channel.VISIT, visit()),
        (Channel.REVIEW, review()),
        (Channel.STATUS, status()),
        (Channel.HEALTH, health()),
        (Channel.BASELINE_ASK, ask()),
        (Channel.CAPTURE, capture(device_id="chair-9")),  # refused
        (Channel.RECEIPT, capture()),
    ]
    batch = [Received(0, str(Topic(CLINIC, DEVICE, channel)), one.encode(), None) for channel, one in good]
    batch += [Received(0, CAPTURES, bad, b"known by") for bad in (b"", b"{}", b"\xff", b"[" * 5_000)]
    return batch + [Received(0, "weather", b"fine", None)] * deciding._WORTH_A_PROCESS


def given(beside: Deciding, batch: list[Received]) -> list[Decision]:
    """Return what is decided of a batch."""
    beside.begin(batch)
    await_true(lambda: beside.done, "the batch is decided")
    of, decisions = beside.give()
    assert list(of) == batch
    assert not beside.under_way
    return decisions


@pytest.fixture
def beside() -> Iterator[Deciding]:
    """Return one whose process is there."""
    one = Deciding(CLINIC)
    one._alone = False  # also where the tests have one processor
    given(one, every_kind())
    await_true(one._has_company, "the process is there")
    yield one
    one.close()


def test_the_process_decides_what_this_one_would(beside: Deciding) -> None:
    """Breaks when a message is stored otherwise under load than alone."""
    batch = every_kind()
    beside.begin(batch)
    assert beside.wait_for is not None, "it is decided elsewhere"
    await_true(lambda: beside.done, "the batch is decided")
    assert beside.give()[1] == [decide(CLINIC, message.topic, message.payload) for message in batch]


def test_few_messages_start_no_process() -> None:
    """Breaks when a clinic of three chairs pays for a process that it does not need."""
    alone = Deciding(CLINIC)
    batch = every_kind()[: deciding._WORTH_A_PROCESS - 1]
    assert given(alone, batch) == [decide(CLINIC, message.topic, message.payload) for message in batch]
    assert alone._process is None
    alone.close()


@pytest.mark.parametrize("when", ["before", "while"])
def test_the_process_s_end_loses_nothing(beside: Deciding, when: str, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when a process that the system kills for memory takes a batch, or the collector, with it."""
    batch = every_kind()
    assert beside._process is not None
    if when == "before":
        beside._process.kill()
        beside._process.join()
        assert given(beside, batch) == [decide(CLINIC, message.topic, message.payload) for message in batch]
    else:
        beside.begin(batch)
        beside._process.kill()
        await_true(lambda: beside.done, "its end is seen")
        assert beside.give()[1] == [decide(CLINIC, message.topic, message.payload) for message in batch]
    assert not any(record.exc_info for record in caplog.records)


def test_a_batch_whose_connection_is_lost_is_left(beside: Deciding) -> None:
    """Breaks when what was decided for one connection is taken for the next one's."""
    beside.begin(every_kind())
    beside.forget()
    other = [Received(0, "other", b"message", None)] * 20
    assert {one.topic for one in given(beside, other) if isinstance(one, Quarantined)} == {"other"}


def test_reading_that_raises_all_the_same_holds_one_message_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a fault of this release, met by one message, stops the intake for good."""

    def chokes(clinic_id: str, topic: str, payload: bytes) -> Decision:
        if payload == b"poison":
            raise RecursionError("of a patient, in words")
        return decide(clinic_id, topic, payload)

    monkeypatch.setattr(deciding, "decide", chokes)
    alone = Deciding(CLINIC)
    poison, good = Received(0, "any/\0", b"poison", None), Received(0, CAPTURES, capture().encode(), None)
    decisions = given(alone, [poison, good])
    assert decisions == [
        Quarantined("any/?", b"poison", "Reading it failed with RecursionError."),
        decide(CLINIC, CAPTURES, good.payload),
    ]
