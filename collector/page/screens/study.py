"""One study: complete or not, how good, how its figure is spread; and once it is unlocked, what came of its arms.

While it is blinded nothing on these pages is made from who is in which arm: it is not even read.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page.charts.study_charts import box_plots, differences_chart, tones_of
from collector.page.charts.study_words import StudyWords
from collector.page.web import Asked, Page, Refused, action, done, go, person_of, screen
from collector.page.words import INSTRUMENT_CHANGES
from collector.people import audit
from collector.people.roles import Right
from collector.store import studies
from collector.studies import allocation, conduct
from collector.studies.allocation import AllocationRefused
from collector.studies.completeness import of_patient
from collector.studies.reading import Reading, Readings
from collector.studies.results import Results
from collector.studies.results_kept import ResultsKept
from collector.studies.study import StudyRefused
from contract import DONOR_CONTROL

_PATIENTS_A_PAGE = 100
_MOST_BYTES = 2 * allocation.MAX_BYTES  # as JSON writes it


class PatientsAsked(Asked):
    """A list of patients and arms, as CSV."""

    list: str


class UnlockAsked(Asked):
    """The study's code, typed again, and why it is unlocked now."""

    study_code: str
    reason: str


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    readings, kept = Readings(), ResultsKept()

    def read(request: Request) -> Reading:
        try:
            return readings.of(page.store, request.path_params["code"])
        except StudyRefused as refused:
            raise HTTPException(404, str(refused)) from None

    def results_of(shown: Reading) -> Results | None:
        return None if shown.arm_of is None else kept.of(shown.study.plan, shown.arm_of, shown.taken)

    def looked(request: Request) -> None:
        audit.note(
            page.store,
            person_of(request).name,
            audit.Action.LOOKED,
            subject=f"study {request.path_params['code']}"[:80],
        )

    def one(request: Request) -> Response:
        shown = read(request)
        looked(request)
        plan, said = shown.study.plan, StudyWords(page.language(request), shown.study.plan.figure)
        results = results_of(shown)
        return page.render(
            request,
            "study.html",
            study=shown.study,
            plan=plan,
            said=said,
            complete=shown.complete,
            quality=shown.quality,
            instrument_changes=INSTRUMENT_CHANGES,
            plots=box_plots(plan, shown.patients, shown.taken, said, shown.arm_of),
            tones=tones_of(plan),
            donor_control=DONOR_CONTROL,
            results=results,
            differences=differences_chart(plan, results.differences, said) if results else None,
            shortest_reason=conduct.SHORTEST_REASON,
            longest_reason=conduct.LONGEST_REASON,
        )

    def patients(request: Request) -> Response:
        shown = read(request)
        looked(request)
        after = request.query_params.get("after", "")[:32]
        codes = [code for code in shown.patients if code > after]
        on_page = codes[:_PATIENTS_A_PAGE]
        return page.render(
            request,
            "study_patients.html",
            study=shown.study,
            plan=shown.study.plan,
            arm_of=shown.arm_of,
            tones=tones_of(shown.study.plan),
            rows=[of_patient(shown.study.plan, code, shown.taken) for code in on_page],
            after=on_page[-1] if len(codes) > len(on_page) else None,
            from_start=not after,
        )

    def ready(request: Request) -> Response:
        return done(ready=results_of(read(request)) is not None)

    def enter(request: Request, asked: PatientsAsked) -> Response:
        code = request.path_params["code"]
        try:
            with page.store.reading() as connection:
                plan = studies.of_code(connection, code).plan
            conduct.enter_patients(page.store, code, allocation.read(asked.list, plan), person_of(request).name)
        except AllocationRefused as refused:
            raise Refused("\n".join(("Nobody was entered.", *refused.faults))) from None
        except StudyRefused as refused:
            raise Refused(str(refused)) from None
        return go(f"/studies/{code}")

    def unlock(request: Request, asked: UnlockAsked) -> Response:
        code = request.path_params["code"]
        try:
            conduct.unlock(page.store, code, asked.study_code, asked.reason, person_of(request).name)
        except StudyRefused as refused:
            raise Refused(str(refused)) from None
        return go(f"/studies/{code}")

    return [
        screen("/studies/{code}", one, Right.SEE_STUDIES),
        screen("/studies/{code}/patients", patients, Right.SEE_STUDIES),
        screen("/studies/{code}/ready", ready, Right.SEE_STUDIES),
        action("/studies/{code}/patients", PatientsAsked, enter, Right.MANAGE_STUDIES, most_bytes=_MOST_BYTES),
        action("/studies/{code}/unlock", UnlockAsked, unlock, Right.MANAGE_STUDIES),
    ]
