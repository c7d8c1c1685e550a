"""The device's delivery against a real broker, with a clinic that answers as the test wishes, or not at all."""

import logging
import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties

from collector.store.order import health_follows
from contract import (
    BaselineAnswer,
    BaselineAsk,
    Capture,
    Channel,
    Comparison,
    Health,
    Outcome,
    Receipt,
    Topic,
    all_devices,
    content_sha256,
)
from device import clock
from device.baseline import NoneKnown, Unreachable, ask_ahead, find_baseline
from device.delivery import Delivery, PictureDelivery, figures, session
from device.demo.broker import mosquitto
from device.demo.clinic import CLINIC, COLLECTOR, DEVICE, Clinic
from device.demo.processes import Program
from device.outbox import Outbox, State
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read
from tests import examples
from tests.system.test_delivery import MakeClinic, keep

WITHIN_S = 20.0


def await_true(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds, and fail naming it if it does not."""
    end_s = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end_s, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.02)


@pytest.fixture
def clinic(make_clinic: MakeClinic) -> Iterator[Clinic]:
    """Give a clinic whose broker runs, and nothing else."""
    clinic = make_clinic("mosquitto")
    with clinic.broker():
        yield clinic


@contextmanager
def delivering(clinic: Clinic, part: type[Delivery] | type[PictureDelivery] = Delivery) -> Iterator[Outbox]:
    """Run one part of the device's delivery beside the test; give the outbox, for looking."""
    stop = threading.Event()
    settings = read(DeviceSettings, clinic.device_settings)

    def work() -> None:
        with closing(Store(settings.state_folder)) as own:
            part(settings, own).run(stop)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        with closing(Store(settings.state_folder)) as store:
            yield Outbox(store)
    finally:
        stop.set()
        thread.join(WITHIN_S)
        assert not thread.is_alive(), "the delivery did not end when it was told to"


class ClinicSide:
    """A client with the collector's certificate: notes what comes, answers what it is told to."""

    def __init__(self, clinic: Clinic, *channels: Channel) -> None:
        self.came: list[bytes] = []
        self.properties: list[Properties | None] = []
        certificates = clinic.folder / "certificates"
        tls = ssl.create_default_context(cafile=certificates / "authority.crt")
        tls.load_cert_chain(certificates / f"{COLLECTOR}.crt", certificates / f"{COLLECTOR}.key")
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.tls_set_context(tls)
        self._client.on_message = self._on_message
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect("127.0.0.1", clinic.ports.broker)
        self._client.loop_start()
        self._client.subscribe([(all_devices(CLINIC, channel), 1) for channel in channels])
        assert subscribed.wait(WITHIN_S)

    def __enter__(self) -> "ClinicSide":
        """Stay connected for the length of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def has(self, messages: int) -> bool:
        """Whether so many messages came."""
        return len(self.came) >= messages

    def answer(self, payload: bytes, channel: Channel = Channel.RECEIPT) -> None:
        """Send a receipt's or an answer's bytes to the device."""
        self._client.publish(str(Topic(CLINIC, DEVICE, channel)), payload, qos=1).wait_for_publish(WITHIN_S)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.properties.append(message.properties)
        self.came.append(bytes(message.payload))


def said(properties: Properties | None) -> dict[str, Any]:
    """Return what came with a message."""
    assert properties is not None
    told: dict[str, Any] = properties.json()  # type: ignore[no-untyped-call]  # paho leaves it untyped
    return told


def test_a_capture_without_a_receipt_is_sent_again_byte_for_byte(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a lost receipt leaves a capture on the device for ever, or a second sending differs."""
    monkeypatch.setattr(session, "_RECEIPT_WITHIN_S", 0.2)
    with ClinicSide(clinic, Channel.CAPTURE) as there, closing(Store(clinic.folder / "device")) as store:
        capture = keep(store, 1)
        with delivering(clinic):
            await_true(lambda: len(there.came) >= 3, "the capture comes again")
        assert set(there.came) == {capture.encode()}


def test_a_refusal_is_kept_and_not_sent_again(clinic: Clinic) -> None:
    """Breaks when a refused capture is forgotten, or sent for ever."""
    with ClinicSide(clinic, Channel.CAPTURE) as there, closing(Store(clinic.folder / "device")) as store:
        capture = keep(store, 1)
        with delivering(clinic) as outbox:
            await_true(lambda: bool(there.came), "the capture comes")
            there.answer(b"no receipt at all")
            there.answer(
                Receipt(
                    message_id=capture.message_id,
                    content_sha256=content_sha256(capture.encode()),
                    outcome=Outcome.REFUSED,
                    reason="of another clinic",
                    decided_at=clock.now(),
                ).encode()
            )
            await_true(lambda: outbox.counts().refused_captures == 1, "the refusal is written down")
            assert outbox.waiting(5) == []
            assert outbox.state(capture.message_id) == (State.REFUSED, "of another clinic")


def test_a_capture_that_nobody_heard_is_sent_again_soon(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a clinic that starts its collector later waits up to an hour for what the broker dropped."""
    monkeypatch.setattr(session, "_RECEIPT_WITHIN_S", 600.0)
    with closing(Store(clinic.folder / "device")) as store, ClinicSide(clinic, Channel.STATUS) as early:
        capture = keep(store, 1)
        with delivering(clinic):
            await_true(lambda: bool(early.came), "the device is connected and has sent its capture to nobody")
            time.sleep(0.5)
            with ClinicSide(clinic, Channel.CAPTURE) as late:
                await_true(lambda: capture.encode() in late.came, "the capture comes after all")


def test_every_health_message_follows_the_one_before(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the clinic holds on to a device's first health and takes each later one for an older one."""
    monkeypatch.setattr(figures, "_HEALTH_EVERY_S", 0.1)
    with ClinicSide(clinic, Channel.HEALTH) as there, delivering(clinic):
        await_true(lambda: len(there.came) >= 3, "health comes again and again")
    known = [Health.model_validate_json(payload) for payload in there.came]
    assert all(health_follows(earlier, later) for earlier, later in pairwise(known))


def test_a_certificate_of_another_name_is_said(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when a device whose id is not its certificate's name looks connected and delivers nothing, silently."""
    text = clinic.device_settings.read_text().replace(f'device_id = "{DEVICE}"', 'device_id = "chair-9"')
    clinic.device_settings.write_text(text)
    with (
        caplog.at_level(logging.WARNING),
        closing(Store(clinic.folder / "device")) as store,
        delivering(clinic) as outbox,
    ):
        keep(store, 1)
        await_true(lambda: "certificate's common name" in caplog.text, "the reason is in the log")
        assert len(outbox.waiting(5)) == 1


def test_a_damaged_picture_does_not_hold_up_the_others(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when one bad file on the device's disk ends the delivery of all pictures."""
    with closing(Store(clinic.folder / "device")) as store, clinic.collector():
        shortened, altered, missing, good = (keep(store, number).picture for number in range(1, 5))
        path = store.picture_path(shortened.sha256)
        path.write_bytes(path.read_bytes()[:-3])
        path = store.picture_path(altered.sha256)
        path.write_bytes(b"\x89PNG" + b"x" * (altered.size_bytes - 4))
        store.picture_path(missing.sha256).unlink()
        with delivering(clinic, PictureDelivery) as outbox:
            await_true(lambda: outbox.counts().waiting_pictures == 3, "the good picture arrives")
            await_true(lambda: missing.sha256[:12] in caplog.text, "each of the others is named")
        assert (clinic.folder / "collector" / "pictures" / good.sha256).exists()
        assert all(
            not (clinic.folder / "collector" / "pictures" / bad.sha256).exists()
            for bad in (shortened, altered, missing)
        )


def keep_comparison(store: Store) -> Comparison:
    """Keep one comparison."""
    return store.keep_message(
        lambda sequence: examples.comparison(clinic_id=CLINIC, device_id=DEVICE, sequence=sequence)
    )


def test_comparisons_and_visits_leave_in_their_order(clinic: Clinic) -> None:
    """Breaks when a comparison or a visit overtakes its captures, or goes out on a channel that is not its own."""
    channels = (Channel.CAPTURE, Channel.CHANGE, Channel.VISIT)
    with ClinicSide(clinic, *channels) as there, closing(Store(clinic.folder / "device")) as store:
        kept = [
            keep(store, 1),
            keep_comparison(store),
            store.keep_message(lambda sequence: examples.visit(clinic_id=CLINIC, device_id=DEVICE, sequence=sequence)),
            keep(store, 2),
        ]
        with delivering(clinic) as outbox:
            for place, message in enumerate(kept):
                await_true(partial(there.has, place + 1), "the next one comes")
                time.sleep(0.1)
                assert there.came == [sent.encode() for sent in kept[: place + 1]], "one at a time of one patient"
                there.answer(
                    Receipt(
                        message_id=message.message_id,
                        content_sha256=content_sha256(message.encode()),
                        outcome=Outcome.STORED,
                        decided_at=clock.now(),
                    ).encode()
                )
            await_true(lambda: outbox.waiting(5) == [], "every receipt is written down")
        assert [said(properties)["UserProperty"] for properties in there.properties] == [[("schema-version", "1")]] * 4


def test_a_clinic_that_knows_captures_only_gets_them(clinic: Clinic) -> None:
    """Breaks when comparisons that an older collector never takes fill the window, and no capture leaves any more."""
    with (
        ClinicSide(clinic, Channel.STATUS, Channel.HEALTH, Channel.CAPTURE) as there,
        closing(Store(clinic.folder / "device")) as store,
    ):
        for _ in range(figures.WINDOW + 5):
            keep_comparison(store)
        capture = keep(store, 1)
        with delivering(clinic) as outbox:
            await_true(lambda: capture.encode() in there.came, "the capture comes")
            assert outbox.counts().waiting_others == figures.WINDOW + 5


def test_an_absent_clinic_lets_nothing_overtake(clinic: Clinic) -> None:
    """Breaks when a patient's later captures reach a clinic that comes back before the comparison between them."""
    channels = (Channel.STATUS, Channel.HEALTH, Channel.CAPTURE, Channel.CHANGE)
    with closing(Store(clinic.folder / "device")) as store:
        comparison = keep_comparison(store)
        keep(store, 2)
        with delivering(clinic) as outbox:
            time.sleep(2.5)  # the comparison is sent to nobody, again and again
            with ClinicSide(clinic, *channels) as there:
                await_true(lambda: comparison.encode() in there.came, "the comparison comes")
                assert not any(b'"picture"' in payload for payload in there.came), "and nothing before it"
                assert outbox.counts().waiting_captures == 1


def test_a_broker_that_knows_captures_only_takes_them(
    make_clinic: MakeClinic, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when an access list that is older than the instrument ends each connection before its captures leave."""
    clinic = make_clinic("mosquitto")
    with clinic.broker() as broker:
        access_list = clinic.folder / "broker" / "acl"
        new = ("/change", "/visit", "/ask/baseline", "/answer")
        lines = [line for line in access_list.read_text().splitlines() if not line.endswith(new)]
        access_list.write_text("\n".join(lines) + "\n")
        broker.process.send_signal(signal.SIGHUP)  # mosquitto reads the list again
        with ClinicSide(clinic, Channel.CAPTURE) as there, closing(Store(clinic.folder / "device")) as store:
            settings = read(DeviceSettings, clinic.device_settings)
            keep_comparison(store)
            capture = keep(store, 1)
            with delivering(clinic) as outbox:
                await_true(lambda: capture.encode() in there.came, "the capture comes")
                outcome = find_baseline(settings, store, "P-0042", "vertex", 2)
                assert outbox.counts().waiting_others == 1
    assert isinstance(outcome, Unreachable)
    assert "trichoscope-collector broker" in outcome.reason
    assert "trichoscope-collector broker" in caplog.text
    assert "No connection" not in caplog.text


def test_an_ask_says_where_and_until_when_it_is_answered(clinic: Clinic) -> None:
    """Breaks when an ask cannot be answered by a collector of another make, or waits for one that comes back later."""
    settings = read(DeviceSettings, clinic.device_settings)
    with ClinicSide(clinic, Channel.BASELINE_ASK) as there, closing(Store(clinic.folder / "device")) as store:
        ask_ahead(settings, store, "P-0042", ["frontal"], 2)
        with delivering(clinic):
            await_true(lambda: bool(there.came), "the ask comes")
            asked = BaselineAsk.model_validate_json(there.came[0])
            there.answer(b"no answer at all", Channel.ANSWER)
            answer = BaselineAnswer(message_id=asked.message_id, answered_at=clock.now(), reason="There is none.")
            there.answer(answer.encode(), Channel.ANSWER)
            outcome = find_baseline(settings, store, "P-0042", "frontal", 2)
        assert len(there.came) == 1, "an ask is sent once"
    (properties,) = map(said, there.properties)
    assert properties["ResponseTopic"] == str(Topic(CLINIC, DEVICE, Channel.ANSWER))
    assert bytes.fromhex(properties["CorrelationData"]) == asked.message_id.bytes
    assert 1 <= properties["MessageExpiryInterval"] <= 5
    assert (asked.patient_code, asked.site, asked.before_visit) == ("P-0042", "frontal", 2)
    assert outcome == NoneKnown("There is none.")


def keep_long(store: Store, patient_code: str) -> Capture:
    """Keep one capture of some 150 kB, as one of very many hairs is."""
    hair = examples.full_measurement().hairs[0]
    measurement = examples.measurement(hairs=(hair,) * 500)
    return store.keep(
        examples.capture().picture,
        examples.PICTURE_BYTES,
        lambda sequence: examples.capture(
            clinic_id=CLINIC, device_id=DEVICE, sequence=sequence, patient_code=patient_code, measurement=measurement
        ),
    )


@pytest.mark.parametrize("limit", ["message_size_limit", "max_packet_size"])
def test_a_broker_that_takes_less_gets_all_that_it_takes(make_clinic: MakeClinic, limit: str) -> None:
    """Breaks when one capture that is longer than the broker allows keeps every other one at the chair, for ever."""
    clinic = make_clinic("mosquitto")
    with clinic.broker():
        pass  # it writes its configuration as it starts
    configuration = clinic.folder / "broker" / "mosquitto.conf"
    limiting = ("message_size", "max_packet")
    lines = [line for line in configuration.read_text().splitlines() if not line.startswith(limiting)]
    limits = "\n".join([*lines, f"{limit} 60000"]) + "\n"
    with closing(Store(clinic.folder / "device")) as store:
        long = keep_long(store, "P-0001")
        assert len(long.encode()) > 60_000
        for number in (1, 2):
            keep(store, number)
        configuration.write_text(limits)
        broker = Program(
            "broker", [mosquitto() or "mosquitto", "-c", str(configuration)], clinic.folder / "limited.log"
        )
        try:
            broker.wait_for_port(clinic.ports.broker, WITHIN_S)
            with clinic.collector(), delivering(clinic) as outbox:
                await_true(lambda: outbox.counts().waiting_captures == 1, "all others arrive")
                await_true(lambda: next(outbox.remaining()).reason is not None, "why the long one waits is kept")
                (left,) = outbox.remaining()
        finally:
            broker.stop()
    assert left.message_id == long.message_id
    assert "broker" in str(left.reason)
