"""The lists of whom a chair expects, as the store keeps them."""

from collections.abc import Iterable
from datetime import date

from pydantic import ValidationError
from sqlalchemy import Connection, delete, select

from collector.store.erasure import codes_among, share_with_erasures
from collector.store.tables import day_lists
from collector.store.upsert import insert_into
from contract import DayList


def replace(connection: Connection, lists: Iterable[DayList], today: date) -> None:
    """Put lists in the place of earlier ones of the same devices and days, and forget the days that are over.

    Who was erased is left out: a practice's calendar may name them for ever.
    """
    share_with_erasures(connection)
    for one in lists:
        erased = codes_among(connection, {expected.patient_code for expected in one.expected})
        if erased:
            still = tuple(expected for expected in one.expected if expected.patient_code not in erased)
            one = one.model_copy(update={"expected": still})  # noqa: PLW2901  the list without them is the list
        row = {"device_id": one.device_id, "day": one.day, "payload": one.encode()}
        statement = insert_into(connection, day_lists).values(row)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(day_lists.primary_key), set_={"payload": statement.excluded.payload}
            )
        )
    forget_before(connection, today)


def forget_before(connection: Connection, today: date) -> None:
    """Forget the days that are over: whom somebody expected then is nobody's to know any more."""
    connection.execute(delete(day_lists).where(day_lists.c.day < today))


def of_day(connection: Connection, day: date) -> list[DayList]:
    """Return the lists of a day, by device; one that this release cannot read is none: its clinic gives it again."""
    rows = connection.execute(
        select(day_lists.c.payload).where(day_lists.c.day == day).order_by(day_lists.c.device_id)
    ).scalars()
    lists = []
    for payload in rows:
        try:
            lists.append(DayList.model_validate_json(payload))
        except ValidationError:
            continue
    return lists
