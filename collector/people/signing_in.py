"""Signing in: a name and a password become a session, or one sentence that tells nobody which accounts there are."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from collector.people import audit
from collector.people.audit import Action
from collector.people.lock_out import Addresses, wait_after
from collector.people.passwords import MOST_CHARACTERS, Passwords
from collector.people.sessions import open_session, utc_now
from collector.store import people
from collector.store.people import Account
from collector.store.store import Store

NOBODY = "nobody known"
"""Stands in the trail for a name that no account has: what was typed there may be a password."""

_REFUSED = (
    "Name and password do not fit, or this account waits after wrong tries: up to 15 minutes. Check both, or ask an"
    " administrator for a new link."
)
_MOST_COUNTED = 1_000_000


class SignInRefused(Exception):
    """Nobody is signed in by this; the message says what to do.

    Parameters
    ----------
    sentence
        For who tried.
    wait
        Until another try from the same address is looked at.
    """

    def __init__(self, sentence: str, wait: timedelta = timedelta(0)) -> None:
        super().__init__(sentence)
        self.wait_s = math.ceil(wait.total_seconds())


class SigningIn:
    """Tries of passwords. Any thread may come with one.

    Parameters
    ----------
    store
        Of accounts and sessions.
    passwords
        How they are kept.
    now
        The time, with its zone.
    """

    def __init__(self, store: Store, passwords: Passwords, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now
        self._addresses = Addresses(now)

    def attempt(self, name: str, password: str, address: str) -> str:
        """Try a name and a password, and return the secret of the session that they open.

        Where there is no such account, or it is closed or waits, as much work is done and the same is said.

        Parameters
        ----------
        name, password
            As typed.
        address
            Where the try comes from (:func:`groundwork.token_buckets.address_key`).

        Raises
        ------
        SignInRefused
            If they open none.
        collector.people.passwords.Busy
            If too many try.
        collector.store.stored.StoreFailed
            If the store fails.
        """
        self._look_at_wait(address)
        with self._store.reading() as connection:
            known = people.account_named(connection, name)
        right = self._is_right(known, password)
        renewed = self._renewed(known, password) if right else None
        with self._store.writing() as connection:
            cookie = self._open(connection, name, known, right=right, renewed=renewed)
        if cookie is None:
            self._addresses.count(address)
            raise SignInRefused(_REFUSED, self._addresses.wait(address))
        return cookie

    def confirm(self, account_id: UUID, password: str, address: str) -> None:
        """Hold who is signed in already to their password; wrong ones count as at signing in.

        Raises
        ------
        SignInRefused
            If it is not theirs.
        collector.people.passwords.Busy
            If too many try.
        collector.store.stored.StoreFailed
            If the store fails.
        """
        self._look_at_wait(address)
        with self._store.reading() as connection:
            known = people.account_of_id(connection, account_id)
        right = self._is_right(known, password)
        with self._store.writing() as connection:
            right = self._counts(connection, people.account_of_id(connection, account_id, to_change=True), right=right)
        if not right:
            self._addresses.count(address)
            raise SignInRefused("This is not your present password. Type it again.", self._addresses.wait(address))

    def _look_at_wait(self, address: str) -> None:
        wait = self._addresses.wait(address)
        if wait:
            raise SignInRefused("Too many wrong passwords came from here. Wait until the next is looked at.", wait)

    def _is_right(self, known: Account | None, password: str) -> bool:
        # Longer than any password that is kept: not worth the work, for no account.
        typed = password if len(password) <= MOST_CHARACTERS else ""
        return self._passwords.is_of(typed, known.password_hash if known else None)

    def _renewed(self, known: Account | None, password: str) -> str | None:
        kept = known.password_hash if known else None
        return self._passwords.kept(password) if kept and self._passwords.is_outdated(kept) else None

    def _open(
        self, connection: Connection, name: str, known: Account | None, *, right: bool, renewed: str | None
    ) -> str | None:
        account = people.account_named(connection, name, to_change=True)
        # Another password was set since this one was looked at.
        right = right and account is not None and known is not None and account.password_hash == known.password_hash
        if not self._counts(connection, account, right=right) or account is None:
            return None
        if renewed is not None:
            people.change_account(connection, account.account_id, password_hash=renewed)
        audit.write(connection, account.name, Action.SIGNED_IN)
        return open_session(connection, account.account_id, self._now())

    def _counts(self, connection: Connection, account: Account | None, *, right: bool) -> bool:
        """Count a try, and return whether it counts as right: tries are put in order by the account's row."""
        now = self._now()
        if account is None or account.closed_at is not None:
            audit.write(connection, account.name if account else NOBODY, Action.SIGN_IN_FAILED)
            return False
        if account.locked_until is not None and now < account.locked_until:
            audit.write(connection, account.name, Action.SIGN_IN_FAILED, detail="while it waits")
            return False
        if right:
            people.change_account(connection, account.account_id, wrong_tries=0, locked_until=None)
            return True
        wrong = min(account.wrong_tries + 1, _MOST_COUNTED)
        wait = wait_after(wrong)
        people.change_account(
            connection, account.account_id, wrong_tries=wrong, locked_until=now + wait if wait else None
        )
        audit.write(connection, account.name, Action.SIGN_IN_FAILED, detail=f"wrong {wrong}")
        return False
