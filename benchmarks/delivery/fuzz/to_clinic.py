"""Messages to the collector: decided, stored in batches, answered; then its file is read again and compared."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.delivery.fuzz.mutations import chance_of, mutated, noise
from benchmarks.delivery.fuzz.tally import Tally
from collector.ingestion.answers import answer_baseline
from collector.ingestion.decisions import Accepted, Decision, Quarantined, Refused, decide
from collector.pictures.folder import PicturesInFolder
from collector.store.store import Store
from collector.store.stored import Answer
from collector.store.tables import FACTS
from contract import (
    MAX_MESSAGE_BYTES,
    BaselineAnswer,
    BaselineAsk,
    Capture,
    Channel,
    Comparison,
    Health,
    Outcome,
    Receipt,
    Review,
    Status,
    Topic,
    content_sha256,
)

BATCH = 200
"""The collector's own: its Receive Maximum."""

CLINIC = "riverside"
_DEVICE = "chair-1"
_RELEASED = Path(__file__).parents[3] / "tests" / "contract" / "released" / "1"
_PATIENTS = 500
_OVERSIZE_ONE_IN = 20_000
_CHANNELS: dict[str, Channel] = {
    "capture": Channel.CAPTURE,
    "comparison": Channel.CHANGE,
    "visit": Channel.VISIT,
    "review": Channel.REVIEW,
    "status": Channel.STATUS,
    "health": Channel.HEALTH,
    "baseline-ask": Channel.BASELINE_ASK,
}
_ODD_TOPICS = (
    *("", "/", "#", "+", "trichoscope", "trichoscope/1", "$SYS/broker/uptime", "trichoscope/1/riverside/chair-1"),
    *("trichoscope/2/riverside/chair-1/capture", "trichoscope/1/riverside/chair-1/capture/", "a" * 65_535),
    *("trichoscope/1/otherside/chair-1/capture", "trichoscope/1/riverside/chair-2/capture", "\x00", "\ufffe\uffff"),
    *(
        "trichoscope/1/riverside/CHAIR-1/capture",
        "trichoscope/1/riverside/chair-1/Capture",
        "/" * 1000,
        "\u202e\U0001f9b1",
    ),
    *(
        "trichoscope/1/riverside/chair-1/receipt",
        "trichoscope/1/riverside/chair-1/answer",
        "trichoscope/1//chair-1/capture",
    ),
    *("trichoscope/1/riverside/\udcff/capture", "\ud800", "trichoscope/1/riverside/chair-1/capture\x00"),
    *("trichoscope/1/riverside/chair-1\n/capture", "trichoscope/1/+/+/capture", "trichoscope/1/riverside/ä/capture"),
)


_KINDS = ("right", "sent again", "another under its id", "odd topic", "wrong topic", "noise", "mutated")
_WEIGHTS = (12, 6, 5, 9, 3, 10, 55)


@dataclass(frozen=True)
class Sent:
    """One message, as paho hands it over."""

    number: int
    topic: str
    payload: bytes


def message(seed: int, number: int) -> Sent:
    """Return the message of that number: right, repeated, under another's id, mutated, on an odd topic, or noise."""
    chance = chance_of("clinic", seed, number)
    topic, payload = _right(seed, number)
    earlier = max(0, number - 1 - chance.randrange(50))
    if chance.randrange(_OVERSIZE_ONE_IN) == 0:
        payload += b" " * MAX_MESSAGE_BYTES
    else:
        match chance.choices(_KINDS, _WEIGHTS)[0]:
            case "noise":
                topic, payload = _any_topic(chance), noise(chance)
            case "sent again":  # as after a lost receipt
                topic, payload = _right(seed, earlier)
            case "another under its id":
                topic, payload = _right(seed, earlier)
                payload = payload[:-1] + b" }"
            case "odd topic":
                topic = chance.choice(_ODD_TOPICS)
            case "wrong topic":
                topic = _any_topic(chance)
            case "mutated":
                payload = mutated(chance, payload)
    return Sent(number, topic, payload)


def _any_topic(chance: Random) -> str:
    return str(Topic(CLINIC, _DEVICE, chance.choice(list(Channel))))


def _right(seed: int, number: int) -> tuple[str, bytes]:
    name, channel, written = chance_of("right", seed, number).choice(_examples())
    told: dict[str, Any] = json.loads(written)
    told["message_id"] = f"019cb001-0000-7000-8000-{number:012x}"
    told["sequence"] = number + 1
    if "patient_code" in told:  # a baseline is looked for among all of one patient's captures: there are never many
        told["patient_code"] = f"P-{number % _PATIENTS:04d}"
    if name == "capture":
        told["visit_number"] = 1 + number % 3
    return str(Topic(CLINIC, _DEVICE, channel)), json.dumps(told, separators=(",", ":")).encode()


