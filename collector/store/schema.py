"""The store's format: brought forward to this release's, back again, and told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect

from collector.store.database import Database, StoreUnusable
from collector.store.stored import StoreFailed

logging.getLogger("alembic").setLevel(logging.WARNING)  # each of its steps is one word of ours
_log = logging.getLogger(__name__)

NOTHING = "base"
"""The format before the first: an empty database."""

_STEPS = Path(__file__).with_name("migrations")
_BY_NUMBER = 4
"""Until this one a format was a number that SQLite kept; the steps have the same numbers."""

_ONE_AT_A_TIME = 0x7472_6963_686F  # of PostgreSQL's advisory locks: two collectors that start at once must not both


def newest() -> str:
    """Return the format of this release."""
    (head,) = ScriptDirectory.from_config(_config()).get_heads()
    return head


def bring_forward(database: Database) -> None:
    """Bring a store to this release's format, in one transaction: an empty database gets it.

    Raises
    ------
    StoreUnusable
        If the store is of a newer release, or cannot be brought forward; then it is as it was.
    """
    move_to(database, newest())


def move_to(database: Database, target: str) -> None:
    """Bring a store forward or back to a format; what an older one has no place for is lost.

    Parameters
    ----------
    database
        Of the store.
    target
        A format's number (``"0004"``), or :data:`NOTHING`.

    Raises
    ------
    StoreUnusable
        If there is no such format, the store is of a newer release, or the step fails; then it is as it was.
    """
    try:
        with _alone(database) as connection:
            known = _adopted(connection)
            _refuse_newer(database, known)
            config = _config(connection)
            if target != NOTHING and not _is_known(target):
                raise StoreUnusable(f"There is no format {target}; this release knows up to {newest()}.")
            forward = target != NOTHING and (known is None or known <= target)
            (command.upgrade if forward else command.downgrade)(config, target)
            if database.is_sqlite:  # by this number a release before 0005 knows what it may open
                connection.exec_driver_sql(f"PRAGMA user_version = {0 if target == NOTHING else int(target)}")
            if known is not None and known != target:
                _log.info("The store was brought from format %s to %s.", known, target)
    except (StoreFailed, CommandError) as error:
        raise _unusable(database, error) from error


def require_newest(database: Database, *, new: bool = False) -> None:
    """Refuse a store that is not of this release's format; it is as it was.

    Parameters
    ----------
    database
        Of the store.
    new
        Whether an empty database becomes a store; else it is refused.

    Raises
    ------
    StoreUnusable
        If it is of another format, there is none, or it cannot be used.
    """
    try:
        with _alone(database) as connection:
            known = format_of(connection) or _by_number(connection)
    except StoreFailed as error:
        raise _unusable(database, error) from error
    _refuse_newer(database, known)
    if known is None and new:
        bring_forward(database)
        return
    if known is None:
        raise StoreUnusable(f"{database.shown} holds no store yet: start the collector once, which makes it.")
    if known != newest():
        raise StoreUnusable(
            f"{database.shown} has the older format {known}; this release needs {newest()}. Back up, end the collector,"
            " then give 'trichoscope-collector migrate'."
        )


def refuse_another_format(connection: Connection, own: str) -> None:
    """Refuse to write where the format was changed since the store was opened.

    Until the end of this transaction no other can change it.

    Parameters
    ----------
    connection
        Within a transaction that writes.
    own
        The format that the store was opened in.

    Raises
    ------
    StoreFailed
        If it has another now.
    """
    if connection.dialect.name == "postgresql":  # a statement of its own: the next one sees what was waited for
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_ONE_AT_A_TIME})")
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    if found != own:
        raise StoreFailed(
            f"the store was brought to format {found or 'of nothing'} while this collector, which writes {own}, ran:"
            " restart the collector, in the release that knows the store's format"
        )


def empty(database: Database) -> None:
    """Drop all tables of a database of PostgreSQL, and what guards them.

    Raises
    ------
    StoreFailed
        If they cannot be dropped.
    """
    with _alone(database) as connection:
        quoted = connection.dialect.identifier_preparer.quote
        for name in inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE {quoted(name)} CASCADE")
        guards = connection.exec_driver_sql(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
            " AND prorettype = 'trigger'::regtype AND NOT EXISTS (SELECT 1 FROM pg_depend"
            " WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')"
        )
        for guard in guards.scalars().all():
            connection.exec_driver_sql(f"DROP FUNCTION {guard}")


def format_of(connection: Connection) -> str | None:
    """Return a store's format; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    with database.writing() as connection:
        if not database.is_sqlite:  # a transaction that writes is alone there anyway
            _refuse_unless_lasting(database, connection)
            for bound in ("lock_timeout", "idle_in_transaction_session_timeout"):  # a large store takes its time
                connection.exec_driver_sql(f"SET LOCAL {bound} = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        # On a disk that is read-only just now SQLite opens read-only, says nothing, and never writes again: so write.
        if database.is_sqlite:
            number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            connection.exec_driver_sql(f"PRAGMA user_version = {number}")
        yield connection


def _refuse_unless_lasting(database: Database, connection: Connection) -> None:
    if connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "off":
        raise StoreUnusable(
            f"{database.shown} answers before a commit is on the disk (synchronous_commit = off): a receipt would vouch"
            " for what a power cut takes. Set synchronous_commit = on for the collector's role and database."
        )
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreUnusable(
            f"{database.shown} has the encoding {encoding}, which cannot hold every text. Make its database anew, with"
            " ENCODING 'UTF8'."
        )


def _refuse_newer(database: Database, known: str | None) -> None:
    if known is not None and not _is_known(known):
        raise StoreUnusable(
            f"{database.shown} has format {known}; this release knows up to {newest()}. Install the release that wrote"
            " it."
        )


def _unusable(database: Database, error: Exception) -> StoreUnusable:
    return StoreUnusable(
        f"{database.shown} cannot be used as the store: {error}. Check the path or URL, the disk, and that the"
        " collector may change the store's tables."
    )


def _adopted(connection: Connection) -> str | None:
    """Return the format, having noted that of a store whose format is SQLite's number."""
    known = format_of(connection)
    if known is not None:
        return known
    by_number = _by_number(connection)
    if by_number is not None and int(by_number) <= _BY_NUMBER:
        command.stamp(_config(connection), by_number)
    return by_number


def _by_number(connection: Connection) -> str | None:
    if connection.dialect.name != "sqlite":
        return None
    number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    return f"{number:04}" if number else None


def _is_known(number: str) -> bool:
    return number in {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
