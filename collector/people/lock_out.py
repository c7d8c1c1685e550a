"""How long the next try waits after wrong passwords: of an account, and of an address.

Of an account the count is in the store. 5 are free, then a try waits 30 s, twice as long after each one more, and 15
minutes at most: about 15 tries in the first hour and 4 in each later one, where OWASP ASVS 4.0.3, 2.2.1, allows 100.
Of an address, from which somebody may try many accounts, it is in memory and has more room, as several people may come
from one.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_TRIES, FREE_TRIES_OF_ADDRESS = 5, 20
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(minutes=30)
_MOST_ADDRESSES = 4096


def wait_after(wrong: int, free: int = FREE_TRIES) -> timedelta:
    """Return how long the next try waits after so many wrong ones."""
    if wrong < free:
        return timedelta(0)
    doublings = min(wrong - free, math.ceil(math.log2(LONGEST_WAIT / FIRST_WAIT)))
    return min(LONGEST_WAIT, FIRST_WAIT * float(2**doublings))


@dataclass(frozen=True)
class _Counted:
    wrong: int
    at: datetime


class Addresses:
    """Wrong tries by the address that they came from; those of long ago are forgotten.

    Parameters
    ----------
    now
        The time, with its zone.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._turn = threading.Lock()
        self._by_address: OrderedDict[str, _Counted] = OrderedDict()

    def wait(self, address: str) -> timedelta:
        """Return how long an address has to wait until its next try is looked at; nothing if it has not."""
        with self._turn:
            counted = self._counted(address)
            left = counted.at + wait_after(counted.wrong, FREE_TRIES_OF_ADDRESS) - self._now()
        return max(timedelta(0), left)

    def count(self, address: str) -> None:
        """Count a wrong try."""
        with self._turn:
            counted = self._counted(address)
            self._by_address[address] = _Counted(counted.wrong + 1, self._now())
            self._by_address.move_to_end(address)
            if len(self._by_address) > _MOST_ADDRESSES:
                self._by_address.popitem(last=False)

    def __len__(self) -> int:
        return len(self._by_address)

    def _counted(self, address: str) -> _Counted:
        counted = self._by_address.get(address)
        now = self._now()
        return counted if counted and now - counted.at < _FORGOTTEN_AFTER else _Counted(0, now)
