"""A study as it is kept: its plan, who planned it, and whether it was unlocked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.studies.plan import StudyPlan


class StudyRefused(Exception):
    """What was asked of a study cannot be done; the message says why and what to do."""


@dataclass(frozen=True)
class Study:
    """A study.

    Parameters
    ----------
    plan
        What it measures; all may read it.
    patients
        How many.
    created_at, created_by
        When it was planned, and by whom.
    unlocked_at, unlocked_by
        None while it is blinded: then nobody is told who is in which arm.
    """

    plan: StudyPlan
    patients: int
    created_at: datetime
    created_by: str
    unlocked_at: datetime | None
    unlocked_by: str | None

    @property
    def is_blinded(self) -> bool:
        """Whether who is in which arm is kept from everybody."""
        return self.unlocked_at is None
