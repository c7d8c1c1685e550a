"""One connection to the broker, from connect to loss, in one thread. It is never re-used.

It speaks MQTT 5 itself (docs/decisions/0029-the-collectors-own-subscriber.md has the measurements that say why). What
it holds in memory is bounded: nothing is read while more waits than :data:`_MOST_WAITING_BYTES`, nor while its owner
does something else, and TCP holds the rest back. The Receive Maximum alone would not bound it: mosquitto 2.0 does not
hold itself to one once messages wait (each acknowledgement of its oldest message releases up to that many more,
measured with 2.0.11).
"""

import logging
import math
import select
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

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
from collector.store.stored import Answer
from contract import (
    CONTRACT_VERSION,
    FROM_DEVICE,
    MAX_MESSAGE_BYTES,
    BaselineAnswer,
    Channel,
    DayList,
    Topic,
    all_devices,
)
from groundwork.broker_settings import BrokerSettings
from groundwork.client_tls import client_context
from groundwork.mqtt import SCHEMA_VERSION, said

BATCH = 200
"""Most messages of one commit."""

RECEIVE_MAXIMUM = 3 * BATCH
"""Most messages that the broker should have in flight: one batch commits, one is read, one waits for its receipts."""

_log = logging.getLogger(__name__)

_KEEP_ALIVE_S = 30
_CONNECT_TIMEOUT_S = 3.0
_ANSWER_WITHIN_S = 10.0
_TAKES_WITHIN_S = 20.0  # what TCP has not brought over by then, with nobody at the other end, it would try for 15 min
_LAST_WORDS_WITHIN_S = 1.0
_SESSION_EXPIRY_S = 14 * 24 * 3600
_SHARED_SESSION_EXPIRY_S = 120  # what the broker meant for a member that is gone waits for it, and for nobody else
_MAX_CORRELATION_BYTES = 64  # what an ask is known by again is sixteen: the bytes of its id
_ANSWER_EXPIRES_IN_S = 60
_READ_BYTES = 256 * 1024
_MOST_WAITING_BYTES = 32 * 1024 * 1024
_MOST_PACKET_BYTES = 2 * MAX_MESSAGE_BYTES  # longer than any message may be: so that one too long is refused in words
_JSON = packets.json_properties({SCHEMA_VERSION: str(CONTRACT_VERSION)})
_PLAINLY_HEARD = (Channel.STATUS, Channel.HEALTH)
_SUBSCRIPTION = 1


class CertificatesUnusable(Exception):
    """The broker's certificates cannot be read; the message names them."""


class ConnectionEnded(Exception):
    """The connection could not be made, or is lost; the message is a sentence's end."""


@dataclass(frozen=True)
class Membership:
    """Of collectors that share a clinic's messages over one database.

    Parameters
    ----------
    group
        The same for all of them: the name of the shared subscription (MQTT 5, 4.8.2).
    member
        This one's name; each has its own, and its own certificate with it.
    """

    group: str
    member: str


