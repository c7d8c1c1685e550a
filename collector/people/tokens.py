"""Tokens of the interface: another system reads with the rights of an account, until a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from collector.people import audit
from collector.people.audit import Action
from collector.people.roles import Right, Role
from collector.people.secret_words import digest, looks_like_one, new_secret
from collector.people.sessions import utc_now
from collector.store import people
from collector.store.people import KnownToken
from collector.store.store import Store

MOST_DAYS = 366
_MOST_TITLE = 60
_MOST_OF_AN_ACCOUNT = 20


class TokenRefused(Exception):
    """A token cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class TokenHolder:
    """Whoever brings a token.

    Parameters
    ----------
    title
        Of the token.
    account_id, name, role
        Of the account whose rights it has, as they are now.
    """

    title: str
    account_id: UUID
    name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Whether the account's role has a right."""
        return right in self.role.rights

    @property
    def by(self) -> str:
        """Who it is in the trail: token and account."""
        return f"{self.name} by token {self.title}"


class Tokens:
    """All tokens. Any thread may ask.

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

    def all(self) -> list[KnownToken]:
        """Return all tokens, the newest first."""
        with self._store.reading() as connection:
            return people.all_tokens(connection)

    def make(self, by: str, title: str, account: str, days: int) -> str:
        """Make a token, and return its secret: it is shown once.

        Parameters
        ----------
        by
            Who makes it.
        title
            What it is for.
        account
            Name of the account whose rights it has.
        days
            For how many it holds.

        Raises
        ------
        TokenRefused
            If there is no such account, or title or days are none, or it has enough tokens.
        """
        title = title.strip()
        if not 0 < len(title) <= _MOST_TITLE or not title.isprintable():
            raise TokenRefused(f"Say in 1 to {_MOST_TITLE} characters what the token is for.")
        if not 1 <= days <= MOST_DAYS:
            raise TokenRefused(f"A token holds from 1 to {MOST_DAYS} days.")
        secret, now = new_secret(), self._now()
        with self._store.writing() as connection:
            known = people.account_named(connection, account, to_change=True)
            if known is None or known.closed_at is not None:
                raise TokenRefused(f"There is no open account {account[:40]}. Look at the list of accounts.")
            holding = [one for one in people.all_tokens(connection) if one.name == account and self.holds(one)]
            if any(one.title == title for one in holding):
                raise TokenRefused(f"{account} has a token {title} already. Choose another title, or revoke that one.")
            if len(holding) >= _MOST_OF_AN_ACCOUNT:
                raise TokenRefused(f"{account} has {_MOST_OF_AN_ACCOUNT} tokens, the most there can be: revoke one.")
            ends_at = now + timedelta(days=days)
            people.add_token(
                connection, digest(secret), known.account_id, title=title, created_at=now, expires_at=ends_at
            )
            audit.write(connection, by, Action.TOKEN_MADE, subject=account, detail=f"{title}, {days} days")
        return secret

    def holder(self, secret: str) -> TokenHolder | None:
        """Return whose rights a token has; None where it has none, or none any more.

        Raises
        ------
        collector.store.stored.StoreFailed
            If the store could not be read.
        """
        if not looks_like_one(secret):
            return None
        with self._store.reading() as connection:
            found = people.token(connection, digest(secret))
        if found is None or not self.holds(found):
            return None
        return TokenHolder(found.title, found.account_id, found.name, Role(found.role))

    def revoke(self, by: str, token_sha256: str) -> bool:
        """Have a token open nothing any more; return whether it did until now."""
        with self._store.writing() as connection:
            found = people.token(connection, token_sha256)
            revoked = people.revoke_token(connection, token_sha256, self._now())
            if found is not None and revoked:
                audit.write(connection, by, Action.TOKEN_REVOKED, subject=found.name, detail=found.title)
        return revoked

    def holds(self, token: KnownToken) -> bool:
        """Say whether a token opens something now."""
        return token.revoked_at is None and self._now() < token.expires_at
