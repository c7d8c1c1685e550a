"""The capture screen: the live picture of a site, the way to its baseline, and the button that takes it."""

from __future__ import annotations

import cv2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contract import Capture, SiteKey
from device.camera import Aim
from device.chair.appointments import require_open, standing
from device.chair.taking import LOCK_S, Started
from device.page.visit_address import VisitAddress, require_known, site_of, visit_of
from device.page.web import Asked, Page, action, done, require_seat, session_of
from device.quality.light_checks import GLARE_PERCENT, OVER_PERCENT, UNDER_PERCENT
from device.quality.place_checks import MARK_OFF_MM

_SITE = "/visits/{patient}/{visit}/sites/{site}"
_LEAST_GHOST_PX, _MOST_GHOST_PX = 64, 1600


class CaptureAsked(Asked):
    """What a capture is started with: the button on the screen, or a foot switch that types a key."""

    foot_switch: bool = False


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    chair = page.chair

    def screen(request: Request) -> Response:
        visit, site = visit_of(request), site_of(request)
        with chair.store() as store:
            stands = standing(store, chair.settings, visit.patient_code, visit.visit_number)
            require_known(store, visit, stands)
            require_open(store, visit.patient_code, visit.visit_number)
        state = chair.taking.state
        takes = stands.site(site).captures
        return page.render(
            request,
            "capture.html",
            visit=visit,
            site=site,
            last=_last(takes),
            takes=len(takes),
            mark_expected=chair.settings.capture.mark_expected,
            foot_switch_key=chair.settings.chair.foot_switch_key,
            # A capture that runs is followed to its end; one that ended before this screen was loaded is not.
            seen_number=state.number - (1 if state.running else 0),
            known=session_of(request).technician is not None,
            limits={
                "under": _shares(UNDER_PERCENT.warn_at, UNDER_PERCENT.refuse_at),
                "over": _shares(OVER_PERCENT.warn_at, OVER_PERCENT.refuse_at),
                "glare": _shares(GLARE_PERCENT.warn_at, GLARE_PERCENT.refuse_at),
                "mark_mm": (MARK_OFF_MM.warn_at, MARK_OFF_MM.refuse_at),
            },
            lock_ms=round(1000 * LOCK_S),
        )

    def ghost(request: Request) -> Response:
        visit, site = visit_of(request), site_of(request)
        with chair.store() as store:
            require_known(store, visit, standing(store, chair.settings, visit.patient_code, visit.visit_number))
            require_open(store, visit.patient_code, visit.visit_number)
        size_px = _side(request, "width"), _side(request, "height")
        guided = chair.stream.guided(_aim(visit, site))  # found by the live picture; nobody is asked for it here
        um_per_px = chair.instrument.preview_um_per_px(size_px[0])
        drawn = None if guided is None else guided.ghost(size_px, um_per_px)
        if drawn is None:
            raise HTTPException(404, "There is no baseline of this site.")
        _, content = cv2.imencode(".png", drawn, [cv2.IMWRITE_PNG_COMPRESSION, 3])
        return Response(content.tobytes(), media_type="image/png")

    def take(request: Request, asked: CaptureAsked) -> Response:
        visit, site = visit_of(request), site_of(request)
        require_seat(page, request)
        with chair.store() as store:
            require_open(store, visit.patient_code, visit.visit_number)
        aim = _aim(visit, site)
        state = chair.taking.begin(aim, Started.FOOT_SWITCH if asked.foot_switch else Started.PAGE)
        return done(number=state.number)

    return [
        Route(_SITE, screen),
        Route(f"{_SITE}/ghost.png", ghost),
        action(f"{_SITE}/capture", CaptureAsked, take),
    ]


def _aim(visit: VisitAddress, site: SiteKey) -> Aim:
    return Aim(visit.patient_code, site, visit.visit_number)


def _last(takes: tuple[Capture, ...]) -> Capture | None:
    return takes[-1] if takes else None


def _shares(*percents: float | None) -> tuple[float | None, ...]:
    return tuple(None if percent is None else percent / 100 for percent in percents)


def _side(request: Request, name: str) -> int:
    asked = request.query_params.get(name, "")
    if not (asked.isascii() and asked.isdecimal() and _LEAST_GHOST_PX <= int(asked[:5]) <= _MOST_GHOST_PX):
        raise HTTPException(404, f"The baseline is drawn {_LEAST_GHOST_PX} to {_MOST_GHOST_PX} pixels wide and high.")
    return int(asked[:5])
