"""Whether a scenario kept the promise: what instruments were told, against what the database holds, byte for byte.

Reads the database by SQL of its own, and none of the product's words.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

_FACTS = ("captures", "comparisons", "visits", "reviews")


@dataclass(frozen=True)
class Told:
    """A message that an instrument kept, and what it was told of it.

    Parameters
    ----------
    place : int
        In the order of keeping, of all messages of its instrument.
    stored, refused : bool
        Whether a receipt came that says so of exactly these bytes.
    """

    message_id: str
    patient_code: str
    place: int
    payload: bytes
    stored: bool
    refused: bool

    @property
    def stated(self) -> bool:
        """Whether it was told anything."""
        return self.stored or self.refused


@dataclass(frozen=True)
class Row:
    """A message as the database holds it; `received_at` in a form that can be compared."""

    table: str
    message_id: str
    patient_code: str
    content_sha256: str
    payload: bytes
    received_at: str


@dataclass(frozen=True)
class Held:
    """What the database holds."""

    rows: tuple[Row, ...]
    latest: dict[str, str]
    """When each patient was last taken, by the list of patients."""
    latest_of_captures: dict[str, str]
    """The same, by the captures."""
    quarantined: tuple[str, ...]
    """Digests of payloads."""
    erased: dict[str, bool]
    """Patients whose erasure was begun: whether it is done."""


def held_in(place: str | Path) -> Held:
    """Read a database: SQLite's file, or PostgreSQL's URL."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(f"{place.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as opened:
            return _held(lambda question: opened.execute(question).fetchall())
    with psycopg.connect(place) as reading:
        # a sequential look at the table: what an index hides is seen
        reading.execute("SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off")
        return _held(lambda question: reading.execute(question).fetchall())


def _held(ask: Callable[[str], Sequence[Sequence[Any]]]) -> Held:
    rows = tuple(
        Row(table, _id(message_id), patient, content, bytes(payload), _moment(at))
        for table in _FACTS
        for message_id, patient, content, payload, at in ask(
            f"SELECT message_id, patient_code, content_sha256, payload, received_at FROM {table}"  # noqa: S608  own names
        )
    )
    return Held(
        rows=rows,
        latest={code: _moment(at) for code, at in ask("SELECT patient_code, last_taken_at FROM patients")},
        latest_of_captures={
            code: _moment(at) for code, at in ask("SELECT patient_code, max(taken_at) FROM captures GROUP BY 1")
        },
        quarantined=tuple(_digest(bytes(payload)) for (payload,) in ask("SELECT payload FROM quarantine")),
        erased={code: done is not None for code, done in ask("SELECT patient_code, done_at FROM erasures")},
    )


def _id(message_id: object) -> str:
    text = message_id.hex() if isinstance(message_id, bytes) else str(message_id)
    return text.replace("-", "")


def _moment(at: object) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(at, datetime) else str(at)


@dataclass(frozen=True)
class Judgement:
    """What is wrong, each a list of sentences; empty where nothing is.

    Parameters
    ----------
    lost : tuple of str
        Told to be stored, and not there.
    doubled, altered : tuple of str
        There more than once, by id or by content; with other bytes, or under a digest that is not theirs.
    strange : tuple of str
        There, and never sent; or a receipt for what was never sent.
    unreceipted : tuple of str
        Without any receipt at the end.
    refused, quarantined : tuple of str
        Refused or put away though nothing was wrong with it; or poison that was refused and is not put away.
    out_of_order : tuple of str
        Stored before one of the same patient and instrument that was kept earlier.
    patients : tuple of str
        Where the list of patients and the captures say different things.
    not_erased : tuple of str
        Something of a patient whose erasure was begun: it is not done, or something is there.
    """

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    unreceipted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    out_of_order: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    not_erased: tuple[str, ...] = ()


def judge(told: Sequence[Told], held: Held, poison: Collection[str], strange_receipts: Sequence[str]) -> Judgement:
    """Compare what instruments were told with what is held.

    Parameters
    ----------
    told : sequence of Told
        All that the instruments kept, poison that can be named among it.
    held : Held
    poison : collection of str
        The digests of what may lie in quarantine.
    strange_receipts : sequence of str
        Ids in receipts that no instrument waited for.
    """
    good = [one for one in told if _digest(one.payload) not in poison]
    return Judgement(
        lost=tuple(_lost(good, held)),
        doubled=tuple(_doubled(held)),
        altered=tuple(_altered(good, held)),
        strange=tuple(_strange(good, held, strange_receipts)),
        unreceipted=tuple(f"{one.message_id} has no receipt" for one in told if not one.stated),
        refused=tuple(
            f"{one.message_id} was refused" for one in good if one.refused and one.patient_code not in held.erased
        ),
        quarantined=tuple(_quarantined(told, held, poison)),
        out_of_order=tuple(_out_of_order(good, held)),
        patients=tuple(
            f"{code} was last taken {held.latest.get(code)}, by its captures {held.latest_of_captures.get(code)}"
            for code in sorted({*held.latest, *held.latest_of_captures})
            if held.latest.get(code) != held.latest_of_captures.get(code)
        ),
        not_erased=tuple(_not_erased(held)),
    )


def _lost(good: Sequence[Told], held: Held) -> Iterator[str]:
    there = {(row.message_id, _digest(row.payload)) for row in held.rows}
    for one in good:
        known = _id(one.message_id), _digest(one.payload)
        if one.stored and known not in there and one.patient_code not in held.erased:
            yield f"{one.message_id} was told to be stored, and is not there"


def _doubled(held: Held) -> Iterator[str]:
    for what, keys in (
        ("id", [row.message_id for row in held.rows]),
        ("content", [_digest(row.payload) for row in held.rows]),
    ):
        for key, count in Counter(keys).items():
            if count > 1:
                yield f"the {what} {key} is there {count} times"


def _altered(good: Sequence[Told], held: Held) -> Iterator[str]:
    sent = {_id(one.message_id): one.payload for one in good}
    for row in held.rows:
        if row.message_id in sent and sent[row.message_id] != row.payload:
            yield f"{row.message_id} was altered"
        if _digest(row.payload) != row.content_sha256:
            yield f"{row.message_id} lies under a digest that is not its own"


def _strange(good: Sequence[Told], held: Held, strange_receipts: Sequence[str]) -> Iterator[str]:
    sent = {_id(one.message_id) for one in good}
    for row in held.rows:
        if row.message_id not in sent:
            yield f"{row.message_id} is in {row.table} and was never sent"
    for message_id in strange_receipts:
        yield f"a receipt came for {message_id}, or for a content of it that was never sent"


def _quarantined(told: Sequence[Told], held: Held, poison: Collection[str]) -> Iterator[str]:
    there = set(held.quarantined)
    for digest in there - set(poison):
        yield f"what has the digest {digest} is in quarantine, and is no poison"
    for one in told:
        digest = _digest(one.payload)
        if digest not in poison:
            continue
        if one.stored:
            yield f"{one.message_id} is poison, and was told to be stored"
        elif one.refused and digest not in there and not _of_erased(one.payload, held):
            yield f"{one.message_id} is poison, was refused, and is not in quarantine"


def _of_erased(payload: bytes, held: Held) -> bool:
    return any(code.encode() in payload for code in held.erased)


def _out_of_order(good: Sequence[Told], held: Held) -> Iterator[str]:
    arrived = {row.message_id: row.received_at for row in held.rows}
    latest: defaultdict[str, str] = defaultdict(str)
    for one in sorted(good, key=lambda one: one.place):
        at = arrived.get(_id(one.message_id))
        if at is None:
            continue
        if at < latest[one.patient_code]:
            yield f"{one.message_id} was stored before one of {one.patient_code} that was kept before it"
        latest[one.patient_code] = max(at, latest[one.patient_code])


def _not_erased(held: Held) -> Iterator[str]:
    for code, done in held.erased.items():
        if not done:
            yield f"the erasure of {code} was begun and is not done"
        for row in held.rows:
            if row.patient_code == code or code.encode() in row.payload:
                yield f"{row.message_id} of {code}, who was erased, is in {row.table}"
        if code in held.latest:
            yield f"{code}, who was erased, is in the list of patients"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
