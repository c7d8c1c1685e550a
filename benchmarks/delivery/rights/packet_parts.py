"""The parts that MQTT packets are made of (MQTT 5, OASIS 2019, sections 1.5 and 2.2.2)."""

from __future__ import annotations

import struct

CORRELATION = 0x09
"""The identifier of correlation data among a packet's properties."""

_USER_PROPERTY = 0x26
_BYTES_OF = {0x01: 1, 0x02: 4, 0x23: 2, 0x24: 1}  # after the identifier, of a message's properties of fixed length
_TEXTS = {0x03, 0x08, CORRELATION}


def length_of(size: int) -> bytes:
    """Return a length as it travels: seven bits a byte."""
    digits = bytearray()
    while True:
        size, digit = size >> 7, size & 0x7F
        digits.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(digits)


def read_length(content: bytes) -> tuple[int, int]:
    """Return the length at the beginning of some bytes, and how many of them it takes.

    Raises
    ------
    ValueError
        If there is none.
    """
    size = 0
    for position, digit in enumerate(content[:4]):
        size |= (digit & 0x7F) << 7 * position
        if digit < 0x80:
            return size, position + 1
    raise ValueError("a length that does not end")


def text(letters: str | bytes) -> bytes:
    """Return a text as it travels; bytes are sent as they are, whether they are a text or not."""
    return binary(letters.encode() if isinstance(letters, str) else letters)


def binary(content: bytes) -> bytes:
    """Return binary data as it travels."""
    return struct.pack(">H", len(content)) + content


def correlation_in(properties: bytes) -> bytes | None:
    """Return the correlation data among a message's properties, if there is any."""
    position = 0
    while position < len(properties):
        kind, position = properties[position], position + 1
        if kind in _BYTES_OF:
            position += _BYTES_OF[kind]
        elif kind in _TEXTS or kind == _USER_PROPERTY:
            for _ in range(2 if kind == _USER_PROPERTY else 1):
                size = int.from_bytes(properties[position : position + 2], "big")
                said, position = properties[position + 2 : position + 2 + size], position + 2 + size
            if kind == CORRELATION:
                return said
        else:  # a subscription's identifier, which is never asked for here
            return None
    return None
