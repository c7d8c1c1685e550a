"""Sessions of browsers: kept in memory alone, so that a restart asks who is there. Work is never in them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from device import clock

COOKIE = "trichoscope_chair"
COOKIE_UNDER_TLS = f"__Host-{COOKIE}"
"""The prefix has browsers take it over TLS only: no page without TLS can plant it (RFC 6265bis, 4.1.3.2)."""

_MOST_SESSIONS = 64
_LONGEST_S = 16 * 3600.0  # a working day and its overtime: whatever keeps a session awake, then it ends
_ID = re.compile(r"[A-Za-z0-9_-]{43}")


def now_s() -> float:
    """Return seconds since this boot: idle time goes on while a machine sleeps, and no clock that is set changes it."""
    return clock.since_boot_ms() / 1000


@dataclass(eq=False)
class Session:
    """One browser.

    Parameters
    ----------
    session_id
        Secret: the cookie's value.
    token
        Goes with each request that changes something: another site's page does not know it.
    technician
        Code of the person at the screen; None until they said it.
    language
        Chosen at this browser; None for the settings'.
    lock_after_s
        Without a touch; None where there is no PIN, and the session is never locked.
    opened_s
        When the PIN was typed; None while it was not.
    seen_s
        When it was used last, on the clock of :func:`now_s`.
    """

    session_id: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    technician: str | None = None
    language: str | None = None
    lock_after_s: float | None = None
    opened_s: float | None = None
    seen_s: float = field(default_factory=now_s)

    @property
    def left_s(self) -> float | None:
        """Seconds until it is locked, 0 where it is; None where it never is."""
        if self.lock_after_s is None:
            return None
        if self.opened_s is None:
            return 0.0
        return max(0.0, min(self.seen_s + self.lock_after_s, self.opened_s + _LONGEST_S) - now_s())

    @property
    def locked(self) -> bool:
        """Whether nothing but the lock screen is shown."""
        return self.left_s == 0.0

    def touch(self) -> None:
        """Note that somebody is there; what is locked stays so."""
        if not self.locked:
            self.seen_s = now_s()

    def lock(self) -> None:
        """Show nothing but the lock screen until the PIN is typed."""
        self.opened_s = None


class Sessions:
    """All sessions, bounded in number.

    Only those are kept that somebody acted in (and, where there is a PIN, opened by it). Everybody else is a stranger,
    of whom nothing is kept: their token follows from their cookie, so that no number of them takes anybody's place.

    Parameters
    ----------
    lock_after_s
        Without a touch, where there is a PIN.
    is_seated
        Whether the session of an id has the seat: such a one is never dropped.
    """

    def __init__(
        self, lock_after_s: float | None = None, is_seated: Callable[[str], bool] = lambda _session_id: False
    ) -> None:
        self._turn = threading.Lock()
        self._by_id: dict[str, Session] = {}
        self._lock_after_s = lock_after_s
        self._is_seated = is_seated
        self._key = secrets.token_bytes(32)

    def find(self, session_id: str | None) -> Session | None:
        """Return a session by its cookie."""
        with self._turn:
            return None if session_id is None else self._by_id.get(session_id)

    def stranger(self, session_id: str | None) -> Session:
        """Return a session that is not kept, under the id that the browser brings if that can be one."""
        if session_id is None or not _ID.fullmatch(session_id):
            session_id = secrets.token_urlsafe(32)
        return Session(session_id, self._token(session_id), lock_after_s=self._lock_after_s)

    def keep(self, session: Session) -> Session:
        """Keep a stranger's session from now on, and return what is kept under its id."""
        with self._turn:
            kept = self._by_id.setdefault(session.session_id, session)
            self._drop_oldest()
        return kept

    def open(self, session: Session) -> Session:
        """Return the session that takes this one's place, the PIN typed: an id that was known before opens nothing.

        Parameters
        ----------
        session
            Locked; it stays so.
        """
        session_id, moment_s = secrets.token_urlsafe(32), now_s()
        opened = Session(
            session_id,
            self._token(session_id),
            session.technician,
            session.language,
            self._lock_after_s,
            opened_s=moment_s,
            seen_s=moment_s,
        )
        with self._turn:
            self._by_id.pop(session.session_id, None)
            session.lock()
            self._by_id[session_id] = opened
            self._drop_oldest()
        return opened

    def _drop_oldest(self) -> None:
        """Drop whoever was not there for longest: first those who never said who they are, never who is seated."""
        while len(self._by_id) > _MOST_SESSIONS:
            oldest = min(
                self._by_id.values(),
                key=lambda one: (self._is_seated(one.session_id), one.technician is not None, one.seen_s),
            )
            oldest.lock()  # a live picture that it still watches ends
            del self._by_id[oldest.session_id]

    def _token(self, session_id: str) -> str:
        return hmac.new(self._key, session_id.encode(), hashlib.sha256).hexdigest()
