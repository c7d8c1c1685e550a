"""The process beside: it decides what this one would, and its end ends nothing."""

import errno
import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from collector.ingestion import deciding
from collector.ingestion.deciding import Deciding
from collector.ingestion.decisions import Accepted, Decision, Quarantined, decide
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


def stop(beside: Deciding) -> BaseProcess:
    """Let the process hang: it is there, and says no more."""
    assert beside._process is not None
    assert beside._process.pid is not None
    os.kill(beside._process.pid, signal.SIGSTOP)
    return beside._process


def ended(pid: int | None) -> bool:
    """Return whether no such process is left."""
    return not Path(f"/proc/{pid}").exists()


def descriptors() -> int:
    """Return how many descriptors this process holds."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def own(batch: list[Received]) -> list[Decision]:
    """Return what this process decides of a batch."""
    return [decide(CLINIC, message.topic, message.payload) for message in batch]


def test_a_process_that_hangs_has_its_time_and_no_more(beside: Deciding, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a process that hangs on a batch stops the intake of the clinic for good."""
    monkeypatch.setattr(deciding, "_DECIDED_WITHIN_S", 0.3)
    batch, pid = every_kind(), stop(beside).pid
    begun_s = time.monotonic()
    assert given(beside, batch) == own(batch)
    assert time.monotonic() - begun_s >= 0.3, "it had its time"
    assert beside._process is None
    assert ended(pid), "it is killed"
    assert given(beside, batch) == own(batch), "also before it is started again"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deciding]:
    """Return one whose process is there, and may hold up a write or a read for a moment only."""
    monkeypatch.setattr(deciding, "_STALLED_AFTER_S", 0.2)
    one = Deciding(CLINIC)
    one._alone = False
    given(one, every_kind())
    await_true(one._has_company, "the process is there")
    yield one
    one.close()


def test_a_process_that_does_not_read_holds_nothing_up(impatient: Deciding) -> None:
    """Breaks when a batch that does not fit the pipe to a process that hangs is written for ever."""
    batch = [Received(0, CAPTURES, bytes([place]) * 100_000, None) for place in range(40)]
    stop(impatient)
    impatient.begin(batch)
    assert impatient.wait_for is None, "decided here"
    assert impatient.give() == (batch, own(batch))
    assert impatient._process is None


def test_a_process_that_hangs_halfway_through_its_answer_holds_nothing_up(impatient: Deciding) -> None:
    """Breaks when the rest of an answer is waited for that never comes."""
    batch = [Received(0, CAPTURES, capture().encode(), None)] * 1_000  # a megabyte of answer: more than the pipe holds
    impatient.begin(batch)
    await_true(lambda: impatient._beside is not None and impatient._beside.poll(), "it begins to answer")
    stop(impatient)
    of, decisions = impatient.give()
    assert impatient._process is None, "it had more to say"
    assert (of, decisions) == (batch, own(batch))


def test_forgetting_waits_for_no_answer(beside: Deciding) -> None:
    """Breaks when a lost connection waits for a process that hangs, or its late answer is another batch's."""
    batch, other = every_kind(), [Received(0, "other", b"message", None)] * 20
    pid = stop(beside).pid
    beside.begin(batch)
    beside.forget()
    assert beside.count == 0
    beside.begin(other)
    assert beside.done, "decided here meanwhile"
    assert beside.give() == (other, own(other))
    assert pid is not None
    os.kill(pid, signal.SIGCONT)
    await_true(lambda: beside._beside is not None and beside._beside.poll(), "the late answer")
    beside.begin(other)
    assert beside.wait_for is not None, "the process is taken again"
    await_true(lambda: beside.done, "the batch is decided")
    assert beside.give() == (other, own(other))


def test_the_end_waits_for_no_process(beside: Deciding, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a collector cannot be ended because the process beside it hangs."""
    monkeypatch.setattr(deciding, "_END_WITHIN_S", 0.2)
    pid = stop(beside).pid
    beside.begin(every_kind())
    beside.close()
    assert ended(pid)


def test_a_process_that_never_says_it_is_there_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a process that hangs at its start is waited for, or kept, for good."""
    monkeypatch.setattr(deciding, "_DECIDED_WITHIN_S", 0.0)
    one, batch = Deciding(CLINIC), every_kind()
    one._alone = False
    one._start()
    pid = stop(one).pid
    assert given(one, batch) == own(batch)
    assert one._process is None
    assert ended(pid)


@pytest.mark.parametrize("error", [BlockingIOError(errno.EAGAIN, "no process"), OSError(errno.ENOMEM, "no memory")])
def test_a_process_that_cannot_be_started_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: OSError
) -> None:
    """Breaks when a machine without memory for another process loses the collector, or descriptors each time."""
    monkeypatch.setattr(deciding, "_AGAIN_AFTER_S", 0.0)
    one, batch = Deciding(CLINIC), every_kind()
    one._alone = False
    with monkeypatch.context() as short:
        short.setattr(BaseProcess, "start", lambda _process: (_ for _ in ()).throw(error))
        given(one, batch)
        opened = descriptors()
        assert given(one, batch) == own(batch)
        assert descriptors() <= opened
    assert "validated here meanwhile" in caplog.text
    assert given(one, batch) == own(batch)
    await_true(one._has_company, "it is tried again")
    one.close()


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


@pytest.mark.parametrize("letter", ["x", "\U0001f52c", "\0"])
def test_a_topic_without_end_is_held_by_its_beginning(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a topic of 65 kB, which no index takes, keeps its message from the quarantine."""
    long = CAPTURES + "/" + letter * 60_000
    decision = decide(CLINIC, long, b"payload")
    assert isinstance(decision, Quarantined)
    assert len(decision.topic) == 300
    assert len(decision.topic.encode()) + 64 < 2_704, "bytes: what an index row of PostgreSQL holds, with the digest"
    assert decision.topic.startswith(CAPTURES)
    assert isinstance(decide(CLINIC, decision.topic, b"payload"), Quarantined), "tried again, it is no other topic"
    monkeypatch.setattr(deciding, "decide", lambda *_: (_ for _ in ()).throw(RecursionError))
    assert deciding._decided(CLINIC, long, b"payload").topic == decision.topic  # type: ignore[union-attr]


def test_a_long_topic_does_not_become_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when what a topic says beyond the bound is cut off before it is read: a stranger's would be a device's."""
    monkeypatch.setattr("collector.ingestion.decisions._MAX_TOPIC", len(CAPTURES))
    good = capture().encode()
    assert isinstance(decide(CLINIC, CAPTURES, good), Accepted)
    assert decide(CLINIC, CAPTURES + "/more", good) == Quarantined(
        CAPTURES, good, "The topic is none of the contract's."
    )
