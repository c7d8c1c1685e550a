"""Instruments without cameras: each keeps what has no receipt, and sends it until one comes, as an outbox does.

The rules are the device's: a receipt by id and content is the only proof, at most 20 are without one on their way, of
one patient one at a time. They are many in one thread, and hold in memory what an outbox holds on its disk: nothing
ends them while they are measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from collector.ingestion import packets
from collector.ingestion.packets import ConnectionAnswer, MalformedPacket, Received, SubscriptionAnswer
from contract import Channel, Outcome, Receipt, Topic, content_sha256
from groundwork.client_tls import client_context

IN_FLIGHT = 20
_AGAIN_AFTER_S = 2.0  # the device waits 5 s: a shorter wait brings more that comes twice
_CONNECT_AGAIN_AFTER_S = 0.3
_WAKE_S = 0.5
_HEARD_WITHIN_S = 20.0
_KEEP_ALIVE_S = 5
_MOST_BYTES = 1 << 20
_SUBSCRIPTION = 1


@dataclass(slots=True)
class Sent:
    """A message that an instrument has kept, and what it heard of it.

    Parameters
    ----------
    message_id, patient_code : str
        The patient whose messages wait for each other.
    topic : str
    payload : bytes
    kept_s : float
        When, by the monotonic clock.
    certain : bool
        Whether it is sent until a receipt comes; what cannot be named gets none, and is said once.
    receipts : list of Receipt
        All that came for it, in their order.
    receipted_s : float or None
        When the first of them came that named its content.
    """

    message_id: str
    patient_code: str
    topic: str
    payload: bytes
    kept_s: float
    certain: bool = True
    receipts: list[Receipt] = field(default_factory=list)
    receipted_s: float | None = None
    published_s: float = float("-inf")

    @property
    def stored(self) -> bool:
        """Whether a receipt said that exactly these bytes are stored."""
        digest = content_sha256(self.payload)
        return any(one.outcome is Outcome.STORED and one.content_sha256 == digest for one in self.receipts)


class Instrument:
    """One instrument's outbox and connection. Only :meth:`keep` may be called from another thread than the loop's.

    Parameters
    ----------
    clinic_id, device_id : str
    port : int
        The broker's on this machine.
    tls : ssl.SSLContext
        That shows its certificate.
    """

    def __init__(self, clinic_id: str, device_id: str, port: int, tls: ssl.SSLContext) -> None:
        self.device_id = device_id
        self.kept: dict[tuple[str, str], Sent] = {}
        self.strange: list[Receipt] = []
        self.connected = threading.Event()
        self._receipts = str(Topic(clinic_id, device_id, Channel.RECEIPT))
        self._port, self._tls = port, tls
        self._waiting: dict[str, deque[Sent]] = {}
        self._under_way: dict[str, Sent] = {}
        self._once: deque[Sent] = deque()
        self._wake = asyncio.Event()
        self._number = _SUBSCRIPTION

    def keep(self, sent: Sent) -> None:
        """Keep a message, to be sent until it has a receipt; in the loop's thread."""
        if not sent.certain:
            self._once.append(sent)
        else:
            self.kept[sent.message_id, content_sha256(sent.payload)] = sent
            self._waiting.setdefault(sent.patient_code, deque()).append(sent)
        self._wake.set()

    def send_again(self, sent: Sent) -> None:
        """Say once more what has its receipt already, as after a receipt that was lost."""
        self._once.append(sent)
        self._wake.set()

    @property
    def open(self) -> int:
        """How many wait for a receipt."""
        return sum(map(len, self._waiting.values())) + len(self._under_way)

    async def run(self) -> None:
        """Connect, and again after each loss, until cancelled."""
        while True:
            with contextlib.suppress(OSError, EOFError, MalformedPacket, TimeoutError):
                await self._talk()
            self.connected.clear()
            await asyncio.sleep(_CONNECT_AGAIN_AFTER_S)

    async def _talk(self) -> None:
        async with asyncio.timeout(_HEARD_WITHIN_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=self._tls)
        try:
            hello = packets.connect(
                self.device_id,
                keep_alive_s=_KEEP_ALIVE_S,
                session_expiry_s=0,
                receive_maximum=100,
                most_bytes=_MOST_BYTES,
            )
            writer.write(hello)
            heard = await _heard(reader)
            if not isinstance(heard, ConnectionAnswer) or heard.code:
                raise MalformedPacket("no connection")
            writer.write(packets.subscribe(_SUBSCRIPTION, [self._receipts]))
            if not isinstance(await _heard(reader), SubscriptionAnswer):
                raise MalformedPacket("no subscription")
            self.connected.set()
            for sent in self._under_way.values():
                sent.published_s = float("-inf")  # who knows what became of it: again, over the new connection
            speaking = asyncio.ensure_future(self._speak(writer))
            try:
                await self._listen(reader, writer)
            finally:
                speaking.cancel()
                with contextlib.suppress(asyncio.CancelledError, OSError):
                    await speaking
        finally:
            writer.transport.abort()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heard = await _heard(reader)
            if isinstance(heard, Received):
                if heard.packet_id:
                    writer.write(packets.acknowledge(heard.packet_id))
                self._note(heard.payload)

    def _note(self, payload: bytes) -> None:
        try:
            receipt = Receipt.model_validate_json(payload)
        except ValidationError:
            return
        sent = self.kept.get((str(receipt.message_id), receipt.content_sha256))
        if sent is None:
            self.strange.append(receipt)
            return
        sent.receipts.append(receipt)
        if sent.receipted_s is None:
            sent.receipted_s = time.monotonic()
            if self._under_way.get(sent.patient_code) is sent:
                del self._under_way[sent.patient_code]
            self._wake.set()

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        said_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            said = False
            for sent in self._due(now_s):
                self._number = self._number % 60_000 + 1
                writer.write(packets.publish(self._number, sent.topic, sent.payload, b""))
                said = True
            if not said and now_s - said_s > _KEEP_ALIVE_S / 2:
                writer.write(packets.PING)
                said = True
            if said:
                said_s = now_s
                await writer.drain()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _WAKE_S)

    def _due(self, now_s: float) -> list[Sent]:
        """Return what is to be published now: of each patient the oldest, and again what waited too long."""
        due = list(self._once)
        self._once.clear()
        for patient in list(self._waiting):
            if len(self._under_way) >= IN_FLIGHT:
                break
            if patient not in self._under_way:
                queue = self._waiting[patient]
                self._under_way[patient] = queue.popleft()
                if not queue:
                    del self._waiting[patient]
        for sent in self._under_way.values():
            if now_s - sent.published_s >= _AGAIN_AFTER_S:
                sent.published_s = now_s
                due.append(sent)
        return due


