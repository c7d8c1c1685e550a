"""Sessions: who is signed in at a browser, until when.

They are in the store and not in memory, so that several collectors serve the same people and a restart signs nobody
out. A session ends 30 minutes after it was last used, and 12 hours after it was opened whatever happens: the bounds of
OWASP ASVS 4.0.3, 3.3.2, for level 2.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from collector.people import audit
from collector.people.person import Person
from collector.people.roles import Role
from collector.people.secret_words import digest, looks_like_one, new_secret
from collector.store import people
from collector.store.store import Store
from collector.store.stored import StoreFailed

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_TOUCHED_EVERY = timedelta(minutes=1)
_CLOCK_SET_BACK = timedelta(minutes=5)
_MOST_OF_AN_ACCOUNT = 10
_TOKEN_OF = b"trichoscope clinic: the token of changes"


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Sessions:
    """All sessions. Any thread may ask.

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

    def open(self, account_id: UUID) -> str:
        """Open a session, and return its secret: the cookie's value.

        Raises
        ------
        collector.store.stored.StoreFailed
            If it could not be kept.
        """
        with self._store.writing() as connection:
            return open_session(connection, account_id, self._now())

    def person(self, cookie: str, *, used: bool = True) -> Person | None:
        """Return who is signed in by a cookie, None if nobody is.

        Parameters
        ----------
        cookie
            As the browser brought it.
        used
            Whether somebody is there: what a screen asks by itself keeps no session open.

        Raises
        ------
        collector.store.stored.StoreFailed
            If the store could not be read.
        """
        if not looks_like_one(cookie):
            return None
        key, now = digest(cookie), self._now()
        with self._store.reading() as connection:
            found = people.session(connection, key)
        if found is None or not holds(found.opened_at, found.seen_at, now):
            return None
        if used and now - found.seen_at >= _TOUCHED_EVERY:
            self._touch(key, now)
        return Person(found.account_id, found.name, Role(found.role), found.language, token_of(cookie))

    def close(self, cookie: str) -> None:
        """End a session; one that is none any more stays none.

        Raises
        ------
        collector.store.stored.StoreFailed
            If that could not be kept: it goes on.
        """
        with self._store.writing() as connection:
            account_id = people.end_session(connection, digest(cookie))
            account = people.account_of_id(connection, account_id) if account_id else None
            if account is not None:
                audit.write(connection, account.name, audit.Action.SIGNED_OUT)

    def _touch(self, key: str, now: datetime) -> None:
        try:
            with self._store.writing() as connection:
                people.touch_session(connection, key, now)
        except StoreFailed:
            pass  # a full disk signs nobody out before their time; the pages say what is the matter


def open_session(connection: Connection, account_id: UUID, now: datetime) -> str:
    """Open a session within the transaction that is open, and return its secret.

    An account has a few at most: the oldest makes room.
    """
    cookie = new_secret()
    people.add_session(connection, digest(cookie), account_id, now)
    people.end_sessions(connection, account_id, keep_newest=_MOST_OF_AN_ACCOUNT)
    return cookie


def token_of(cookie: str) -> str:
    """Return what goes with each request that changes something; it gives no cookie away."""
    return hmac.digest(cookie.encode(), _TOKEN_OF, "sha256").hex()


def holds(opened_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Say whether a session that was opened and used then is one now."""
    # A clock that was set back by much makes no session longer.
    used_ago, opened_ago = now - seen_at, now - opened_at
    return -_CLOCK_SET_BACK <= used_ago < IDLE and opened_ago < LONGEST
