"""The subscriber with the real broker: a receipt means stored, and nothing else does."""

import logging
import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path

import pytest

from collector.ingestion import deciding
from collector.ingestion.answers import Answering
from collector.ingestion.broker_connection import (
    BATCH,
    BrokerConnection,
    CertificatesUnusable,
    ConnectionEnded,
    tls_context,
)
from collector.ingestion.decisions import Decision
from collector.ingestion.packets import ConnectionAnswer, SubscriptionAnswer
from collector.ingestion.pauses import Pauses
from collector.ingestion.subscriber import Subscriber
from collector.ingestion.todays_lists import TodaysLists
from collector.store.store import Store
from collector.store.stored import Answer, StoreFailed
from contract import FROM_DEVICE, BaselineAnswer, BaselineAsk, Channel, DayList, Outcome, Presence, Receipt, Topic
from groundwork.broker_settings import BrokerSettings
from tests.collector.conftest import OTHER_DEVICE, Broker, Client, await_true
from tests.collector.examples import CLINIC, DEVICE, NOW, ask, health, status
from tests.examples import capture, comparison, visit
from tests.free_ports import free_port

CAPTURES = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))
RECEIPTS = str(Topic(CLINIC, DEVICE, Channel.RECEIPT))
NOT_AUTHORIZED = 0x87


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    with closing(Store(tmp_path / "collector.sqlite3")) as opened:
        yield opened


def nothing_known(ask: BaselineAsk) -> BaselineAnswer:
    """Answer that there is no baseline."""
    return BaselineAnswer(message_id=ask.message_id, answered_at=NOW, reason="None.")


@contextmanager
def subscribed(
    settings: BrokerSettings,
    store: Store,
    *,
    connected: bool = True,
    answer: Callable[[BaselineAsk], BaselineAnswer] | None = None,
) -> Iterator[Subscriber]:
    """Run a subscriber for the length of the block."""
    subscriber = Subscriber(settings, CLINIC, store, Answering(answer or nothing_known))
    thread = threading.Thread(target=subscriber.run)
    thread.start()
    try:
        if connected:
            await_true(lambda: subscriber.trouble is None, "the subscriber connects")
        yield subscriber
    finally:
        subscriber.stop()
        thread.join(10)
        assert not thread.is_alive(), "the subscriber did not stop"


def receipts(device: Client, number: int) -> list[Receipt]:
    """Return the next receipts of a device."""
    return [Receipt.model_validate_json(device.received.get(timeout=10)[1]) for _ in range(number)]


def test_every_capture_is_stored_and_receipted_in_batches(mosquitto: Broker, store: Store) -> None:
    """Breaks when captures are lost, doubled or not receipted while they come faster than one commit each."""
    captures = [capture(sequence=number) for number in range(1, 3 * BATCH)]
    with subscribed(mosquitto.settings(), store), Client(mosquitto, DEVICE) as device:
        device.subscribe(RECEIPTS)
        device.send(CAPTURES, [shown.encode() for shown in captures])
        answers = receipts(device, len(captures))
    assert {answer.message_id for answer in answers} == {shown.message_id for shown in captures}
    assert {answer.outcome for answer in answers} == {Outcome.STORED}
    assert len(store.captures_of("P-0042")) == len(captures)


def test_poison_among_captures_stops_nothing(mosquitto: Broker, store: Store) -> None:
    """Breaks when one unreadable message keeps the captures behind it from being stored."""
    good, bad = capture(), capture(device_id=OTHER_DEVICE)
    with subscribed(mosquitto.settings(), store) as subscriber, Client(mosquitto, DEVICE) as device:
        device.subscribe(RECEIPTS)
        device.send(CAPTURES, [b"\xff", b"", b"[" * 10_000, bad.encode(), good.encode()])
        answers = {answer.message_id: answer for answer in receipts(device, 2)}
        assert subscriber.trouble is None
    assert answers[bad.message_id].outcome is Outcome.REFUSED
    assert answers[good.message_id].outcome is Outcome.STORED
    assert store.quarantine(10)[0] == 4


