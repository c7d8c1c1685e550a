"""Each device's list of the day, sent to it: when the connection is new, when the list changed, and when a day begins.

Retained at the broker, a list waits there for a device that comes online later; it expires with its day, so that no
device is ever given yesterday's. In the clinic's store it goes when its day is over.
"""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from collector.store.store import Store
from collector.store.stored import StoreFailed
from contract import Channel, DayList, Topic

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
_LOOK_AGAIN_AFTER_S = 5.0  # where it failed: each try may have waited for seconds, in which nothing is taken in


@dataclass(frozen=True)
class OutgoingList:
    """A list, the topic of its device, and for how many seconds it is worth anything."""

    topic: Topic
    day_list: DayList
    expires_in_s: int


class TodaysLists:
    """What devices have been told over one connection, and what they are to be told.

    Parameters
    ----------
    store
        Where the lists are; another process writes them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: dict[str, DayList] = {}
        self._day: date | None = None
        self._look_at_s = float("-inf")
        self._failing = False

    def due(self, moment_s: float, now: datetime) -> Iterator[OutgoingList]:
        """Give what is to be sent now, once.

        Parameters
        ----------
        moment_s
            Of the monotonic clock.
        now
            By this machine's zone, which is the clinic's.
        """
        if moment_s < self._look_at_s:
            return
        self._look_at_s = moment_s + _LOOK_EVERY_S
        if now.date() != self._day:
            self._day = now.date()
            self._forget_earlier_days(self._day)
        try:
            lists = self._store.day_lists(now.date())
        except StoreFailed as failed:  # what instruments send is taken in all the same
            if not self._failing:
                _log.error("The day's lists cannot be sent; they are tried again: %s", failed)
            self._failing = True
            self._look_at_s = moment_s + _LOOK_AGAIN_AFTER_S
            return
        self._failing = False
        for one in lists:
            if self._told.get(one.device_id) != one:
                self._told[one.device_id] = one
                topic = Topic(one.clinic_id, one.device_id, Channel.DAY_LIST)
                yield OutgoingList(topic, one, _seconds_of_the_day_left(now))

    def _forget_earlier_days(self, today: date) -> None:
        try:
            self._store.forget_day_lists(today)
        except StoreFailed as failed:  # they go when the next day begins, or over the next connection
            _log.error("The lists of earlier days cannot be deleted: %s", failed)


def _seconds_of_the_day_left(now: datetime) -> int:
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min).astimezone()
    return max(1, math.ceil((midnight - now).total_seconds()))
