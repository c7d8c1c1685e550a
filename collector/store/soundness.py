"""Whether a store is still what it was told: facts against their digests and columns, the database by its own means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, func, select
from sqlalchemy.exc import DBAPIError

from collector.ingestion.decisions import Accepted, Kept
from collector.store.rows import payload_as, row_of
from collector.store.stored import StoreFailed
from collector.store.tables import FACTS, captures, comparisons, erasures, patients, reviews, visits
from contract import Capture, Channel, Comparison, Review, Topic, Visit, content_sha256

_AT_ONCE = 200
_MOST_OF_ONE_KIND = 100
_BEFORE_ALL = UUID(int=0)
_LONGEST_AHEAD = timedelta(days=1)
_FROM_BACKUP = "Restore the store from the newest back-up that passes 'restore --verify'; no receipt is lost with one."

_READ: dict[str, Callable[[bytes], Kept]] = {
    captures.name: lambda payload: payload_as(Capture, payload),
    comparisons.name: lambda payload: payload_as(Comparison, payload),
    visits.name: lambda payload: payload_as(Visit, payload),
    reviews.name: lambda payload: payload_as(Review, payload),
}

Told = Callable[[str, int], None]
"""Is told of which table how many rows were read."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Parameters
    ----------
    name
        What it is, for scripts.
    subject
        What it is of: a message, a table, a picture; never a patient's code, as a report of a timer goes into the log.
    sentence, cure
        What was found, and what to do.
    serious
        Whether something is damaged or missing; else it is something to know.
    """

    name: str
    subject: str
    sentence: str
    cure: str
    serious: bool = True


def database_findings(connection: Connection) -> Iterator[Finding]:
    """Give what the database says of itself: pages, indexes and references.

    On PostgreSQL its indexes are looked at where the extension amcheck is there and may be used.
    """
    if connection.dialect.name == "sqlite":
        for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_OF_ONE_KIND})"):
            if said != "ok":
                yield Finding("database-damaged", "the database", f"SQLite says: {said}.", _FROM_BACKUP)
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_MOST_OF_ONE_KIND):
            yield Finding("reference-broken", str(row[0]), "A row refers to one that is not there.", _FROM_BACKUP)
        return
    extension = connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'").first()
    if extension is None:
        yield Finding(
            "indexes-unchecked",
            "the database",
            "PostgreSQL's indexes were not looked at, as the extension amcheck is not there.",
            "As its superuser: CREATE EXTENSION amcheck; and grant EXECUTE on bt_index_check(regclass, boolean).",
            serious=False,
        )
        return
    yield from _indexes(connection)


def _indexes(connection: Connection) -> Iterator[Finding]:
    names = connection.exec_driver_sql(
        "SELECT c.oid::bigint, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE a.amname = 'btree' AND n.nspname = current_schema() ORDER BY c.relname"
    ).all()
    for oid, name in names:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"SELECT bt_index_check({int(oid)}::oid::regclass, true)")
        except DBAPIError as error:
            said = str(error.orig).splitlines()[0]
            allowed = "permission denied" not in said
            yield Finding(
                "index-damaged" if allowed else "indexes-unchecked",
                name,
                f"PostgreSQL says: {said}.",
                f"As its owner: REINDEX INDEX {name}; then check the disk and the memory."
                if allowed
                else "Let the collector's role execute bt_index_check(regclass, boolean).",
                serious=allowed,
            )


def fact_findings(connection: Connection, told: Told = lambda _table, _rows: None) -> Iterator[Finding]:
    """Give what is wrong with facts: bytes against their digest, columns against what the bytes say, clocks.

    All of them are read, in the order of their ids, some at a time.
    """
    for table in FACTS:
        read, after = 0, _BEFORE_ALL
        question = select(table).order_by(table.c.message_id).limit(_AT_ONCE)
        while rows := connection.execute(question.where(table.c.message_id > after)).all():
            after = rows[-1].message_id
            for row in rows:
                yield from _of_row(table, row)
            read += len(rows)
            told(table.name, read)


def _of_row(table: Table, row: Row[Any]) -> Iterator[Finding]:
    subject = f"{table.name} {row.message_id}"
    if content_sha256(row.payload) != row.content_sha256:
        yield Finding("payload-altered", subject, "Its bytes are not those that were receipted.", _FROM_BACKUP)
        return
    try:
        message = _READ[table.name](row.payload)
    except StoreFailed as error:
        yield Finding("payload-unreadable", subject, f"{error}.", "Install the release that wrote it, or a newer one.")
        return
    stored = row._asdict()
    as_it_came = Accepted(Topic(message.clinic_id, message.device_id, Channel.CAPTURE), message, row.payload)
    differing = [
        name
        for name, told in row_of(as_it_came, row.received_at).items()
        if _to_milliseconds(told) != _to_milliseconds(stored[name])
    ]
    if differing:
        yield Finding(
            "column-differs",
            subject,
            f"{', '.join(differing)}: lists and studies read another value there than the message says.",
            _FROM_BACKUP,
        )
    if isinstance(message, Capture) and message.taken_at > row.received_at + _LONGEST_AHEAD:
        yield Finding(
            "clock-ahead",
            subject,
            f"It says it was taken on {message.taken_at:%Y-%m-%d}, and came on {row.received_at:%Y-%m-%d}.",
            f"Set the clock of {message.device_id}, and that of this machine; the capture itself is never changed.",
            serious=False,
        )


def _to_milliseconds(value: object) -> object:
    """Return a time as both databases hold it, anything else as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=value.microsecond // 1000 * 1000)
    return value