def test_captures_sent_while_the_collector_is_away_arrive(mosquitto: Broker, store: Store) -> None:
    """Breaks when the session at the broker does not persist, over the collector's absence and the broker's restart."""
    with subscribed(mosquitto.settings(), store):
        pass
    early, late = capture(visit_number=1), capture(visit_number=2)
    with Client(mosquitto, DEVICE) as device:
        device.send(CAPTURES, [early.encode()])
    mosquitto.stop()
    mosquitto.start()
    with Client(mosquitto, DEVICE) as device, subscribed(mosquitto.settings(), store):
        device.send(CAPTURES, [late.encode()])
        await_true(lambda: len(store.captures_of("P-0042")) == 2, "both captures are stored")


def test_long_absence_is_caught_up_with(mosquitto: Broker, store: Store) -> None:
    """Breaks when the broker, which overruns its bound of messages in flight once they wait, swamps the collector."""
    with subscribed(mosquitto.settings(), store):
        pass
    number = 8 * BATCH
    with Client(mosquitto, DEVICE) as device:
        device.send(CAPTURES, [capture(sequence=place + 1).encode() for place in range(number)])
        device.subscribe(RECEIPTS)
        with subscribed(mosquitto.settings(), store):
            assert len({answer.message_id for answer in receipts(device, number)}) == number
    assert len(store.captures_of("P-0042")) == number


def test_subscriber_comes_back_after_the_broker_does(mosquitto: Broker, store: Store) -> None:
    """Breaks when a broker's restart leaves a collector that is connected to nothing or subscribed to nothing."""
    with subscribed(mosquitto.settings(), store) as subscriber:
        mosquitto.stop()
        await_true(lambda: subscriber.trouble is not None, "the loss is noticed")
        mosquitto.start()
        await_true(lambda: subscriber.trouble is None, "the subscriber connects again")
        with Client(mosquitto, DEVICE) as device:
            device.subscribe(RECEIPTS)
            device.send(CAPTURES, [capture().encode()])
            assert receipts(device, 1)[0].outcome is Outcome.STORED


class FailingStore(Store):
    """A store whose disk is full for the first commits."""

    failures_left = 3

    def store_batch(self, decisions: Sequence[Decision], now: datetime) -> list[Answer | None]:
        """Fail, or store."""
        if self.failures_left:
            self.failures_left -= 1
            raise StoreFailed("the store could not commit: database or disk is full")
        return super().store_batch(decisions, now)