async def _heard(reader: asyncio.StreamReader) -> packets.Heard:
    """Read one packet."""
    async with asyncio.timeout(_HEARD_WITHIN_S):
        first = (await reader.readexactly(1))[0]
        length = shift = 0
        while True:
            (digit,) = await reader.readexactly(1)
            length |= (digit & 0x7F) << shift
            shift += 7
            if digit < 0x80:
                break
        body = await reader.readexactly(length)
    return packets.read(first, memoryview(body))


class Instruments:
    """Many of them, in a thread of their own for the length of the block.

    Parameters
    ----------
    clinic_id : str
    device_ids : sequence of str
        Each with a certificate by its name.
    certificates : Path
        The clinic's folder of them.
    port : int
        The broker's.
    """

    def __init__(self, clinic_id: str, device_ids: Sequence[str], certificates: Path, port: int) -> None:
        def tls(name: str) -> ssl.SSLContext:
            certificate, key = (certificates / f"{name}.{kind}" for kind in ("crt", "key"))
            return client_context(certificates / "authority.crt", certificate, key)

        self.all = [Instrument(clinic_id, name, port, tls(name)) for name in device_ids]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="instruments")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        def end() -> None:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()

        self._loop.call_soon_threadsafe(end)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        async def run_all() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*(one.run() for one in self.all))

        self._loop.run_until_complete(run_all())

    def do(self, act: Callable[[], None]) -> None:
        """Do something in their thread, soon."""
        self._loop.call_soon_threadsafe(act)

    @property
    def open(self) -> int:
        """How many messages wait for a receipt, of all of them."""
        return sum(one.open for one in self.all)
