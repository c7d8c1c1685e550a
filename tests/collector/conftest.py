"""A clinic's certificates, a real mosquitto over TLS, and clients that speak to it."""

import queue
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from getpass import getuser
from pathlib import Path
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from collector import authority, broker
from groundwork.broker_settings import BrokerSettings
from tests.collector.examples import CLINIC, DEVICE
from tests.collector.page_clinic import Clinic
from tests.free_ports import free_port

OTHER_DEVICE = "chair-2"
_WITHIN_S = 10.0


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the certificates of a clinic, its collector and two devices."""
    folder = tmp_path_factory.mktemp("certificates")
    authority.ensure_authority(folder)
    authority.ensure_server(folder, [])
    for name in (broker.COLLECTOR_USER, DEVICE, OTHER_DEVICE):
        authority.ensure_client(folder, name)
    return folder


def await_true(condition: Callable[[], bool], what: str, within_s: float = _WITHIN_S) -> None:
    """Wait until a condition holds, and fail naming it if it does not."""
    end_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end_s, f"not within {within_s} s: {what}"
        time.sleep(0.02)


class Broker:
    """A mosquitto with the product's own configuration; it can be killed and started again."""

    def __init__(self, folder: Path, certificates: Path) -> None:
        self._program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if self._program is None:
            pytest.fail("mosquitto is not installed: these tests need the real broker (apt-get install mosquitto)")
        self.port = free_port()
        self.certificates = certificates
        self.folder = folder
        broker.write(
            folder,
            clinic_id=CLINIC,
            certificates=certificates,
            port=self.port,
            address="127.0.0.1",
            user=getuser(),
        )
        self._process: subprocess.Popen[bytes] | None = None

    def settings(self, client: str = broker.COLLECTOR_USER) -> BrokerSettings:
        """Return how a client reaches this broker."""
        return BrokerSettings(
            host="127.0.0.1",
            port=self.port,
            certificate=self.certificates / f"{client}.crt",
            key=self.certificates / f"{client}.key",
            authority=self.certificates / "authority.crt",
        )

    def start(self) -> None:
        """Start it and wait until it listens."""
        assert self._program is not None
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, "-c", self.folder / "mosquitto.conf"], stderr=log)

        def listens() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, (self.folder / "log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        await_true(listens, "mosquitto listens")

    def stop(self) -> None:
        """End it in good order: it saves its sessions."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_WITHIN_S)
            self._process = None


@contextmanager
def _running_broker(folder: Path, certificates: Path) -> Iterator[Broker]:
    running = Broker(folder, certificates)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def mosquitto(tmp_path: Path, certificates: Path) -> Iterator[Broker]:
    """Run a broker for one test."""
    folder = tmp_path / "broker"
    folder.mkdir()
    with _running_broker(folder, certificates) as running:
        yield running


class Client:
    """A client at the broker under one certificate; what it receives arrives in ``received``.

    ``correlation`` is the correlation data of the message that came last.
    """

    def __init__(self, at: Broker, name: str, client_id: str | None = None) -> None:
        settings = at.settings(name)
        context = ssl.create_default_context(cafile=settings.authority)
        context.load_cert_chain(settings.certificate, settings.key)
        self.received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._answers: queue.Queue[int] = queue.Queue()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or name,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        self._client.tls_set_context(context)
        self._client.on_connect = lambda _c, _d, _f, code, _p: self._answers.put(code.value)
        self._client.on_subscribe = lambda _c, _d, _m, codes, _p: self._answers.put(codes[0].value)
        self._client.on_publish = lambda _c, _d, _m, code, _p: self._answers.put(code.value)
        self._client.on_message = self._on_message
        self.correlation: bytes | None = None
        self._client.connect(settings.host, settings.port)
        self._client.loop_start()
        assert self._answers.get(timeout=_WITHIN_S) == 0

    def subscribe(self, topic: str) -> int:
        """Subscribe, and return the broker's reason code."""
        self._client.subscribe(topic, qos=1)
        return self._answers.get(timeout=_WITHIN_S)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Publish, and return the broker's reason code."""
        self._client.publish(topic, payload, qos=1, retain=retain)
        return self._answers.get(timeout=_WITHIN_S)

    def ask(self, topic: str, payload: bytes, *, answer_to: str, correlation: bytes) -> int:
        """Publish with a response topic and correlation data, and return the broker's reason code."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        properties.ResponseTopic, properties.CorrelationData = answer_to, correlation
        self._client.publish(topic, payload, qos=1, properties=properties)
        return self._answers.get(timeout=_WITHIN_S)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.correlation = getattr(message.properties, "CorrelationData", None)
        self.received.put((message.topic, bytes(message.payload)))

    def send(self, topic: str, payloads: list[bytes]) -> None:
        """Publish many without waiting for each."""
        for payload in payloads:
            self._client.publish(topic, payload, qos=1)
        for _ in payloads:
            assert self._answers.get(timeout=_WITHIN_S) in {0, 0x10}

    def is_connected(self) -> bool:
        """Whether the broker still has it."""
        return self._client.is_connected()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """Return an empty clinic."""
    made = Clinic(tmp_path)
    with closing(made.store):
        yield made
