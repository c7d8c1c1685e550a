"""Correcting the hairs of a capture: each correction is in the store before the screen shows it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, JsonValue, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from analysis import measurement_file
from analysis.correction import numbered_hairs
from contract import Capture, Edit, HairKind
from contract.review import MAX_EDITS, HairAdded, HairRemoved, HairsJoined, HairSplit, RootMoved
from device import clock
from device.chair.refusals import ChairRefused
from device.chair.reviewing import (
    DraftUnreadable,
    correct,
    corrected_figures,
    draft,
    forget_draft,
    keep_draft,
    review_of,
)
from device.page.captures import capture_of, is_held
from device.page.figures_shown import figures_shown
from device.page.language import Language
from device.page.overlay_values import Json, overlay
from device.page.undoing import without
from device.page.web import Asked, BadRequest, Page, action, done, go, require_seat
from device.store import Store

_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)
_UNREADABLE = "unreadable"


class _Seen(Asked):
    """``seen`` tells the corrections that the screen shows from those that another screen has made since."""

    seen: Annotated[str, Field(max_length=64)]


class _EditAsked(_Seen):
    edit: dict[str, JsonValue]


class _UndoAsked(_Seen):
    place: Annotated[int, Field(ge=0, lt=MAX_EDITS)]


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def show(request: Request) -> Response:
        language = page.language(request)
        with page.chair.store() as store:
            capture = capture_of(store, request)
            _refuse_held(capture)
            trouble = None
            try:
                values = _state(store, capture, language)
            except ChairRefused as error:  # of an earlier release's draft: it can be discarded
                trouble = str(error)
                values = _values(capture, (), 0, language) | {"seen": _seen_now(store, capture)}
        return page.render(request, "correct.html", capture=capture, state=values, trouble=trouble)

    def add(request: Request, asked: _EditAsked) -> Response:
        technician, language = require_seat(page, request), page.language(request)
        with page.chair.store() as store:
            capture = capture_of(store, request)
            _refuse_held(capture)
            edits = draft(store, capture)
            if asked.seen != _seen(edits):
                return _other_screen(store, capture, language)
            if len(edits) >= MAX_EDITS:
                raise ChairRefused(f"A picture takes {MAX_EDITS} corrections. Take it again.")
            return _keep(store, capture, edits, (*edits, _edit(asked.edit, technician)), language)

    def undo(request: Request, asked: _UndoAsked) -> Response:
        require_seat(page, request)
        language = page.language(request)
        with page.chair.store() as store:
            capture = capture_of(store, request)
            edits = draft(store, capture)
            if asked.seen != _seen(edits):
                return _other_screen(store, capture, language)
            if asked.place < _published(store, capture):
                raise ChairRefused("That correction is published, and stays. Correct the hair once more instead.")
            left = without(edits, asked.place, len(capture.measurement.hairs))
            return _keep(store, capture, edits, left, language)

    def discard(request: Request, asked: _Seen) -> Response:
        require_seat(page, request)
        with page.chair.store() as store:
            capture = capture_of(store, request)
            if not _forgotten(store, capture, asked.seen):
                return _other_screen(store, capture, page.language(request))
        return go(f"/captures/{capture.message_id}")

    def finish(request: Request, asked: _Seen) -> Response:
        require_seat(page, request)
        with page.chair.store() as store:
            capture = capture_of(store, request)
            _refuse_held(capture)
            edits = draft(store, capture)
            if asked.seen != _seen(edits):
                return _other_screen(store, capture, page.language(request))
            if len(edits) == _published(store, capture):
                raise ChairRefused("Nothing was corrected.")
            correct(store, capture, edits)
        return go(f"/captures/{capture.message_id}")

    here = "/captures/{capture_id}"
    return [
        Route(f"{here}/correct", show),
        action(f"{here}/draft", _EditAsked, add),
        action(f"{here}/draft/undo", _UndoAsked, undo),
        action(f"{here}/draft/discard", _Seen, discard),
        action(f"{here}/corrections", _Seen, finish),
    ]


def _refuse_held(capture: Capture) -> None:
    if is_held(capture):
        raise ChairRefused("The gate refused this picture: take it again, or release it with a note. Then correct it.")


def _edit(asked: dict[str, JsonValue], technician: str) -> Edit:
    """Return a correction as the screen asks for it: who makes it, and when, is this instrument's to say."""
    try:
        return _EDIT.validate_python(asked | {"by": technician, "at": clock.now()})
    except ValidationError as error:
        raise BadRequest("This correction cannot be used. Load the page again.") from error


