"""Accounts, a clock that a test sets, and passwords whose hashes cost little."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from collector.people.accounts import Accounts
from collector.people.one_time_links import OneTimeLinks
from collector.people.own_account import OwnAccount
from collector.people.passwords import Passwords
from collector.people.roles import Role
from collector.people.sessions import Sessions
from collector.people.signing_in import SigningIn
from collector.people.tokens import Tokens
from collector.store import people
from collector.store.people import Account
from collector.store.store import Store
from tests.collector.store.conftest import place, store

__all__ = ["place", "store"]

PASSWORD = "four plain words here"
ELSEWHERE = "192.0.2.7"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at

    def wait(self, **span: float) -> None:
        """Let time go by."""
        self.at += timedelta(**span)


@dataclass(frozen=True, eq=False)
class People:
    """All that is about people, over one store and one clock."""

    store: Store
    clock: Clock
    passwords: Passwords
    accounts: Accounts
    links: OneTimeLinks
    sessions: Sessions
    signing_in: SigningIn
    own: OwnAccount
    tokens: Tokens

    def add(self, name: str, role: Role = Role.CLINICIAN, password: str = PASSWORD) -> str:
        """Add an account with a password, and return the cookie of its session."""
        return self.links.set_password(self.accounts.add("test", name, role), password)

    def account(self, name: str) -> Account:
        """Return an account as it is stored."""
        with self.store.reading() as connection:
            found = people.account_named(connection, name)
        assert found is not None
        return found


def cheap() -> PasswordHasher:
    """Return a hasher for tests that are about anything but how hard it is to guess."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def people_of(store: Store, clock: Clock) -> People:
    """Return all that is about people, over a store."""
    passwords = Passwords(cheap())
    signing_in = SigningIn(store, passwords, clock)
    return People(
        store,
        clock,
        passwords,
        Accounts(store, clock),
        OneTimeLinks(store, passwords, clock),
        Sessions(store, clock),
        signing_in,
        OwnAccount(store, passwords, signing_in, clock),
        Tokens(store, clock),
    )


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty store's file: brought to today's format once, and copied."""
    file = tmp_path_factory.mktemp("people") / "collector.sqlite3"
    Store(file).close()
    return file


@pytest.fixture
def staff(empty_store: Path, tmp_path: Path) -> Iterator[People]:
    """Return the people of an empty clinic."""
    with closing(Store(shutil.copy(empty_store, tmp_path / "collector.sqlite3"))) as store:
        yield people_of(store, Clock())


@pytest.fixture
def staff_on_both(store: Store) -> People:
    """Return the people of an empty clinic, on each database."""
    return people_of(store, Clock())
