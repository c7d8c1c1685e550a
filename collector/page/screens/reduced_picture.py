"""Pictures made small, by their digests and widths."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page.reduced_pictures import WIDTHS, ReducedPictures
from collector.page.web import Page, screen
from collector.people.roles import Right
from collector.pictures.pictures import PictureDamaged, PicturesAway, is_sha256
from collector.pictures.reading import PictureUnreadable


def routes(page: Page) -> list[BaseRoute]:
    """Return the pictures' addresses."""
    reduced = ReducedPictures(page.pictures)

    def picture(request: Request) -> Response:
        sha256, width = request.path_params["sha256"], request.path_params["width"]
        if width not in WIDTHS or not is_sha256(sha256):
            raise HTTPException(404, f"Pictures are given {', '.join(map(str, WIDTHS))} pixels wide, by their digest.")
        try:
            jpeg = reduced.jpeg(sha256, width)
        except PicturesAway as away:
            raise HTTPException(503, f"The picture cannot be shown now. {away}.") from away
        except (PictureDamaged, PictureUnreadable) as damaged:
            raise HTTPException(500, f"The picture cannot be shown. {damaged}.") from damaged
        except OSError as error:
            raise HTTPException(503, f"The picture cannot be shown now: {error.strerror}. Check the disk.") from error
        if jpeg is None:
            raise HTTPException(404, "This picture has not arrived.")
        return Response(jpeg, media_type="image/jpeg")

    return [screen("/pictures/{sha256}/reduced/{width:int}", picture, Right.SEE_PATIENTS)]
