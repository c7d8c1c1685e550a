"""Pauses between connections: drawn, growing, bounded, short again after what worked."""

import random

from collector.ingestion.pauses import Pauses


def test_pauses_grow_to_a_bound_and_begin_anew() -> None:
    """Breaks when a broker that is away is asked twice a second for ever, or one that was away is waited for long."""
    pauses = Pauses(0.5, 30.0, random.Random(1))
    for _ in range(3):
        drawn = [pauses.next_s() for _ in range(200)]
        for pause_s, bound_s in zip(drawn, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, *[30.0] * 194], strict=True):
            assert 0.25 <= pause_s <= bound_s
        assert max(drawn) > 28.0, "over all of the bound, which is full jitter"
        assert min(drawn[6:]) < 2.0
        pauses.begin_anew()


def test_two_collectors_do_not_pause_alike() -> None:
    """Breaks when two collectors of one name take over from each other in step."""
    one, other, again = (Pauses(0.5, 30.0, random.Random(seed)) for seed in (1, 2, 1))
    drawn = [one.next_s() for _ in range(10)]
    assert drawn != [other.next_s() for _ in range(10)]
    assert drawn == [again.next_s() for _ in range(10)], "by the seed"
