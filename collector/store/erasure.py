"""A patient erased from the store, as the law lets them ask: begun, carried out, and for ever remembered as done."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, exists, func, insert, not_, select, update

from collector.store.stored import Erasure
from collector.store.tables import (
    FACTS,
    captures,
    day_lists,
    erased_pictures,
    erasures,
    patients,
    quarantine,
    study_patients,
)
from collector.store.upsert import insert_into
from contract import PATIENT_CODE, DayList, new_message_id

_BATCHES = 0x7472_6963_6267
"""Of PostgreSQL's advisory locks: batches share it, an erasure that begins waits until none is under way."""

_ALONE = rb"(?<![A-Za-z0-9-])(?:%s)(?![A-Za-z0-9-])"
"""A code that is no part of a longer word."""

_ESCAPE = re.compile(rb'\\(?:u([0-9A-Fa-f]{4})|[bfnrt"/\\])')
"""What JSON may write in a character's place."""

_SHAPED = re.compile(_ALONE % PATIENT_CODE.strip("^$").encode())


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


def codes_among(connection: Connection, codes: Collection[str]) -> set[str]:
    """Return those of some codes whose patients were erased, or are being erased."""
    if not codes:
        return set()
    found = select(erasures.c.patient_code).where(erasures.c.patient_code.in_(codes))
    return set(connection.execute(found).scalars())


class ErasedCodes:
    """The codes of all who were erased, looked for in bytes; read once, when first something is looked through.

    Parameters
    ----------
    connection
        Within the transaction in which it is asked.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def are_named_in(self, payload: bytes) -> bool:
        """Return whether bytes name anybody of them, whatever else is wrong with the bytes."""
        shaped, others = self._codes
        for text in _readings(payload):
            if any(found.group() in shaped for found in _SHAPED.finditer(text)):
                return True
            if others is not None and others.search(text):
                return True
        return False

    @cached_property
    def _codes(self) -> tuple[frozenset[bytes], re.Pattern[bytes] | None]:
        known = [code.encode() for code in self._connection.execute(select(erasures.c.patient_code)).scalars()]
        shaped = frozenset(code for code in known if _SHAPED.fullmatch(code))
        others = sorted({re.escape(code) for code in known if code not in shaped})  # asked for of the quarantine alone
        return shaped, re.compile(_ALONE % b"|".join(others)) if others else None


def own_pictures(connection: Connection, patient_code: str) -> list[str]:
    """Return the digests of pictures that no capture names of another patient who is not erased."""
    question = (
        select(captures.c.picture_sha256)
        .distinct()
        .where(captures.c.patient_code == patient_code, ~_named_by_others(captures.c.picture_sha256, patient_code))
    )
    return list(connection.execute(question).scalars())


def note_pictures(connection: Connection, digests: Collection[str]) -> None:
    """Note that pictures were of who was erased: they are not taken in, and what is there of them is to be removed."""
    if digests:
        connection.execute(
            insert_into(connection, erased_pictures).on_conflict_do_update(
                index_elements=[erased_pictures.c.sha256], set_={"removed_at": None}
            ),
            # In one order: two collectors with the same messages never wait in a ring.
            [{"sha256": sha256, "removed_at": None} for sha256 in sorted(set(digests))],
        )


def pictures_to_remove(connection: Connection) -> list[str]:
    """Return the digests of erased pictures of which nobody saw yet that they are gone."""
    question = select(erased_pictures.c.sha256).where(
        erased_pictures.c.removed_at.is_(None), ~_named_by_others(erased_pictures.c.sha256)
    )
    return list(connection.execute(question.order_by(erased_pictures.c.sha256)).scalars())


def pictures_removed(connection: Connection, digests: Collection[str], now: datetime) -> None:
    """Note that pictures are gone."""
    if digests:
        statement = update(erased_pictures).where(erased_pictures.c.sha256 == bindparam("gone"))
        connection.execute(statement.values(removed_at=now), [{"gone": sha256} for sha256 in sorted(set(digests))])


def is_picture_erased(connection: Connection, sha256: str) -> bool:
    """Return whether a picture was of who was erased, and of nobody else who is not."""
    question = select(erased_pictures.c.sha256).where(
        erased_pictures.c.sha256 == sha256, ~_named_by_others(erased_pictures.c.sha256)
    )
    return connection.execute(question).first() is not None


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


def _named_by_others(sha256: ColumnElement[str], patient_code: str | None = None) -> ColumnElement[bool]:
    """Return whether a capture names the picture of another patient than this one, who is not erased."""
    other = captures.alias("other")
    erased = exists().where(erasures.c.patient_code == other.c.patient_code)
    named = exists().where(other.c.picture_sha256 == sha256, not_(erased))
    return named if patient_code is None else named.where(other.c.patient_code != patient_code)


def _readings(payload: bytes) -> Iterator[bytes]:
    """Give bytes as they are, and as a reader of JSON or of UTF-16 would see what ASCII they hold."""
    yield payload
    if b"\\" in payload:
        yield _ESCAPE.sub(_unescaped, payload)
    if b"\0" in payload:
        yield payload.replace(b"\0", b"")


def _unescaped(escape: re.Match[bytes]) -> bytes:
    number = int(escape.group(1) or b"20", 16)
    return bytes([number]) if number < 0x80 else b" "


def _quarantined(connection: Connection, patient_code: str) -> list[tuple[str, str]]:
    """Return the keys of messages in quarantine that hold the code, whatever is wrong with them."""
    # A message that could not be read has no column of its patient: the bytes are looked through, some at a time.
    named = re.compile(_ALONE % re.escape(patient_code.encode()))
    question = select(quarantine.c.topic, quarantine.c.content_sha256, quarantine.c.payload)
    rows = connection.execute(question.execution_options(yield_per=50))
    return [(topic, content) for topic, content, payload in rows if any(map(named.search, _readings(payload)))]


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
