"""Studies, as blinded as the pages."""

from __future__ import annotations

from collector.interface.asked import STUDY
from collector.interface.clinic import Clinic
from collector.interface.problems import Refusal
from collector.interface.resource import Asked, Resource
from collector.interface.shown.studies import ShownStudy, study
from collector.people import audit
from collector.people.audit import Action
from collector.people.roles import Right
from collector.studies.reading import Readings
from collector.studies.results_kept import ResultsKept
from collector.studies.study import StudyRefused


def resources(clinic: Clinic) -> tuple[Resource, ...]:
    """Return the resource of studies."""
    readings, kept = Readings(), ResultsKept()

    def one(asked: Asked) -> ShownStudy:
        code = asked.path["code"]
        try:
            reading = readings.of(clinic.store, code)
        except StudyRefused:
            raise Refusal(404, "There is no study of this code. Check the code.") from None
        audit.note(clinic.store, asked.holder.by, Action.READ_BY_TOKEN, subject=f"study {code}")
        plan, arm_of = reading.study.plan, reading.arm_of
        return study(reading, None if arm_of is None else kept.of(plan, arm_of, reading.taken))

    return (
        Resource(
            "/studies/{code}",
            "getStudy",
            "A study: its plan, how complete it is, and once it is unlocked what came of its arms.",
            Right.SEE_STUDIES,
            one,
            (STUDY,),
            shown=ShownStudy,
        ),
    )
