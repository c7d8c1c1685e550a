"""One connection to the MQTT broker, from connect to loss. It is never re-used.

paho 2 re-connects by itself, and then sends everything it still holds at once, in no bound, under a last will made for
the connection before (measured with 2.2.0; its issue 492). So a lost connection is thrown away with its queue, and the
outbox sends again from the store.
"""

import logging
import queue
from collections.abc import Sequence
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import ValidationError

from contract import CONTRACT_VERSION, MAX_MESSAGE_BYTES, BaselineAnswer, Channel, DayList, Receipt, Topic
from groundwork.broker_settings import BrokerSettings
from groundwork.client_tls import client_context
from groundwork.mqtt import json_message, said, send_at_once

_log = logging.getLogger(__name__)

_KEEPALIVE_S = 15
_CONNECT_TIMEOUT_S = 10.0
_MAX_RECEIPT_BYTES = 4096
_MAX_DAY_LIST_BYTES = 64 * 1024
_RECEIVE_MAXIMUM = 20  # messages that the broker may have under way to this device
_ANY_PACKET_BYTES = 268_435_455  # MQTT 5, 1.5.5: the longest packet there is
_BESIDE_PAYLOAD_BYTES = 1024  # topic and properties travel in the packet too
_ANY_RECEIVE_MAXIMUM = 65_535  # MQTT 5, 3.2.2.3.3: what a broker takes that names none
_NO_MATCHING_SUBSCRIBERS = 0x10  # MQTT 5, 3.4.2.1
_NOT_AUTHORIZED = 0x87
_UNSPECIFIED = 0x80  # also paho's word for a connection that broke off
_CLOSED_AT_ONCE = (
    "the broker closed the connection before accepting it; has this instrument's certificate expired, or been taken"
    " back? The broker's log says more"
)


@dataclass(frozen=True)
class Connected:
    """The broker accepted the connection and its subscriptions; it takes so many messages at a time, of that size."""

    receive_maximum: int
    most_bytes: int


@dataclass(frozen=True)
class Taken:
    """The broker has a published message; ``heard`` says whether anybody has subscribed to it, or it was dropped."""

    number: int
    heard: bool


@dataclass(frozen=True)
class NotTaken:
    """The broker refused a published message, and the connection stands; ``reason`` is a sentence's end.

    ``for_its_name`` says whether it is the topic that this certificate may not write to.
    """

    number: int
    reason: str
    for_its_name: bool


@dataclass(frozen=True)
class Lost:
    """The connection could not be made, or has ended; ``reason`` is a sentence's end."""

    reason: str


FromClinic = Receipt | BaselineAnswer | DayList
"""What the clinic sends."""

Event = Connected | Taken | NotTaken | Lost | FromClinic

_FROM_CLINIC: dict[Channel, tuple[type[FromClinic], int]] = {
    Channel.RECEIPT: (Receipt, _MAX_RECEIPT_BYTES),
    Channel.ANSWER: (BaselineAnswer, MAX_MESSAGE_BYTES),
    Channel.DAY_LIST: (DayList, _MAX_DAY_LIST_BYTES),
}
"""By channel, what is read and how long it may be."""

_MAY_BE_REFUSED = Channel.DAY_LIST
"""What a broker's access list that is older than this instrument does not name, and work goes on without."""