@cache
def _examples() -> tuple[tuple[str, Channel, bytes], ...]:
    files = (path for path in sorted(_RELEASED.glob("*.json")) if path.name.split(".")[0] in _CHANNELS)
    return tuple((name := path.name.split(".")[0], _CHANNELS[name], path.read_bytes()) for path in files)


class Clinic:
    """A collector's store that takes messages in, and what it should hold by now.

    Parameters
    ----------
    folder
        Where its file is made.
    tally
        What became of the messages.
    """

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._path = folder / "collector.sqlite3"
        self._store = Store(self._path)
        self._pictures = PicturesInFolder(folder / "pictures")
        self._tally = tally
        self._stored: dict[tuple[str, str], str] = {}
        self._quarantined: set[tuple[str, str]] = set()

    def take_in(self, batch: Sequence[Sent]) -> None:
        """Decide, store and answer as the subscriber does."""
        tally = self._tally
        decided: list[tuple[Sent, Decision]] = []
        for sent in batch:
            tally.sent += 1
            try:
                decision = tally.timed(f"deciding on {sent.number}", lambda sent=sent: _decided(sent))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001  any exception is what is looked for
                tally.fault(f"number {sent.number}: deciding raised {error!r}")
                continue
            decided.append((sent, decision))
        try:
            answers = tally.timed(
                f"storing the batch of {batch[0].number}",
                lambda: self._store.store_batch([decision for _, decision in decided], datetime.now(UTC)),
            )
        except Exception as error:  # noqa: BLE001
            tally.fault(f"the batch from number {batch[0].number}: storing raised {error!r}")
            return
        for (sent, decision), answer in zip(decided, answers, strict=True):
            self._note(sent, decision, answer)

    def _note(self, sent: Sent, decision: Decision, answer: Answer | None) -> None:
        match decision:
            case Accepted() | Refused():
                self._note_answered(sent, decision, answer)
            case Quarantined(topic, payload, reason):
                if answer is not None or not reason:
                    self._tally.fault(f"number {sent.number}: quarantined without a reason, or answered")
                self._quarantined.add((topic, content_sha256(payload)))
                self._tally.became["quarantined"] += 1
            case BaselineAsk():
                self._answer(sent, decision)
                self._tally.became["asked"] += 1
            case Status() | Health():
                self._tally.became["heard"] += 1

    def _note_answered(self, sent: Sent, decision: Accepted | Refused, answer: Answer | None) -> None:
        content = content_sha256(sent.payload)
        takes = False
        if isinstance(decision, Accepted):
            key = _table(decision), str(decision.message_id)
            takes = self._stored.setdefault(key, content) == content
        if not takes:
            self._quarantined.add((str(decision.topic), content))
        expected = Outcome.STORED if takes else Outcome.REFUSED
        self._tally.became[expected.value] += 1
        if answer is None:
            self._tally.fault(f"number {sent.number}: {expected} and not answered")
            return
        receipt = Receipt.model_validate_json(answer.receipt.encode())
        said = (receipt.message_id, receipt.content_sha256, receipt.outcome, receipt.reason is None)
        if said != (decision.message_id, content, expected, takes) or answer.topic.channel is not Channel.RECEIPT:
            self._tally.fault(f"number {sent.number}: the receipt says {said[2]}, {expected} was due")

    def _answer(self, sent: Sent, ask: BaselineAsk) -> None:
        try:
            answer = self._tally.timed(
                f"answering {sent.number}",
                lambda: answer_baseline(self._store, self._pictures, ask, datetime.now(UTC)),
            )
            if BaselineAnswer.model_validate_json(answer.encode()).message_id != ask.message_id:
                self._tally.fault(f"number {sent.number}: the answer is to another ask")
        except Exception as error:  # noqa: BLE001
            self._tally.fault(f"number {sent.number}: answering raised {error!r}")

    def close(self) -> None:
        """Close the store, and compare what its file holds with what it should."""
        self._store.close()
        with sqlite3.connect(self._path) as file:
            held = {
                (table, message_id): content_sha256(payload)
                for table in (fact.name for fact in FACTS)
                for message_id, payload in file.execute(f"SELECT message_id, payload FROM {table}")  # noqa: S608
            }
            kept = {
                (topic, content_sha256(payload))
                for topic, payload in file.execute("SELECT topic, payload FROM quarantine WHERE reason <> ''")
            }
        file.close()
        for what, due, found in (("stored", self._stored, held), ("quarantined", self._quarantined, kept)):
            if due != found:
                self._tally.fault(f"{len(found)} messages lie in the file as {what}, not the {len(due)} that should")


def _decided(sent: Sent) -> Decision:
    return decide(CLINIC, sent.topic, sent.payload)


def _table(decision: Accepted) -> str:
    match decision.message:
        case Capture():
            return "captures"
        case Comparison():
            return "comparisons"
        case Review():
            return "reviews"
    return "visits"
