"""Accounts, one-time links, sessions and tokens: what is asked of the database. Of secrets it has digests alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from collector.store.tables import accounts, interface_tokens, one_time_links, sessions


@dataclass(frozen=True)
class Account:
    """An account as it is stored.

    Parameters
    ----------
    account_id, name, role, language, created_at
        The name is a code; the role a value of :class:`collector.people.roles.Role`.
    password_hash
        None until its holder set a password.
    closed_at
        None while it is open.
    wrong_tries, locked_until
        Passwords that were wrong since the last right one, and when the next is looked at.
    """

    account_id: UUID
    name: str
    role: str
    password_hash: str | None
    language: str | None
    created_at: datetime
    closed_at: datetime | None
    wrong_tries: int
    locked_until: datetime | None


@dataclass(frozen=True)
class OpenSession:
    """A session and whose it is."""

    account_id: UUID
    name: str
    role: str
    language: str | None
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class SessionOfAccount:
    """A session of one account."""

    token_sha256: str
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class LinkedAccount:
    """A one-time link that nobody used yet, and whose it is."""

    account_id: UUID
    name: str
    expires_at: datetime


@dataclass(frozen=True)
class KnownToken:
    """A token of the interface, and whose it is."""

    token_sha256: str
    title: str
    account_id: UUID
    name: str
    role: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def add_account(connection: Connection, account_id: UUID, name: str, role: str, now: datetime) -> None:
    """Add an account without a password."""
    connection.execute(
        insert(accounts).values(account_id=account_id, name=name, role=role, created_at=now, wrong_tries=0)
    )


def account_named(connection: Connection, name: str, *, to_change: bool = False) -> Account | None:
    """Return the account of a name, open or closed; `to_change` keeps others from changing it meanwhile."""
    return _account(connection, select(accounts).where(accounts.c.name == name), to_change=to_change)


def account_of_id(connection: Connection, account_id: UUID, *, to_change: bool = False) -> Account | None:
    """Return an account, open or closed; `to_change` keeps others from changing it meanwhile."""
    return _account(connection, select(accounts).where(accounts.c.account_id == account_id), to_change=to_change)


def all_accounts(connection: Connection) -> list[Account]:
    """Return all accounts by name, the open ones first."""
    found = connection.execute(select(accounts).order_by(accounts.c.closed_at.is_not(None), accounts.c.name))
    return [Account(**row._mapping) for row in found]


def able_of_role(connection: Connection, role: str) -> Sequence[UUID]:
    """Return the open accounts of a role that have a password, and keep others from changing them meanwhile."""
    usable = (accounts.c.role == role, accounts.c.closed_at.is_(None), accounts.c.password_hash.is_not(None))
    # In one order: two who close each other's account at the same time wait, and do not deadlock.
    asked = select(accounts.c.account_id).where(*usable).order_by(accounts.c.account_id).with_for_update()
    return connection.execute(asked).scalars().all()


def change_account(connection: Connection, account_id: UUID, **values: Any) -> None:  # noqa: ANN401  columns
    """Give columns of an account new values."""
    connection.execute(update(accounts).where(accounts.c.account_id == account_id).values(**values))


def add_link(connection: Connection, token_sha256: str, account_id: UUID, expires_at: datetime) -> None:
    """Add a one-time link."""
    connection.execute(
        insert(one_time_links).values(token_sha256=token_sha256, account_id=account_id, expires_at=expires_at)
    )


def unused_link(connection: Connection, token_sha256: str, *, to_use: bool = False) -> LinkedAccount | None:
    """Return whose a one-time link is; None where it is none, was used, or its account is closed."""
    asked = (
        select(accounts.c.account_id, accounts.c.name, one_time_links.c.expires_at)
        .join_from(one_time_links, accounts)
        .where(
            one_time_links.c.token_sha256 == token_sha256,
            one_time_links.c.used_at.is_(None),
            accounts.c.closed_at.is_(None),
        )
    )
    found = connection.execute(asked.with_for_update() if to_use else asked).one_or_none()
    return None if found is None else LinkedAccount(*found)


def use_links(connection: Connection, account_id: UUID, now: datetime) -> None:
    """Have none of an account's one-time links open anything any more."""
    connection.execute(
        update(one_time_links)
        .where(one_time_links.c.account_id == account_id, one_time_links.c.used_at.is_(None))
        .values(used_at=now)
    )


def add_session(connection: Connection, token_sha256: str, account_id: UUID, now: datetime) -> None:
    """Add a session."""
    connection.execute(
        insert(sessions).values(token_sha256=token_sha256, account_id=account_id, opened_at=now, seen_at=now)
    )