class BrokerConnection:
    """Opens at once, in the background; what happens arrives in ``events``.

    paho's thread only puts into the queue: an exception there would end the thread, and work there would stop the
    keep-alive.

    Parameters
    ----------
    settings
        The broker's address and the certificates.
    client_id
        The MQTT client id.
    reads
        The topics of what the clinic sends to this device, subscribed to as soon as the connection stands.
    will
        Topic and payload that the broker publishes, retained, when this connection is lost.
    """

    def __init__(
        self, settings: BrokerSettings, client_id: str, reads: Sequence[Topic], will: tuple[Topic, bytes]
    ) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._reads = list(reads)
        self._accepted = False
        self._receive_maximum, self._most_bytes = _ANY_RECEIVE_MAXIMUM, _ANY_PACKET_BYTES
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_socket_open = send_at_once
        self._client.connect_timeout = _CONNECT_TIMEOUT_S
        topic, payload = will
        properties = json_message(CONTRACT_VERSION, PacketTypes.WILLMESSAGE)
        self._client.will_set(str(topic), payload, qos=1, retain=True, properties=properties)
        try:
            self._client.tls_set_context(client_context(settings.authority, settings.certificate, settings.key))
            self._client.connect_async(
                settings.host, settings.port, keepalive=_KEEPALIVE_S, clean_start=True, properties=_connecting()
            )
            self._client.loop_start()
        except OSError as error:
            self.events.put(Lost(f"the certificates cannot be used ({error})"))

    def publish(self, topic: Topic, payload: bytes, *, retain: bool = False) -> int | None:
        """Hand a message over at QoS 1; return the number that :class:`Taken` names it by, None if nothing is sent."""
        return self._publish(topic, payload, json_message(CONTRACT_VERSION), retain=retain)

    def ask(self, topic: Topic, payload: bytes, answers: Topic, correlation: bytes, expires_in_s: int) -> int | None:
        """Hand an ask over as :meth:`publish` does a message; the broker drops it when nobody waits any more."""
        properties = json_message(CONTRACT_VERSION)
        properties.ResponseTopic = str(answers)
        properties.CorrelationData = correlation
        properties.MessageExpiryInterval = expires_in_s
        return self._publish(topic, payload, properties, retain=False)

    def _publish(self, topic: Topic, payload: bytes, properties: Properties, *, retain: bool) -> int | None:
        info = self._client.publish(str(topic), payload, qos=1, retain=retain, properties=properties)
        return info.mid if info.rc == mqtt.MQTT_ERR_SUCCESS else None

    def close(self) -> None:
        """End the connection; in good order if it stands, and the broker then drops the last will."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: mqtt.ConnectFlags, code: ReasonCode, told: Properties | None
    ) -> None:
        if code.is_failure:
            self.events.put(Lost(f"the broker refused the connection: {said(code)}"))
        else:
            self._accepted = True
            self._receive_maximum = getattr(told, "ReceiveMaximum", _ANY_RECEIVE_MAXIMUM)
            self._most_bytes = getattr(told, "MaximumPacketSize", _ANY_PACKET_BYTES) - _BESIDE_PAYLOAD_BYTES
            client.subscribe([(str(topic), 1) for topic in self._reads])

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        refused = [(topic, code) for topic, code in zip(self._reads, codes, strict=False) if code.is_failure]
        needed = [(topic, code) for topic, code in refused if topic.channel is not _MAY_BE_REFUSED]
        if len(needed) < len(refused):
            _log.warning("The clinic's broker refuses the day's list. Run 'trichoscope-collector broker' there again.")
        if needed:
            topic, code = needed[0]
            self.events.put(Lost(f"the broker refused the topic {topic}, which the clinic answers on: {said(code)}"))
        else:
            self.events.put(Connected(self._receive_maximum, self._most_bytes))

    def _on_connect_fail(self, _client: mqtt.Client, _data: object) -> None:
        self.events.put(
            Lost("the broker cannot be reached, or is not believed to be the clinic's (is the clock right?)")
        )

    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: mqtt.DisconnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        if code.value != _UNSPECIFIED:
            self.events.put(Lost(f"the connection to the broker ended: {said(code)}"))
        elif self._accepted:
            self.events.put(Lost("the connection to the broker broke off"))
        else:
            self.events.put(Lost(_CLOSED_AT_ONCE))

    def _on_publish(
        self, _client: mqtt.Client, _data: object, number: int, code: ReasonCode, _p: Properties | None
    ) -> None:
        if code.is_failure:
            self.events.put(NotTaken(number, said(code), code.value == _NOT_AUTHORIZED))
        else:
            self.events.put(Taken(number, heard=code.value != _NO_MATCHING_SUBSCRIBERS))

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if (read := read_message(message)) is not None:
            self.events.put(read)


def read_message(message: mqtt.MQTTMessage) -> FromClinic | None:
    """Return what came from the clinic; None, and a line in the log, if it is nothing that the contract knows."""
    try:
        topic = message.topic
    except UnicodeDecodeError:  # paho hands it over as it came, and what is raised here would end its thread
        topic = "a topic that is not UTF-8"
    try:
        channel = Topic.parse(topic).channel
        if channel not in _FROM_CLINIC:
            raise ValueError("no clinic writes on that channel")
        model, most_bytes = _FROM_CLINIC[channel]
        if len(message.payload) > most_bytes:
            raise ValueError(f"{len(message.payload)} bytes are too many")
        return model.model_validate_json(message.payload)
    except ValueError as error:
        # Not pydantic's text: it quotes what it read.
        why = f"{error.error_count()} faults" if isinstance(error, ValidationError) else str(error)
        _log.warning("A message on %s cannot be read and was passed over: %s", topic, why)
        return None


def _connecting() -> Properties:
    """Bound what the broker may send at a time, and let it forget the session with the connection."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    properties.SessionExpiryInterval = 0
    properties.ReceiveMaximum = _RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAX_MESSAGE_BYTES + 65_536  # the topic and properties travel in the packet too
    return properties
