"""A batch of decisions, kept in the transaction that is open: each message once, however often it comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, select, union_all

from collector.ingestion.decisions import Accepted, Decision, Kept, Quarantined, Refused
from collector.store import alarms
from collector.store.alarms import Alarm, AlarmKind
from collector.store.erasure import ErasedCodes, codes_among, note_pictures, share_with_erasures
from collector.store.order import health_follows, status_follows
from collector.store.rows import device_summary, row_of, seen_at, table_of
from collector.store.stored import Answer, DeviceSummary
from collector.store.tables import FACTS, devices, patients, quarantine
from collector.store.upsert import insert_into, insert_new, later_of
from contract import Capture, Channel, Health, Outcome, Receipt, Status, Topic, content_sha256

_ERASED = "This patient was erased from the clinic's records: nothing of them is taken any more."
_NOT_KEPT = "It names a patient who was erased: its bytes were not kept."


def keep(connection: Connection, decisions: Sequence[Decision], now: datetime) -> list[Answer | None]:
    """Keep a batch, and return the answer to each decision, ``None`` where none is due.

    The same message again is answered again, and stored once. Another one under the id of a stored one is refused, kept
    in quarantine, and raises an alarm. Of a patient who was erased nothing is kept: neither in quarantine, where
    of what names them only topic, digest and reason stand, nor the picture of their capture, should it come. An ask
    changes nothing here.

    Parameters
    ----------
    connection
        Within a transaction.
    decisions
        In the order they came.
    now
        When they came.
    """
    share_with_erasures(connection)
    accepted = [decision for decision in decisions if isinstance(decision, Accepted)]
    erased = codes_among(connection, {decision.message.patient_code for decision in accepted})
    erased_codes = ErasedCodes(connection)
    stored = _keep_facts(connection, [one for one in accepted if one.message.patient_code not in erased], now)
    _note_pictures(connection, (one.message for one in accepted if one.message.patient_code in erased))
    answers: list[Answer | None] = []
    for decision in decisions:
        match decision:
            case Accepted() if decision.message.patient_code in erased:
                answers.append(_answer(decision, now, _ERASED))
            case Accepted():
                answers.append(_answer(decision, now, _altered(connection, decision, stored, erased_codes, now)))
            case Refused():
                _alarm_where_stored(connection, decision, now)
                _quarantine(
                    connection, str(decision.topic), decision.payload, decision.reason, now, erased_codes=erased_codes
                )
                answers.append(_answer(decision, now, decision.reason))
            case Quarantined():
                _quarantine(
                    connection, decision.topic, decision.payload, decision.reason, now, erased_codes=erased_codes
                )
                answers.append(None)
            case _:
                answers.append(None)
    _keep_words(connection, [one for one in decisions if isinstance(one, Status | Health)], now)
    return answers


def _keep_facts(connection: Connection, accepted: Sequence[Accepted], now: datetime) -> dict[tuple[Table, UUID], str]:
    """Insert what is new, and return the digest of what is stored under each id, now or from before."""
    rows: defaultdict[Table, list[dict[str, Any]]] = defaultdict(list)
    for one in accepted:
        rows[table_of(one.message)].append(row_of(one, now))
    stored: dict[tuple[Table, UUID], str] = {}
    for table in FACTS:  # in one order, and each by its ids: two collectors with the same messages never wait in a ring
        if of_table := rows[table]:
            of_table.sort(key=lambda row: row["message_id"])
            inserted = connection.execute(insert_new(connection, table), of_table).rowcount
            held = {row["message_id"]: row["content_sha256"] for row in of_table}
            if inserted != len(of_table):  # some were there before: what then came is what is stored
                found = select(table.c.message_id, table.c.content_sha256).where(table.c.message_id.in_(held))
                held = {message_id: content for message_id, content in connection.execute(found)}  # noqa: C416  rows, not pairs
            stored |= {(table, message_id): content for message_id, content in held.items()}
    taken = [one.message for one in accepted if isinstance(one.message, Capture) and _is_stored(one, stored)]
    _note_patients(connection, taken)
    return stored


def _is_stored(accepted: Accepted, stored: Mapping[tuple[Table, UUID], str]) -> bool:
    return stored[table_of(accepted.message), accepted.message_id] == accepted.content_sha256


def _note_patients(connection: Connection, taken: Iterable[Capture]) -> None:
    last: dict[str, datetime] = {}
    for capture in taken:
        known = last.get(capture.patient_code, capture.taken_at)
        last[capture.patient_code] = max(known, capture.taken_at)
    if not last:
        return
    statement = insert_into(connection, patients)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[patients.c.patient_code],
            set_={"last_taken_at": statement.excluded.last_taken_at},
            where=patients.c.last_taken_at < statement.excluded.last_taken_at,
        ),
        [{"patient_code": code, "last_taken_at": at} for code, at in sorted(last.items())],
    )


def _note_pictures(connection: Connection, refused: Iterable[Kept]) -> None:
    """Note the pictures of captures that came too late for their patient's erasure: they may be there, or still come.

    One that another patient's capture names too stays that patient's, for as long as it does.
    """
    note_pictures(connection, {one.picture.sha256 for one in refused if isinstance(one, Capture)})


def _altered(
    connection: Connection,
    accepted: Accepted,
    stored: dict[tuple[Table, UUID], str],
    erased_codes: ErasedCodes,
    now: datetime,
) -> str | None:
    """Return why a message is refused, if something else is stored under its id, and raise the alarm."""
    if _is_stored(accepted, stored):
        return None
    reason = f"Another {type(accepted.message).__name__.lower()} is already stored under this id."
    _alarm(connection, accepted, reason, now)
    _quarantine(connection, str(accepted.topic), accepted.payload, reason, now, erased_codes=erased_codes)
    return reason


def _alarm_where_stored(connection: Connection, refused: Refused, now: datetime) -> None:
    """Raise an alarm if what breaks the contract comes under the id of something that is stored."""
    wanted = bindparam("wanted", refused.message_id, type_=FACTS[0].c.message_id.type)
    of_id = union_all(*(select(table.c.message_id).where(table.c.message_id == wanted) for table in FACTS))
    if connection.execute(of_id).first() is not None:
        _alarm(connection, refused, f"Stored under this id is something else. {refused.reason}", now)


def _alarm(connection: Connection, decision: Accepted | Refused, reason: str, now: datetime) -> None:
    altered = Alarm(
        kind=AlarmKind.MESSAGE_ALTERED,
        device_id=decision.topic.device_id,
        subject=str(decision.message_id),
        found_sha256=_digest(decision),
        size_bytes=len(decision.payload),
        reason=reason,
    )
    alarms.write(connection, altered, now)


def _quarantine(
    connection: Connection, topic: str, payload: bytes, reason: str, now: datetime, *, erased_codes: ErasedCodes
) -> None:
    of_erased = erased_codes.are_named_in(payload)
    row = {
        "topic": topic,
        "content_sha256": content_sha256(payload),
        "reason": f"{reason} {_NOT_KEPT}" if of_erased else reason,
        "received_at": now,
        "payload": b"" if of_erased else payload,
    }
    connection.execute(insert_new(connection, quarantine), row)


def _keep_words(connection: Connection, words: Iterable[Status | Health], now: datetime) -> None:
    """Keep each device's newest status and health."""
    for word in sorted(words, key=lambda one: one.device_id):
        row = connection.execute(
            select(devices).where(devices.c.device_id == word.device_id).with_for_update()
        ).one_or_none()
        if row is not None and not _follows(device_summary(*row), word):
            continue
        column = "status" if isinstance(word, Status) else "health"
        statement = insert_into(connection, devices).values(
            {"device_id": word.device_id, "seen_at": seen_at(word, now), column: word.model_dump_json()}
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[devices.c.device_id],
                set_={
                    column: statement.excluded[column],
                    "seen_at": later_of(connection, devices.c.seen_at, statement.excluded.seen_at),
                },
            )
        )


def _follows(known: DeviceSummary, word: Status | Health) -> bool:
    if isinstance(word, Status):
        return known.status is None or status_follows(known.status, word)
    return known.health is None or health_follows(known.health, word)


def _answer(decision: Accepted | Refused, now: datetime, refused_for: str | None) -> Answer:
    receipt = Receipt(
        message_id=decision.message_id,
        content_sha256=_digest(decision),
        outcome=Outcome.STORED if refused_for is None else Outcome.REFUSED,
        reason=refused_for,
        decided_at=now,
    )
    return Answer(Topic(decision.topic.clinic_id, decision.topic.device_id, Channel.RECEIPT), receipt)


def _digest(decision: Accepted | Refused) -> str:
    return decision.content_sha256 if isinstance(decision, Accepted) else content_sha256(decision.payload)
