"""The patients: those taken last, or those whose code begins as was typed; each with what is remarkable."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from analysis.noise.floor import Call
from collector.page import words
from collector.page.charts.head import sign, signs
from collector.page.language import Language
from collector.page.readings import headline
from collector.page.web import Page, person_of, screen
from collector.people import audit
from collector.people.roles import Right
from collector.store import patients, standings
from collector.store.patients import After
from collector.store.stored import PatientSummary
from contract import DONOR_CONTROL, Comparison

AT_ONCE = 50
_BEGINNING = re.compile(r"[A-Z]{0,4}-?[0-9]{0,10}")
_AFTER = re.compile(r"([0-9]{1,15})_([A-Z]{1,4}-[0-9]{2,10})")


@dataclass(frozen=True)
class Remark:
    """A called change at a site's newest comparison."""

    site: str
    call: Call
    words: str
    visit_number: int
    of_donor: bool


@dataclass(frozen=True)
class Listed:
    """A patient of the list."""

    summary: PatientSummary
    remarks: tuple[Remark, ...]


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def shown(request: Request) -> Response:
        beginning = request.query_params.get("code", "").strip().upper()
        after = _after(request.query_params.get("after", ""))
        understood = _BEGINNING.fullmatch(beginning) is not None
        with page.store.reading() as connection:
            if not understood:
                found = []
            elif beginning:
                behind = None if after is None else after.patient_code
                found = patients.found(connection, beginning, AT_ONCE + 1, behind)
            else:
                found = patients.newest(connection, AT_ONCE + 1, after)
            some = found[:AT_ONCE]
            compared = patients.newest_comparisons(connection, [one.patient_code for one in some])
            ends = {end.message_id for one in compared for end in (one.baseline, one.followup)}
            said = standings.of_captures(connection, ends)
        _note(page, request, some)
        remarks = _remarks([one for one in compared if not said.rejects_one_of(one)], page.language(request))
        return page.render(
            request,
            "patients.html",
            beginning=beginning,
            understood=understood,
            further=after is not None,
            listed=[Listed(one, tuple(remarks.get(one.patient_code, ()))) for one in some],
            next_after=_written(some[-1]) if len(found) > AT_ONCE else None,
            trend_sign=sign,
            trend_signs=signs(),
        )

    return [screen("/patients", shown, Right.SEE_PATIENTS)]


def _note(page: Page, request: Request, some: Sequence[PatientSummary]) -> None:
    """Note in the audit trail which patients' changes are shown: one entry, not one for each of a list."""
    if some:
        codes = " ".join(one.patient_code for one in some)
        audit.note(page.store, person_of(request).name, audit.Action.LOOKED, subject="list of patients", detail=codes)


def _remarks(compared: Sequence[Comparison], language: Language) -> dict[str, list[Remark]]:
    found: dict[str, list[Remark]] = defaultdict(list)
    for one in sorted(compared, key=lambda one: one.site):
        change = headline(one, language)
        if change.called:
            found[one.patient_code].append(
                Remark(
                    words.site(one.site, language),
                    change.call,
                    f"{change.value} {change.unit}",
                    one.followup.visit_number,
                    one.site == DONOR_CONTROL,
                )
            )
    return found


def _written(last: PatientSummary) -> str:
    return f"{round(last.last_taken_at.timestamp() * 1000)}_{last.patient_code}"


def _after(asked: str) -> After | None:
    if not asked:
        return None
    parts = _AFTER.fullmatch(asked)
    if parts is None:
        raise HTTPException(404, "There is no such part of the list. Go back to its beginning.")
    seconds, milliseconds = divmod(int(parts[1]), 1000)
    try:
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=1000 * milliseconds)
    except (OverflowError, ValueError, OSError):
        raise HTTPException(404, "There is no such part of the list. Go back to its beginning.") from None
    return After(at, parts[2])
