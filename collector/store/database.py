"""A database by its URL: SQLite in one file, or PostgreSQL; and what either needs so that a commit is for good."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, SQLAlchemyError

from collector.store.stored import StoreFailed

_BUSY_TIMEOUT_S = 5.0
_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_MS = 10_000
_UNCONFIRMED_AFTER_MS = 20_000
_LOCK_TIMEOUT_MS = 10_000
"""Of a writer on PostgreSQL: one that waits without a bound for another's locks stops ingestion, and says nothing."""
_IDLE_WRITER_MS = 30_000
_WRITER_WITHIN_S = 2 * _BUSY_TIMEOUT_S
_READER_WITHIN_S = 2.0
_READERS, _MOST_READERS = 8, 24
_LARGEST_KEPT_JOURNAL_BYTES = 64_000_000


class StoreUnusable(Exception):
    """The store cannot be used at all; the message says why and what to do."""


class StoreRefused(Exception):
    """The database is well, and refuses what it was given: a fact that may not change, a text that it cannot hold."""


class Database:
    """Connections to one database: one that writes at a time on SQLite, any number that read.

    Parameters
    ----------
    place
        A file, made if it is not there in a folder that must be; or a URL: ``sqlite:///FILE`` or
        ``postgresql://USER@HOST/NAME``.
    password
        Of PostgreSQL, where it asks for one.

    Raises
    ------
    StoreUnusable
        If the URL names neither.
    """

    def __init__(self, place: Path | str, password: str | None = None) -> None:
        url = _url(place)
        if password is not None:
            url = url.set(password=password)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.shown = str(url.database) if self.is_sqlite else url.render_as_string(hide_password=True)
        """What names it in messages: never with a password."""
        self._writers, self._readers = _sqlite(url) if self.is_sqlite else _postgresql(url)

    def close(self) -> None:
        """Close all connections."""
        # SQLite's last connection folds the write-ahead log into the file, which one that only reads cannot.
        self._readers.dispose()
        self._writers.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection within a transaction: committed at the end, rolled back by an exception.

        Raises
        ------
        StoreFailed
            If nothing could be committed, now: the same may be tried again.
        StoreRefused
            If the database will not take this, however often it is tried.
        """
        try:
            with self._writers.begin() as connection:
                yield connection
        except (DataError, IntegrityError) as error:
            raise StoreRefused(f"the store refuses this: {_words(error)}") from error
        except SQLAlchemyError as error:
            raise StoreFailed(f"the store could not commit: {_words(error)}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that reads one state of the store and can write nothing.

        Raises
        ------
        StoreFailed
            If it could not be read.
        StoreRefused
            If what is asked for is nothing that the database could hold, as a text with U+0000.
        """
        try:
            with self._readers.begin() as connection:
                yield connection
        except DataError as error:
            raise StoreRefused(f"the store refuses this: {_words(error)}") from error
        except SQLAlchemyError as error:
            raise StoreFailed(f"the store could not be read: {_words(error)}") from error


def _words(error: SQLAlchemyError) -> str:
    """Return what the database said, without the statement and its parameters: they hold patients' codes."""
    original = getattr(error, "orig", None)
    lines = str(original or type(error).__name__).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _url(place: Path | str) -> URL:
    if isinstance(place, Path):
        return URL.create("sqlite", database=str(place))
    try:
        url = make_url(place)
    except ArgumentError:
        raise StoreUnusable(
            "The store's URL cannot be read. Write sqlite:///FILE or postgresql://USER@HOST/NAME."
        ) from None
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url
        case "postgresql" if url.drivername in {"postgresql", "postgresql+psycopg"}:
            return url.set(drivername="postgresql+psycopg")
    raise StoreUnusable(
        f"The store's URL begins with {url.drivername}, which is none that it can use. Write sqlite:///FILE or"
        " postgresql://USER@HOST/NAME."
    )


def _sqlite(url: URL) -> tuple[Engine, Engine]:
    # One connection writes: others of this process wait for it in the pool, and not for SQLite's lock.
    writers = create_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=_WRITER_WITHIN_S,
        hide_parameters=True,
        connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False},
    )
    address = Path(str(url.database)).resolve().as_uri()
    readers = create_engine(
        url,
        creator=lambda: sqlite3.connect(
            f"{address}?mode=ro", uri=True, timeout=_BUSY_TIMEOUT_S, check_same_thread=False
        ),
        pool_size=_READERS,
        max_overflow=_MOST_READERS - _READERS,
        pool_timeout=_READER_WITHIN_S,
        hide_parameters=True,
    )

    @event.listens_for(writers, "do_connect")
    def _make_for_the_owner_alone(*_how: object) -> None:
        # What SQLite makes beside it has the same mode. Where this fails, SQLite says why.
        with suppress(OSError):
            os.close(os.open(str(url.database), os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600))

    @event.listens_for(writers, "connect")
    def _prepare_writer(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin when we say so
        connection.execute("PRAGMA journal_mode = WAL")
        # A receipt vouches for the commit, so the commit must outlive a power cut: NORMAL loses some (measured).
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased shall not stand in the file's free pages
        connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_KEPT_JOURNAL_BYTES}")

    @event.listens_for(readers, "connect")
    def _prepare_reader(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(writers, "begin")
    def _begin_to_write(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(readers, "begin")
    def _begin_to_read(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return writers, readers


def _postgresql(url: URL) -> tuple[Engine, Engine]:
    alive: dict[str, Any] = {
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "application_name": "trichoscope-collector",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        # Of what was said and never confirmed, TCP itself gives up after a quarter of an hour: a failover that takes
        # the machine away without a word would stop the collector for so long.
        "tcp_user_timeout": _UNCONFIRMED_AFTER_MS,
    }
    given = str(url.query.get("options", ""))  # ours would otherwise take their place
    writing = (
        f"-c lock_timeout={_LOCK_TIMEOUT_MS} -c idle_in_transaction_session_timeout={_IDLE_WRITER_MS}"
        " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    )
    writers = create_engine(
        url,
        pool_size=4,
        max_overflow=4,
        pool_timeout=_WRITER_WITHIN_S,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=alive | {"options": f"{given} {writing}".strip()},
    )
    # A page shows one state of the store, as on SQLite, and a slow question ends.
    reading = f"-c statement_timeout={_READ_TIMEOUT_MS} -c default_transaction_read_only=on"
    readers = create_engine(
        url,
        pool_size=_READERS,
        max_overflow=_MOST_READERS - _READERS,
        pool_timeout=_READER_WITHIN_S,
        pool_pre_ping=True,
        hide_parameters=True,
        isolation_level="REPEATABLE READ",
        connect_args=alive | {"options": f"{given} {reading}".strip()},
    )
    return writers, readers