def patient_findings(connection: Connection) -> Iterator[Finding]:
    """Give where the list of patients tells another last time than their captures, or another patient."""
    last = (
        select(captures.c.patient_code, func.max(captures.c.taken_at).label("at"))
        .group_by(captures.c.patient_code)
        .subquery()
    )
    beside = last.outerjoin(patients, patients.c.patient_code == last.c.patient_code)
    differs = patients.c.last_taken_at.is_(None) | (patients.c.last_taken_at != last.c.at)
    wrong = connection.execute(select(func.count()).select_from(beside).where(differs)).scalar_one()
    gone = ~select(captures.c.message_id).where(captures.c.patient_code == patients.c.patient_code).exists()
    without = connection.execute(select(func.count()).select_from(patients).where(gone)).scalar_one()
    for number, words in ((wrong, "are not, or with another last time,"), (without, "without any capture are")):
        if number:
            yield Finding(
                "patients-differ", "patients", f"{number} patients {words} in the list of patients.", _FROM_BACKUP
            )


def erasure_findings(connection: Connection) -> Iterator[Finding]:
    """Give the erasures that were begun and are not done."""
    begun = connection.execute(select(erasures.c.erasure_id, erasures.c.begun_at).where(erasures.c.done_at.is_(None)))
    for erasure_id, begun_at in begun:
        yield Finding(
            "erasure-unfinished",
            f"erasure {erasure_id}",
            f"It was begun on {begun_at:%Y-%m-%d} and is not done.",
            "Give 'trichoscope-collector erase' again, with the code that the store's table of erasures names.",
        )


def named_pictures(connection: Connection) -> Iterator[tuple[str, datetime]]:
    """Give the digest of each picture that a capture names, and when the first of these captures came; by digest."""
    after = ""
    question = (
        select(captures.c.picture_sha256, func.min(captures.c.received_at).label("received_at"))
        .group_by(captures.c.picture_sha256)
        .order_by(captures.c.picture_sha256)
        .limit(_AT_ONCE)
    )
    while rows := connection.execute(question.where(captures.c.picture_sha256 > after)).all():
        yield from ((row.picture_sha256, row.received_at) for row in rows)
        after = rows[-1].picture_sha256
