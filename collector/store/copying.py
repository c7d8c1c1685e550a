"""A store copied as it is at one moment, while messages go on coming in; and brought back from such a copy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from collector.store import postgresql_programs
from collector.store.database import Database
from collector.store.schema import format_of
from collector.store.stored import StoreFailed

_PAGES_AT_ONCE = 1000
"""Of 4 kB: between two such pieces whoever waits is told how far it is."""

Told = Callable[[int, int], None]
"""Is told how many pages are copied, of how many."""


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """Give a connection that sees the store as it is now, for as long as it takes; nobody who writes waits for it.

    Raises
    ------
    StoreFailed
        If it cannot be read.
    """
    with database.reading() as connection:
        if database.is_sqlite:
            # What begins is deferred: the first question fixes the state, for the copy too (SQLite's backup takes over
            # the transaction of its source; without one it begins anew whenever another process has written).
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
        else:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield connection


def counts(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has, whatever the store's format."""
    names = sorted(inspect(connection).get_table_names())
    return {name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names}


def format_told(connection: Connection) -> str | None:
    """Return a store's format without touching it, also where SQLite keeps it as a number; None for no store."""
    known = format_of(connection)
    if known is not None or connection.dialect.name != "sqlite":
        return known
    number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    return f"{number:04}" if number else None


def copy_out(connection: Connection, target: Path, told: Told = lambda _done, _of: None) -> None:
    """Copy the store of a snapshot into a new file, and force it to the disk.

    Parameters
    ----------
    connection
        Of :func:`snapshot`.
    target
        The file: a SQLite database, or an archive of pg_dump.
    told
        Told how far it is; on PostgreSQL nobody knows.

    Raises
    ------
    StoreFailed
        If it cannot be read whole.
    collector.store.postgresql_programs.ProgramFailed
        If pg_dump is absent or fails.
    OSError
        If the disk is full or broken.
    """
    target.touch(mode=0o600, exist_ok=False)
    if connection.dialect.name == "postgresql":
        postgresql_programs.dump(connection, target)
    else:
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError("SQLite is reached by another driver than Python's own")
        try:
            with closing(sqlite3.connect(target)) as copy:
                source.backup(copy, pages=_PAGES_AT_ONCE, progress=lambda _status, left, of: told(of - left, of))
                # One file, that opens where nothing may be written.
                copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            if "full" in str(error) or "I/O" in str(error):
                raise OSError(f"the copy of the store could not be written: {error}") from error
            raise StoreFailed(f"the store cannot be read whole: {error}") from error
    with target.open("rb") as file:
        os.fsync(file.fileno())


def sqlite_file(url: str) -> Path | None:
    """Return the file that a URL of SQLite names; None for any other text."""
    try:
        found = make_url(url)
    except ArgumentError:
        return None
    return Path(found.database) if found.get_backend_name() == "sqlite" and found.database else None


def is_empty(connection: Connection) -> bool:
    """Return whether a database has no table at all."""
    return not inspect(connection).get_table_names()


def settled(file: Path) -> None:
    """Put all of a SQLite store that nobody has open into its one file, so that it can be moved."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    with file.open("rb") as written:
        os.fsync(written.fileno())
