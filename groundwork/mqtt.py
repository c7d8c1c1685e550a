"""What both programs say and hear alike over MQTT 5: properties of a message, and a broker's refusals in words.

Imported, it also mends how paho reads text in properties. paho ends a connection at a U+FEFF or a surrogate there,
without a word on which message it was; but MQTT allows the first (1.5.4-3), mosquitto hands it on, and a message that
ends each connection that is to take it stops a clinic's intake for good.
"""

import socket
from typing import cast

import paho.mqtt.client as mqtt
import paho.mqtt.properties
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode


def _read_any_text(buffer: bytes, most_bytes: int) -> tuple[str, int]:
    """Read a text of MQTT's and how many bytes it takes; of what is no UTF-8 there stand marks in its place."""
    length = int.from_bytes(buffer[:2], "big")
    if most_bytes < 2 or length > most_bytes - 2:
        raise MalformedPacket("a property's text ends behind the packet")
    return bytes(buffer[2 : 2 + length]).decode("utf-8", "replace"), 2 + length


paho.mqtt.properties.readUTF = _read_any_text

SCHEMA_VERSION = "schema-version"
"""The user property that names the contract's version, for whoever routes messages without reading them."""

_SENTENCES = {
    0x10: "nobody has subscribed to it",
    0x80: "the broker refused without a reason; its log says more",
    0x82: "the broker found a fault in the protocol; its log says more",
    0x83: "the broker accepts this nowhere; its log says more",
    0x84: "the broker speaks no MQTT 5: it must be mosquitto 2.0 or a broker that does",
    0x85: "the broker does not accept the client id",
    0x86: "the broker does not know the common name of this certificate",
    0x87: "the broker's access list does not allow it to the common name of this certificate",
    0x88: "the broker is not available just now",
    0x89: "the broker is busy",
    0x8A: "the broker has banned this client",
    0x8B: "the broker is shutting down",
    0x8D: "the broker heard nothing for one and a half keep-alive times",
    0x8E: "another client took the session over: it uses the same certificate",
    0x8F: "the broker does not accept the topic filter",
    0x90: "the broker does not accept the topic",
    0x93: "more messages were on their way than the broker takes",
    0x95: "a message is larger than the broker allows",
    0x97: "the broker's quota is used up",
    0x98: "an administrator ended the connection",
    0x99: "the broker does not accept the message's form",
    0x9A: "the broker keeps no retained messages, and status and health are",
    0x9B: "the broker does not take messages at QoS 1",
    0x9C: "the broker's administrator moved this client to another server",
    0x9D: "the broker has moved to another server",
    0x9F: "connections came faster than the broker takes them",
    0xA0: "the connection was open longer than the broker allows",
}
"""MQTT 5.0, 2.4, as ends of sentences that say what to look at."""


def said(code: ReasonCode) -> str:
    """Return a broker's reason code as a sentence's end."""
    return _SENTENCES.get(code.value, str(code))


def json_message(schema_version: int, packet: int = PacketTypes.PUBLISH) -> Properties:
    """Return the properties of a message of JSON, or of a last will, with the version of its contract."""
    properties = Properties(packet)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    properties.ContentType = "application/json"
    properties.PayloadFormatIndicator = 1  # UTF-8
    properties.UserProperty = (SCHEMA_VERSION, str(schema_version))
    return properties


def send_at_once(_client: mqtt.Client, _data: object, opened: object) -> None:
    """Switch off Nagle's algorithm (for ``on_socket_open``): a lone message's receipt took 48 ms with it, 6 without."""
    cast(socket.socket, opened).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
