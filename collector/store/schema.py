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
from sqlalchemy import Connection

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
            if known is not None and not _is_known(known):
                raise StoreUnusable(
                    f"{database.shown} has format {known}; this release knows up to {newest()}. Install the release"
                    " that wrote it."
                )
            config = _config(connection)
            if target != NOTHING and not _is_known(target):
                raise StoreUnusable(f"There is no format {target}; this release knows up to {newest()}.")
            forward = target != NOTHING and (known is None or known <= target)
            (command.upgrade if forward else command.downgrade)(config, target)
            if known is not None and known != target:
                _log.info("The store was brought from format %s to %s.", known, target)
    except (StoreFailed, CommandError) as error:
        raise StoreUnusable(
            f"{database.shown} cannot be used as the store: {error}. Check the path or URL, the disk, and that the"
            " collector may change the store's tables."
        ) from error


def format_of(connection: Connection) -> str | None:
    """Return a store's format; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    with database.writing() as connection:
        if not database.is_sqlite:  # a transaction that writes is alone there anyway
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        # On a disk that is read-only just now SQLite opens read-only, says nothing, and never writes again: so write.
        if database.is_sqlite:
            number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            connection.exec_driver_sql(f"PRAGMA user_version = {number}")
        yield connection


def _adopted(connection: Connection) -> str | None:
    """Return the format, having noted that of a store whose format is SQLite's number."""
    known = format_of(connection)
    if known is not None or connection.dialect.name != "sqlite":
        return known
    number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if number == 0:
        return None
    if number <= _BY_NUMBER:
        command.stamp(_config(connection), f"{number:04}")
    return f"{number:04}"


def _is_known(number: str) -> bool:
    return number in {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
