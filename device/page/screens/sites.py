"""A visit's sites: the head map and the list beside it, what is left out, other places, and raters' opinions."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contract import (
    DONOR_CONTROL,
    GRADES,
    Capture,
    Place,
    Rating,
    Scale,
    SiteKey,
    SkippedSite,
    landmark_key,
    place_of,
    site_name,
)
from contract.sites import MAX_BEHIND_GLABELLA_MM, MAX_BESIDE_MIDLINE_MM, MIN_BEHIND_GLABELLA_MM
from device.chair.appointments import SiteOfVisit, SiteState, VisitStanding, keep_record, require_open, standing
from device.chair.refusals import ChairRefused
from device.page.known_baseline import Thumbnails, sites_with_baseline
from device.page.language import Language
from device.page.typed import MOST_REASON, person_code, reason_to_leave_out
from device.page.visit_address import VisitAddress, require_known, site_of, visit_of
from device.page.web import Asked, Page, action, done, go, require_seat
from device.sites import RatingRefused, Said, doubts, last_record, rating_from, sites_taken_before
from groundwork import head_map

_STEP_MM = 5

_SHOWN_AS: dict[SiteState, head_map.State] = {
    SiteState.DONE: "done",
    SiteState.WARN: "warn",
    SiteState.DUE: "due",
    SiteState.LEFT_OUT: "left-out",
}


class _Why(Asked):
    reason: str


class _AnotherPlace(Asked):
    behind_glabella_mm: int
    right_mm: int
    sure: bool = False


class _Opinion(Asked):
    scale: str
    grade: str
    rater: str


@dataclass(frozen=True)
class _Row:
    site: SiteKey
    url: str
    state: head_map.State
    donor: bool
    retakes: int
    capture: Capture | None
    last: Capture | None
    reason: str | None
    may_leave_out: bool
    baseline: bool


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    settings = page.chair.settings
    thumbnails = Thumbnails(page.chair)

    def sites(request: Request) -> Response:
        visit = visit_of(request)
        with page.chair.store() as store:
            stands = standing(store, settings, visit.patient_code, visit.visit_number)
            is_open = require_known(store, visit, stands)
            record = last_record(store, visit.patient_code, visit.visit_number)
            compared = sites_with_baseline(store, visit, [one.site for one in stands.sites])
        language = page.language(request)
        return page.render(
            request,
            "sites.html",
            visit=visit,
            is_open=is_open,
            ended_at=stands.ended_at,
            rows=[_row(visit, one, settings.visits.protocol, compared) for one in stands.sites],
            missing=len(stands.missing),
            ratings=record.ratings if record else (),
            scales={scale.value: GRADES[scale] for scale in Scale},
            head=_drawn(visit, stands, language),
            bounds={
                "step": _STEP_MM,
                "least": MIN_BEHIND_GLABELLA_MM,
                "most": MAX_BEHIND_GLABELLA_MM,
                "beside": MAX_BESIDE_MIDLINE_MM,
            },
            most_reason=MOST_REASON,
        )

    def leave_out(request: Request, asked: _Why) -> Response:
        visit, site = visit_of(request), site_of(request)
        require_seat(page, request)
        skipped = SkippedSite(site=site, reason=reason_to_leave_out(asked.reason))
        with page.chair.store() as store:
            require_open(store, visit.patient_code, visit.visit_number)
            one = standing(store, settings, visit.patient_code, visit.visit_number).site(site)
            if one.capture is not None:
                raise ChairRefused("This site has a picture that counts: reject that first, if it is not to count.")
            if site not in settings.visits.protocol:
                raise ChairRefused("Only a site of the protocol is left out: this one need not be taken.")
            keep_record(store, settings, visit.patient_code, visit.visit_number, Said(skipped=(skipped,)))
        return done(reload=True)

    def another_place(request: Request, asked: _AnotherPlace) -> Response:
        visit, language = visit_of(request), page.language(request)
        try:
            site = landmark_key(Place(asked.behind_glabella_mm, asked.right_mm))
        except ValueError as error:
            raise ChairRefused(
                f"A place on the scalp lies {MIN_BEHIND_GLABELLA_MM} to {MAX_BEHIND_GLABELLA_MM} mm behind the glabella"
                f" and at most {MAX_BESIDE_MIDLINE_MM} mm beside the midline. Measure again."
            ) from error
        with page.chair.store() as store:
            taken = {one.site for one in store.visit(visit.patient_code, visit.visit_number)}
            before = sites_taken_before(store, visit.patient_code, visit.visit_number)
        doubted = () if asked.sure else doubts([site], {*settings.visits.protocol, *before, *taken})
        if doubted:
            return done(doubts=[language.sentence(one) for one in doubted])
        return go(f"{visit.url}/sites/{site}")

    def rate(request: Request, asked: _Opinion) -> Response:
        visit = visit_of(request)
        require_seat(page, request)
        with page.chair.store() as store:
            require_open(store, visit.patient_code, visit.visit_number)
            said = Said(ratings=(_rating(asked),))
            keep_record(store, settings, visit.patient_code, visit.visit_number, said)
        return done(reload=True)

    def baseline(request: Request) -> Response:
        picture = thumbnails.of(visit_of(request), site_of(request))
        # Nothing yet is no error: the clinic's answer may be on its way, and the page asks again.
        return Response(status_code=204) if picture is None else Response(picture, media_type="image/jpeg")

    return [
        Route("/visits/{patient}/{visit}", sites),
        action("/visits/{patient}/{visit}/sites/{site}/left-out", _Why, leave_out),
        Route("/visits/{patient}/{visit}/sites/{site}/baseline.jpg", baseline),
        action("/visits/{patient}/{visit}/places", _AnotherPlace, another_place),
        action("/visits/{patient}/{visit}/ratings", _Opinion, rate),
    ]


def _rating(asked: _Opinion) -> Rating:
    try:
        return rating_from(f"{asked.scale}={asked.grade}", person_code(asked.rater))
    except RatingRefused as error:
        raise ChairRefused(f"This is no rating: {error}") from error


def _row(visit: VisitAddress, one: SiteOfVisit, protocol: tuple[SiteKey, ...], compared: frozenset[SiteKey]) -> _Row:
    return _Row(
        site=one.site,
        url=f"{visit.url}/sites/{one.site}",
        state=_shown_as(one),
        donor=one.site == DONOR_CONTROL,
        retakes=max(0, len(one.captures) - 1),
        capture=one.capture,
        last=one.captures[-1] if one.captures else None,
        reason=one.skipped.reason if one.skipped else None,
        may_leave_out=one.site in protocol and one.capture is None and one.skipped is None,
        baseline=one.site in compared,
    )


def _shown_as(one: SiteOfVisit) -> head_map.State:
    return "missing" if one.captures and one.capture is None and one.skipped is None else _SHOWN_AS[one.state]


def _drawn(visit: VisitAddress, stands: VisitStanding, language: Language) -> str:
    places = []
    for one in stands.sites:
        at, donor = place_of(one.site), one.site == DONOR_CONTROL
        places.append(
            head_map.Place(
                one.site,
                language.sentence(str(one.site)) if donor else language.sentence(site_name(one.site)),
                at.behind_glabella_mm,
                at.right_mm,
                _shown_as(one),
                f"{visit.url}/sites/{one.site}",
                donor,
            )
        )
    words = head_map.Words(
        done=language.words("taken"),
        due=language.words("to be taken"),
        missing=language.words("take again"),
        warn=language.words("with a warning"),
        left_out=language.words("left out"),
        donor=language.words("donor control"),
        left=language.words("PATIENT'S LEFT"),
        front=language.words("FRONT"),
        right=language.words("PATIENT'S RIGHT"),
        orientation=language.words("Nose up, the patient's left is on the left."),
        nothing=language.words("No places."),
    )
    return head_map.head_map(
        places, title=language.words("Sites on the head, seen from above"), words=words, touch=True
    )
