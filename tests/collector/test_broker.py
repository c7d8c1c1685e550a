"""The broker's configuration, enforced by the real mosquitto."""

import queue
import socket
import ssl
from pathlib import Path

import pytest

from collector import authority, broker
from collector.ingestion.broker_connection import RECEIVE_MAXIMUM
from contract import FROM_DEVICE, TO_DEVICE, Channel, Topic, all_devices
from tests.collector.conftest import OTHER_DEVICE, Broker, Client, await_true
from tests.collector.examples import CLINIC, DEVICE

ACCEPTED = {0x00, 0x10}  # success; success, but nobody has subscribed
NOT_AUTHORIZED = 0x87


def topic(device: str, channel: Channel) -> str:
    """Return a topic of the clinic."""
    return str(Topic(CLINIC, device, channel))


def test_device_writes_its_own_topics_and_no_others(mosquitto: Broker) -> None:
    """Breaks when one device's key opens another device's patients' series, or another clinic's."""
    with Client(mosquitto, DEVICE) as device:
        for channel in FROM_DEVICE:
            assert device.publish(topic(DEVICE, channel), b"x") in ACCEPTED
            assert device.publish(topic(OTHER_DEVICE, channel), b"x") == NOT_AUTHORIZED
            assert device.publish(str(Topic("elsewhere", DEVICE, channel)), b"x") == NOT_AUTHORIZED
        for channel in TO_DEVICE:
            assert device.publish(topic(DEVICE, channel), b"x") == NOT_AUTHORIZED
        assert device.publish("anything", b"x") == NOT_AUTHORIZED


@pytest.mark.parametrize("channel", TO_DEVICE)
def test_device_reads_its_own_receipts_and_answers_and_nothing_else(mosquitto: Broker, channel: Channel) -> None:
    """Breaks when a device sees another's receipts, a baseline that another asked for, or what any device sends."""
    with Client(mosquitto, DEVICE) as device, Client(mosquitto, broker.COLLECTOR_USER) as collector:
        device.subscribe(topic(DEVICE, channel))
        device.subscribe(all_devices(CLINIC, channel))
        device.subscribe(topic(OTHER_DEVICE, channel))
        device.subscribe("#")
        assert collector.publish(topic(OTHER_DEVICE, channel), b"of the other") in ACCEPTED
        with Client(mosquitto, OTHER_DEVICE) as other:
            for of_device in FROM_DEVICE:
                assert other.publish(topic(OTHER_DEVICE, of_device), b"of a patient") in ACCEPTED
        assert collector.publish(topic(DEVICE, channel), b"mine") in ACCEPTED
        assert device.received.get(timeout=5) == (topic(DEVICE, channel), b"mine")
        # The subscriptions overlap, so its own may come again; another's never.
        while True:
            try:
                assert device.received.get(timeout=0.3) == (topic(DEVICE, channel), b"mine")
            except queue.Empty:
                break


def test_collector_reads_what_devices_write_and_writes_receipts_and_answers_only(mosquitto: Broker) -> None:
    """Breaks when the collector's own rights fall short, or reach further than it needs."""
    with Client(mosquitto, broker.COLLECTOR_USER) as collector, Client(mosquitto, DEVICE) as device:
        for channel in FROM_DEVICE:
            assert collector.subscribe(all_devices(CLINIC, channel)) < 0x80
            device.publish(topic(DEVICE, channel), b"x")
            assert collector.received.get(timeout=5) == (topic(DEVICE, channel), b"x")
            assert collector.publish(topic(DEVICE, channel), b"x") == NOT_AUTHORIZED
        for channel in TO_DEVICE:
            assert collector.publish(topic(DEVICE, channel), b"x") in ACCEPTED


def test_collectors_that_share_have_each_its_rights_and_its_session(mosquitto: Broker) -> None:
    """Breaks when a second collector is let in and handed nothing, or takes the first one's session over."""
    second = "collector-2"
    authority.ensure_client(mosquitto.certificates, second)
    mosquitto.stop()
    (mosquitto.folder / broker.ACCESS_LIST).write_text(broker.access_list(CLINIC, [broker.COLLECTOR_USER, second]))
    mosquitto.start()
    shared = f"$share/clinic/{all_devices(CLINIC, Channel.CAPTURE)}"
    with (
        Client(mosquitto, broker.COLLECTOR_USER) as one,
        Client(mosquitto, second) as other,
        Client(mosquitto, DEVICE) as device,
    ):
        assert one.subscribe(shared) < 0x80
        assert other.subscribe(shared) < 0x80
        for _ in range(6):
            device.publish(topic(DEVICE, Channel.CAPTURE), b"x")
        for collector in (one, other):
            for _ in range(3):
                assert collector.received.get(timeout=5) == (topic(DEVICE, Channel.CAPTURE), b"x")
            assert collector.publish(topic(DEVICE, Channel.RECEIPT), b"x") in ACCEPTED
            assert collector.publish(topic(DEVICE, Channel.CAPTURE), b"x") == NOT_AUTHORIZED


