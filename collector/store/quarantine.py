"""What could not be taken: listed the newest first, one message with its first bytes, and how it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, and_, delete, func, literal, or_, select, update

from collector.store.tables import quarantine
from collector.store.types import Moment

COUNTED_TO = 1000
"""Most that are counted, and most of which the reasons are: a fault may fill the quarantine without an end."""

_COLUMNS = (
    quarantine.c.topic,
    quarantine.c.content_sha256,
    quarantine.c.reason,
    quarantine.c.received_at,
    func.length(quarantine.c.payload).label("size_bytes"),
)
_NEWEST_FIRST = quarantine.c.received_at.desc(), quarantine.c.content_sha256.desc(), quarantine.c.topic.desc()


@dataclass(frozen=True)
class Key:
    """What names a message in quarantine."""

    topic: str
    content_sha256: str


@dataclass(frozen=True)
class Held:
    """A message in quarantine, without its bytes."""

    key: Key
    reason: str
    received_at: datetime
    size_bytes: int


@dataclass(frozen=True)
class HeldBytes:
    """A message in quarantine with its bytes, or the first of them."""

    held: Held
    payload: bytes


@dataclass(frozen=True)
class Reason:
    """A reason, how many messages are held for it, and when the newest came."""

    reason: str
    count: int
    newest_at: datetime


@dataclass(frozen=True)
class After:
    """Where a list goes on: behind the message that it ended with."""

    received_at: datetime
    key: Key


def count(connection: Connection) -> int:
    """Return how many are held, at most one more than :data:`COUNTED_TO`."""
    some = select(literal(1)).select_from(quarantine).limit(COUNTED_TO + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def reasons(connection: Connection) -> list[Reason]:
    """Return the reasons of the newest :data:`COUNTED_TO`, the most frequent first."""
    some = _newest()
    grouped = select(some.c.reason, func.count(), func.max(some.c.received_at)).group_by(some.c.reason)
    rows = connection.execute(grouped.order_by(func.count().desc(), some.c.reason))
    return [Reason(*row) for row in rows]


def newest(connection: Connection, limit: int, after: After | None = None, reason: str | None = None) -> list[Held]:
    """Return messages, the newest first; of one reason, those among the newest :data:`COUNTED_TO`."""
    question = select(*_COLUMNS).order_by(*_NEWEST_FIRST).limit(limit)
    if reason is not None:
        oldest = select(func.min(_newest().c.received_at)).scalar_subquery()
        question = question.where(quarantine.c.reason == reason, quarantine.c.received_at >= oldest)
    if after is not None:
        question = question.where(_behind(after))
    return [_held(row) for row in connection.execute(question)]


def keys_of(connection: Connection, reason: str, limit: int) -> list[Key]:
    """Return the oldest messages of a reason, among the newest :data:`COUNTED_TO`: they came first, and go first."""
    some = _newest()
    rows = connection.execute(
        select(some.c.topic, some.c.content_sha256)
        .where(some.c.reason == reason)
        .order_by(some.c.received_at, some.c.content_sha256, some.c.topic)
        .limit(limit)
    )
    return [Key(*row) for row in rows]


def of_key(
    connection: Connection, key: Key, most_bytes: int | None = None, *, to_change: bool = False
) -> HeldBytes | None:
    """Return one message, None if it is not held.

    Parameters
    ----------
    connection
        Within a transaction that writes, if it is to be changed.
    key
        Its name.
    most_bytes
        How many of its bytes; None for all.
    to_change
        Keeps others from settling it meanwhile.
    """
    payload = quarantine.c.payload if most_bytes is None else func.substr(quarantine.c.payload, 1, most_bytes)
    question = select(*_COLUMNS, payload.label("payload")).where(*_is(key))
    row = connection.execute(question.with_for_update() if to_change else question).one_or_none()
    return None if row is None else HeldBytes(_held(row), bytes(row.payload))


def remove(connection: Connection, key: Key) -> bool:
    """Take a message out of the quarantine; say whether it was there."""
    return connection.execute(delete(quarantine).where(*_is(key))).rowcount == 1


def say_why(connection: Connection, key: Key, reason: str) -> None:
    """Put a message's present reason in the place of the one before."""
    connection.execute(update(quarantine).where(*_is(key)).values(reason=reason))


def _newest() -> Subquery:
    key = quarantine.c.topic, quarantine.c.content_sha256
    question = select(*key, quarantine.c.reason, quarantine.c.received_at)
    return question.order_by(*_NEWEST_FIRST).limit(COUNTED_TO).subquery()


def _is(key: Key) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return quarantine.c.topic == key.topic, quarantine.c.content_sha256 == key.content_sha256


def _behind(after: After) -> ColumnElement[bool]:
    at, key = literal(after.received_at, Moment()), after.key
    digest, topic = quarantine.c.content_sha256, quarantine.c.topic
    behind_key = or_(digest < key.content_sha256, and_(digest == key.content_sha256, topic < key.topic))
    # The first condition says nothing new: it is what the index of arrivals is entered by.
    return and_(quarantine.c.received_at <= at, or_(quarantine.c.received_at < at, behind_key))


def _held(row: Any) -> Held:  # noqa: ANN401  a row of the columns above
    return Held(Key(row.topic, row.content_sha256), row.reason, row.received_at, row.size_bytes)
