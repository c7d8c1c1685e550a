"""The packets of MQTT 5.0 that a subscriber says and hears: to bytes, and from bytes that anybody may have sent.

Nothing is believed of a length, a text or a number before it was looked at; what does not fit raises
:class:`MalformedPacket` and nothing else. Sections named are the standard's (OASIS, 7 March 2019).
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

ANY_RECEIVE_MAXIMUM = 65_535
"""What a broker takes that names none (3.2.2.3.3)."""

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
_PINGRESP, _DISCONNECT = 0xD0, 0xE0
_RETAIN = 0x01

_SESSION_EXPIRY, _SERVER_KEEP_ALIVE, _RECEIVE_MAXIMUM, _MAXIMUM_PACKET = 0x11, 0x13, 0x21, 0x27
_PAYLOAD_IS_UTF8, _MESSAGE_EXPIRY, _CONTENT_TYPE, _CORRELATION, _USER_PROPERTY, _TOPIC_ALIAS = (
    0x01,
    0x02,
    0x03,
    0x09,
    0x26,
    0x23,
)


class MalformedPacket(Exception):
    """Bytes that are no packet of MQTT 5, or none that may come here; the message is a sentence's end."""


@dataclass(frozen=True, slots=True)
class ConnectionAnswer:
    """The broker's answer to a connection (3.2); ``keep_alive_s`` None where the asked-for one stands."""

    code: int
    receive_maximum: int
    maximum_packet_bytes: int | None
    keep_alive_s: int | None


@dataclass(frozen=True, slots=True)
class SubscriptionAnswer:
    """The broker's answer to a subscription (3.9), one code for each filter."""

    packet_id: int
    codes: bytes


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker has, or refuses, what was published (3.4)."""

    packet_id: int
    code: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came (3.3); ``packet_id`` names it on this connection only and is 0 at QoS 0.

    ``correlation`` is what an ask's sender knows its answer by. The response topic that came with it is not even looked
    at: an answer goes to the device that asked. In a topic that is no UTF-8 marks stand in its place.
    """

    packet_id: int
    topic: str
    payload: bytes
    correlation: bytes | None


@dataclass(frozen=True, slots=True)
class Alive:
    """The broker's answer to a ping (3.13)."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The broker ends the connection (3.14)."""

    code: int


Heard = ConnectionAnswer | SubscriptionAnswer | Acknowledged | Received | Alive | Ended

PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"


def connect(
    client_id: str, *, keep_alive_s: int, session_expiry_s: int, receive_maximum: int, most_bytes: int
) -> bytes:
    """Return a CONNECT (3.1) that takes up the session where it stands; no topic alias is allowed to the broker."""
    properties = struct.pack(
        "!BIBHBI", _SESSION_EXPIRY, session_expiry_s, _RECEIVE_MAXIMUM, receive_maximum, _MAXIMUM_PACKET, most_bytes
    )
    return _packet(
        _CONNECT, _text("MQTT") + struct.pack("!BBH", 5, 0, keep_alive_s) + _block(properties) + _text(client_id)
    )


def subscribe(packet_id: int, filters: Sequence[str]) -> bytes:
    """Return a SUBSCRIBE (3.8) at QoS 1, which brings what is retained."""
    asked = b"".join(_text(one) + b"\x01" for one in filters)
    return _packet(_SUBSCRIBE, struct.pack("!H", packet_id) + _block(b"") + asked)


def publish(packet_id: int, topic: str, payload: bytes, properties: bytes, *, retain: bool = False) -> bytes:
    """Return a PUBLISH (3.3) at QoS 1, or at QoS 0 under the number 0; `properties` are of :func:`json_properties`."""
    first = _PUBLISH | (0x02 if packet_id else 0) | (_RETAIN if retain else 0)
    number = struct.pack("!H", packet_id) if packet_id else b""
    return _packet(first, _text(topic) + number + _block(properties) + payload)


def acknowledge(packet_id: int) -> bytes:
    """Return a PUBACK (3.4) that says success."""
    return struct.pack("!BBH", _PUBACK, 2, packet_id)


def json_properties(
    user: Mapping[str, str], *, expires_in_s: int | None = None, correlation: bytes | None = None
) -> bytes:
    """Return the properties of a message of JSON (3.3.2.3)."""
    parts = [bytes((_PAYLOAD_IS_UTF8, 1, _CONTENT_TYPE)), _text("application/json")]
    parts += [bytes((_USER_PROPERTY,)) + _text(name) + _text(value) for name, value in user.items()]
    if expires_in_s is not None:
        parts.append(struct.pack("!BI", _MESSAGE_EXPIRY, expires_in_s))
    if correlation is not None:
        parts.append(struct.pack("!BH", _CORRELATION, len(correlation)) + correlation)
    return b"".join(parts)


def packet_ends(data: memoryview, begin: int, most_bytes: int) -> tuple[int, int] | None:
    """Return where the body of the packet at ``begin`` begins and ends; None while that cannot be told or seen.

    Raises
    ------
    MalformedPacket
        If its length is none, or it is longer than ``most_bytes``.
    """
    at, length, shift = begin + 1, 0, 0
    while at < len(data):
        length |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            if at + length - begin > most_bytes:
                raise MalformedPacket(f"the broker sends a packet of {length} bytes, more than the collector takes")
            return (at, at + length) if at + length <= len(data) else None
        shift += 7
        if shift > 21:  # four bytes at most (1.5.5)
            raise MalformedPacket("the broker sends a packet of a length that is none")
    return None


