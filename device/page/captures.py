"""What the screens of one capture share: finding it by its address, its picture, and where the visit goes on."""

from __future__ import annotations

from uuid import UUID

import cv2
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contract import Capture, Verdict
from device import picture_file
from device.chair.appointments import open_visits, standing
from device.page.typed import whole_number
from device.page.web import Page
from device.settings import DeviceSettings
from device.store import NoSuchMessage, PictureDamaged, PictureKeyUnusable, Store

_NARROWEST_PX, _WIDEST_PX = 160, 4096
_SHOWN_QUALITY = 88
"""Of the JPEG that is looked at as a whole; who zooms in gets the file itself."""


def capture_of(store: Store, request: Request) -> Capture:
    """Return the capture that an address names.

    Raises
    ------
    starlette.exceptions.HTTPException
        404, if this instrument holds none of that id.
    """
    try:
        return store.capture(UUID(request.path_params["capture_id"]))
    except (ValueError, NoSuchMessage) as error:
        sentence = "This instrument holds no such capture. Go to the start page and choose one."
        raise HTTPException(404, sentence) from error


def is_held(capture: Capture) -> bool:
    """Say whether the gate refused it and nobody has released it."""
    return capture.quality.verdict is Verdict.REFUSE and capture.quality.forced is None


def next_screen(store: Store, settings: DeviceSettings, capture: Capture) -> str:
    """Return where the visit goes on: the same site if it has none that counts, the next that has none, the summary."""
    patient, number = capture.patient_code, capture.visit_number
    visit = f"/visits/{patient}/{number}"
    is_open = any((one.patient_code, one.visit_number) == (patient, number) for one in open_visits(store))
    stands = standing(store, settings, patient, number)
    order = [one.site for one in stands.sites]
    here = order.index(capture.site)
    missing = [site for site in (*order[here:], *order[:here]) if site in stands.missing]
    return f"{visit}/sites/{missing[0]}" if missing and is_open else f"{visit}/summary"


def picture_answer(page: Page, request: Request) -> Response:
    """Answer with a capture's picture: the file that travels, or with ``?width=`` a reduced JPEG of it.

    What stands in the way is a sentence in JSON, with 404: the viewer shows it in the picture's place.
    """
    with page.chair.store() as store:
        capture = capture_of(store, request)
        try:
            content = store.read_picture(capture.picture.sha256)
            width = request.query_params.get("width")
            if width is None:
                return Response(content, media_type=capture.picture.media_type)
            return Response(_reduced(content, _width_px(width)), media_type="image/jpeg")
        except (PictureDamaged, PictureKeyUnusable, picture_file.PictureUnreadable) as error:
            return JSONResponse({"sentence": page.language(request).sentence(str(error))}, 404)


def _width_px(text: str) -> int:
    if (width_px := whole_number(text, _NARROWEST_PX, _WIDEST_PX)) is None:
        raise HTTPException(422, f"A picture is shown {_NARROWEST_PX} to {_WIDEST_PX} pixels wide.")
    return width_px


def _reduced(content: bytes, width_px: int) -> bytes:
    """Return a picture file as a JPEG of at most so many pixels across."""
    picture = picture_file.decode(content, "the picture")
    eight_bit = picture if picture.dtype == np.uint8 else (picture // 257).astype(np.uint8)
    height, width = eight_bit.shape[:2]
    size_px = (width_px, max(1, round(height * width_px / width)))
    small = cv2.resize(eight_bit, size_px, interpolation=cv2.INTER_AREA) if width > width_px else eight_bit
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _SHOWN_QUALITY])
    return jpeg.tobytes()