def test_no_certificate_and_a_foreign_certificate_are_refused(mosquitto: Broker, tmp_path: Path) -> None:
    """Breaks when the broker speaks MQTT with anyone whom the clinic's authority does not vouch for."""
    authority.ensure_authority(tmp_path / "foreign")
    authority.ensure_client(tmp_path / "foreign", DEVICE)
    for foreign in (False, True):
        context = ssl.create_default_context(cafile=mosquitto.certificates / "authority.crt")
        if foreign:
            context.load_cert_chain(tmp_path / "foreign" / f"{DEVICE}.crt", tmp_path / "foreign" / f"{DEVICE}.key")
        # TLS 1.3 tells the client of the refusal only when it reads.
        with (  # noqa: PT012  the refusal may come at any of these steps
            socket.create_connection(("127.0.0.1", mosquitto.port)) as bare,
            pytest.raises((ssl.SSLError, ConnectionError)),
            context.wrap_socket(bare, server_hostname="localhost") as tls,
        ):
            tls.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x03abc")
            if tls.recv(1) == b"":
                raise ConnectionResetError("closed by the broker")


def test_plain_tcp_is_refused(mosquitto: Broker) -> None:
    """Breaks when the listener answers without TLS."""
    with socket.create_connection(("127.0.0.1", mosquitto.port), timeout=5) as bare:
        bare.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x03abc")
        try:
            answer = bare.recv(64)
        except ConnectionResetError:
            answer = b""
        assert not answer.startswith(b"\x20"), "an MQTT answer in the clear"


def test_client_id_is_bound_to_the_certificate(mosquitto: Broker) -> None:
    """Breaks when a device can end another's session by connecting under its client id."""
    with Client(mosquitto, OTHER_DEVICE) as other, Client(mosquitto, DEVICE, client_id=OTHER_DEVICE) as device:
        device.publish(topic(DEVICE, Channel.HEALTH), b"x")
        assert other.is_connected()
        assert other.publish(topic(OTHER_DEVICE, Channel.HEALTH), b"x") in ACCEPTED


def test_one_certificate_has_one_connection(mosquitto: Broker) -> None:
    """Breaks when the broker no longer ends a device's connection for its second one.

    That it does is why a visit asks for its baselines over the delivery's connection, and opens none of its own.
    """
    with Client(mosquitto, DEVICE) as first, Client(mosquitto, DEVICE, client_id=f"{DEVICE}-asks") as second:
        await_true(lambda: not first.is_connected(), "the first connection ends")
        assert second.is_connected()


def test_configuration_lets_a_whole_batch_be_in_flight(tmp_path: Path, certificates: Path) -> None:
    """Breaks when the collector waits for more messages than the broker sends without acknowledgement."""
    broker.write(tmp_path, clinic_id=CLINIC, certificates=certificates, port=8883, address=None, user=None)
    lines = (tmp_path / broker.CONFIGURATION).read_text().splitlines()
    assert f"max_inflight_messages {RECEIVE_MAXIMUM}" in lines
    assert [line for line in lines if line.startswith("listener")] == ["listener 8883"]
    assert not any(line.startswith("user ") for line in lines)


def test_configuration_names_the_revocation_list_and_another_key(tmp_path: Path, certificates: Path) -> None:
    """Breaks when revoked instruments are let in, or the broker cannot be handed its key by systemd."""
    options = {"clinic_id": CLINIC, "certificates": certificates, "port": 8883, "address": None, "user": None}
    for given, found in ((None, certificates.resolve() / "server.key"), (Path("/run/x.key"), Path("/run/x.key"))):
        broker.write(tmp_path, **options, server_key=given)  # type: ignore[arg-type]
        lines = (tmp_path / broker.CONFIGURATION).read_text().splitlines()
        assert f"crlfile {certificates.resolve() / 'revoked.pem'}" in lines
        assert f"keyfile {found}" in lines
    assert (tmp_path / "persistence").stat().st_mode & 0o777 == 0o700
