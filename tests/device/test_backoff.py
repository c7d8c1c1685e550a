"""Waiting times between tries."""

from itertools import islice

from device.backoff import waiting_times_s


def test_waits_grow_to_their_bound_and_differ() -> None:
    """Breaks when devices return in step, never wait, or wait for ever."""
    waits = [list(islice(waiting_times_s(1.0, 30.0), 40)) for _ in range(50)]
    assert all(0.5 <= wait <= 30.0 for one in waits for wait in one)
    assert all(one[0] <= 1.0 for one in waits)
    late = [wait for one in waits for wait in one[10:]]
    assert max(late) > 25.0
    assert min(late) < 5.0
    assert len(set(late)) == len(late)
