"""All who watch: each is told what is new for as long as their session lasts; who reads slowly is told the newest."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool

from collector.page.live.news import MOST_CODES, News, Noticing
from collector.people.person import Person
from collector.people.secret_words import digest
from collector.people.sessions import holds
from collector.store import news as store_news
from collector.store.store import Store
from collector.store.stored import StoreFailed

MOST_WATCHERS = 200
MOST_OF_A_SESSION = 6
"""A browser's tabs share one (static/js/live.js); these are for one that cannot."""

_LOOK_EVERY_S = 1.0
_UNSURE_FOR_S = 30.0  # where the store cannot be read nobody knows whether a session still is one

_log = logging.getLogger(__name__)


class TooManyWatch(Exception):
    """There is no place left: the page works without, and asks again later."""


@dataclass(eq=False)
class Watcher:
    """A place from which somebody watches, and what they were told last."""

    person: Person
    session: str
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    told: dict[str, object] | None = None
    over: bool = False


class Watching:
    """Those who watch, in one event loop.

    Parameters
    ----------
    store
        What is watched: it is asked once a second while anybody does, and not at all while nobody does.
    look_every_s
        Pause between two looks.
    """

    def __init__(self, store: Store, look_every_s: float = _LOOK_EVERY_S) -> None:
        self._store = store
        self._every_s = look_every_s
        self._watchers: set[Watcher] = set()
        self._looking: asyncio.Task[None] | None = None
        self._news: News | None = None

    def place(self, person: Person, cookie: str) -> Watcher:
        """Give a place to watch from; whoever takes it gives it back (:meth:`leave`).

        Raises
        ------
        TooManyWatch
            If all are taken, or all that one session may have.
        """
        session = digest(cookie)
        if len(self._watchers) >= MOST_WATCHERS:
            raise TooManyWatch
        if sum(one.session == session for one in self._watchers) >= MOST_OF_A_SESSION:
            raise TooManyWatch
        watcher = Watcher(person, session)
        self._watchers.add(watcher)
        if self._looking is None or self._looking.done():
            self._news = None
            self._looking = asyncio.get_running_loop().create_task(self._look(Noticing()))
        elif self._news is not None:
            watcher.wake.set()
        return watcher

    async def news(self, watcher: Watcher) -> AsyncIterator[dict[str, str]]:
        """Give what is new as events, until the session ends.

        What came while the reader was slow is one event: the news as they are now, never a queue.
        """
        while True:
            await watcher.wake.wait()
            watcher.wake.clear()
            if watcher.over:
                yield {"event": "over", "data": "{}"}
                return
            told = None if self._news is None else self._news.told_to(watcher.person)
            if told is not None and told != watcher.told:
                watcher.told = told
                yield {"event": "news", "data": json.dumps(told, separators=(",", ":"))}

    def leave(self, watcher: Watcher) -> None:
        """Give a place back; with the last one the looking ends."""
        self._watchers.discard(watcher)
        if not self._watchers and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look(self, noticing: Noticing) -> None:
        sure_s = time.monotonic()
        while True:
            sessions = {one.session for one in self._watchers}
            try:
                news, open_ones = await run_in_threadpool(self._ask, noticing, sessions)
            except StoreFailed as failed:
                _log.warning("What is new cannot be told now: %s", failed)
                if time.monotonic() - sure_s > _UNSURE_FOR_S:
                    self._end(sessions)
            else:
                sure_s = time.monotonic()
                self._end(sessions - open_ones)
                if news != self._news:
                    self._news = news
                    for watcher in self._watchers:
                        watcher.wake.set()
            await asyncio.sleep(self._every_s)

    def _end(self, sessions: Collection[str]) -> None:
        for watcher in self._watchers:
            if watcher.session in sessions:
                watcher.over = True
                watcher.wake.set()

    def _ask(self, noticing: Noticing, sessions: Collection[str]) -> tuple[News, set[str]]:
        now = datetime.now(UTC)
        with self._store.reading() as connection:
            found = store_news.open_sessions(connection, sessions)
            arrivals = store_news.arrivals(connection, noticing.since(now), MOST_CODES)
            standing = store_news.standing(connection)
        open_ones = {session for session, until in found.items() if holds(until.opened_at, until.seen_at, now)}
        return noticing.notice(arrivals, standing, now), open_ones
