"""The start: who works here, whose visit, what is open, what is expected today, and how the machine is."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from device.chair.appointments import open_visits
from device.page.web import Page


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def start(request: Request) -> Response:
        with page.chair.store() as store:
            visits = open_visits(store)
        return page.render(request, "start.html", visits=visits)

    return [Route("/", start)]
