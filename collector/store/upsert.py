"""Inserting what may be there already: SQLite and PostgreSQL say it alike, each by its own construct."""

from typing import Any

from sqlalchemy import Connection, Table, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement


def insert_into(connection: Connection, table: Table) -> Any:  # noqa: ANN401  of one of two dialects
    """Return an insert that takes ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def insert_new(connection: Connection, table: Table) -> Any:  # noqa: ANN401  of one of two dialects
    """Return the insert of what is not there; what is there stays."""
    return insert_into(connection, table).on_conflict_do_nothing()


def later_of(connection: Connection, one: Any, other: Any) -> ColumnElement[Any]:  # noqa: ANN401  columns
    """Return the later of two times."""
    return (func.greatest if connection.dialect.name == "postgresql" else func.max)(one, other)
