"""An MQTT client without manners: it sends what no library would, and shows every answer of the broker.

MQTT 5 (OASIS, 2019) and 3.1.1 (2014), as far as forbidden acts need them; section numbers below are of the former.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from benchmarks.delivery.rights.packet_parts import CORRELATION, binary, correlation_in, length_of, read_length, text

WITHIN_S = 5.0

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _PUBREC, _PUBREL, _PUBCOMP = 1, 2, 3, 4, 5, 6, 7
_SUBSCRIBE, _SUBACK, _UNSUBSCRIBE, _UNSUBACK, _PINGREQ, _PINGRESP, _DISCONNECT = 8, 9, 10, 11, 12, 13, 14
_SESSION_EXPIRY, _RESPONSE_TOPIC, _TOPIC_ALIAS = 0x11, 0x08, 0x23  # section 2.2.2.2
_LATEST = 5
_FAILURE = 0x80
_BROKER_ENDED = {0x81: "malformed packet", 0x82: "protocol error", 0x87: "not authorized", 0x90: "topic name invalid"}


class Ended(Exception):
    """The broker ended the connection; the message is what it said, if anything."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that came."""

    topic: str
    payload: bytes
    correlation: bytes | None


@dataclass(frozen=True, slots=True)
class Will:
    """A last will."""

    topic: str
    payload: bytes
    retain: bool = False


