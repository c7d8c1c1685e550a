"""What people do with their own account: another password, and signing out elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from collector.people import audit
from collector.people.audit import Action
from collector.people.one_time_links import new_password
from collector.people.passwords import PasswordRefused, Passwords, check
from collector.people.person import Person
from collector.people.secret_words import digest
from collector.people.sessions import holds, utc_now
from collector.people.signing_in import SigningIn
from collector.store import people
from collector.store.store import Store


@dataclass(frozen=True)
class ShownSession:
    """Where one is signed in.

    Parameters
    ----------
    opened_at, seen_at
        Since when, and when last.
    is_this
        Whether it is the one that asks.
    """

    opened_at: datetime
    seen_at: datetime
    is_this: bool


class OwnAccount:
    """People's own accounts.

    Parameters
    ----------
    store
        Of accounts and sessions.
    passwords
        How they are kept.
    signing_in
        Counts wrong ones.
    now
        The time, with its zone.
    """

    def __init__(
        self, store: Store, passwords: Passwords, signing_in: SigningIn, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._signing_in = signing_in
        self._now = now

    def sessions(self, account_id: UUID, cookie: str) -> list[ShownSession]:
        """Return an account's sessions that hold, the newest first.

        Parameters
        ----------
        account_id
            Whose.
        cookie
            Of the session that asks.
        """
        with self._store.reading() as connection:
            found = people.sessions_of(connection, account_id)
        this, now = digest(cookie), self._now()
        return [
            ShownSession(one.opened_at, one.seen_at, one.token_sha256 == this)
            for one in found
            if holds(one.opened_at, one.seen_at, now)
        ]

    def end_other_sessions(self, person: Person, cookie: str) -> None:
        """End all sessions of a person but the one that asks."""
        with self._store.writing() as connection:
            people.end_other_sessions(connection, person.account_id, digest(cookie))
            audit.write(connection, person.name, Action.SIGNED_OUT, detail="everywhere else")

    def change_password(self, person: Person, present: str, new: str, address: str) -> str:
        """Give a person another password, and return the secret of the session that follows: all others end.

        Parameters
        ----------
        person
            Who is signed in.
        present, new
            As typed.
        address
            Where the request comes from.

        Raises
        ------
        collector.people.signing_in.SignInRefused
            If the present password is not theirs.
        PasswordRefused
            If the new one cannot be taken.
        collector.people.passwords.Busy
            If too many sign in.
        """
        check(new, person.name)
        if new == present:
            raise PasswordRefused("This is the password that you have. Take another.")
        self._signing_in.confirm(person.account_id, present, address)
        kept = self._passwords.kept(new)
        with self._store.writing() as connection:
            return new_password(connection, person.account_id, person.name, kept, self._now())