def test_full_disk_sends_no_receipt_and_loses_nothing(
    mosquitto: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a capture is receipted or acknowledged that the disk did not take."""
    monkeypatch.setattr("collector.ingestion.subscriber._LONGEST_PAUSE_S", 0.2)
    shown = capture()
    with closing(FailingStore(tmp_path / "full.sqlite3")) as store:
        store.failures_left = 10**9
        with subscribed(mosquitto.settings(), store) as subscriber, Client(mosquitto, DEVICE) as device:
            device.subscribe(RECEIPTS)
            device.send(CAPTURES, [shown.encode()])
            await_true(lambda: "disk is full" in (subscriber.trouble or ""), "the trouble is shown")
            assert device.received.empty()
        # It stopped with the disk still full: the broker must still have the capture.
        store.failures_left = 3
        with Client(mosquitto, DEVICE) as device:
            device.subscribe(RECEIPTS)
            with subscribed(mosquitto.settings(), store, connected=False) as subscriber:
                assert receipts(device, 1)[0].message_id == shown.message_id
                # what the broker kept may come, and be stored, before it answers the subscription
                await_true(lambda: subscriber.trouble is None, "no trouble is left")
        assert len(store.captures_of("P-0042")) == 1
    assert [record for record in caplog.records if record.levelno == logging.ERROR and "disk is full" in record.message]


ASKS = str(Topic(CLINIC, DEVICE, Channel.BASELINE_ASK))
ANSWERS = str(Topic(CLINIC, DEVICE, Channel.ANSWER))


def test_an_ask_is_answered_to_the_one_who_asked(mosquitto: Broker, store: Store) -> None:
    """Breaks when an answer does not come, or cannot be told from another one."""
    asked, baseline = ask(), capture()

    def answer(to: BaselineAsk) -> BaselineAnswer:
        return BaselineAnswer(message_id=to.message_id, answered_at=NOW, baseline=baseline)

    with subscribed(mosquitto.settings(), store, answer=answer), Client(mosquitto, DEVICE) as device:
        device.subscribe(ANSWERS)
        device.ask(ASKS, asked.encode(), answer_to=ANSWERS, correlation=asked.message_id.bytes)
        topic, payload = device.received.get(timeout=10)
    received = BaselineAnswer.model_validate_json(payload)
    assert (topic, received.message_id, received.baseline) == (ANSWERS, asked.message_id, baseline)
    assert device.correlation == asked.message_id.bytes
    assert store.quarantine(1)[0] == 0


@pytest.mark.parametrize(
    "elsewhere",
    [
        str(Topic(CLINIC, OTHER_DEVICE, Channel.ANSWER)),
        str(Topic(CLINIC, OTHER_DEVICE, Channel.RECEIPT)),
        "anything",
    ],
)
def test_an_answer_goes_nowhere_else_whatever_the_ask_says(mosquitto: Broker, store: Store, elsewhere: str) -> None:
    """Breaks when a device can make the collector publish under another device's name, with the collector's rights."""
    asked = ask()
    with (
        subscribed(mosquitto.settings(), store),
        Client(mosquitto, DEVICE) as device,
        Client(mosquitto, OTHER_DEVICE) as other,
    ):
        device.subscribe(ANSWERS)
        other.subscribe(str(Topic(CLINIC, OTHER_DEVICE, Channel.ANSWER)))
        other.subscribe(str(Topic(CLINIC, OTHER_DEVICE, Channel.RECEIPT)))
        device.ask(ASKS, asked.encode(), answer_to=elsewhere, correlation=b"x" * 65_000)
        topic, payload = device.received.get(timeout=10)
        assert topic == ANSWERS
        assert BaselineAnswer.model_validate_json(payload).message_id == asked.message_id
        assert device.correlation is None, "what is no id of ours is not sent back"
        with pytest.raises(queue.Empty):
            other.received.get(timeout=0.3)


def test_receipts_do_not_wait_for_answers(mosquitto: Broker, store: Store) -> None:
    """Breaks when making a picture small for one chair holds up the captures of all others."""
    go = threading.Event()

    def answer(to: BaselineAsk) -> BaselineAnswer:
        go.wait(10)
        return nothing_known(to)

    with subscribed(mosquitto.settings(), store, answer=answer), Client(mosquitto, DEVICE) as device:
        device.subscribe(RECEIPTS)
        device.subscribe(ANSWERS)
        device.ask(ASKS, ask().encode(), answer_to=ANSWERS, correlation=b"1")
        device.send(CAPTURES, [capture().encode()])
        assert device.received.get(timeout=5)[0] == RECEIPTS
        go.set()
        assert device.received.get(timeout=5)[0] == ANSWERS


def test_comparisons_and_visits_are_stored_and_receipted(mosquitto: Broker, store: Store) -> None:
    """Breaks when the collector does not listen to what instruments say beyond captures."""
    changed, seen = comparison(), visit()
    with subscribed(mosquitto.settings(), store), Client(mosquitto, DEVICE) as device:
        device.subscribe(RECEIPTS)
        device.send(str(Topic(CLINIC, DEVICE, Channel.CHANGE)), [changed.encode()])
        device.send(str(Topic(CLINIC, DEVICE, Channel.VISIT)), [seen.encode()])
        answers = receipts(device, 2)
    assert {answer.message_id for answer in answers} == {changed.message_id, seen.message_id}
    assert {answer.outcome for answer in answers} == {Outcome.STORED}
    assert [stored.comparison for stored in store.comparisons_of("P-0042", "frontal")] == [changed]
    assert [stored.visit for stored in store.visits_of("P-0042")] == [seen]


def test_retained_words_of_devices_arrive(mosquitto: Broker, store: Store) -> None:
    """Breaks when a collector that starts late does not know which devices are there."""
    with Client(mosquitto, DEVICE) as device:
        device.publish(str(Topic(CLINIC, DEVICE, Channel.STATUS)), status().encode(), retain=True)
        device.publish(str(Topic(CLINIC, DEVICE, Channel.HEALTH)), health(waiting_captures=4).encode(), retain=True)
        with subscribed(mosquitto.settings(), store):
            await_true(lambda: any(row.status and row.health for row in store.devices()), "the retained words arrive")
        (row,) = store.devices()
        assert row.online
        assert row.health is not None
        assert row.health.waiting_captures == 4
        gone = status(presence=Presence.OFFLINE)
        with subscribed(mosquitto.settings(), store):
            device.publish(str(Topic(CLINIC, DEVICE, Channel.STATUS)), gone.encode(), retain=True)
            await_true(lambda: not store.devices()[0].online, "the device is gone")


def test_unreachable_broker_is_said_in_a_sentence(
    mosquitto: Broker, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when the log does not say why nothing arrives."""
    nowhere = mosquitto.settings().model_copy(update={"port": free_port()})
    with subscribed(nowhere, store, connected=False) as subscriber:
        await_true(lambda: "refused" in (subscriber.trouble or "").lower(), "the reason is known")
    assert any("cannot be reached" in record.message for record in caplog.records)


def test_refused_subscription_and_connection_are_said(mosquitto: Broker) -> None:
    """Breaks when a collector whose rights fall short looks healthy and receives nothing.

    The reason codes are given by hand: mosquitto's access list refuses at delivery, other brokers at subscription.
    """
    connection = BrokerConnection(mosquitto.settings(), CLINIC, tls_context(mosquitto.settings()))
    with pytest.raises(ConnectionEnded, match="refused the connection: the broker does not know the common name"):
        connection._hear(ConnectionAnswer(0x86, 20, None, None))
    connection._hear(ConnectionAnswer(0, 20, None, None))
    with pytest.raises(ConnectionEnded, match=r"subscription to \S+: the broker's access list"):
        connection._hear(SubscriptionAnswer(1, bytes([NOT_AUTHORIZED] * len(FROM_DEVICE))))


def test_refused_subscription_is_tried_again(
    mosquitto: Broker, store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a broker whose access list was mended has to wait for a person to restart the collector."""
    answer, refusals = BrokerConnection._on_subscribe, [bytes([NOT_AUTHORIZED] * len(FROM_DEVICE))]

    def refused_once(connection: BrokerConnection, given: SubscriptionAnswer) -> None:
        codes = refusals.pop() if refusals else given.codes
        answer(connection, SubscriptionAnswer(given.packet_id, codes))

    monkeypatch.setattr(BrokerConnection, "_on_subscribe", refused_once)
    with subscribed(mosquitto.settings(), store):
        assert any("refused the subscription" in record.message for record in caplog.records)


def test_a_dead_broker_is_given_up_by_tcp_itself(mosquitto: Broker) -> None:
    """Breaks when what a dead machine never confirmed is sent to it for a quarter of an hour."""
    connection = BrokerConnection(mosquitto.settings(), CLINIC, tls_context(mosquitto.settings()))
    connection.open()
    try:
        assert connection._opened().getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
    finally:
        connection.close()


@contextmanager
def beside(mosquitto: Broker, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subscriber]:
    """Run a subscriber whose every batch goes to its validating process, which hangs."""
    monkeypatch.setattr(deciding, "_WORTH_A_PROCESS", 1)
    subscriber = Subscriber(mosquitto.settings(), CLINIC, store, Answering(nothing_known))
    subscriber._deciding._alone = False  # also where the tests have one processor
    await_true(subscriber._deciding._has_company, "the process is there")
    assert subscriber._deciding._process is not None
    pid = subscriber._deciding._process.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    thread = threading.Thread(target=subscriber.run)
    thread.start()
    try:
        await_true(lambda: subscriber.trouble is None, "the subscriber connects")
        yield subscriber
    finally:
        begun_s = time.monotonic()
        subscriber.stop()
        thread.join(10)
        assert not thread.is_alive(), "the subscriber did not stop"
        assert time.monotonic() - begun_s < 6.0, "seconds, when systemd asks it to end"
        assert not Path(f"/proc/{pid}").exists(), "nothing is left behind"


def test_a_validating_process_that_hangs_does_not_stop_the_intake(
    mosquitto: Broker, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when one process that hangs leaves a collector that looks healthy and stores nothing."""
    monkeypatch.setattr(deciding, "_DECIDED_WITHIN_S", 0.5)
    captures = [capture(sequence=number) for number in range(1, 41)]
    with beside(mosquitto, store, monkeypatch), Client(mosquitto, DEVICE) as device:
        device.subscribe(RECEIPTS)
        device.send(CAPTURES, [shown.encode() for shown in captures])
        assert {one.message_id for one in receipts(device, 40)} == {shown.message_id for shown in captures}


def test_a_validating_process_that_hangs_does_not_hold_up_the_end(
    mosquitto: Broker, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a collector must be killed because the process beside it hangs; what it had comes again."""
    shown = capture()
    with beside(mosquitto, store, monkeypatch) as subscriber, Client(mosquitto, DEVICE) as device:
        device.send(CAPTURES, [shown.encode()])
        await_true(lambda: subscriber._deciding.wait_for is not None, "the process has the batch")
    assert store.captures_of("P-0042") == []
    with subscribed(mosquitto.settings(), store):
        await_true(lambda: len(store.captures_of("P-0042")) == 1, "the broker still had it")


class CountedPauses(Pauses):
    """Pauses that tell how often they began anew."""

    begun_anew = 0

    def begin_anew(self) -> None:
        """Count, and do so."""
        CountedPauses.begun_anew += 1
        super().begin_anew()


@pytest.fixture
def begun_anew(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return what tells how often a subscriber's pauses began anew."""
    monkeypatch.setattr("collector.ingestion.subscriber.Pauses", CountedPauses)
    monkeypatch.setattr(CountedPauses, "begun_anew", 0)
    return lambda: CountedPauses.begun_anew


def test_pauses_grow_until_something_is_stored(mosquitto: Broker, store: Store, begun_anew: Callable[[], int]) -> None:
    """Breaks when two collectors under one name take the session from each other twice a second for ever."""
    with subscribed(mosquitto.settings(), store) as subscriber:
        assert begun_anew() == 0, "to be connected is not enough"
        with Client(mosquitto, "collector", client_id=f"collector-{CLINIC}"):
            await_true(lambda: subscriber.trouble is not None, "it is taken over from")
            assert begun_anew() == 0
            await_true(lambda: subscriber.trouble is None, "it connects again")
        assert begun_anew() == 0
        with Client(mosquitto, DEVICE) as device:
            device.subscribe(RECEIPTS)
            device.send(CAPTURES, [capture().encode()])
            receipts(device, 1)
        assert begun_anew() == 1


def test_pauses_begin_anew_once_a_connection_stands(
    mosquitto: Broker, store: Store, begun_anew: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a quiet clinic's collector waits half a minute after each short loss of the broker."""
    monkeypatch.setattr("collector.ingestion.subscriber._STANDS_AFTER_S", 0.1)
    with subscribed(mosquitto.settings(), store):
        await_true(lambda: begun_anew() > 0, "the connection stands")


def test_day_lists_that_cannot_be_read_stop_nothing_and_are_said_once(
    mosquitto: Broker, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when a store whose readers are all taken ends the connection, fills the log, or is asked all the time."""
    asked: list[date] = []

    def none_free(day: date) -> list[DayList]:
        asked.append(day)
        raise StoreFailed("the store could not be read: all readers are taken")

    monkeypatch.setattr(store, "day_lists", none_free)
    monkeypatch.setattr("collector.ingestion.todays_lists._LOOK_AGAIN_AFTER_S", 0.0)
    with subscribed(mosquitto.settings(), store) as subscriber, Client(mosquitto, DEVICE) as device:
        device.subscribe(RECEIPTS)
        await_true(lambda: len(asked) >= 3, "it is tried again")
        device.send(CAPTURES, [capture().encode()])
        assert receipts(device, 1)[0].outcome is Outcome.STORED
        assert subscriber.trouble is None
    told = [record.message for record in caplog.records if "day's lists" in record.message]
    assert told == [
        "The day's lists cannot be sent; they are tried again: the store could not be read: all readers are taken"
    ]
    monkeypatch.undo()
    lists = TodaysLists(store)
    monkeypatch.setattr(store, "day_lists", none_free)
    asked.clear()
    for second in range(60):
        list(lists.due(float(second), NOW.astimezone()))
    assert len(asked) == 12, "each may take seconds, which the intake waits for"


def test_missing_certificate_is_said_at_the_start(mosquitto: Broker, store: Store, tmp_path: Path) -> None:
    """Breaks when a wrong path in the settings ends in a traceback, or only at the first connection."""
    settings = mosquitto.settings().model_copy(update={"key": tmp_path / "no.key"})
    with pytest.raises(CertificatesUnusable, match=r"\[broker\]"):
        Subscriber(settings, CLINIC, store, Answering(nothing_known))
