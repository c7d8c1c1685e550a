"""Whether a scenario kept the promise: what was accepted, against what device and clinic hold, byte for byte.

Reads journal, databases and files as they lie there, and none of the programs' own words.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.delivery.chaos.chair import Accepted

_RECEIVED = "received"
_TABLES = {"capture": "captures", "change": "comparisons", "visit": "visits"}


@dataclass(frozen=True)
class Kept:
    """A message in the device's store."""

    message_id: str
    channel: str
    sequence: int
    patient_code: str
    payload: bytes
    picture_sha256: str | None
    state: str


@dataclass(frozen=True)
class Stored:
    """A message in the clinic's store; ``place`` is its number in the order of storing, within its channel."""

    message_id: str
    channel: str
    place: int
    patient_code: str
    payload: bytes
    received_at: str


@dataclass(frozen=True)
class Judgement:
    """What is wrong, each a list of sentences; empty where nothing is.

    Parameters
    ----------
    lost : tuple of str
        Accepted, and gone from the device; or believed to be at the clinic, which does not hold it.
    doubled, altered : tuple of str
        More than once in the clinic's store; with other bytes in either.
    strange : tuple of str
        Stored at the clinic and not kept by the device.
    unconfirmed : tuple of str
        Not known by the device to be at the clinic, whether it is or not. Comparisons that the device makes by itself
        are left out: it may have kept one after its outbox was seen empty.
    out_of_order : tuple of str
        Stored at the clinic before one of the same patient that was kept earlier.
    """

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    out_of_order: tuple[str, ...] = ()


def judge(journal: Sequence[Accepted], device: Path, collector: Path, *, clocks_agree: bool) -> Judgement:
    """Compare the two state folders with the journal, once their programs have ended.

    Parameters
    ----------
    journal : sequence of Accepted
    device, collector : Path
        The state folders.
    clocks_agree : bool
        Whether the collector's clock never jumped: only then do its times order messages of different channels.
    """
    kept = {message.message_id: message for message in kept_by(device)}
    stored = list(stored_by(collector))
    at_clinic = {message.message_id: message for message in stored}
    lost, altered = [], []
    for accepted in journal:
        here = kept.get(accepted.message_id)
        if here is None:
            lost.append(f"{accepted.message_id} was accepted, and the device does not hold it")
        elif _digest(here.payload) != accepted.content_sha256:
            altered.append(f"{accepted.message_id} was altered at the device")
    # what was kept counts whether the journal has it or not: a kill may come between the two
    for message in kept.values():
        there = at_clinic.get(message.message_id)
        if there is None and message.state == _RECEIVED:
            lost.append(f"{message.message_id} is believed to be at the clinic, which does not hold it")
        elif there is not None and there.payload != message.payload:
            altered.append(f"{message.message_id} was altered at the clinic")
    arrived = {sha256 for sha256, received_at in pictures_of(device) if received_at is not None}
    for sha256 in {sha256 for sha256, _ in pictures_of(device)} | {accepted.picture_sha256 for accepted in journal}:
        if sha256 is None:
            continue
        lost += [f"picture {sha256} is not at the device"] * _is_lost(device, sha256)
        lost += [f"picture {sha256} is not at the clinic"] * (sha256 in arrived and _is_lost(collector, sha256))
        altered += [f"picture {sha256} was altered at the device"] * _is_altered(device, sha256)
        altered += [f"picture {sha256} was altered at the clinic"] * _is_altered(collector, sha256)
    return Judgement(
        lost=tuple(lost),
        altered=tuple(altered),
        doubled=tuple(_doubled(stored)),
        strange=tuple(
            f"{message.message_id} is at the clinic and was never kept"
            for message in stored
            if message.message_id not in kept
        ),
        unconfirmed=tuple(_unconfirmed(device, list(kept.values()), {one.message_id for one in journal})),
        out_of_order=tuple(_out_of_order(kept, stored, clocks_agree=clocks_agree)),
    )


def kept_by(device: Path) -> Iterator[Kept]:
    """Give what the device's store holds, in the order of keeping."""
    with closing(_reading(device / "device.sqlite3")) as database:
        for message_id, channel, sequence, patient, payload, picture, state in database.execute(
            "SELECT message_id, channel, sequence, patient_code, payload, picture_sha256, state FROM message"
            " ORDER BY sequence"
        ):
            yield Kept(message_id, channel, sequence, patient, bytes(payload), picture, state)


def stored_by(collector: Path) -> Iterator[Stored]:
    """Give what the clinic's store holds, in the order of storing within each channel."""
    with closing(_reading(collector / "collector.sqlite3")) as database:
        for channel, table in _TABLES.items():
            for message_id, place, patient, payload, at in database.execute(
                f"SELECT message_id, rowid, patient_code, payload, received_at FROM {table} ORDER BY rowid"  # noqa: S608
            ):
                yield Stored(message_id, channel, place, patient, bytes(payload), at)


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)


def pictures_of(device: Path) -> list[tuple[str, str | None]]:
    """Return the digests of the pictures that the device keeps, each with when it knew it to be at the clinic."""
    with closing(_reading(device / "device.sqlite3")) as database:
        return list(database.execute("SELECT sha256, received_at FROM picture"))


def _is_lost(folder: Path, sha256: str) -> bool:
    return not (folder / "pictures" / sha256).exists()


def _is_altered(folder: Path, sha256: str) -> bool:
    return not _is_lost(folder, sha256) and _digest((folder / "pictures" / sha256).read_bytes()) != sha256


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _doubled(stored: Sequence[Stored]) -> Iterator[str]:
    for what, keys in (
        ("id", [message.message_id for message in stored]),
        ("content", [_digest(message.payload) for message in stored]),
    ):
        for key, count in Counter(keys).items():
            if count > 1:
                yield f"the {what} {key} is at the clinic {count} times"


def _unconfirmed(device: Path, kept: Sequence[Kept], accepted: set[str]) -> Iterator[str]:
    for message in kept:
        its_own = message.channel == "change" and message.message_id not in accepted
        if message.state != _RECEIVED and not its_own:
            yield f"{message.message_id} is {message.state} at the device"
    for sha256, received_at in pictures_of(device):
        if received_at is None:
            yield f"picture {sha256} is not known to have arrived"


def _out_of_order(kept: dict[str, Kept], stored: Sequence[Stored], *, clocks_agree: bool) -> Iterator[str]:
    by_patient: dict[str, list[Stored]] = {}
    for message in sorted(
        (message for message in stored if message.message_id in kept),
        key=lambda message: kept[message.message_id].sequence,
    ):
        earlier = by_patient.setdefault(message.patient_code, [])
        for before in earlier:
            same_channel = before.channel == message.channel
            overtaken = (
                before.place > message.place
                if same_channel
                else clocks_agree and before.received_at > message.received_at
            )
            if overtaken:
                yield f"{message.message_id} was stored before {before.message_id}, which was kept before it"
                break
        earlier.append(message)
