"""One patient: the head with each site's standing and change, the sites' courses, the visits, raters' opinions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page import words
from collector.page.charts.head import HeadWords, Trend, TrendPlace, sign, signs, trend_map
from collector.page.charts.spark import sparkline
from collector.page.courses import Course, Courses, read_courses
from collector.page.language import Language
from collector.page.readings import ShownChange, ShownFigure, headline, shown_figure
from collector.page.site_charts import DENSITY, DIAMETER, counted_band
from collector.page.visits import VisitShown, visits_of
from collector.page.web import Page, screen
from collector.people.roles import Right
from collector.store import captures, series
from collector.store.order import order_taken
from contract import DONOR_CONTROL, Comparison, Scale, SiteKey, Visit, place_of

VISITS_SHOWN = 6
"""Of a patient the newest; the others a step further: each holds a dozen pictures."""


_SCALES = {Scale.NORWOOD_HAMILTON: "Norwood-Hamilton", Scale.LUDWIG: "Ludwig", Scale.SINCLAIR: "Sinclair"}


@dataclass(frozen=True)
class Opinions:
    """What raters said of the whole head at a visit."""

    visit_number: int
    day: str
    said: str


@dataclass(frozen=True)
class SiteRow:
    """A site of the patient: what was measured last, and what became of it since the baseline."""

    site: SiteKey
    name: str
    donor: bool
    visits: int
    last_visit: int | None
    density: ShownFigure
    diameter: ShownFigure
    change: ShownChange | None
    since: int | None
    upto: int | None
    trend: Trend
    course: str


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def patient(request: Request) -> Response:
        code, before = request.path_params["code"], _before(request.query_params.get("before", ""))
        language = page.language(request)
        with page.store.reading() as connection:
            courses = read_courses(connection, code)
            if not courses.takes:
                raise HTTPException(
                    404,
                    f"No capture of patient {code} has arrived. Check the code, or whether the device has sent yet.",
                )
            latest = [one.latest.message_id for one in courses.of_site.values() if one.latest is not None]
            read = series.comparisons_without_hairs(connection, latest)
            records = [stored.visit for stored in captures.visits_of(connection, code)]
            numbers = [number for number in courses.visit_numbers if before is None or number < before]
            shown = _visits(connection, courses, numbers[-VISITS_SHOWN:], records)
        page.looked(request, code)
        rows = [_row(course, read, language) for course in courses.of_site.values()]
        return page.render(
            request,
            "patient.html",
            code=code,
            rows=rows,
            head=_head(code, rows, language),
            all_visits=len(courses.visit_numbers),
            first_taken_at=courses.takes[0].taken_at,
            last_taken_at=courses.takes[-1].taken_at,
            devices=sorted({one.device_id for one in courses.takes}),
            visits=shown,
            newest_shown=before is None,
            older=numbers[-VISITS_SHOWN] if len(numbers) > VISITS_SHOWN else None,
            opinions=_opinions(records, language),
            trend_sign=sign,
            trend_signs=signs(),
        )

    return [screen("/patients/{code}", patient, Right.SEE_PATIENTS)]


def _before(asked: str) -> int | None:
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 4 else None


def _visits(
    connection: Connection, courses: Courses, numbers: Sequence[int], records: Sequence[Visit]
) -> list[VisitShown]:
    """Read the captures of some visits, and of each site what it was last before them."""
    if not numbers:
        return []
    wanted = [one.message_id for one in courses.takes if one.visit_number in set(numbers)]
    before = {
        site: earlier[-1].message_id
        for site, course in courses.of_site.items()
        if (earlier := [one for one in course.captures if one.visit_number < numbers[0]])
    }
    read = series.captures_without_hairs(connection, [*wanted, *before.values()])
    taken = [read[one] for one in wanted]
    return visits_of(
        [taken[place] for place in order_taken(taken)],
        courses.standings,
        records=records,
        before={site: read[one] for site, one in before.items()},
    )


def _row(course: Course, read: Mapping[UUID, Comparison], language: Language) -> SiteRow:
    newest, latest = course.newest, course.latest
    compared = None if latest is None else read[latest.message_id]
    change = None if compared is None else headline(compared, language)
    values = [(one.taken_at, figure.value) for one in course.captures if (figure := one.figure(DENSITY)) is not None]
    return SiteRow(
        site=course.site,
        name=words.site(course.site, language),
        donor=course.site == DONOR_CONTROL,
        visits=len(course.captures),
        last_visit=None if newest is None else newest.visit_number,
        density=shown_figure(DENSITY, None if newest is None else newest.figure(DENSITY), language),
        diameter=shown_figure(DIAMETER, None if newest is None else newest.figure(DIAMETER), language),
        change=change,
        since=None if latest is None else latest.baseline.visit_number,
        upto=None if latest is None else latest.followup.visit_number,
        trend="new" if change is None else change.call.value,
        course=sparkline(values, counted_band(DENSITY, course.baseline, compared)),
    )


def _head(code: str, rows: Sequence[SiteRow], language: Language) -> str:
    places = []
    for row in rows:
        place = place_of(row.site)
        lines = [row.density.value and f"{row.density.value} {row.density.unit}"]
        if row.change is not None and row.change.value:
            lines.append(
                language.words("{change} since visit {visit}").format(change=row.change.value, visit=row.since)
            )
        elif row.visits > 1:
            lines.append(language.words("not compared"))
        if row.donor:
            lines.append(language.words("donor control"))
        places.append(
            TrendPlace(
                key=row.site,
                name=row.name.removesuffix(f" ({language.words('donor control')})"),
                behind_glabella_mm=place.behind_glabella_mm,
                right_mm=place.right_mm,
                lines=tuple(line for line in lines if line),
                trend=row.trend,
                link=f"/patients/{code}/sites/{row.site}",
            )
        )
    return trend_map(
        places,
        HeadWords(
            title=language.words("Sites on the head, seen from above: nose up, the patient's left is on the left"),
            left=language.words("patient's left"),
            front=language.words("front"),
            right=language.words("patient's right"),
        ),
    )


def _opinions(records: Sequence[Visit], language: Language) -> list[Opinions]:
    """Return what raters said at each visit, newest first."""
    return [
        Opinions(
            one.visit_number,
            language.calendar_day(one.visit_date),
            ", ".join(
                f"{language.words(_SCALES[rating.scale])} {rating.grade} ({rating.rater})" for rating in one.ratings
            ),
        )
        for one in reversed(records)
        if one.ratings
    ]
