"""PostgreSQL's own programs for copies, pg_dump and pg_restore, and databases to try such copies in."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url

_DEBIANS = "/usr/lib/postgresql"
_SCRATCH = "trichoscope_try_"


class ProgramFailed(Exception):
    """One of PostgreSQL's programs is absent or failed; the message says which and what to do."""


def dump(connection: Connection, target: Path) -> None:
    """Write the state that a connection sees into an archive (``pg_dump -Fc``).

    Parameters
    ----------
    connection
        Within a transaction of REPEATABLE READ; it stays open meanwhile.
    target
        The file.

    Raises
    ------
    ProgramFailed
        If pg_dump is absent, is of an older release than the server, or fails.
    """
    major = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    state = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={state}", f"--file={target}"]
    _run("pg_dump", int(major) // 10_000, connection.engine.url, arguments)


def load(archive: Path, place: str, password: str | None = None) -> None:
    """Bring an archive into an empty database, all of it or nothing.

    Parameters
    ----------
    archive
        Of :func:`dump`.
    place, password
        The database's URL.

    Raises
    ------
    ProgramFailed
        If pg_restore is absent, too old, or fails.
    """
    url = _with(make_url(place), password)
    with _connected(url) as connection:
        major = connection.info.server_version // 10_000
    arguments = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(archive)]
    _run("pg_restore", major, url, arguments)


@contextmanager
def scratch_database(place: str, password: str | None = None) -> Iterator[str]:
    """Make an empty database beside another one, give its URL, without the password, and drop it again.

    Raises
    ------
    ProgramFailed
        If the server cannot be reached, or the role may make none.
    """
    url = _with(make_url(place), password)
    name = f"{_SCRATCH}{secrets.token_hex(4)}"
    try:
        with _connected(url) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise ProgramFailed(
            f"A database to try the back-up in cannot be made ({_first_line(str(error))}). Give the collector's role"
            " the right once: ALTER ROLE ... CREATEDB."
        ) from error
    try:
        yield make_url(place).set(database=name).render_as_string(hide_password=False)
    finally:
        with _connected(url) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _with(url: URL, password: str | None) -> URL:
    return url if password is None else url.set(password=password)


@contextmanager
def _connected(url: URL) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    try:
        opened = psycopg.connect(_libpq(url), password=url.password, autocommit=True, connect_timeout=5)
    except psycopg.Error as error:
        raise ProgramFailed(f"PostgreSQL cannot be reached: {_first_line(str(error))}. Check the URL.") from error
    with opened as connection:
        yield connection


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _run(program: str, server_major: int, url: URL, arguments: list[str]) -> None:
    found = _found(program, server_major)
    environment = dict(os.environ) | ({} if url.password is None else {"PGPASSWORD": str(url.password)})
    command = [found, f"--dbname={_libpq(url)}", *arguments]
    done = subprocess.run(
        command,
        env=environment | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
        errors="replace",
    )
    if done.returncode:
        # The first line alone: what follows may quote a row.
        said = _first_line(done.stderr)
        cure = (
            f"Install postgresql-client-{server_major}, as the server is of release {server_major}."
            if "version mismatch" in done.stderr
            else "Check the database, the disk and the rights of the collector's role."
        )
        raise ProgramFailed(f"{program} ended with {done.returncode} ({said}). {cure}")


def _found(program: str, server_major: int) -> str:
    """Return where a program is: that of the server's release before any other."""
    of_release = Path(_DEBIANS) / str(server_major) / "bin" / program
    found = str(of_release) if of_release.is_file() else shutil.which(program)
    if found is None:
        raise ProgramFailed(
            f"{program} is not installed here: run 'apt-get install postgresql-client-{server_major}', as the server is"
            f" of release {server_major}."
        )
    return found


def _first_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[0] if lines else "it said nothing"
