"""The audit trail: who looked at which patient, who did what; filtered, in pages, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from collector.page import people_words
from collector.page.web import Page, person_of, screen
from collector.people import audit
from collector.people.audit import Action
from collector.people.roles import Right
from collector.store.audit import Entry, Wanted, entries

_ON_A_PAGE, _AT_ONCE = 100, 1000
_FIELDS = ("at", "by", "action", "patient_code", "subject", "detail")
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_TYPED = 100
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def shown(request: Request) -> Response:
        wanted, before = _wanted(request), _before(request)
        with page.store.reading() as connection:
            found = entries(connection, wanted, _ON_A_PAGE + 1, before)
        chosen = _chosen(wanted)
        after = {"before": str(found[_ON_A_PAGE - 1].entry_id)} if len(found) > _ON_A_PAGE else None
        return page.render(
            request,
            "audit_trail.html",
            entries=found[:_ON_A_PAGE],
            wanted=wanted,
            actions=people_words.ACTIONS,
            words={one.value: said for one, said in people_words.ACTIONS.items()},
            csv_address=f"/audit.csv?{urlencode(chosen)}",
            first_address=f"/audit?{urlencode(chosen)}" if before else None,
            next_address=f"/audit?{urlencode(chosen | after)}" if after else None,
        )

    def as_csv(request: Request) -> Response:
        wanted, by = _wanted(request), person_of(request).name
        detail = ", ".join(f"{name} {value}" for name, value in _chosen(wanted).items() if name != "patient") or "all"
        audit.note(page.store, by, Action.TRAIL_TAKEN, patient_code=wanted.patient_code, detail=detail)
        headers = {"content-disposition": 'attachment; filename="audit-trail.csv"'}
        return StreamingResponse(_lines(page, wanted), media_type="text/csv; charset=utf-8", headers=headers)

    return [
        screen("/audit", shown, Right.SEE_AUDIT_TRAIL),
        screen("/audit.csv", as_csv, Right.SEE_AUDIT_TRAIL),
    ]


def _wanted(request: Request) -> Wanted:
    asked = {name: value.strip()[:_MOST_TYPED] for name, value in request.query_params.items()}
    action = asked.get("action") or None
    if action is not None and action not in set(Action):
        raise HTTPException(422, "There is no such action in the trail. Choose one of the list.")
    try:
        first, last = (date.fromisoformat(asked[name]) if asked.get(name) else None for name in ("from", "to"))
        if any(day is not None and not _FIRST_DAY <= day <= _LAST_DAY for day in (first, last)):
            raise ValueError
    except ValueError:
        raise HTTPException(422, "This is no day of the trail. Write it as 2026-03-04.") from None
    return Wanted(asked.get("by") or None, asked.get("patient") or None, action, first, last)


def _before(request: Request) -> UUID | None:
    asked = request.query_params.get("before")
    try:
        return UUID(asked) if asked else None
    except ValueError:
        raise HTTPException(422, "There is no such page of the trail. Begin at its first.") from None


def _chosen(wanted: Wanted) -> dict[str, str]:
    asked = {
        "by": wanted.by,
        "patient": wanted.patient_code,
        "action": wanted.action,
        "from": wanted.first_day,
        "to": wanted.last_day,
    }
    return {name: str(value) for name, value in asked.items() if value is not None}


def _lines(page: Page, wanted: Wanted) -> Iterator[str]:
    """Write the trail as CSV, a page at a time: it may be longer than memory."""
    yield _csv(_FIELDS)
    before: UUID | None = None
    while True:
        with page.store.reading() as connection:
            found = entries(connection, wanted, _AT_ONCE, before)
        yield "".join(_csv(_cells(entry)) for entry in found)
        if len(found) < _AT_ONCE:
            return
        before = found[-1].entry_id


def _cells(entry: Entry) -> tuple[str, ...]:
    texts = (entry.by, entry.action, entry.patient_code or "", entry.subject or "", entry.detail or "")
    # A spreadsheet would run what begins like a formula (CWE-1236).
    held = tuple(f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text for text in texts)
    return (entry.at.isoformat(timespec="milliseconds"), *held)


def _csv(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