def read(first: int, body: memoryview) -> Heard:
    """Read a packet by its first byte and its body.

    Raises
    ------
    MalformedPacket
        If it is none that a broker may send to a subscriber at QoS 1 without topic aliases.
    """
    try:
        if first & 0xF0 == _PUBLISH:
            return _message(first, body)
        if (reader := _READERS.get(first)) is not None:
            return reader(body)
    except (struct.error, IndexError) as error:
        raise MalformedPacket("the broker sends a packet that ends too early") from error
    raise MalformedPacket(f"the broker sends a packet (0x{first:02x}) that may not come here")


def _message(first: int, body: memoryview) -> Received:
    quality = first >> 1 & 3
    if quality > 1:
        raise MalformedPacket("the broker sends a message at a quality of service that was not asked for")
    begin = 2 + (body[0] << 8 | body[1])
    topic = str(_bytes(body, 2, begin), "utf-8", "replace")
    packet_id = 0
    if quality:
        packet_id = body[begin] << 8 | body[begin + 1]
        if packet_id == 0:
            raise MalformedPacket("the broker sends a message under the number 0")
        begin += 2
    begin, end = _block_ends(body, begin)
    correlation = None
    if end > begin:
        for name, value in _properties(body, begin, end):
            if name == _CORRELATION:
                correlation = bytes(value)
            elif name == _TOPIC_ALIAS:
                raise MalformedPacket("the broker sends a topic alias, and none was allowed to it")
    if not topic:
        raise MalformedPacket("the broker sends a message without a topic")
    return Received(packet_id, topic, bytes(body[end:]), correlation)


def _connection_answer(body: memoryview) -> ConnectionAnswer:
    code = body[1]
    begin, end = _block_ends(body, 2)
    told = {name: int.from_bytes(value, "big") for name, value in _properties(body, begin, end) if name in _TOLD}
    if told.get(_RECEIVE_MAXIMUM) == 0 or told.get(_MAXIMUM_PACKET) == 0:
        raise MalformedPacket("the broker allows nothing to be sent")
    return ConnectionAnswer(
        code,
        told.get(_RECEIVE_MAXIMUM, ANY_RECEIVE_MAXIMUM),
        told.get(_MAXIMUM_PACKET),
        told.get(_SERVER_KEEP_ALIVE),
    )


def _subscription_answer(body: memoryview) -> SubscriptionAnswer:
    (packet_id,) = struct.unpack_from("!H", body)
    begin, end = _block_ends(body, 2)
    for _ in _properties(body, begin, end):
        pass
    return SubscriptionAnswer(packet_id, bytes(body[end:]))


def _acknowledged(body: memoryview) -> Acknowledged:
    packet_id, code = body[0] << 8 | body[1], 0
    if len(body) > 2:
        code = body[2]
        _only_properties(body, 3)
    return Acknowledged(packet_id, code)


def _ended(body: memoryview) -> Ended:
    if len(body) == 0:
        return Ended(0)
    _only_properties(body, 1)
    return Ended(body[0])


def _alive(body: memoryview) -> Alive:
    if len(body):
        raise MalformedPacket("the broker answers a ping with more than an answer")
    return Alive()


_READERS: Mapping[int, Callable[[memoryview], Heard]] = {
    _CONNACK: _connection_answer,
    _SUBACK: _subscription_answer,
    _PUBACK: _acknowledged,
    _PINGRESP: _alive,
    _DISCONNECT: _ended,
}

_TOLD = {_RECEIVE_MAXIMUM, _MAXIMUM_PACKET, _SERVER_KEEP_ALIVE}
_FIXED_BYTES = (
    dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1)
    | dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2)
    | dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4)
)
_WITH_LENGTH = {0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F}
_SUBSCRIPTION_ID = 0x0B
"""What properties hold (2.2.2.2): numbers of so many bytes; texts and binary data after their length; the odd ones."""


def _properties(body: memoryview, at: int, end: int) -> Iterator[tuple[int, memoryview]]:
    while at < end:
        name = body[at]
        at += 1
        if (length := _FIXED_BYTES.get(name)) is not None:
            pass
        elif name in _WITH_LENGTH:
            length = body[at] << 8 | body[at + 1]
            at += 2
        elif name == _USER_PROPERTY:
            length = 2 + (body[at] << 8 | body[at + 1])
            length += 2 + (body[at + length] << 8 | body[at + length + 1])
        elif name == _SUBSCRIPTION_ID:
            length = _number_ends(body, at)[1] - at
        else:
            raise MalformedPacket(f"the broker sends a property (0x{name:02x}) that does not exist")
        if at + length > end:
            raise MalformedPacket("the broker sends properties that end behind their end")
        yield name, body[at : at + length]
        at += length


def _only_properties(body: memoryview, at: int) -> None:
    if at < len(body):  # left out where there are none (3.4.2.2.1, 3.14.2.2.1)
        begin, end = _block_ends(body, at)
        for _ in _properties(body, begin, end):
            pass


def _block_ends(body: memoryview, at: int) -> tuple[int, int]:
    length, begin = _number_ends(body, at)
    if begin + length > len(body):
        raise MalformedPacket("the broker sends properties that end behind the packet")
    return begin, begin + length


def _number_ends(body: memoryview, at: int) -> tuple[int, int]:
    """Read a number of variable length (1.5.5); return it and where it ends."""
    number = shift = 0
    while shift <= 21:
        number |= (body[at] & 0x7F) << shift
        at += 1
        if body[at - 1] < 0x80:
            return number, at
        shift += 7
    raise MalformedPacket("the broker sends a length that is none")


def _bytes(body: memoryview, begin: int, end: int) -> memoryview:
    if end > len(body):
        raise MalformedPacket("the broker sends a topic that ends behind the packet")
    return body[begin:end]


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + _number(len(body)) + body


def _block(properties: bytes) -> bytes:
    return _number(len(properties)) + properties


def _number(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(digits)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded
