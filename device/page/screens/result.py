"""The result of a capture: picture, figures, quality, change; and a person's word on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from analysis.flag_words import flag_sentence
from contract import Capture, Decision, Forced, Review
from device import clock
from device.chair.appointments import keep_record, standing
from device.chair.refusals import ChairRefused
from device.chair.reviewing import Decided, DraftUnreadable, decide, draft, review_of
from device.outbox import release
from device.page.captures import capture_of, is_held, next_screen, picture_answer
from device.page.change_shown import ChangeShown, change_shown
from device.page.figures_shown import figures_shown
from device.page.language import Language
from device.page.overlay_values import Json, change_marks, overlay
from device.page.web import Asked, Page, action, done, go, require_seat
from device.settings import DeviceSettings
from device.sites import Said
from device.store import Store

_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class _DecisionAsked(Asked):
    decision: Decision
    reason: Annotated[str, Field(max_length=300)] | None = None


class _ReleaseAsked(Asked):
    note: _Reason


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def result(request: Request) -> Response:
        language = page.language(request)
        with page.chair.store() as store:
            capture = capture_of(store, request)
            review = review_of(store, capture)
            under_way = _is_under_way(store, capture, review)
            change = change_shown(store, capture, page.chair.floors)
            following = next_screen(store, page.chair.settings, capture)
            later = _later_that_counts(store, page.chair.settings, capture)
        corrected = None if review is None else review.corrected
        return page.render(
            request,
            "result.html",
            capture=capture,
            review=review,
            held=is_held(capture),
            under_way=under_way,
            figures=figures_shown(capture.measurement, language),
            corrected=None if corrected is None else figures_shown(corrected, language),
            change=change,
            remarks=_remarks(capture),
            following=following,
            later=None if later is None else f"/captures/{later.message_id}",
            viewed={
                "picture": f"/captures/{capture.message_id}/picture",
                "overlay": overlay(capture.measurement, language),
                "corrected": None if corrected is None else overlay(corrected, language),
                "change": _change_values(change, language),
            },
        )

    def picture(request: Request) -> Response:
        return picture_answer(page, request)

    def change(request: Request) -> Response:
        with page.chair.store() as store:
            shown = change_shown(store, capture_of(store, request), page.chair.floors)
        return done(**_change_values(shown, page.language(request)))

    def decision(request: Request, asked: _DecisionAsked) -> Response:
        technician = require_seat(page, request)
        with page.chair.store() as store:
            capture = capture_of(store, request)
            if is_held(capture):
                raise ChairRefused("The gate refused this picture: take it again, or release it with a note.")
            # An accepted picture has no reason, whatever was typed before the button was touched.
            reason = asked.reason if asked.decision is Decision.REJECTED else None
            decide(store, page.chair.settings, capture, Decided(asked.decision, technician, reason))
            return go(next_screen(store, page.chair.settings, capture))

    def let_travel(request: Request, asked: _ReleaseAsked) -> Response:
        technician = require_seat(page, request)
        with page.chair.store() as store:
            capture = capture_of(store, request)
            release(store, capture.message_id, Forced(by=technician, note=asked.note, at=clock.now()))
            keep_record(store, page.chair.settings, capture.patient_code, capture.visit_number, Said())
        return go(f"/captures/{capture.message_id}")

    here = "/captures/{capture_id}"
    return [
        Route(here, result),
        Route(f"{here}/picture", picture),
        Route(f"{here}/change", change),
        action(f"{here}/decision", _DecisionAsked, decision),
        action(f"{here}/release", _ReleaseAsked, let_travel),
    ]


def _remarks(capture: Capture) -> tuple[str, ...]:
    """Return what is to be known of a picture, what the gate says first, each once."""
    due = () if capture.calibration.due is None else (capture.calibration.due,)
    flags = (flag_sentence(flag) for flag in capture.measurement.flags)
    return tuple(dict.fromkeys((*capture.quality.reasons, *due, *flags)))


def _later_that_counts(store: Store, settings: DeviceSettings, capture: Capture) -> Capture | None:
    """Return the later take of the site that counts in the place of this one, whatever is decided of this one."""
    if is_held(capture):  # it is released first
        return None
    counting = standing(store, settings, capture.patient_code, capture.visit_number).site(capture.site).capture
    return counting if counting is not None and counting.sequence > capture.sequence else None


def _change_values(change: ChangeShown, language: Language) -> Json:
    marks = [] if change.comparison is None else change_marks(change.comparison.change)
    return {
        "pending": change.pending,
        "first": language.sentence(change.first),
        "sentences": [language.sentence(one) for one in change.sentences],
        "marks": marks,
    }


def _is_under_way(store: Store, capture: Capture, review: Review | None) -> bool:
    """Whether corrections wait to be finished: published ones are the draft's beginning, so that more are under way."""
    try:
        return draft(store, capture) != (() if review is None else review.edits)
    except DraftUnreadable:  # the correct screen says so, and offers to discard them
        return True
