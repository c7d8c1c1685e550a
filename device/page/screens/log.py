"""The log of both programs: its last lines on the screen, all of it as one text."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from device import clock
from device.health.looking import recent
from device.page.web import Page
from groundwork.log_file import lines

CHAIR_LOG, RUN_LOG = "logs/chair.log", "logs/run.log"
"""In the state folder: of this program, and of `trichoscope run`."""

_SHOWN_BYTES = 24_000
_MOST_BYTES = 4_000_000


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    folder = page.chair.settings.state_folder

    def log(request: Request) -> Response:
        words = page.language(request).words
        programs = (
            (words("The chair page"), lines(folder / CHAIR_LOG, _SHOWN_BYTES)),
            (words("Delivery to the clinic"), lines(folder / RUN_LOG, _SHOWN_BYTES)),
        )
        return page.render(request, "log.html", programs=programs)

    def download(_request: Request) -> Response:
        name = f"{page.chair.settings.device_id}-log.txt"
        return PlainTextResponse(_whole(page), headers={"content-disposition": f'attachment; filename="{name}"'})

    return [Route("/log", log), Route("/log.txt", download)]


def _whole(page: Page) -> str:
    """Return how the instrument is, and both logs: what a maker is asked with."""
    settings = page.chair.settings
    said = [f"{settings.clinic_id} {settings.device_id}, {clock.now():%Y-%m-%dT%H:%M:%SZ}", ""]
    said += [
        f"{check.name}: {check.state}. {check.sentence} {check.value or ''}".rstrip() for check in recent(page.chair)
    ]
    for called, file in (("trichoscope chair", CHAIR_LOG), ("trichoscope run", RUN_LOG)):
        said += ["", f"--- {called}", *lines(settings.state_folder / file, _MOST_BYTES)]
    return "\n".join(said) + "\n"