class BareClient:
    """A client on a socket of its own.

    Parameters
    ----------
    stream
        Connected, with TLS or without.
    level
        Of the protocol: 5, or 4 for MQTT 3.1.1.
    """

    def __init__(self, stream: socket.socket | ssl.SSLSocket, level: int = _LATEST) -> None:
        self._stream = stream
        self._stream.settimeout(WITHIN_S)
        self._level = level
        self._number = 0
        self._arrived: deque[Arrived] = deque()

    def connect(
        self,
        client_id: str,
        *,
        username: str | None = None,
        clean: bool = True,
        will: Will | None = None,
        session_expiry_s: int = 0,
    ) -> tuple[int, bool]:
        """Return the broker's reason code, and whether it had a session.

        Raises
        ------
        Ended
            If the broker ends the connection instead of answering.
        """
        flags = 0x02 * clean
        payload = text(client_id)
        if will is not None:
            flags |= 0x04 | 0x08 | 0x20 * will.retain
            payload += self._properties(b"") + text(will.topic) + binary(will.payload)
        if username is not None:
            flags |= 0xC0
            payload += text(username) + binary(b"guessed")
        properties = struct.pack(">BI", _SESSION_EXPIRY, session_expiry_s) if session_expiry_s else b""
        self._send(
            _CONNECT << 4,
            text("MQTT") + struct.pack(">BBH", self._level, flags, 60) + self._properties(properties),
            payload,
        )
        body = self._answer(_CONNACK)
        return body[1], bool(body[0] & 1)

    def publish(
        self,
        topic: str | bytes,
        payload: bytes,
        *,
        quality: int = 1,
        retain: bool = False,
        alias: int | None = None,
        answer_to: str | None = None,
        correlation: bytes | None = None,
    ) -> int | None:
        """Publish; return the broker's reason code, or None where the protocol has none for it.

        Raises
        ------
        Ended
            If the broker ends the connection instead of answering.
        """
        properties = b""
        if alias is not None:
            properties += struct.pack(">BH", _TOPIC_ALIAS, alias)
        if answer_to is not None:
            properties += bytes([_RESPONSE_TOPIC]) + text(answer_to)
        if correlation is not None:
            properties += bytes([CORRELATION]) + binary(correlation)
        number = b"" if quality == 0 else self._next_number()
        self._send(_PUBLISH << 4 | quality << 1 | retain, text(topic) + number + self._properties(properties), payload)
        if quality == 0:
            return None
        body = self._answer(_PUBACK if quality == 1 else _PUBREC)
        code = body[2] if len(body) > 2 else 0
        if quality == 2 and code < _FAILURE:
            self._send(_PUBREL << 4 | 2, number, b"")
            self._answer(_PUBCOMP)
        return code if self._level == _LATEST else None

    def subscribe(self, topics: str) -> int:
        """Subscribe to a filter; return the broker's reason code (the granted quality of service, or a refusal)."""
        self._send(_SUBSCRIBE << 4 | 2, self._next_number() + self._properties(b""), text(topics) + b"\x01")
        return self._answer(_SUBACK)[-1]

    def unsubscribe(self, topics: str) -> None:
        """Take a subscription back."""
        self._send(_UNSUBSCRIBE << 4 | 2, self._next_number() + self._properties(b""), text(topics))
        self._answer(_UNSUBACK)

    def until(self, last: bytes) -> list[Arrived]:
        """Return what comes, up to the message with the payload ``last``, which is left out.

        The broker hands out in the order in which it took in: what was published before ``last`` came by then, or never
        comes.

        Raises
        ------
        Ended
            If the connection ends, or ``last`` does not come.
        """
        before: list[Arrived] = []
        while (message := self.next()).payload != last:
            before.append(message)
        return before

    def next(self) -> Arrived:
        """Return the next message.

        Raises
        ------
        Ended
            If the connection ends, or none comes in time.
        """
        while not self._arrived:
            self._take_one()
        return self._arrived.popleft()

    def arrived(self) -> list[Arrived]:
        """Return what has come so far, and forget it."""
        came = list(self._arrived)
        self._arrived.clear()
        return came

    def alive(self) -> bool:
        """Return whether the broker still answers here."""
        try:
            self._send(_PINGREQ << 4, b"", b"")
            self._answer(_PINGRESP)
        except Ended:
            return False
        return True

    def drop(self) -> None:
        """End without a word, as a device whose plug is pulled: its last will counts."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _t: TracebackType | None
    ) -> None:
        with contextlib.suppress(Ended):
            self._send(_DISCONNECT << 4, b"", b"")
        self._stream.close()

    def _properties(self, content: bytes) -> bytes:
        return length_of(len(content)) + content if self._level == _LATEST else b""

    def _next_number(self) -> bytes:
        self._number = self._number % 65_535 + 1
        return struct.pack(">H", self._number)

    def _send(self, first: int, head: bytes, payload: bytes) -> None:
        try:
            self._stream.sendall(bytes([first]) + length_of(len(head) + len(payload)) + head + payload)
        except OSError as error:
            raise Ended(_said(error)) from error

    def _answer(self, kind: int) -> bytes:
        while True:
            came, body = self._take_one()
            if came == kind:
                return body

    def _take_one(self) -> tuple[int, bytes]:
        first = self._read(1)[0]
        size, shift = 0, 0
        while True:
            digit = self._read(1)[0]
            size |= (digit & 0x7F) << shift
            shift += 7
            if digit < 0x80:
                break
        body = self._read(size)
        kind = first >> 4
        if kind == _DISCONNECT:
            code = body[0] if body else 0
            raise Ended(_BROKER_ENDED.get(code, f"reason {code:#04x}"))
        if kind == _PUBLISH:
            self._take_message(first >> 1 & 3, body)
        return kind, body

    def _take_message(self, quality: int, body: bytes) -> None:
        size = int.from_bytes(body[:2], "big")
        topic, rest = body[2 : 2 + size].decode(errors="replace"), body[2 + size :]
        if quality:
            self._send(_PUBACK << 4, rest[:2], b"")
            rest = rest[2:]
        correlation = None
        if self._level == _LATEST:
            length, used = read_length(rest)
            correlation = correlation_in(rest[used : used + length])
            rest = rest[used + length :]
        self._arrived.append(Arrived(topic, rest, correlation))

    def _read(self, size: int) -> bytes:
        read = b""
        while len(read) < size:
            try:
                part = self._stream.recv(size - len(read))
            except TimeoutError as error:
                raise Ended(f"no answer within {WITHIN_S:.0f} s") from error
            except OSError as error:
                raise Ended(_said(error)) from error
            if not part:
                raise Ended("closed without a word")
            read += part
        return read


def tls_reason(error: OSError) -> str:
    """Return what TLS says of a failure, in its own words: the other side's alert, where there was one."""
    reason = getattr(error, "reason", None) or type(error).__name__
    return str(reason).lower().replace("_", " ")


def _said(error: OSError) -> str:
    return f"TLS: {tls_reason(error)}" if isinstance(error, ssl.SSLError) else "connection reset"