def filters(clinic_id: str, membership: Membership | None) -> list[str]:
    """Return what a collector subscribes to, in the order of the contract's channels.

    What devices retain is heard by each member: a shared subscription is sent nothing that was retained before.
    """
    of_all = {channel: all_devices(clinic_id, channel) for channel in FROM_DEVICE}
    if membership is None:
        return list(of_all.values())
    return [one if channel in _PLAINLY_HEARD else f"$share/{membership.group}/{one}" for channel, one in of_all.items()]


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
    membership
        Of collectors that share the messages; None for one that takes them all.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        clinic_id: str,
        tls: ssl.SSLContext,
        membership: Membership | None = None,
    ) -> None:
        self.received: deque[Received] = deque()
        self.subscribed = False
        self._settings = settings
        self._tls = tls
        # The session belongs to the client id; the product's own broker puts the certificate's name in its place.
        self._client_id = f"{membership.member if membership else 'collector'}-{clinic_id}"
        self._filters = filters(clinic_id, membership)
        self._session_expiry_s = _SHARED_SESSION_EXPIRY_S if membership else _SESSION_EXPIRY_S
        self._socket: socket.socket | None = None
        self._waiting_bytes = 0
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._connected = False
        self._broker_takes = 0
        self._broker_takes_bytes: int | None = None
        self._keep_alive_s = _KEEP_ALIVE_S
        self._number = _SUBSCRIPTION
        self._unpublished: deque[_Outgoing] = deque()
        self._unconfirmed: dict[int, _Outgoing] = {}
        self._said_s = self._answer_due_s = 0.0
        self._pinged = False
        self._stuck_since_s: float | None = None

    def open(self) -> None:
        """Connect; the broker's answer comes with :meth:`turn`.

        Raises
        ------
        ConnectionEnded
            If the broker cannot be reached, or its certificate is not believed.
        """
        host, port = self._settings.host, self._settings.port
        try:
            bare = socket.create_connection((host, port), _CONNECT_TIMEOUT_S)
            try:
                # A lone message's receipt took 48 ms with Nagle's algorithm, 6 without.
                bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * _TAKES_WITHIN_S))
                self._socket = self._tls.wrap_socket(bare, server_hostname=host)
            except BaseException:
                bare.close()
                raise
        except OSError as error:
            raise ConnectionEnded(f"the broker {host}:{port} cannot be reached: {error}") from error
        self._socket.setblocking(False)
        self._outgoing += packets.connect(
            self._client_id,
            keep_alive_s=_KEEP_ALIVE_S,
            session_expiry_s=self._session_expiry_s,
            receive_maximum=RECEIVE_MAXIMUM,
            most_bytes=_MOST_PACKET_BYTES,
        )
        self._answer_due_s = time.monotonic() + _ANSWER_WITHIN_S

    def turn(self, wait_s: float, beside: int | None = None) -> None:
        """Wait for traffic and handle it; what came is then in ``received``.

        Parameters
        ----------
        wait_s
            For how long, in seconds.
        beside
            A file descriptor that ends the wait when it can be read.

        Raises
        ------
        ConnectionEnded
            If the connection is lost, or the broker refused it or a subscription.
        """
        try:
            self._send()
            if not self._read():
                self._wait(wait_s, beside)
                self._read()
            self._stay_alive()
            self._send()
        except OSError as error:
            raise ConnectionEnded(f"the connection to the broker was lost: {error}") from error
        except MalformedPacket as malformed:
            raise ConnectionEnded(str(malformed)) from malformed

    @property
    def full(self) -> bool:
        """Whether a batch waits, or as much as may be held."""
        return len(self.received) >= BATCH or not self._has_room()

    def take(self) -> list[Received]:
        """Give the next batch of what was received, in the order it came."""
        batch = [self.received.popleft() for _ in range(min(BATCH, len(self.received)))]
        self._waiting_bytes -= sum(len(message.payload) for message in batch)
        return batch

    def settle(self, message: Received, answer: Answer | None) -> None:
        """Acknowledge a message that is stored; one with a receipt only once the broker has the receipt.

        Where the broker's own Receive Maximum leaves no room, the receipt goes at QoS 0 and the acknowledgement right
        behind it: the broker's answers may lie behind all that it sends beyond its bound, and receipts that waited for
        them would come too late to instruments and pile up here (seen with mosquitto 2.0.11). One that is lost is sent
        again when its message is.
        """
        if answer is None:
            self._acknowledge(message.packet_id)
        elif len(self._unconfirmed) >= self._broker_takes:
            self._outgoing += packets.publish(0, str(answer.topic), answer.receipt.encode(), _JSON)
            self._acknowledge(message.packet_id)
        else:
            self._publish(_Outgoing(str(answer.topic), answer.receipt.encode(), _JSON, settles=message.packet_id))

    def answer(self, topic: Topic, answer: BaselineAnswer, correlation: bytes | None) -> None:
        """Send what was asked for."""
        known_by = None if correlation is None or len(correlation) > _MAX_CORRELATION_BYTES else correlation
        properties = packets.json_properties(
            {SCHEMA_VERSION: str(CONTRACT_VERSION)}, expires_in_s=_ANSWER_EXPIRES_IN_S, correlation=known_by
        )
        self._publish(_Outgoing(str(topic), answer.encode(), properties))

    def tell(self, topic: Topic, day_list: DayList, expires_in_s: int) -> None:
        """Send a device its list of the day, retained until the day is over."""
        properties = packets.json_properties({SCHEMA_VERSION: str(CONTRACT_VERSION)}, expires_in_s=expires_in_s)
        self._publish(_Outgoing(str(topic), day_list.encode(), properties, retain=True))

    def close(self) -> None:
        """End it, with what is still to be said if the broker takes it at once; the session stays at the broker."""
        if self._socket is None:
            return
        try:
            self._socket.settimeout(_LAST_WORDS_WITHIN_S)
            self._socket.sendall(bytes(self._outgoing) + packets.DISCONNECT)
        except OSError:
            pass  # it is lost already, and all that was not acknowledged comes again
        finally:
            self._socket.close()
            self._socket = None

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionEnded("the connection to the broker is closed")
        return self._socket

    def _wait(self, wait_s: float, beside: int | None) -> None:
        waiting = select.poll()  # not select(), which takes no descriptor beyond 1023
        if asked := (0 if self.full else select.POLLIN) | (select.POLLOUT if self._outgoing else 0):
            waiting.register(self._opened(), asked)
        if beside is not None:
            waiting.register(beside, select.POLLIN)
        waiting.poll(math.ceil(1000 * wait_s))

    def _has_room(self) -> bool:
        return self._waiting_bytes < _MOST_WAITING_BYTES

    def _read(self) -> bool:
        """Read what has come, up to a batch; return whether anything had."""
        opened, anything = self._opened(), False
        while not self.full:
            try:
                data = opened.recv(_READ_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            if not data:
                raise ConnectionEnded("the broker closed the connection")
            self._incoming += data
            self._hear_all()
            anything = True
        return anything

    def _hear_all(self) -> None:
        begin = 0
        self._pinged = False
        self._answer_due_s = time.monotonic() + _ANSWER_WITHIN_S
        with memoryview(self._incoming) as view:
            while (found := packets.packet_ends(view, begin, _MOST_PACKET_BYTES)) is not None:
                with view[found[0] : found[1]] as body:
                    heard = packets.read(view[begin], body)
                begin = found[1]
                self._hear(heard)
        del self._incoming[:begin]

    def _hear(self, heard: Heard) -> None:
        if not self._connected and not isinstance(heard, ConnectionAnswer):
            raise MalformedPacket("the broker says something before it answers the connection")
        match heard:
            case Received():
                self.received.append(heard)
                self._waiting_bytes += len(heard.payload)
            case Acknowledged():
                self._confirmed(heard)
            case ConnectionAnswer():
                self._on_connect(heard)
            case SubscriptionAnswer():
                self._on_subscribe(heard)
            case Ended():
                raise ConnectionEnded(f"the connection to the broker ended: {_said(heard.code)}")
            case Alive():
                pass

    def _on_connect(self, answer: ConnectionAnswer) -> None:
        if self._connected:
            raise MalformedPacket("the broker answers the connection twice")
        if answer.code:
            raise ConnectionEnded(f"the broker refused the connection: {_said(answer.code)}")
        self._connected = True
        self._broker_takes, self._broker_takes_bytes = answer.receive_maximum, answer.maximum_packet_bytes
        self._keep_alive_s = answer.keep_alive_s or _KEEP_ALIVE_S
        # On every connection: the broker may have lost the session.
        self._outgoing += packets.subscribe(_SUBSCRIPTION, self._filters)
        self._answer_due_s = time.monotonic() + _ANSWER_WITHIN_S

    def _on_subscribe(self, answer: SubscriptionAnswer) -> None:
        if answer.packet_id != _SUBSCRIPTION or len(answer.codes) != len(FROM_DEVICE):
            raise MalformedPacket("the broker answers another subscription than was asked for")
        for channel, code in zip(FROM_DEVICE, answer.codes, strict=True):
            if code >= _FAILURE:
                raise ConnectionEnded(f"the broker refused the subscription to {channel}: {_said(code)}")
        self.subscribed = True

    def _confirmed(self, acknowledged: Acknowledged) -> None:
        published = self._unconfirmed.pop(acknowledged.packet_id, None)
        if published is None:
            raise MalformedPacket("the broker acknowledges what was never sent")
        if acknowledged.code >= _FAILURE:
            _log.error(
                "The broker refused a receipt, an answer or a day's list: %s. If it is older than this collector, run"
                " 'trichoscope-collector broker', and restart it.",
                _said(acknowledged.code),
            )
        self._acknowledge(published.settles)
        if self._unpublished:
            self._put_out(self._unpublished.popleft())

    def _acknowledge(self, packet_id: int) -> None:
        if packet_id:
            self._outgoing += packets.acknowledge(packet_id)

    def _publish(self, outgoing: "_Outgoing") -> None:
        # The broker's own Receive Maximum; a packet beyond it would end the connection (MQTT 5, 3.3.4).
        if len(self._unconfirmed) < self._broker_takes:
            self._put_out(outgoing)
        else:
            self._unpublished.append(outgoing)

    def _put_out(self, outgoing: "_Outgoing") -> None:
        number = self._free_number()
        packet = packets.publish(number, outgoing.topic, outgoing.payload, outgoing.properties, retain=outgoing.retain)
        if self._broker_takes_bytes is not None and len(packet) > self._broker_takes_bytes:
            _log.error("The broker takes %d bytes at most; %d are not sent.", self._broker_takes_bytes, len(packet))
            return
        self._unconfirmed[number] = outgoing
        self._outgoing += packet

    def _free_number(self) -> int:
        while True:
            self._number = self._number % 65_535 + 1
            if self._number not in self._unconfirmed:
                return self._number

    def _send(self) -> None:
        opened = self._opened()
        while self._outgoing:
            try:
                sent = opened.send(self._outgoing)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                if self._stuck_since_s is None:
                    self._stuck_since_s = time.monotonic()
                return
            del self._outgoing[:sent]
            self._said_s, self._stuck_since_s = time.monotonic(), None

    def _stay_alive(self) -> None:
        now_s = time.monotonic()
        if (not self.subscribed or self._pinged) and now_s > self._answer_due_s and not self.full:
            raise ConnectionEnded(f"the broker does not answer within {_ANSWER_WITHIN_S:.0f} s")
        if self._stuck_since_s is not None and now_s - self._stuck_since_s > _TAKES_WITHIN_S:  # no ping gets there
            raise ConnectionEnded(f"the broker takes nothing for {_TAKES_WITHIN_S:.0f} s")
        quiet = self._connected and not self._outgoing and now_s - self._said_s > self._keep_alive_s / 2
        if quiet and not self._pinged:
            self._outgoing += packets.PING
            self._pinged = True
            self._answer_due_s = now_s + _ANSWER_WITHIN_S


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """What is published, and the number of the message that may be acknowledged once the broker has it; 0 for none.

    Not the message itself: mosquitto's answers may come behind thousands of messages that it sends beyond its bound.
    """

    topic: str
    payload: bytes
    properties: bytes
    retain: bool = False
    settles: int = 0


_FAILURE = 0x80


def _said(code: int) -> str:
    for packet in (PacketTypes.CONNACK, PacketTypes.SUBACK, PacketTypes.PUBACK, PacketTypes.DISCONNECT):
        try:
            return said(ReasonCode(packet, identifier=code))
        except (KeyError, ValueError):  # one that this packet does not have
            continue
    return f"the broker says no more than 0x{code:02x}"


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
