"""Sessions of browsers: kept in memory alone, so that a restart asks who is there. Work is never in them."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field

COOKIE = "trichoscope_chair"


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
    locked
        Whether nothing but the lock screen is shown.
    seen_s
        When it was used last, on the monotonic clock.
    """

    session_id: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    technician: str | None = None
    language: str | None = None
    locked: bool = False
    seen_s: float = field(default_factory=time.monotonic)


class Sessions:
    """All sessions."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._by_id: dict[str, Session] = {}

    def begin(self) -> Session:
        """Begin a session."""
        session = Session()
        with self._turn:
            self._by_id[session.session_id] = session
        return session

    def find(self, session_id: str | None) -> Session | None:
        """Return a session by its cookie."""
        with self._turn:
            return None if session_id is None else self._by_id.get(session_id)
