"""Accounts: added, given another role, closed, given back to who forgot the password; all of it in the trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from collector.people import audit, one_time_links
from collector.people.audit import Action
from collector.people.roles import Role
from collector.people.sessions import utc_now
from collector.store import people
from collector.store.database import StoreRefused
from collector.store.people import Account
from collector.store.store import Store
from contract import PersonCode

COMMAND_LINE = "command line"
"""Who did what was done there: whoever may read the collector's settings."""
_MOST_ACCOUNTS = 1000
_NAME = TypeAdapter(PersonCode)


class AccountRefused(Exception):
    """What was asked for an account cannot be done; the message says why and what to do."""


class Accounts:
    """The clinic's accounts.

    Parameters
    ----------
    store
        That keeps them.
    now
        The time, with its zone.
    """

    def __init__(self, store: Store, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._now = now

    def everyone(self) -> list[Account]:
        """Return all accounts by name, the open ones first."""
        with self._store.reading() as connection:
            return people.all_accounts(connection)

    def add(self, by: str, name: str, role: Role) -> str:
        """Add an account, and return the secret of the one-time link by which its holder sets a password.

        Parameters
        ----------
        by
            Who adds it.
        name
            A code of the clinic's for the person, never their name.
        role
            Of the person.

        Raises
        ------
        AccountRefused
            If the name is none, or somebody has it, or had it.
        """
        try:
            _NAME.validate_python(name)
        except ValidationError:
            raise AccountRefused(
                f"{name[:40]!r} is no code for a person. Use letters, digits, dots and hyphens, 32 at most, such as mk."
            ) from None
        taken = f"There is an account {name} already, open or closed. Choose another code."
        try:
            return self._added(by, name, role, taken)
        except StoreRefused:  # by another collector, at the same moment
            raise AccountRefused(taken) from None

    def _added(self, by: str, name: str, role: Role, taken: str) -> str:
        with self._store.writing() as connection:
            known = people.all_accounts(connection)
            if any(one.name.casefold() == name.casefold() for one in known):
                # A closed one too: who did what in the trail must stay one person.
                raise AccountRefused(taken)
            if len(known) >= _MOST_ACCOUNTS:
                raise AccountRefused(f"There are {_MOST_ACCOUNTS} accounts, the most there can be.")
            account_id = uuid4()
            people.add_account(connection, account_id, name, role.value, self._now())
            audit.write(connection, by, Action.ACCOUNT_ADDED, subject=name, detail=role.value)
            return one_time_links.make(connection, by, account_id, name, self._now())

    def change_role(self, by: str, name: str, role: Role) -> None:
        """Give an account another role; its sessions end.

        Raises
        ------
        AccountRefused
            If there is no such account, or it is the last administrator's.
        """
        with self._store.writing() as connection:
            account = _open_account(connection, name)
            if account.role == role.value:
                return
            _keep_an_administrator(connection, account)
            people.change_account(connection, account.account_id, role=role.value)
            people.end_sessions(connection, account.account_id)
            audit.write(connection, by, Action.ROLE_CHANGED, subject=name, detail=f"{account.role} to {role.value}")

    def close(self, by: str, name: str) -> None:
        """Close an account for good: its sessions, links and tokens end, its entries in the trail stay.

        Raises
        ------
        AccountRefused
            If there is no such account, or it is the last administrator's.
        """
        now = self._now()
        with self._store.writing() as connection:
            account = _open_account(connection, name)
            _keep_an_administrator(connection, account)
            people.change_account(connection, account.account_id, closed_at=now, password_hash=None)
            people.end_sessions(connection, account.account_id)
            people.use_links(connection, account.account_id, now)
            people.revoke_tokens(connection, account.account_id, now)
            audit.write(connection, by, Action.ACCOUNT_CLOSED, subject=name)

    def reset(self, by: str, name: str) -> str:
        """Take an account's password away, end its sessions and waits, and return a new one-time link's secret.

        Raises
        ------
        AccountRefused
            If there is no such account.
        """
        now = self._now()
        with self._store.writing() as connection:
            account = _open_account(connection, name)
            people.change_account(connection, account.account_id, password_hash=None, wrong_tries=0, locked_until=None)
            people.end_sessions(connection, account.account_id)
            people.use_links(connection, account.account_id, now)
            return one_time_links.make(connection, by, account.account_id, name, now)

    def choose_language(self, account_id: UUID, language: str | None) -> None:
        """Note in which language somebody reads the pages; None for their browser's."""
        with self._store.writing() as connection:
            people.change_account(connection, account_id, language=language)


def _open_account(connection: Connection, name: str) -> Account:
    account = people.account_named(connection, name, to_change=True)
    if account is None or account.closed_at is not None:
        raise AccountRefused(f"There is no open account {name[:40]}. Look at the list of accounts.")
    return account


def _keep_an_administrator(connection: Connection, account: Account) -> None:
    """Refuse to take away the last administrator who can sign in: nobody could give anybody an account any more."""
    able = people.able_of_role(connection, Role.ADMINISTRATOR.value)
    if list(able) == [account.account_id]:
        raise AccountRefused(
            f"{account.name} is the last administrator. Make somebody else an administrator first, who then sets a"
            " password."
        )
