"""What a broker may say, and what nobody may: read as it is, or refused in words."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from collector.ingestion import packets
from collector.ingestion.packets import (
    Acknowledged,
    Alive,
    ConnectionAnswer,
    Ended,
    Heard,
    MalformedPacket,
    Received,
    SubscriptionAnswer,
)

MOST = 1_000_000


def heard(packet: bytes) -> Heard:
    """Return what one whole packet says."""
    view = memoryview(packet)
    found = packets.packet_ends(view, 0, MOST)
    assert found is not None
    assert found[1] == len(packet)
    return packets.read(packet[0], view[found[0] : found[1]])


def block(*parts: bytes) -> bytes:
    """Return properties after their length, which is below 128."""
    joined = b"".join(parts)
    return bytes((len(joined),)) + joined


@pytest.mark.parametrize(
    ("packet", "meaning"),
    [
        (b"\x20\x03\x00\x00\x00", ConnectionAnswer(0, 65_535, None, None)),
        (
            b"\x20\x0e\x01\x00" + block(b"\x21\x00\x14", b"\x27\x00\x01\x00\x00", b"\x13\x00\x3c"),
            ConnectionAnswer(0, 20, 65_536, 60),
        ),
        (b"\x20\x03\x00\x87\x00", ConnectionAnswer(0x87, 65_535, None, None)),
        (b"\x90\x06\x00\x01" + block() + b"\x01\x87\x01", SubscriptionAnswer(1, b"\x01\x87\x01")),
        (b"\x40\x02\x01\x02", Acknowledged(0x102, 0)),
        (b"\x40\x03\x01\x02\x10", Acknowledged(0x102, 0x10)),
        (b"\x40\x04\x01\x02\x87\x00", Acknowledged(0x102, 0x87)),
        (b"\xd0\x00", Alive()),
        (b"\xe0\x00", Ended(0)),
        (b"\xe0\x02\x8e\x00", Ended(0x8E)),
        (b"\x32\x09\x00\x01t\x00\x07\x00abc", Received(7, "t", b"abc", None)),
        (b"\x30\x07\x00\x01t\x00abc", Received(0, "t", b"abc", None)),
        (b"\x3b\x06\x00\x01t\x00\x07\x00", Received(7, "t", b"", None)),
        (
            b"\x32\x15\x00\x01t\x00\x07" + block(b"\x0b\x81\x01", b"\x09\x00\x02id", b"\x26\x00\x01a\x00\x00") + b"x",
            Received(7, "t", b"x", b"id"),
        ),
        (b"\x32\x07\x00\x02\xff/\x00\x07\x00", Received(7, "\N{REPLACEMENT CHARACTER}/", b"", None)),
    ],
)
def test_what_a_broker_says_is_read(packet: bytes, meaning: Heard) -> None:
    """Breaks when an answer, a refusal or a message is misread."""
    assert heard(packet) == meaning


@pytest.mark.parametrize(
    "packet",
    [
        b"\x34\x09\x00\x01t\x00\x07\x00abc",  # QoS 2
        b"\x36\x09\x00\x01t\x00\x07\x00abc",  # QoS 3
        b"\x32\x09\x00\x01t\x00\x00\x00abc",  # number 0
        b"\x32\x07\x00\x00\x00\x07\x00ab",  # no topic
        b"\x32\x09\x00\x01t\x00\x07\x03\x23\x00\x01",  # a topic alias
        b"\x32\x07\x00\x01t\x00\x07\x01\x7f",  # no such property
        b"\x32\x08\x00\x01t\x00\x07\x02\x09\x00",  # a property cut short
        b"\x32\x06\x00\xfft\x00\x07\x00",  # a topic longer than the packet
        b"\x32\x06\x00\x01t\x00\x07\x05",  # properties longer than the packet
        b"\x32\x01\x00",
        b"\x30\x00",
        b"\x20\x01\x00",
        b"\x20\x06\x00\x00\x03\x21\x00\x00",  # nothing may be sent
        b"\x40\x01\x00",
        b"\x41\x02\x00\x01",  # reserved bits
        b"\x90\x01\x00",
        b"\xd0\x01\x00",
        b"\x10\x00",  # a client's
        b"\xf0\x00",  # nobody asked to authenticate
        b"\x00\x00",
    ],
)
def test_what_may_not_come_ends_the_connection_in_words(packet: bytes) -> None:
    """Breaks when bytes that are no packet raise what nobody catches, or are taken for one."""
    with pytest.raises(MalformedPacket, match="the broker"):
        heard(packet)


def test_a_packet_is_waited_for_only_up_to_its_bound() -> None:
    """Breaks when a length alone, of a broker gone mad, makes the collector gather until its memory is full."""
    whole = packets.publish(1, "t", b"x" * 300, b"")
    for end in range(len(whole)):
        assert packets.packet_ends(memoryview(whole[:end]), 0, MOST) is None
    assert packets.packet_ends(memoryview(whole), 0, len(whole)) == (3, len(whole))
    with pytest.raises(MalformedPacket, match="more than the collector takes"):
        packets.packet_ends(memoryview(whole[:3]), 0, len(whole) - 1)
    with pytest.raises(MalformedPacket, match="length"):
        packets.packet_ends(memoryview(b"\x32\xff\xff\xff\xff"), 0, MOST)


def test_what_the_collector_says_is_what_paho_says() -> None:
    """Breaks when the collector writes a packet that another implementation would not."""
    asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    asked.SessionExpiryInterval, asked.ReceiveMaximum, asked.MaximumPacketSize = 3600, 600, 1_000_000
    packet = packets.connect("c", keep_alive_s=30, session_expiry_s=3600, receive_maximum=600, most_bytes=1_000_000)
    assert packet == b"\x10\x1b\x00\x04MQTT\x05\x00\x00\x1e" + asked.pack() + b"\x00\x01c"  # type: ignore[no-untyped-call]
    of_json = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    of_json.PayloadFormatIndicator, of_json.ContentType = 1, "application/json"
    of_json.UserProperty = ("schema-version", "1")
    of_json.MessageExpiryInterval, of_json.CorrelationData = 60, b"id"
    ours = packets.json_properties({"schema-version": "1"}, expires_in_s=60, correlation=b"id")
    theirs = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    theirs.unpack(bytes((len(ours),)) + ours)  # type: ignore[no-untyped-call]
    assert theirs.json() == of_json.json()  # type: ignore[no-untyped-call]
    assert packets.subscribe(1, ["a/+"]) == b"\x82\x09\x00\x01\x00\x00\x03a/+\x01"
    assert packets.publish(258, "t", b"x", b"", retain=True) == b"\x33\x07\x00\x01t\x01\x02\x00x"
    assert packets.publish(0, "t", b"x", b"") == b"\x30\x05\x00\x01t\x00x"
    assert packets.acknowledge(258) == b"\x40\x02\x01\x02"


@settings(max_examples=500, deadline=None)
@given(data=st.binary(max_size=200))
def test_random_bytes_raise_nothing_else(data: bytes) -> None:
    """Breaks when bytes exist that end the collector's thread instead of its connection."""
    read_all(data)