def session(connection: Connection, token_sha256: str) -> OpenSession | None:
    """Return a session of an open account."""
    asked = (
        select(
            accounts.c.account_id,
            accounts.c.name,
            accounts.c.role,
            accounts.c.language,
            sessions.c.opened_at,
            sessions.c.seen_at,
        )
        .join_from(sessions, accounts)
        .where(sessions.c.token_sha256 == token_sha256, accounts.c.closed_at.is_(None))
    )
    found = connection.execute(asked).one_or_none()
    return None if found is None else OpenSession(*found)


def touch_session(connection: Connection, token_sha256: str, now: datetime) -> None:
    """Note when a session was used."""
    connection.execute(update(sessions).where(sessions.c.token_sha256 == token_sha256).values(seen_at=now))


def end_session(connection: Connection, token_sha256: str) -> UUID | None:
    """End a session, and return whose it was."""
    ended = delete(sessions).where(sessions.c.token_sha256 == token_sha256).returning(sessions.c.account_id)
    return connection.execute(ended).scalar_one_or_none()


def end_sessions(connection: Connection, account_id: UUID, *, keep_newest: int = 0) -> None:
    """End an account's sessions but so many of the newest."""
    mine = sessions.c.account_id == account_id
    kept = select(sessions.c.token_sha256).where(mine).order_by(sessions.c.opened_at.desc()).limit(keep_newest)
    connection.execute(delete(sessions).where(mine, sessions.c.token_sha256.not_in(kept)))


def end_other_sessions(connection: Connection, account_id: UUID, kept_sha256: str) -> None:
    """End an account's sessions but one."""
    others = (sessions.c.account_id == account_id, sessions.c.token_sha256 != kept_sha256)
    connection.execute(delete(sessions).where(*others))


def sessions_of(connection: Connection, account_id: UUID) -> list[SessionOfAccount]:
    """Return an account's sessions, the newest first; ended by time or not."""
    asked = (
        select(sessions.c.token_sha256, sessions.c.opened_at, sessions.c.seen_at)
        .where(sessions.c.account_id == account_id)
        .order_by(sessions.c.opened_at.desc())
    )
    return [SessionOfAccount(*row) for row in connection.execute(asked)]


def add_token(connection: Connection, token_sha256: str, account_id: UUID, **values: Any) -> None:  # noqa: ANN401
    """Add a token of the interface: its title, when it was made, when it ends."""
    connection.execute(insert(interface_tokens).values(token_sha256=token_sha256, account_id=account_id, **values))


def token(connection: Connection, token_sha256: str) -> KnownToken | None:
    """Return a token of an open account, whether or not it still holds."""
    asked = _tokens().where(interface_tokens.c.token_sha256 == token_sha256, accounts.c.closed_at.is_(None))
    found = connection.execute(asked).one_or_none()
    return None if found is None else KnownToken(*found)


def all_tokens(connection: Connection) -> list[KnownToken]:
    """Return all tokens, the newest first."""
    found = connection.execute(_tokens().order_by(interface_tokens.c.created_at.desc(), interface_tokens.c.title))
    return [KnownToken(*row) for row in found]


def revoke_token(connection: Connection, token_sha256: str, now: datetime) -> bool:
    """Have a token open nothing any more; return whether it did until now."""
    mine = (interface_tokens.c.token_sha256 == token_sha256, interface_tokens.c.revoked_at.is_(None))
    return connection.execute(update(interface_tokens).where(*mine).values(revoked_at=now)).rowcount == 1


def revoke_tokens(connection: Connection, account_id: UUID, now: datetime) -> None:
    """Have none of an account's tokens open anything any more."""
    mine = (interface_tokens.c.account_id == account_id, interface_tokens.c.revoked_at.is_(None))
    connection.execute(update(interface_tokens).where(*mine).values(revoked_at=now))


def withdraw_all(connection: Connection, now: datetime) -> None:
    """End all sessions, and take all one-time links and tokens of the interface from everybody."""
    connection.execute(delete(sessions))
    connection.execute(update(one_time_links).where(one_time_links.c.used_at.is_(None)).values(used_at=now))
    connection.execute(update(interface_tokens).where(interface_tokens.c.revoked_at.is_(None)).values(revoked_at=now))


def _account(connection: Connection, asked: Select[Any], *, to_change: bool) -> Account | None:
    found: Row[Any] | None = connection.execute(asked.with_for_update() if to_change else asked).one_or_none()
    return None if found is None else Account(**found._mapping)


def _tokens() -> Select[Any]:
    return select(
        interface_tokens.c.token_sha256,
        interface_tokens.c.title,
        accounts.c.account_id,
        accounts.c.name,
        accounts.c.role,
        interface_tokens.c.created_at,
        interface_tokens.c.expires_at,
        interface_tokens.c.revoked_at,
    ).join_from(interface_tokens, accounts)
