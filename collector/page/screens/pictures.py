"""Pictures, by their digests."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page.web import Page, screen
from collector.people.roles import Right
from collector.pictures.giving_out import picture_response


def routes(page: Page) -> list[BaseRoute]:
    """Return the pictures' addresses."""

    def picture(request: Request) -> Response:
        return picture_response(page.pictures, request.path_params["sha256"])

    return [screen("/pictures/{sha256}", picture, Right.SEE_PATIENTS)]
