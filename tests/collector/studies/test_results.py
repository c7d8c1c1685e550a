"""What came of the arms: planted changes are found, and drop-outs told."""

import threading

import pytest

from collector.store import studies
from collector.store.store import Store
from collector.studies import conduct
from collector.studies.results import Results, results
from collector.studies.results_kept import ResultsKept
from tests.collector.conftest import await_true
from tests.collector.studies.examples import CODE, PLANTED, allocated, holds, plan, read, trial


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return the results of a trial of 120 patients through the store."""
    store = Store(tmp_path_factory.mktemp("trial") / "collector.sqlite3")
    try:
        people = allocated(120)
        conduct.add(store, plan(), "mk")
        conduct.enter_patients(store, CODE, people, "mk")
        holds(store, *trial(people, plan(), leave=0.15))
        conduct.unlock(store, CODE, CODE, "last patient left", "mk")
        with store.reading() as connection:
            arm_of = studies.arms(connection, CODE)
        assert arm_of == {one.patient_code: one.arm for one in people}
        return results(plan(), arm_of, read(store, plan()))
    finally:
        store.close()


def test_planted_changes_lie_in_their_intervals(found: Results) -> None:
    """Breaks when arms are mixed up, the visits turned round, or an interval is none."""
    for one in found.arms:
        assert one.change is not None
        assert one.change.interval is not None
        assert one.change.interval.low < PLANTED[one.arm] < one.change.interval.high
    assert [one.arm for one in found.arms] == ["P", "R", "S"]


def test_all_methods_find_the_planted_differences(found: Results) -> None:
    """Breaks when a method is given other patients, or stands against another reference."""
    assert [one.arm for one in found.differences] == ["R", "S"]
    for one in found.differences:
        truth = PLANTED[one.arm] - PLANTED["P"]
        assert one.adjusted is not None
        assert one.plain is not None
        assert one.mixed is not None
        for interval in (one.adjusted.difference, one.plain.difference, one.mixed):
            assert interval.low < truth < interval.high
            assert interval.high - interval.low < 12
        assert one.agree
        assert one.adjusted.p < 0.05


def test_drop_outs_are_told_by_arm(found: Results) -> None:
    """Breaks when who left is hidden among the analysed, or counted under another arm."""
    for one in found.arms:
        assert one.change is not None
        assert one.allocated == 40
        assert one.with_baseline == 40
        assert one.change.patients + one.dropped_out == 40
    assert sum(one.dropped_out for one in found.arms) > 5


def test_the_donor_control_shows_no_arm(found: Results) -> None:
    """Breaks when the donor's change is that of the treated sites."""
    for one in found.arms:
        assert one.donor is not None
        assert abs(one.donor.mean) < 2.8


def test_too_few_figures_are_a_sentence(store: Store) -> None:
    """Breaks when an unlocked study with nothing in it gives an error in place of a page."""
    conduct.add(store, plan(), "mk")
    conduct.enter_patients(store, CODE, allocated(3), "mk")
    empty = results(plan(), {"P-0001": "P", "P-0002": "R", "P-0003": "S"}, read(store, plan()))
    assert all(one.change is None for one in empty.arms)
    assert [one.agree for one in empty.differences] == [None, None]
    assert len(empty.notes) == 2


def test_results_are_worked_out_once_a_state(store: Store) -> None:
    """Breaks when each look at a page fits the model anew, or a new capture leaves the old results standing."""
    people = allocated(12)
    conduct.add(store, plan(), "mk")
    conduct.enter_patients(store, CODE, people, "mk")
    captures = trial(people, plan(), leave=0)
    holds(store, *captures[:-1])
    arm_of = {one.patient_code: one.arm for one in people}
    kept, before = ResultsKept(), read(store, plan())
    assert kept.of(plan(), arm_of, before) is None
    await_true(lambda: kept.of(plan(), arm_of, before) is not None, "the results", within_s=30)
    first = kept.of(plan(), arm_of, before)
    assert kept.of(plan(), arm_of, read(store, plan())) is first
    assert sum(thread.name.startswith("study-results") for thread in threading.enumerate()) >= 1

    holds(store, captures[-1])
    now = read(store, plan())
    await_true(lambda: kept.of(plan(), arm_of, now) is not None, "the results of the new state", within_s=30)
    assert kept.of(plan(), arm_of, now) is not first
