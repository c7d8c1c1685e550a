"""Pictures, by their digests: those that a capture names, each time noted in the audit trail."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page.web import Page, screen
from collector.people.roles import Right
from collector.pictures.giving_out import picture_response
from collector.pictures.pictures import is_sha256
from collector.store import pictured


def routes(page: Page) -> list[BaseRoute]:
    """Return the pictures' addresses."""

    def picture(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        for code in patients_of(page, sha256):
            page.looked(request, code, f"picture {sha256}")
        return picture_response(page.pictures, sha256)

    return [screen("/pictures/{sha256}", picture, Right.SEE_PATIENTS)]


def patients_of(page: Page, sha256: str) -> list[str]:
    """Return the patients whose captures name a picture.

    Raises
    ------
    HTTPException
        404 if none does: nobody could tell at whom was looked.
    """
    with page.store.reading() as connection:
        codes = pictured.patients_of_picture(connection, sha256) if is_sha256(sha256) else []
    if not codes:
        raise HTTPException(404, "This picture has not arrived.")
    return codes
