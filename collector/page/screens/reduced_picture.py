"""Pictures made small, by their digests and widths: those that a capture names.

A page shows many of one patient at once, so that who looks is noted once in half an hour of each patient.
"""

import threading
import time
from collections import OrderedDict

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page.reduced_pictures import WIDTHS, ReducedPictures
from collector.page.screens.pictures import patients_of
from collector.page.web import Page, person_of, screen
from collector.people.roles import Right
from collector.pictures.pictures import PictureDamaged, PicturesAway, is_sha256
from collector.pictures.reading import PictureUnreadable

_NOTED_FOR_S = 30 * 60.0
_MOST_REMEMBERED = 10_000


def routes(page: Page) -> list[BaseRoute]:
    """Return the pictures' addresses."""
    reduced = ReducedPictures(page.pictures)
    noted = LooksNoted()

    def picture(request: Request) -> Response:
        sha256, width = request.path_params["sha256"], request.path_params["width"]
        if width not in WIDTHS or not is_sha256(sha256):
            raise HTTPException(404, f"Pictures are given {', '.join(map(str, WIDTHS))} pixels wide, by their digest.")
        codes, name = patients_of(page, sha256), person_of(request).name
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
        for code in codes:
            if not noted.lately(name, code):
                page.looked(request, code, "reduced pictures")
                noted.remember(name, code)
        return Response(jpeg, media_type="image/jpeg")

    return [screen("/pictures/{sha256}/reduced/{width:int}", picture, Right.SEE_PATIENTS)]


class LooksNoted:
    """Who was noted lately as looking at whom; what is forgotten, or forgotten too early, is noted once more."""

    def __init__(self) -> None:
        self._at_s: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def lately(self, name: str, patient_code: str) -> bool:
        """Return whether it was noted within the last half hour that a person looks at a patient."""
        with self._lock:
            at_s = self._at_s.get((name, patient_code))
        return at_s is not None and time.monotonic() - at_s < _NOTED_FOR_S

    def remember(self, name: str, patient_code: str) -> None:
        """Remember that it was noted now."""
        with self._lock:
            self._at_s[name, patient_code] = time.monotonic()
            self._at_s.move_to_end((name, patient_code))
            while len(self._at_s) > _MOST_REMEMBERED:
                self._at_s.popitem(last=False)
