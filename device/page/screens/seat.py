"""The seat: who has it is said on every screen, and another technician may take over."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from device.chair.seat import Holder
from device.page.web import Nothing, Page, action, done, session_of, technician_of


def routes(page: Page) -> list[BaseRoute]:
    """Return the address of the action."""

    def take_over(request: Request, _asked: Nothing) -> Response:
        technician = technician_of(request)
        page.chair.seat.take_over(Holder(session_of(request).session_id, technician))
        return done(reload=True)

    return [action("/seat", Nothing, take_over)]