@settings(max_examples=500, deadline=None)
@given(
    first=st.sampled_from([0x20, 0x30, 0x32, 0x3A, 0x40, 0x90, 0xD0, 0xE0]),
    body=st.binary(max_size=60),
    known=st.sampled_from([b"", b"\x00\x01t\x00\x07", b"\x00\x00", b"\x00\x01t\x00\x07\x05\x26\x00\x01a"]),
)
def test_almost_right_packets_raise_nothing_else(first: int, body: bytes, known: bytes) -> None:
    """Breaks when a packet that is almost right ends the collector's thread instead of its connection."""
    read_all(bytes((first, len(known + body))) + known + body)


@settings(max_examples=200, deadline=None)
@given(
    topic=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    payload=st.binary(max_size=400),
    number=st.integers(1, 65_535),
    correlation=st.none() | st.binary(max_size=40),
)
def test_a_message_comes_as_it_was_sent(topic: str, payload: bytes, number: int, correlation: bytes | None) -> None:
    """Breaks when a message is altered between packet and decision."""
    properties = packets.json_properties({"schema-version": "1"}, correlation=correlation)
    packet = packets.publish(number, topic, payload, properties)
    assert heard(packet) == Received(number, topic, payload, correlation)


def read_all(data: bytes) -> None:
    """Read packets until the bytes end or are none."""
    at, view = 0, memoryview(data)
    with suppress(MalformedPacket):
        while (found := packets.packet_ends(view, at, MOST)) is not None:
            packets.read(data[at], view[found[0] : found[1]])
            assert found[1] > at
            at = found[1]


def test_numbers_of_variable_length_are_the_standards() -> None:
    """Breaks when a packet of a length at the edge of one to four bytes is cut wrongly (MQTT 5, 1.5.5)."""
    for length in (0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152):
        whole = packets.publish(1, "t", b"x" * max(0, length - 6), b"")
        found = packets.packet_ends(memoryview(whole), 0, 10_000_000)
        assert found == (len(whole) - struct.calcsize("!HHB") - 1 - max(0, length - 6), len(whole))
