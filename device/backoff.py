"""Waiting times between tries: doubled each time, bounded, with full jitter."""

import random
from collections.abc import Iterator


def waiting_times_s(first_s: float, most_s: float) -> Iterator[float]:
    """Yield how long to wait before each further try.

    Each is uniform between half of ``first_s`` and a bound that doubles up to ``most_s``: full jitter, so that many
    devices do not return to a restarted broker in the same second (M. Brooker, "Exponential backoff and jitter", 2015).
    """
    bound_s = first_s
    while True:
        yield random.uniform(first_s / 2, bound_s)  # noqa: S311  spreading load, not secrecy
        bound_s = min(2 * bound_s, most_s)
