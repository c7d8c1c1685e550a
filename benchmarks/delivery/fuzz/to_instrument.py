"""What comes to the instrument: read as it comes from paho, written down; then its outbox and list are looked at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import paho.mqtt.client as mqtt

from benchmarks.delivery.captures import composer, picture
from benchmarks.delivery.fuzz.mutations import chance_of, mutated, noise
from benchmarks.delivery.fuzz.tally import Tally
from contract import (
    BaselineAnswer,
    BaselineAsk,
    Capture,
    Channel,
    DayList,
    Outcome,
    Receipt,
    Topic,
    content_sha256,
)
from device.baseline import Asks
from device.delivery import day_list
from device.delivery.broker_connection import read_message
from device.outbox import Outbox
from device.outbox.states import State
from device.store import Store

CAPTURES = 8
"""That wait for a receipt at a time."""

_CLINIC, _DEVICE = "riverside", "chair-1"
_RELEASED = Path(__file__).parents[3] / "tests" / "contract" / "released" / "1"
_OVERSIZE_ONE_IN = 20_000
_LISTS_SHARE, _RECEIPTS_UP_TO = 0.05, 0.8
_OVERSIZE_BYTES = 6 * 1024 * 1024
_ODD_TOPICS = (
    b"",
    b"/answer",
    b"\xff\xfe/answer",
    b"\xed\xa0\x80",
    b"trichoscope/1/riverside/chair-2/receipt",
    b"trichoscope/1/riverside/chair-1/capture",
    b"\x00",
)


@dataclass(frozen=True)
class Kept:
    """A capture that waits, as far as the clinic has to know it."""

    message_id: str
    content_sha256: str


def message(seed: int, number: int, kept: tuple[Kept, ...], ask_id: str) -> mqtt.MQTTMessage:
    """Return the message of that number, of what an instrument that keeps ``kept`` may be told."""
    chance = chance_of("instrument", seed, number)
    of_what = chance.random()
    if of_what < _LISTS_SHARE:
        channel, payload = Channel.DAY_LIST, _day_list()
    else:
        channel, payload = _receipt(chance, kept) if of_what < _RECEIPTS_UP_TO else _answer(chance, ask_id)
    share = chance.random()
    topic = str(Topic(_CLINIC, _DEVICE, channel)).encode()
    if chance.randrange(_OVERSIZE_ONE_IN) == 0:
        payload += b" " * _OVERSIZE_BYTES
    elif share < 0.1:
        payload = noise(chance)
    elif share < 0.2:
        topic = chance.choice(_ODD_TOPICS)
    elif share < 0.98:  # the right ones are rare, or nothing would wait any more
        payload = mutated(chance, payload)
    came = mqtt.MQTTMessage(mid=1 + number % 65_535, topic=topic)
    came.payload = payload
    return came


def _receipt(chance: Random, kept: tuple[Kept, ...]) -> tuple[Channel, bytes]:
    one, other = chance.choice(kept), chance.choice(kept)
    refused = chance.random() < 0.5
    told = {
        "message_id": one.message_id if chance.random() < 0.95 else "019cb001-0000-7000-8000-00000000ffff",
        "content_sha256": (one if chance.random() < 0.9 else other).content_sha256,
        "outcome": "refused" if refused else "stored",
        "reason": "The message breaks the contract." if refused else None,
        "decided_at": "2026-03-04T09:30:12Z",
    }
    return Channel.RECEIPT, json.dumps(told).encode()


def _answer(chance: Random, ask_id: str) -> tuple[Channel, bytes]:
    told: dict[str, Any] = json.loads(chance.choice(_answers()))
    if chance.random() < 0.9:
        told["message_id"] = ask_id
    return Channel.ANSWER, json.dumps(told, separators=(",", ":")).encode()


@cache
def _answers() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(_RELEASED.glob("baseline-answer*.json")))


@cache
def _day_list() -> bytes:
    return (_RELEASED / "day-list.chair.json").read_bytes()


class Instrument:
    """An instrument's store that hears of its clinic, and where its captures should stand by now.

    Parameters
    ----------
    folder
        Its state folder.
    tally
        What became of the messages.
    """

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._store = Store(folder)
        self._outbox, self._asks = Outbox(self._store), Asks(self._store)
        self._tally = tally
        self._captures = [self._capture(patient) for patient in range(CAPTURES)]
        self.kept = tuple(Kept(str(one.message_id), content_sha256(one.encode())) for one in self._captures)
        self._states = {one.message_id: State.WAITING for one in self.kept}
        self._ask = BaselineAsk.model_validate_json((_RELEASED / "baseline-ask.comparison.json").read_bytes())
        self._asks.put(self._ask, datetime.now(UTC) + timedelta(hours=1))

    @property
    def ask_id(self) -> str:
        """The id of the ask that stands."""
        return str(self._ask.message_id)

    def _capture(self, patient: int) -> Capture:
        shown, content = picture(patient, 1000)
        compose = composer(shown, patient, 1, clinic_id=_CLINIC, device_id=_DEVICE, size_bytes=3000)
        return self._store.keep(shown, content, compose)

    def hear(self, number: int, came: mqtt.MQTTMessage) -> None:
        """Read a message and act on it as the delivery does."""
        self._tally.sent += 1
        try:
            self._tally.timed(f"hearing {number}", lambda: self._heard(came))
        except Exception as error:  # noqa: BLE001  any exception is what is looked for
            self._tally.fault(f"number {number}: {error!r}")

    def _heard(self, came: mqtt.MQTTMessage) -> None:
        read = read_message(came)
        match read:
            case Receipt():
                self._note(read, changed=self._outbox.record_receipts([read])[0])
            case BaselineAnswer():
                if self._asks.record_answer(read):
                    self._tally.became["answers kept"] += 1
                    self._asks.put(self._ask, datetime.now(UTC) + timedelta(hours=1))
                else:
                    self._tally.became["passed over, to nothing that was asked"] += 1
            case DayList():
                day_list.keep(self._store.folder, read.encode())
                if len(day_list.expected_today(self._store.folder, read.day)) != len(read.expected):
                    self._tally.fault("a list was kept and is not read back")
                self._tally.became["lists kept"] += 1
            case None:
                self._tally.became["passed over, and not read"] += 1

    def _note(self, receipt: Receipt, *, changed: bool) -> None:
        named = Kept(str(receipt.message_id), receipt.content_sha256)
        known = self._states.get(named.message_id)
        state = State.RECEIVED if receipt.outcome is Outcome.STORED else State.REFUSED
        says_new = named in self.kept and known is not state and known is not State.RECEIVED
        if says_new:
            self._states[named.message_id] = state
        if changed is not says_new:
            self._tally.fault(f"a receipt for {named.message_id} was {'' if changed else 'not '}written down")
        self._tally.became["receipts written down" if changed else "receipts that said nothing new"] += 1

    def close(self) -> None:
        """Compare where the captures stand, and what they hold, with what should be; and close the store."""
        for capture, kept in zip(self._captures, self.kept, strict=True):
            state, _ = self._outbox.state(capture.message_id)
            if state is not self._states[kept.message_id]:
                self._tally.fault(f"a capture is {state}, and should be {self._states[kept.message_id]}")
            if content_sha256(self._outbox.payload(capture.message_id)) != kept.content_sha256:
                self._tally.fault("a capture was altered")
        self._store.close()
