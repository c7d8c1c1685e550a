"""What comes over the broker beside the programs' own messages: receipts in any state, and captures once more.

All that is said here is true or void: a receipt that says stored names what the clinic holds, by its content, or
something that nobody waits for. One that lies would need the collector's own key, against which nothing here guards.
"""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from benchmarks.delivery.chaos.judge import Kept, Stored, kept_by, stored_by
from contract import Channel, Outcome, Receipt, Topic, all_devices, content_sha256, new_message_id
from device.demo.clinic import CLINIC, COLLECTOR, DEVICE
from groundwork.client_tls import client_context

INJECTOR = "chaos"
"""A client of its own with the right to send receipts, so that the collector stays connected meanwhile."""

ACCESS = f"\nuser {INJECTOR}\ntopic write {all_devices(CLINIC, Channel.RECEIPT)}\n"
"""What the broker's access list must say of it."""

_SESSION_EXPIRY_S = 14 * 24 * 3600
_CONNECT_WITHIN_S, _CONFIRMED_WITHIN_S = 2.0, 2.0
_MOST = 10

_HeldT = TypeVar("_HeldT", Kept, Stored)


class NotSaid(RuntimeError):
    """The broker could not be reached, or took nothing: the fault did not come to pass."""


class Stranger:
    """Says things to one broker.

    Parameters
    ----------
    certificates : Path
        The clinic's folder of them.
    port : int
        The broker's on this machine.
    device, collector : Path
        The state folders, to know what was kept and stored.
    """

    def __init__(self, certificates: Path, port: int, device: Path, collector: Path) -> None:
        self._certificates = certificates
        self._port = port
        self._device = device
        self._collector = collector

    def send_receipts(self, chance: random.Random) -> int:
        """Send receipts as `INJECTOR`; return how many the broker took."""
        with self._connected(INJECTOR, clean=True) as client:
            return _publish(client, Channel.RECEIPT, self._receipts(chance))

    def take_over(self, chance: random.Random, *, lasts_s: float, clean: bool) -> int:
        """Be the collector for a while, and swallow what comes; return how many receipts the broker took.

        With ``clean`` the collector's session, and all that waits in it, is forgotten by the broker.
        """
        with self._connected(COLLECTOR, clean=clean) as client:
            taken = _publish(client, Channel.RECEIPT, self._receipts(chance))
            time.sleep(lasts_s)
        return taken

    def publish_again(self, chance: random.Random) -> int:
        """Publish as the device, which must be dead, what the clinic holds already; and one of it altered."""
        stored = [message for message in _read(stored_by, self._collector) if message.channel == Channel.CAPTURE]
        again = chance.sample(stored, min(_MOST, len(stored)))
        payloads = [message.payload for message in again]
        if again:
            altered = json.loads(again[0].payload)
            altered["visit_number"] += 1
            payloads.append(json.dumps(altered).encode())
        with self._connected(DEVICE, clean=True) as client:
            return _publish(client, Channel.CAPTURE, payloads)

    def _receipts(self, chance: random.Random) -> list[bytes]:
        stored: list[Stored] = _read(stored_by, self._collector)
        kept: list[Kept] = _read(kept_by, self._device)
        received = {message.message_id for message in kept if message.state == "received"}
        doubled = [_receipt(message.message_id, message.payload) for message in reversed(stored[-_MOST:])] * 2
        stale = [
            _receipt(message.message_id, message.payload, refused="of another day")
            for message in stored
            if message.message_id in received
        ][:_MOST]
        of_other_content = [
            _receipt(message.message_id, message.payload + b" ", refused=refused)
            for message in kept[-_MOST:]
            for refused in (None, "of another content")
        ]
        foreign = [_receipt(str(new_message_id()), b"unknown") for _ in range(3)]
        unreadable = [b"", b"{", b"\xff\xfe", b"[]", b"x" * 6000, json.dumps({"message_id": "?" * 100}).encode()]
        said = doubled + stale + of_other_content + foreign + unreadable
        chance.shuffle(said)
        return said

    @contextmanager
    def _connected(self, name: str, *, clean: bool) -> Iterator[mqtt.Client]:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        certificate, key = (self._certificates / f"{name}.{kind}" for kind in ("crt", "key"))
        client.tls_set_context(client_context(self._certificates / "authority.crt", certificate, key))
        client.connect_timeout = _CONNECT_WITHIN_S
        there = threading.Event()
        client.on_connect = lambda _c, _d, _f, code, _p: None if code.is_failure else there.set()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        if not clean:
            properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        try:
            client.connect("127.0.0.1", self._port, clean_start=clean, properties=properties)
        except OSError as error:
            raise NotSaid(f"the broker cannot be reached ({error})") from error
        client.loop_start()
        try:
            if not there.wait(_CONNECT_WITHIN_S):
                raise NotSaid("the broker did not answer")
            yield client
        finally:
            client.disconnect()
            client.loop_stop()


def _publish(client: mqtt.Client, channel: Channel, payloads: list[bytes]) -> int:
    topic = str(Topic(CLINIC, DEVICE, channel))
    sent = [client.publish(topic, payload, qos=1) for payload in payloads]
    end_s = time.monotonic() + _CONFIRMED_WITHIN_S
    while time.monotonic() < end_s and client.is_connected() and not all(info.is_published() for info in sent):
        time.sleep(0.01)
    if payloads and not any(info.is_published() for info in sent):
        raise NotSaid("the broker took nothing")
    return sum(info.is_published() for info in sent)


def _receipt(message_id: str, payload: bytes, refused: str | None = None) -> bytes:
    return Receipt.model_validate(
        {
            "message_id": message_id,
            "content_sha256": content_sha256(payload),
            "outcome": Outcome.REFUSED if refused else Outcome.STORED,
            "reason": refused,
            "decided_at": datetime.now(UTC),
        }
    ).encode()


def _read(reading: Callable[[Path], Iterator[_HeldT]], folder: Path) -> list[_HeldT]:
    """Return what a store holds; nothing while its disk or the store is not there."""
    try:
        return list(reading(folder))
    except sqlite3.Error:
        return []