def _keep(
    store: Store, capture: Capture, before: tuple[Edit, ...], edits: tuple[Edit, ...], language: Language
) -> Response:
    """Keep corrections that can be applied, and answer with what follows from them."""
    values = _values(capture, edits, _published(store, capture), language)  # takes a while: the store is not held
    with store.together():
        if draft(store, capture) != before:
            return _other_screen(store, capture, language)
        keep_draft(store, capture.message_id, edits)
    return done(**values)


def _forgotten(store: Store, capture: Capture, seen: str) -> bool:
    """Forget the corrections under way if they are those that the screen shows."""
    with store.together():
        if seen != _seen_now(store, capture):
            return False
        forget_draft(store, capture.message_id)
    return True


def _other_screen(store: Store, capture: Capture, language: Language) -> Response:
    note = language.words("Another screen changed these corrections: here they are. The last touch was not taken.")
    return done(**_state(store, capture, language), note=note)


def _state(store: Store, capture: Capture, language: Language) -> Json:
    return _values(capture, draft(store, capture), _published(store, capture), language)


def _published(store: Store, capture: Capture) -> int:
    """Return how many corrections were published: what follows them is under way."""
    review = review_of(store, capture)
    return 0 if review is None else len(review.edits)


def _values(capture: Capture, edits: Sequence[Edit], published: int, language: Language) -> Json:
    """Return what the screen shows of corrections: figures beside the automatic ones, hairs, and the list of them.

    Raises
    ------
    ChairRefused
        If one of them cannot be applied.
    """
    measured = capture.measurement if not edits else corrected_figures(capture, edits)
    automatic, corrected = (figures_shown(one, language) for one in (capture.measurement, measured))
    return {
        "seen": _seen(edits),
        "overlay": overlay(measured, language, _numbers(capture, edits)),
        "figures": [
            {
                "words": one.words,
                "unit": one.unit,
                "automatic": _written(one.value, one.interval),
                "corrected": _written(other.value, other.interval),
            }
            for one, other in zip(automatic, corrected, strict=True)
        ],
        "hairs": [len(capture.measurement.hairs), len(measured.hairs)],
        "published": published,
        "edits": [
            {"words": _edit_words(edit, language), "by": edit.by, "time": language.time(edit.at)} for edit in edits
        ],
        "last": None if len(edits) <= published else edits[-1].model_dump(mode="json", exclude={"by", "at"}),
    }


def _numbers(capture: Capture, edits: Sequence[Edit]) -> list[int]:
    """Return the numbers by which corrections name the corrected hairs, in the order of these."""
    if not edits:
        return list(range(len(capture.measurement.hairs)))
    measurement = measurement_file.read(capture.measurement.model_dump(mode="json"))
    return list(numbered_hairs(measurement, [edit.model_dump(mode="json") for edit in edits]))


def _seen(edits: Sequence[Edit]) -> str:
    return hashlib.sha256("\n".join(edit.model_dump_json() for edit in edits).encode()).hexdigest()


def _seen_now(store: Store, capture: Capture) -> str:
    """Return the same of the corrections in the store, also of those that cannot be read: they can be discarded."""
    try:
        return _seen(draft(store, capture))
    except DraftUnreadable:
        return _UNREADABLE


def _written(value: str | None, interval: str | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value} ({interval})"


def _edit_words(edit: Edit, language: Language) -> str:
    _ = language.words
    match edit:
        case HairAdded(kind=HairKind.TERMINAL):
            return _("Terminal hair added")
        case HairAdded():
            return _("Vellus hair added")
        case HairRemoved():
            return _("Hair removed")
        case HairsJoined():
            return _("Two pieces joined")
        case HairSplit():
            return _("Hair split in two")
        case RootMoved():
            return _("Root moved")
