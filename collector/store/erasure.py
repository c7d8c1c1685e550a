"""A patient erased from the store, as the law lets them ask: begun, carried out, and for ever remembered as done."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from collector.store.stored import Erasure
from collector.store.tables import FACTS, captures, day_lists, erasures, patients, quarantine, study_patients
from contract import DayList, new_message_id

_BATCHES = 0x7472_6963_6267
"""Of PostgreSQL's advisory locks: batches share it, an erasure that begins waits until none is under way."""


def share_with_erasures(connection: Connection) -> None:
    """Hold an erasure's beginning off until the transaction that is open ends; on SQLite nobody writes beside it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_BATCHES})")


def begin(connection: Connection, patient_code: str, reason: str, asked_by: str, now: datetime) -> Erasure:
    """Begin to erase a patient, or go on with what was begun: from its commit on nothing of them is taken any more."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_BATCHES})")
    under_way = connection.execute(
        select(erasures).where(erasures.c.patient_code == patient_code, erasures.c.done_at.is_(None))
    ).first()
    if under_way is not None:
        return _erasure(under_way)
    erasure_id = new_message_id()
    connection.execute(
        insert(erasures).values(
            erasure_id=erasure_id, patient_code=patient_code, reason=reason, asked_by=asked_by, begun_at=now
        )
    )
    return _of_id(connection, erasure_id)


def own_pictures(connection: Connection, patient_code: str) -> list[str]:
    """Return the digests of pictures that no other patient's capture names."""
    other = captures.alias("other")
    shared = exists().where(other.c.picture_sha256 == captures.c.picture_sha256, other.c.patient_code != patient_code)
    question = select(captures.c.picture_sha256).distinct().where(captures.c.patient_code == patient_code, ~shared)
    return list(connection.execute(question).scalars())


def held(connection: Connection, patient_code: str) -> Mapping[str, int]:
    """Return how much is held of a patient, by table."""
    counted = {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(table.c.patient_code == patient_code)
        ).scalar_one()
        for table in (*FACTS, study_patients)
    }
    counted["quarantine"] = len(_quarantined(connection, patient_code))
    counted["day_lists"] = sum(_names(one, patient_code) for one in _lists(connection).values())
    return {name: count for name, count in counted.items() if count}


def carry_out(connection: Connection, erasure: Erasure, pictures: int, now: datetime) -> Erasure:
    """Delete all that is held of the patient, and note what it was.

    Parameters
    ----------
    connection
        Within a transaction.
    erasure
        Begun and committed.
    pictures
        How many pictures were removed before.
    now
        When.
    """
    code = erasure.patient_code
    removed = {**held(connection, code), **({"pictures": pictures} if pictures else {})}
    for table in (*FACTS, study_patients, patients):
        connection.execute(delete(table).where(table.c.patient_code == code))
    for topic, content in _quarantined(connection, code):
        key = quarantine.c.topic == topic, quarantine.c.content_sha256 == content
        connection.execute(delete(quarantine).where(*key))
    for (device_id, day), listed in _lists(connection).items():
        if _names(listed, code):
            without = listed.model_copy(
                update={"expected": tuple(one for one in listed.expected if one.patient_code != code)}
            )
            same = day_lists.c.device_id == device_id, day_lists.c.day == day
            connection.execute(update(day_lists).where(*same).values(payload=without.encode()))
    connection.execute(
        update(erasures)
        .where(erasures.c.erasure_id == erasure.erasure_id)
        .values(done_at=now, removed=json.dumps(removed))
    )
    return _of_id(connection, erasure.erasure_id)


def of_patient(connection: Connection, patient_code: str) -> list[Erasure]:
    """Return a patient's erasures, the latest last: more than one where it was asked for again."""
    rows = connection.execute(
        select(erasures).where(erasures.c.patient_code == patient_code).order_by(erasures.c.begun_at)
    )
    return [_erasure(row) for row in rows]


def _of_id(connection: Connection, erasure_id: UUID) -> Erasure:
    return _erasure(connection.execute(select(erasures).where(erasures.c.erasure_id == erasure_id)).one())


def _erasure(row: Row[Any]) -> Erasure:
    return Erasure(**{**row._asdict(), "removed": json.loads(row.removed or "{}")})


def _quarantined(connection: Connection, patient_code: str) -> list[tuple[str, str]]:
    """Return the keys of messages in quarantine that hold the code, whatever is wrong with them."""
    # A message that could not be read has no column of its patient: the bytes are looked through, some at a time.
    named = re.compile(rb"(?<![A-Za-z0-9-])" + re.escape(patient_code.encode()) + rb"(?![A-Za-z0-9-])")
    question = select(quarantine.c.topic, quarantine.c.content_sha256, quarantine.c.payload)
    rows = connection.execute(question.execution_options(yield_per=50))
    return [(topic, content) for topic, content, payload in rows if named.search(payload)]


def _lists(connection: Connection) -> dict[tuple[str, object], DayList]:
    lists = {}
    for device_id, day, payload in connection.execute(select(day_lists)):
        try:
            lists[device_id, day] = DayList.model_validate_json(payload)
        except ValidationError:
            continue
    return lists


def _names(listed: DayList, patient_code: str) -> bool:
    return any(one.patient_code == patient_code for one in listed.expected)
