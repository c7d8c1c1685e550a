"""What people do to a study: plan it, enter patients, unlock it; each with its audit entry in the same transaction.

No entry tells who is in which arm, nor which file a list came from: its name might.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from collector.people import audit
from collector.people.audit import Action
from collector.store import studies
from collector.store.store import Store
from collector.studies.allocation import Allocated
from collector.studies.plan import StudyPlan
from collector.studies.study import StudyRefused

SHORTEST_REASON, LONGEST_REASON = 5, 300


def add(store: Store, plan: StudyPlan, by: str) -> None:
    """Keep a new study's plan.

    Raises
    ------
    StudyRefused
        If it cannot be taken.
    collector.store.stored.StoreFailed
        If it could not be committed.
    """
    with store.writing() as connection:
        studies.add(connection, plan, by, datetime.now(UTC))
        audit.write(connection, by, Action.STUDY_PLANNED, subject=plan.study_code)


def enter_patients(store: Store, study_code: str, allocated: Sequence[Allocated], by: str) -> None:
    """Enter patients into a study, all of them or none.

    Raises
    ------
    StudyRefused
        If they cannot be taken.
    collector.store.stored.StoreFailed
        If it could not be committed.
    """
    with store.writing() as connection:
        studies.add_patients(connection, study_code, allocated)
        audit.write(connection, by, Action.STUDY_CHANGED, subject=study_code, detail=f"patients: {len(allocated)}")


def unlock(store: Store, study_code: str, typed_code: str, reason: str, by: str) -> None:
    """Unlock a study for good: from then on all who may see studies see who was in which arm, and what came of it.

    Parameters
    ----------
    store
        That keeps it.
    study_code, typed_code
        Of the study, and as who unlocks it typed it.
    reason
        Why now; kept in the audit trail.
    by
        Who unlocks it.

    Raises
    ------
    StudyRefused
        If the codes differ, the reason says nothing, or it was unlocked before.
    collector.store.stored.StoreFailed
        If it could not be committed.
    """
    if typed_code.strip() != study_code:
        raise StudyRefused("The code that was typed is not this study's. Nothing was unlocked.")
    said = " ".join(reason.split())
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        raise StudyRefused(
            f"Give the reason in {SHORTEST_REASON} to {LONGEST_REASON} characters; it is kept. Nothing was unlocked."
        )
    with store.writing() as connection:
        studies.unlock(connection, study_code, by, datetime.now(UTC))
        audit.write(connection, by, Action.UNBLINDED, subject=study_code, detail=said)
