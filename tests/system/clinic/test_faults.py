"""Three of the clinic's random scenarios: collectors, databases and brokers that die, stand still and are full."""

import pytest

from benchmarks.collector.faults.plan import RIGHTS, Kind, draw
from benchmarks.collector.faults.scenario import play_all
from benchmarks.delivery.chaos.rights import missing

SEEDS = (72, 53, 56)
"""Of the short run: on SQLite, on PostgreSQL with two collectors, and with one whose PostgreSQL dies over and over."""


def test_the_short_run_has_what_is_promised() -> None:
    """Breaks when the seeds draw something tamer after a change of the plan, and the short run shows less."""
    plans = [draw(seed) for seed in SEEDS]
    kinds = {fault.kind for plan in plans for fault in plan.faults}
    assert [(plan.sqlite, plan.collectors) for plan in plans] == [(True, 1), (False, 2), (False, 1)]
    assert all(Kind.DISK_FULL in {fault.kind for fault in plan.faults} for plan in plans[:2])
    assert kinds >= {
        Kind.COLLECTOR_KILLED,
        Kind.COLLECTOR_HALTED,
        Kind.ALL_KILLED,
        Kind.BROKER_KILLED,
        Kind.BROKER_FORGOT,
        Kind.POSTGRESQL_CRASHED,
        Kind.POSTGRESQL_KILLED,
        Kind.POSTGRESQL_ENDED,
        Kind.TERMINATED,
        Kind.TIMED_OUT,
        Kind.LOCKED,
        Kind.DATABASE_AWAY,
        Kind.ERASURE,
        Kind.POISON,
        Kind.REPEATED,
    }


def test_three_scenarios_keep_every_promise() -> None:
    """Breaks when what was receipted is missing, stored twice or altered after what goes wrong on any bad day."""
    outcomes = play_all(draw(seed) for seed in SEEDS)
    assert [outcome.words() for outcome in outcomes if not outcome.good] == []
    left_out = set(RIGHTS.values()) & set(missing())
    assert bool(left_out) >= any(outcome.left_out for outcome in outcomes), "nothing is left out where all is allowed"
    if left_out:
        pytest.skip(f"passed without what cannot be made here: {'; '.join(missing().values())}")
