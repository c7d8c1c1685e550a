"""Messages that the broker will not take: found, and left to rest, so that all others go on.

A broker says by a reason code what it does not take, or it just ends the connection. Then nobody is told at which of
the messages on their way; so after such an end they go one at a time, until as many have passed. One at which a
connection broke twice, alone on its way, is the one, as far as can be known: a network breaks elsewhere the next time.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from device.backoff import waiting_times_s

_BREAKS = 2
_RESTS_S, _RESTS_AT_MOST_S = 1.0, 3600.0


class Suspects:
    """What is known of messages that did not pass, over all connections of one service."""

    def __init__(self) -> None:
        self._one_by_one = 0
        self._breaks: Counter[UUID] = Counter()
        self._until_s: dict[UUID, float] = {}
        self._waits_s: dict[UUID, Iterator[float]] = {}

    def __len__(self) -> int:
        """Return how many messages rest, or have rested and not passed since."""
        return len(self._until_s)

    def __contains__(self, message_id: UUID) -> bool:
        """Whether a message rests, or has rested and not passed since: it goes after all others."""
        return message_id in self._until_s

    def window(self, most: int) -> int:
        """Return how many messages may be on their way."""
        return 1 if self._one_by_one else most

    def rest(self, message_id: UUID) -> None:
        """Leave a message that was refused for a while, each time for longer."""
        waits_s = self._waits_s.setdefault(message_id, waiting_times_s(_RESTS_S, _RESTS_AT_MOST_S))
        self._until_s[message_id] = time.monotonic() + next(waits_s)

    def is_resting(self, message_id: UUID, moment_s: float) -> bool:
        """Whether a message is left alone at a moment of the monotonic clock."""
        return self._until_s.get(message_id, 0.0) > moment_s

    def broke_at(self, unacknowledged: Sequence[UUID]) -> UUID | None:
        """Note that a connection ended with these on their way; return the one that rests from now on, or None."""
        self._one_by_one = max(self._one_by_one, len(unacknowledged))
        if len(unacknowledged) != 1:
            return None
        (alone,) = unacknowledged
        self._breaks[alone] += 1
        if self._breaks[alone] < _BREAKS:
            return None
        self.rest(alone)
        return alone

    def passed(self, message_id: UUID) -> None:
        """Note that the broker took a message."""
        self._one_by_one = max(0, self._one_by_one - 1)
        for known in (self._breaks, self._until_s, self._waits_s):
            known.pop(message_id, None)
