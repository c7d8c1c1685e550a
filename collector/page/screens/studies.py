"""The clinic's studies, and the plan of a new one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.exports.codes import FIGURES
from collector.page.web import Asked, Page, Refused, action, go, person_of, screen
from collector.people.roles import Right
from collector.store import studies
from collector.studies import conduct
from collector.studies.plan import PlanRefused, plan_of
from collector.studies.study import StudyRefused
from contract import DONOR_CONTROL, PROTOCOL

_ARMS_ASKED = 3


class NewArm(Asked):
    """An arm as it was typed."""

    code: str
    title: str


class NewStudy(Asked):
    """A plan as it was typed; :class:`collector.studies.plan.StudyPlan` says what it must be."""

    study_code: str
    title: str
    sites: list[str]
    donor: str | None
    visits: list[int]
    baseline: int
    end_point: int
    figure: str
    arms: list[NewArm]
    reference: str
    simulated: bool


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def listed(request: Request) -> Response:
        with page.store.reading() as connection:
            known = studies.known(connection)
        return page.render(request, "studies.html", studies=known)

    def new(request: Request) -> Response:
        return page.render(
            request,
            "study_new.html",
            figures={name: figure.display for name, figure in FIGURES.items()},
            protocol=PROTOCOL,
            donor=DONOR_CONTROL,
            arms_asked=_ARMS_ASKED,
        )

    def add(request: Request, asked: NewStudy) -> Response:
        try:
            plan = plan_of(asked.model_dump())
            conduct.add(page.store, plan, person_of(request).name)
        except (PlanRefused, StudyRefused) as refused:
            raise Refused(str(refused)) from None
        return go(f"/studies/{plan.study_code}")

    return [
        screen("/studies", listed, Right.SEE_STUDIES),
        screen("/studies/new", new, Right.MANAGE_STUDIES),
        action("/studies", NewStudy, add, Right.MANAGE_STUDIES),
    ]
