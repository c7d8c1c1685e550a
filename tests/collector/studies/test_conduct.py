"""What people do to a study, on both databases: and what nobody is told before it is unlocked."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from collector.store import erasure, studies
from collector.store.store import Store
from collector.store.tables import audit_trail
from collector.studies import conduct
from collector.studies.allocation import Allocated
from collector.studies.reading import Readings
from collector.studies.study import StudyRefused
from tests.collector.studies.examples import CODE, allocated, holds, plan, taken

_COLLECTOR = Path(__file__).parents[3] / "collector"


def _trail(store: Store) -> list[tuple[str, str, str | None, str | None, str | None]]:
    entries = select(
        audit_trail.c.by,
        audit_trail.c.action,
        audit_trail.c.subject,
        audit_trail.c.detail,
        audit_trail.c.patient_code,
    ).order_by(audit_trail.c.entry_id)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(entries)]


@pytest.fixture
def blinded(store: Store) -> Store:
    """Return a store with a blinded study of six."""
    conduct.add(store, plan(), "mk")
    conduct.enter_patients(store, CODE, allocated(6), "mk")
    return store


def test_nobody_is_told_an_arm_before_the_study_is_unlocked(blinded: Store) -> None:
    """Breaks when the one function that gives arms gives them of a blinded study."""
    with blinded.reading() as connection, pytest.raises(StudyRefused, match="blinded"):
        studies.arms(connection, CODE)
    conduct.unlock(blinded, CODE, CODE, "last patient left", "jb")
    with blinded.reading() as connection:
        assert studies.arms(connection, CODE) == {one.patient_code: one.arm for one in allocated(6)}


def test_no_other_module_reads_arms() -> None:
    """Breaks when somebody asks the table of arms past the function that keeps the blind."""
    asks = re.compile(r"study_patients\.c\.arm|select\(\s*study_patients\s*[,)]|study_patients\.select")
    found = {str(file.relative_to(_COLLECTOR)) for file in _COLLECTOR.rglob("*.py") if asks.search(file.read_text())}
    assert found == {"store/studies.py"}
    assert (_COLLECTOR / "store/studies.py").read_text().count("study_patients.c.arm") == 1


def test_unlocking_is_typed_reasoned_and_for_good(blinded: Store) -> None:
    """Breaks when a slip unlocks a study, no reason is kept, or a second unlocking writes over the first."""
    with pytest.raises(StudyRefused, match="not this study's"):
        conduct.unlock(blinded, CODE, "HAIR-2025", "last patient left", "jb")
    with pytest.raises(StudyRefused, match="reason"):
        conduct.unlock(blinded, CODE, CODE, "  so ", "jb")
    with blinded.reading() as connection:
        assert studies.of_code(connection, CODE).is_blinded
    conduct.unlock(blinded, CODE, CODE, "last patient\n left", "jb")
    with pytest.raises(StudyRefused, match="before, by jb"):
        conduct.unlock(blinded, CODE, CODE, "another reason", "kk")
    with blinded.reading() as connection:
        assert studies.of_code(connection, CODE).unlocked_by == "jb"
    assert [one for one in _trail(blinded) if one[1] == "unblinded"] == [
        ("jb", "unblinded", CODE, "last patient left", None)
    ]


@pytest.mark.parametrize("arms", [("P", "R", "S"), ("S",), ("R", "P")])
def test_the_trail_says_nothing_of_arms(store: Store, arms: Sequence[str]) -> None:
    """Breaks when an entry of the trail tells one allocation from another."""
    conduct.add(store, plan(), "mk")
    conduct.enter_patients(store, CODE, allocated(6, arms), "mk")
    assert _trail(store) == [
        ("mk", "study-planned", CODE, None, None),
        ("mk", "study-changed", CODE, "patients: 6", None),
    ]


@pytest.mark.parametrize("arm", ["P", "R", "S"])
def test_a_patient_twice_is_refused_alike_under_every_arm(blinded: Store, arm: str) -> None:
    """Breaks when trying a patient under each arm tells which one is theirs."""
    with pytest.raises(StudyRefused) as refused:
        conduct.enter_patients(blinded, CODE, [Allocated("P-0001", arm), Allocated("P-0099", arm)], "mk")
    assert str(refused.value) == ("In the study already: P-0001. Take them off the list; an arm is never changed.")
    with blinded.reading() as connection:
        assert "P-0099" not in studies.patients(connection, CODE)


def test_who_was_erased_is_entered_into_no_study(blinded: Store) -> None:
    """Breaks when a list of a study brings an erased patient's code back, or part of such a list is taken."""
    with blinded.writing() as connection:
        erasure.begin(connection, "P-0098", "asked for", "mk", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(StudyRefused, match=r"Erased from the clinic's records: P-0098\. Take them off the list"):
        conduct.enter_patients(blinded, CODE, [Allocated("P-0097", "S"), Allocated("P-0098", "P")], "mk")
    with blinded.reading() as connection:
        assert {"P-0097", "P-0098"}.isdisjoint(studies.patients(connection, CODE))


def test_rows_do_not_keep_the_lists_order(store: Store) -> None:
    """Breaks when the order of rows in the database is that of a list sorted by arms."""
    conduct.add(store, plan(), "mk")
    people = sorted(allocated(9), key=lambda one: one.arm)
    conduct.enter_patients(store, CODE, people, "mk")
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT patient_code FROM study_patients").scalars().all()
    assert rows == sorted(rows)


def test_nobody_is_entered_after_unlocking(blinded: Store) -> None:
    """Breaks when patients can be put into arms by who knows their results."""
    conduct.unlock(blinded, CODE, CODE, "last patient left", "jb")
    with pytest.raises(StudyRefused, match="unlocked"):
        conduct.enter_patients(blinded, CODE, [Allocated("P-0099", "S")], "mk")


def test_a_plan_is_never_changed(blinded: Store) -> None:
    """Breaks when a plan can be put over another of its code, or a study of no plan is answered with an error."""
    with pytest.raises(StudyRefused, match="already"):
        conduct.add(blinded, plan(title="Another"), "mk")
    with blinded.reading() as connection:
        assert studies.of_code(connection, CODE).plan == plan()
        with pytest.raises(StudyRefused, match="no study"):
            studies.of_code(connection, "OTHER")


def test_studies_are_listed_newest_first(store: Store) -> None:
    """Breaks when the list loses a study, its patients' number or its state."""
    for number, code in enumerate(("A-1", "A-2", "A-3")):
        with store.writing() as connection:
            studies.add(connection, plan(study_code=code), "mk", datetime(2026, 1, 1 + number, tzinfo=UTC))
    conduct.enter_patients(store, "A-2", allocated(4), "mk")
    with store.reading() as connection:
        known = studies.known(connection)
    assert [(one.plan.study_code, one.patients, one.is_blinded) for one in known] == [
        ("A-3", 0, True),
        ("A-2", 4, True),
        ("A-1", 0, True),
    ]


def test_a_reading_holds_until_something_comes(blinded: Store) -> None:
    """Breaks when a page reads thousands of captures anew for nothing, or shows what was before the last one came."""
    readings = Readings()
    holds(blinded, taken("P-0001", 1, "vertex", 140.0))
    first = readings.of(blinded, CODE)
    assert readings.of(blinded, CODE) is first
    holds(blinded, taken("P-0001", 1, "vertex", 150.0, sequence=2))
    second = readings.of(blinded, CODE)
    assert [take.value for take in second.taken.counted.values()] == [150.0]
    assert second.arm_of is None
    conduct.unlock(blinded, CODE, CODE, "last patient left", "jb")
    assert readings.of(blinded, CODE).arm_of is not None
