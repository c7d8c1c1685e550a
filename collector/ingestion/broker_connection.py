"""One connection to the broker, from connect to loss, in one thread. It is never re-used.

paho's own thread and reconnecting are left out on purpose. Its thread reads on while the store is slow, and mosquitto
2.0 does not hold itself to a Receive Maximum once messages wait (each acknowledgement of its oldest message releases up
to that many more, measured with 2.0.11), so memory would not be bounded; here nothing is read while a batch is being
committed, and TCP holds the rest back. And after a reconnect paho sends everything it still holds at once and lets an
acknowledgement pass that belongs to the connection before.
"""

import logging
import ssl
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collector.store.stored import Answer
from contract import CONTRACT_VERSION, FROM_DEVICE, BaselineAnswer, DayList, Topic, all_devices
from groundwork.broker_settings import BrokerSettings
from groundwork.client_tls import client_context
from groundwork.mqtt import json_message, said, send_at_once

RECEIVE_MAXIMUM = 200
"""Most messages that the broker should have in flight to the collector."""

_log = logging.getLogger(__name__)

_KEEPALIVE_S = 30
_CONNECT_TIMEOUT_S = 3.0
_SESSION_EXPIRY_S = 14 * 24 * 3600
_MAX_CORRELATION_BYTES = 64  # what an ask is known by again is sixteen: the bytes of its id
_ANSWER_EXPIRES_IN_S = 60


class CertificatesUnusable(Exception):
    """The broker's certificates cannot be read; the message names them."""


class ConnectionEnded(Exception):
    """The connection could not be made, or is lost; the message is a sentence's end."""


@dataclass(frozen=True)
class Received:
    """A message as it came; ``number`` names it on this connection only.

    ``correlation`` is what an ask's sender knows its answer by. The response topic that came with it is not even looked
    at: an answer goes to the device that asked.
    """

    number: int
    quality_of_service: int
    topic: str
    payload: bytes
    correlation: bytes | None


class BrokerConnection:
    """A connection with the clinic's persistent session, subscribed to what its devices write.

    Parameters
    ----------
    settings
        The broker's address and certificates.
    clinic_id
        Whose messages.
    tls
        What :func:`tls_context` made of the settings.
    """

    def __init__(self, settings: BrokerSettings, clinic_id: str, tls: ssl.SSLContext) -> None:
        self.received: list[Received] = []
        self.subscribed = False
        self._trouble: str | None = None
        self._clinic_id = clinic_id
        self._settings = settings
        self._unconfirmed: dict[int, Received] = {}
        # A fixed client id, as the session belongs to it; the broker puts the certificate's name in its place.
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"collector-{clinic_id}",
            protocol=mqtt.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        self._client.connect_timeout = _CONNECT_TIMEOUT_S
        self._client.max_inflight_messages_set(RECEIVE_MAXIMUM)
        self._client.on_socket_open = send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.tls_set_context(tls)

    def open(self) -> None:
        """Connect; the broker's answer comes with :meth:`turn`.

        Raises
        ------
        ConnectionEnded
            If the broker cannot be reached, or its certificate is not believed.
        """
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        host, port = self._settings.host, self._settings.port
        try:
            self._client.connect(host, port, keepalive=_KEEPALIVE_S, clean_start=False, properties=properties)
        except OSError as error:
            raise ConnectionEnded(f"the broker {host}:{port} cannot be reached: {error}") from error

    def turn(self, wait_s: float) -> None:
        """Wait for traffic and handle it; what came is then in ``received``.

        Raises
        ------
        ConnectionEnded
            If the connection is lost, or the broker refused it or a subscription.
        """
        lost = self._client.loop(wait_s) != mqtt.MQTT_ERR_SUCCESS
        if lost or self._trouble is not None:
            raise ConnectionEnded(self._trouble or "the connection to the broker was lost")

    def settle(self, message: Received, answer: Answer | None) -> None:
        """Acknowledge a message that is stored; one with a receipt only once the broker has the receipt."""
        if answer is None:
            self._client.ack(message.number, message.quality_of_service)
            return
        sent = self._client.publish(
            str(answer.topic), answer.receipt.encode(), qos=1, properties=json_message(CONTRACT_VERSION)
        )
        self._unconfirmed[sent.mid] = message

    def answer(self, topic: Topic, answer: BaselineAnswer, correlation: bytes | None) -> None:
        """Send what was asked for."""
        properties = json_message(CONTRACT_VERSION)
        properties.MessageExpiryInterval = _ANSWER_EXPIRES_IN_S
        if correlation is not None and len(correlation) <= _MAX_CORRELATION_BYTES:
            properties.CorrelationData = correlation
        self._client.publish(str(topic), answer.encode(), qos=1, properties=properties)

    def tell(self, topic: Topic, day_list: DayList, expires_in_s: int) -> None:
        """Send a device its list of the day, retained until the day is over."""
        properties = json_message(CONTRACT_VERSION)
        properties.MessageExpiryInterval = expires_in_s
        self._client.publish(str(topic), day_list.encode(), qos=1, retain=True, properties=properties)

    def close(self) -> None:
        """End it; the session stays at the broker."""
        self._client.disconnect()

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: mqtt.ConnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        if code.is_failure:
            self._trouble = f"the broker refused the connection: {said(code)}"
        else:
            # On every connection: the broker may have lost the session.
            client.subscribe([(all_devices(self._clinic_id, channel), 1) for channel in FROM_DEVICE])

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        refused = [(channel, code) for channel, code in zip(FROM_DEVICE, codes, strict=False) if code.is_failure]
        self.subscribed = not refused
        for channel, code in refused:
            self._trouble = f"the broker refused the subscription to {channel}: {said(code)}"

    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: mqtt.DisconnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        if self._trouble is None:
            self._trouble = f"the connection to the broker ended: {said(code)}"

    def _on_publish(
        self, client: mqtt.Client, _data: object, mid: int, code: ReasonCode, _p: Properties | None
    ) -> None:
        if code.is_failure:
            _log.error(
                "The broker refused a receipt, an answer or a day's list: %s. If it is older than this collector, run"
                " 'trichoscope-collector broker', and restart it.",
                said(code),
            )
        if (message := self._unconfirmed.pop(mid, None)) is not None:
            client.ack(message.number, message.quality_of_service)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "a topic that is not UTF-8"
        correlation = getattr(message.properties, "CorrelationData", None)
        self.received.append(Received(message.mid, message.qos, topic, bytes(message.payload), correlation))


def tls_context(settings: BrokerSettings) -> ssl.SSLContext:
    """Return how the collector proves itself to the broker, and the broker to it.

    Raises
    ------
    CertificatesUnusable
        If a certificate or key cannot be read.
    """
    try:
        return client_context(settings.authority, settings.certificate, settings.key)
    except OSError as error:
        raise CertificatesUnusable(
            f"The broker's certificates cannot be read ({error}). Check the paths under [broker] in the settings."
        ) from error
