"""How long to wait before the broker is tried again, so that collectors of one clinic do not return all at once."""

import random


class Pauses:
    """Pauses between tries: doubled each time, bounded, with full jitter.

    Each is uniform between half of the first and a bound that doubles, as the instruments draw theirs (M. Brooker,
    "Exponential backoff and jitter", 2015).

    Parameters
    ----------
    first_s, most_s
        The first bound and the last, in seconds.
    chance
        What they are drawn from.
    """

    def __init__(self, first_s: float, most_s: float, chance: random.Random) -> None:
        self._first_s, self._most_s = first_s, most_s
        self._chance = chance
        self._bound_s = first_s

    def next_s(self) -> float:
        """Return the next pause, in seconds."""
        pause_s = self._chance.uniform(self._first_s / 2, self._bound_s)
        self._bound_s = min(2 * self._bound_s, self._most_s)
        return pause_s

    def begin_anew(self) -> None:
        """Let the next pause be short again: what was tried has worked."""
        self._bound_s = self._first_s
