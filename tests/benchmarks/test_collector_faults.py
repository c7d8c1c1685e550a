"""The clinic's random scenarios: that they are drawn as said, and that the judge sees, also what is planted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.collector.faults.judge import Held, Judgement, Row, Told, judge
from benchmarks.collector.faults.outcome import Outcome
from benchmarks.collector.faults.plan import FAULTS, Fault, Kind, Plan, draw
from benchmarks.collector.faults.scenario import AT_A_TIME, run_scenario, table
from contract import content_sha256


def test_a_scenario_is_drawn_alike_each_time_and_all_together_leave_nothing_out() -> None:
    """Breaks when a scenario that failed cannot be played again, or a kind of fault is never tried."""
    plans = [draw(seed) for seed in range(100)]
    assert plans == [draw(seed) for seed in range(100)]
    faults = [fault for plan in plans for fault in plan.faults]
    assert {fault.kind for fault in faults} == set(Kind)
    assert {plan.collectors for plan in plans} == {1, 2, 3, 4}
    assert {plan.sqlite for plan in plans} == {False, True}
    assert sum(plan.real_instrument for plan in plans) == 10
    assert all(FAULTS[0] <= len(plan.faults) for plan in plans)
    assert all(fault.member < plan.collectors for plan in plans for fault in plan.faults)
    overlapping = [plan for plan in plans if any(a.ends_s > b.begins_s for a, b in pairwise(plan.faults))]
    assert len(overlapping) > len(plans) / 2


def told(number: int, *, patient: str = "P-0001", stored: bool = True, refused: bool = False) -> Told:
    """Return a message that an instrument kept, stored unless said otherwise."""
    return Told(f"id-{number}", patient, number, f"payload {number} of {patient}".encode(), stored, refused)


def row(one: Told) -> Row:
    """Return it as the database should hold it."""
    at = f"2026-03-04T09:{one.place:02d}"
    message_id = one.message_id.replace("-", "")
    return Row("captures", message_id, one.patient_code, content_sha256(one.payload), one.payload, at)


ALL = [told(1), told(2), told(3, patient="P-0002")]
POISON = told(4, patient="poison 4", stored=False, refused=True)
DIGEST = content_sha256(POISON.payload)
LATEST = {"P-0001": "2026-03-04", "P-0002": "2026-03-05"}
WELL = Held(tuple(map(row, ALL)), LATEST, LATEST, (DIGEST,), {})


def judged(held: Held, instruments: list[Told] | None = None, strange: tuple[str, ...] = ()) -> Judgement:
    """Return what the judge says, with one poison message among the others."""
    return judge([*(ALL if instruments is None else instruments), POISON], held, {DIGEST}, strange)


def test_the_judge_finds_nothing_where_nothing_is_wrong() -> None:
    """Breaks when a scenario that went well is called broken: nobody would believe the next one."""
    assert judged(WELL) == Judgement()


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("lost", lambda held: replace(held, rows=held.rows[1:])),
        ("doubled", lambda held: replace(held, rows=(*held.rows, held.rows[0]))),
        ("altered", lambda held: replace(held, rows=(replace(held.rows[0], payload=b"other"), *held.rows[1:]))),
        ("altered", lambda held: replace(held, rows=(replace(held.rows[0], content_sha256="0"), *held.rows[1:]))),
        ("strange", lambda held: replace(held, rows=(*held.rows, row(told(9))))),
        ("quarantined", lambda held: replace(held, quarantined=(DIGEST, "another"))),
        ("quarantined", lambda held: replace(held, quarantined=())),
        ("out_of_order", lambda held: replace(held, rows=(replace(held.rows[0], received_at="2027"), *held.rows[1:]))),
        ("patients", lambda held: replace(held, latest=LATEST | {"P-0001": "2020-01-01"})),
        ("patients", lambda held: replace(held, latest={})),
        ("not_erased", lambda held: replace(held, erased={"P-0009": False})),
        ("not_erased", lambda held: replace(held, erased={"P-0002": True})),
    ],
)
def test_the_judge_sees_what_the_database_should_not_hold(name: str, spoil: Callable[[Held], Held]) -> None:
    """Breaks when a fault of the store passes for none: the hundred scenarios would show nothing."""
    assert getattr(judged(spoil(WELL)), name)


def test_the_judge_sees_what_instruments_should_not_be_told() -> None:
    """Breaks when an instrument that waits for ever, or is refused for nothing, passes for served."""
    silent = judged(WELL, [replace(ALL[0], stored=False), *ALL[1:]])
    assert silent == Judgement(unreceipted=("id-1 has no receipt",))
    refused = judged(WELL, [replace(ALL[0], refused=True), *ALL[1:]])
    assert refused == Judgement(refused=("id-1 was refused",))
    assert judged(WELL, strange=("id-7",)).strange


def test_an_erased_patients_messages_may_be_refused_and_gone() -> None:
    """Breaks when the judge calls an erasure a loss."""
    gone = replace(WELL, rows=WELL.rows[:2], latest={"P-0001": LATEST["P-0001"]}, erased={"P-0002": True})
    gone = replace(gone, latest_of_captures=gone.latest)
    assert judged(gone, [*ALL, told(5, patient="P-0002", stored=False, refused=True)]) == Judgement()


def test_one_broken_promise_is_in_the_table() -> None:
    """Breaks when a scenario that lost something is written down as met."""
    good = Outcome(seed=3, store="SQLite", kept=9, stored=9)
    lost = replace(good, seed=4, judgement=Judgement(lost=("id-1 was told to be stored, and is not there",)))
    assert good.good
    assert not lost.good
    assert not replace(good, stored=0).good
    assert not replace(good, not_empty="light: 3").good
    rows = {what: (reached, verdict) for what, _asked, reached, verdict in table([good, lost], 60.0)}
    assert rows["told to be stored, and missing"] == ("1 (scenarios 4)", "**short by 1.0**")
    assert rows["stored twice"] == ("0", "met")


def at(kind: Kind, begins_s: float, lasts_s: float = 0.3) -> Fault:
    """Return a fault of the only collector."""
    return Fault(kind, begins_s, lasts_s)


PLANTED = {
    "receipt_before_commit,erasures_unheard_of,patients_by_last_arrival": (
        Plan(
            seed=1,
            collectors=1,
            sqlite=True,
            real_instrument=False,
            faults=(
                at(Kind.COLLECTOR_KILLED, 1.0),
                at(Kind.ERASURE, 1.2, 8.0),
                at(Kind.COLLECTOR_KILLED, 5.0),
            ),
        ),
        {"lost", "not_erased", "patients"},
    ),
    "receipt_after_failure,plain_insert": (
        Plan(
            seed=2,
            collectors=1,
            sqlite=True,
            real_instrument=False,
            faults=(at(Kind.LOCKED, 0.3, 5.7), at(Kind.REPEATED, 5.9)),
        ),
        {"lost", "quarantined"},
    ),
    "plain_insert_without_keys": (
        Plan(seed=3, collectors=1, sqlite=False, real_instrument=False, faults=(at(Kind.REPEATED, 3.0),)),
        {"doubled"},
    ),
}
"""Faults of the collector, what is done to it, and what the judge is to find."""


def test_faults_that_are_planted_in_the_collector_are_found() -> None:
    """Breaks when a collector that receipts before its commit, or stores twice, passes the scenarios."""
    with ThreadPoolExecutor(AT_A_TIME) as executor:
        jobs = {names: executor.submit(run_scenario, plan, planted=names) for names, (plan, _wanted) in PLANTED.items()}
        outcomes = {names: job.result() for names, job in jobs.items()}
    assert [outcome.broken_off for outcome in outcomes.values()] == [""] * len(PLANTED)
    found = {names: set(outcome.wrong) for names, outcome in outcomes.items()}
    missed = {names: wanted - found[names] for names, (_plan, wanted) in PLANTED.items()}
    assert missed == {names: set() for names in PLANTED}
