"""The lists of whom a chair expects, as the store keeps them. Their part of its SQL is here."""

import sqlite3
from collections.abc import Iterable
from datetime import date

from pydantic import ValidationError

from contract import DayList


def replace(connection: sqlite3.Connection, lists: Iterable[DayList], today: date) -> None:
    """Put lists in the place of earlier ones of the same devices and days, and forget the days that are over."""
    for one in lists:
        connection.execute(
            "INSERT INTO day_lists VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET payload = excluded.payload",
            (one.device_id, one.day.isoformat(), one.encode()),
        )
    forget_before(connection, today)


def forget_before(connection: sqlite3.Connection, today: date) -> None:
    """Forget the days that are over: whom somebody expected then is nobody's to know any more."""
    connection.execute("DELETE FROM day_lists WHERE day < ?", (today.isoformat(),))


def of_day(connection: sqlite3.Connection, day: date) -> list[DayList]:
    """Return the lists of a day, by device; one that this release cannot read is none: its clinic gives it again."""
    rows = connection.execute("SELECT payload FROM day_lists WHERE day = ? ORDER BY device_id", (day.isoformat(),))
    lists = []
    for (payload,) in rows:
        try:
            lists.append(DayList.model_validate_json(payload))
        except ValidationError:
            continue
    return lists
