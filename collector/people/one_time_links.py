"""One-time links: how an account gets its password, the first administrator's too. There is no default password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection

from collector.people import audit
from collector.people.audit import Action
from collector.people.passwords import Passwords, check
from collector.people.roles import Role
from collector.people.secret_words import digest, looks_like_one, new_secret
from collector.people.sessions import open_session, utc_now
from collector.store import people
from collector.store.people import LinkedAccount
from collector.store.store import Store

VALID = timedelta(hours=24)
PATH = "/first/"
_FIRST_NAME = "admin"
_BY = "first start"


class LinkRefused(Exception):
    """A one-time link opens nothing; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "This link opens nothing any more: it was used, or its 24 hours are over. Ask an administrator for a new"
            " one; where there is none yet, run 'trichoscope-collector user first'."
        )


class OneTimeLinks:
    """The links that are out.

    Parameters
    ----------
    store
        That keeps them.
    passwords
        How those are kept that are set by them.
    now
        The time, with its zone.
    """

    def __init__(self, store: Store, passwords: Passwords, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now

    def account(self, secret: str) -> LinkedAccount:
        """Return whose password a link sets.

        Raises
        ------
        LinkRefused
            If it sets none.
        """
        with self._store.reading() as connection:
            return self._held(connection, secret, to_use=False)

    def set_password(self, secret: str, password: str) -> str:
        """Set the password of a link's account, and return the secret of the session that this opens.

        The account's other sessions and links end.

        Raises
        ------
        LinkRefused
            If the link sets none.
        collector.people.passwords.PasswordRefused
            If the password cannot be taken; the link holds on.
        collector.people.passwords.Busy
            If too many sign in.
        """
        check(password, self.account(secret).name)
        kept = self._passwords.kept(password)
        now = self._now()
        with self._store.writing() as connection:
            linked = self._held(connection, secret, to_use=True)
            people.use_links(connection, linked.account_id, now)
            return new_password(connection, linked.account_id, linked.name, kept, now)

    def _held(self, connection: Connection, secret: str, *, to_use: bool) -> LinkedAccount:
        found = people.unused_link(connection, digest(secret), to_use=to_use) if looks_like_one(secret) else None
        if found is None or found.expires_at <= self._now():
            raise LinkRefused
        return found


def new_password(connection: Connection, account_id: UUID, name: str, kept: str, now: datetime) -> str:
    """Give an account a password, within the transaction that is open, and return the secret of its one session."""
    people.change_account(connection, account_id, password_hash=kept, wrong_tries=0, locked_until=None)
    people.end_sessions(connection, account_id)
    audit.write(connection, name, Action.PASSWORD_SET)
    return open_session(connection, account_id, now)


def make(connection: Connection, by: str, account_id: UUID, name: str, now: datetime) -> str:
    """Make a link for an account, within the transaction that is open, and return its secret."""
    secret = new_secret()
    people.add_link(connection, digest(secret), account_id, now + VALID)
    audit.write(connection, by, Action.LINK_MADE, subject=name)
    return secret


def first_link(store: Store, base_url: str, now: datetime | None = None) -> str | None:
    """Return a one-time link for the first administrator; None where one can sign in already.

    Parameters
    ----------
    store
        Of accounts. An administrator's account is added where there is none that is open.
    base_url
        Where the pages are reached, as in ``http://127.0.0.1:8080``.
    now
        The time, with its zone.

    Raises
    ------
    collector.store.stored.StoreFailed
        If it could not be kept.
    """
    now = now or utc_now()
    with store.writing() as connection:
        if people.able_of_role(connection, Role.ADMINISTRATOR.value):
            return None
        known = people.all_accounts(connection)
        waiting = [one for one in known if one.role == Role.ADMINISTRATOR.value and one.closed_at is None]
        if waiting:
            account_id, name = waiting[0].account_id, waiting[0].name
        else:
            account_id, name = uuid4(), _free_name({one.name.casefold() for one in known})
            people.add_account(connection, account_id, name, Role.ADMINISTRATOR.value, now)
            audit.write(connection, _BY, Action.ACCOUNT_ADDED, subject=name, detail=Role.ADMINISTRATOR.value)
        return address(base_url, make(connection, _BY, account_id, name, now))


def address(base_url: str, secret: str) -> str:
    """Return the link itself."""
    return f"{base_url.rstrip('/')}{PATH}{secret}"


def _free_name(taken: set[str]) -> str:
    candidates = [_FIRST_NAME, *(f"{_FIRST_NAME}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in candidates if name not in taken)
