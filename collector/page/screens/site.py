"""One site over its visits: what changed, figures and changes as charts, two pictures over each other, every figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page import figures, words
from collector.page.charts import fates, lines
from collector.page.charts.head import sign, signs
from collector.page.courses import Course, Courses, read_courses, with_donor
from collector.page.language import Language
from collector.page.picture_pair import Laid, PicturePair, picture_pair
from collector.page.readings import ShownChange, ShownFigure, headline, shown_changes, shown_figure
from collector.page.site_charts import CHOICE, DENSITY, DIAMETER, ShownChart, change_chart, figure_chart, hairs_chart
from collector.page.web import Page, screen
from collector.people.roles import Right
from collector.pictures.pictures import PicturesAway
from collector.report.change_figures import against_donor, change_figures
from collector.store import series
from collector.store.series import ListedCapture
from contract import DONOR_CONTROL, Capture, Comparison, SiteKey, instrument_changes

_SITE = TypeAdapter(SiteKey)

ROWS_SHOWN = 24
"""Of tables, the newest; all are a step further."""

COLUMNS = (
    DENSITY,
    DIAMETER,
    "terminal_density_per_cm2",
    "vellus_density_per_cm2",
    "thin_hair_share",
    "cumulative_thickness_mm_per_cm2",
    "hairs_per_unit",
)
"""The figures of the table of visits; the others are at each capture, and each can be drawn."""


@dataclass(frozen=True)
class FigureCell:
    """A figure of a visit, and the same by corrected hairs where they were."""

    automatic: ShownFigure
    corrected: ShownFigure | None


@dataclass(frozen=True)
class VisitRow:
    """A visit of the site: its figures, and what is to know of its picture."""

    capture: Capture
    baseline: bool
    cells: tuple[FigureCell, ...]
    corrected: bool
    changed: str


@dataclass(frozen=True)
class ChangeRow:
    """A comparison of the site: its changes, and what became of the hairs."""

    since: int
    upto: int
    changes: tuple[ShownChange, ...]
    comparison: Comparison


@dataclass(frozen=True)
class Chosen:
    """The two visits whose pictures are shown."""

    earlier: Capture
    later: Capture
    pair: PicturePair


@dataclass(frozen=True)
class _Read:
    """What of the store a site's page is made of."""

    courses: Courses
    site: Course
    donor: Course | None
    captures: Mapping[UUID, Capture]
    comparisons: Mapping[UUID, Comparison]


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def shown(request: Request) -> Response:
        code, site = request.path_params["code"], _site(request.path_params["site"])
        language = page.language(request)
        with page.store.reading() as connection:
            read = _read(connection, code, site)
            chosen = _chosen(connection, read, _asked(request), lambda sha256: _has(page, sha256))
        page.looked(request, code, site)
        changed = _instrument(read, language)
        latest = None if read.site.latest is None else read.comparisons[read.site.latest.message_id]
        most = len(read.site.captures) or 1 if request.query_params.get("rows") == "all" else ROWS_SHOWN
        field = request.query_params.get("figure", DIAMETER)
        field = field if field in CHOICE else DIAMETER

        def drawn(one: str) -> ShownChart | None:
            return figure_chart(
                one,
                site=read.site,
                donor=read.donor,
                standings=read.courses.standings,
                latest=latest,
                changed=changed,
                language=language,
            )

        return page.render(
            request,
            "site.html",
            code=code,
            site=site,
            is_donor=site == DONOR_CONTROL,
            donor=read.donor,
            change=None if latest is None else headline(latest, language),
            latest=latest,
            beside=_beside(read, latest),
            newest=read.site.newest,
            simulated=any(one.simulated for one in read.captures.values()),
            density=drawn(DENSITY),
            other=drawn(field),
            field=field,
            choice=[(one, language.words(figures.notation(one).name)) for one in _given(read.site)],
            changes_chart=change_chart(read.site, read.donor, read.comparisons, changed, language),
            hairs=hairs_chart(read.site, read.comparisons, language),
            flagged=bool(changed),
            rows=_rows(read, read.site.captures[-most:], changed, language),
            columns=[shown_figure(one, None, language) for one in COLUMNS],
            change_rows=_change_rows(read, read.site.comparisons[-most:], language),
            more_rows=len(read.site.captures) > most,
            rejected=[one for one in read.courses.takes if one.site == site and read.courses.standings.rejects(one)],
            chosen=chosen,
            visits=[(one.visit_number, one.taken_at) for one in read.site.captures],
            laid=Laid,
            trend_sign=sign,
            trend_signs=signs(),
            line_sign=lines.in_legend,
            bar_sign=fates.in_legend,
        )

    return [screen("/patients/{code}/sites/{site}", shown, Right.SEE_PATIENTS)]


def _site(asked: str) -> SiteKey:
    try:
        return _SITE.validate_python(asked)
    except ValidationError:
        raise HTTPException(404, "There is no such site. Go back to the patient and choose one.") from None


def _asked(request: Request) -> tuple[int | None, int | None]:
    def number(name: str) -> int | None:
        given = request.query_params.get(name, "")
        return int(given) if given.isascii() and given.isdigit() and len(given) <= 4 else None

    return number("earlier"), number("later")


def _read(connection: Connection, code: str, site: SiteKey) -> _Read:
    courses = read_courses(connection, code, with_donor(site))
    own = courses.course(site)
    if not own.captures and not own.comparisons and not any(one.site == site for one in courses.takes):
        raise HTTPException(
            404,
            f"Nothing of patient {code}, {words.site(site).lower()}, has arrived. Check the code and the site, or"
            " whether the device has sent yet.",
        )
    donor = courses.course(DONOR_CONTROL) if site != DONOR_CONTROL else None
    if donor is not None and not donor.captures:
        donor = None
    heads = [*own.comparisons, *(() if donor is None else donor.comparisons)]
    return _Read(
        courses,
        own,
        donor,
        series.captures_without_hairs(connection, [one.message_id for one in own.captures]),
        series.comparisons_without_hairs(connection, [one.message_id for one in heads]),
    )


def _instrument(read: _Read, language: Language) -> dict[int, str]:
    """Return the visits before which the instrument changed, each with a sentence."""
    found = {}
    for earlier, later in pairwise(read.captures[one.message_id] for one in read.site.captures):
        if changed := instrument_changes(earlier, later):
            found[later.visit_number] = words.changes(changed, language)
    return found


def _given(site: Course) -> list[str]:
    """Return the figures that any picture of the site supports, of those that can be drawn."""
    return [field for field in CHOICE if any(one.figure(field) is not None for one in site.captures[-3:])]


def _beside(read: _Read, latest: Comparison | None) -> Sequence[str]:
    """Say whether the newest change is more than the donor control's over the same visits."""
    if latest is None:
        return ()
    if read.site.site == DONOR_CONTROL:
        return (
            "This site is the donor control itself, which does not thin: a change here tells of the instrument or its"
            " handling.",
        )
    beside = next(
        (
            read.comparisons[one.message_id]
            for one in (() if read.donor is None else read.donor.comparisons)
            if one.followup.visit_number == latest.followup.visit_number
            and one.baseline.visit_number == latest.baseline.visit_number
        ),
        None,
    )
    return against_donor(change_figures(latest)[0], None if beside is None else change_figures(beside)[0])


def _rows(
    read: _Read, captures: Sequence[ListedCapture], changed: Mapping[int, str], language: Language
) -> list[VisitRow]:
    """Return some visits, newest first."""
    said = read.courses.standings
    rows = []
    for one in reversed(captures):
        by_hand = said.corrected_figures(one)
        cells = [
            FigureCell(
                shown_figure(field, one.figure(field), language),
                shown_figure(field, by_hand[field], language) if field in by_hand else None,
            )
            for field in COLUMNS
        ]
        is_baseline = read.site.baseline is not None and one.message_id == read.site.baseline.message_id
        rows.append(
            VisitRow(
                read.captures[one.message_id],
                is_baseline,
                tuple(cells),
                said.corrected(one),
                changed.get(one.visit_number, ""),
            )
        )
    return rows


def _change_rows(read: _Read, heads: Sequence[Comparison], language: Language) -> list[ChangeRow]:
    """Return some comparisons, newest first."""
    return [
        ChangeRow(
            one.baseline.visit_number,
            one.followup.visit_number,
            tuple(shown_changes(compared, language)),
            compared,
        )
        for one in reversed(heads)
        for compared in (read.comparisons[one.message_id],)
    ]


def _chosen(
    connection: Connection, read: _Read, asked: tuple[int | None, int | None], is_there: Callable[[str], bool]
) -> Chosen | None:
    """Return the two pictures that were asked for; else those of the newest comparison, else first and last."""
    by_visit = {one.visit_number: one.message_id for one in read.site.captures}
    if len(by_visit) < 2:
        return None
    latest = read.site.latest
    usual = min(by_visit), max(by_visit)
    if latest is not None and {latest.baseline.visit_number, latest.followup.visit_number} <= set(by_visit):
        usual = latest.baseline.visit_number, latest.followup.visit_number
    first, last = (
        given if given is not None and given in by_visit else other for given, other in zip(asked, usual, strict=True)
    )
    if first == last:
        first, last = usual
    earlier, later = (read.captures[by_visit[number]] for number in sorted((first, last)))
    compared = _comparison(read.site.comparisons, earlier, later)
    whole = None if compared is None else series.comparison(connection, compared.message_id)
    return Chosen(
        earlier,
        later,
        picture_pair(earlier, later, whole, _over_baseline(read, earlier, later), is_there),
    )


def _comparison(heads: Sequence[Comparison], earlier: Capture, later: Capture) -> Comparison | None:
    return next(
        (
            one
            for one in heads
            if (one.baseline.message_id, one.followup.message_id) == (earlier.message_id, later.message_id)
        ),
        None,
    )


def _over_baseline(read: _Read, earlier: Capture, later: Capture) -> tuple[Comparison | None, Comparison | None]:
    """Return what two captures were each compared with the same baseline."""
    ends = {one.followup.message_id: one for one in read.site.comparisons}
    one, other = ends.get(earlier.message_id), ends.get(later.message_id)
    if one is None or other is None or one.baseline.message_id != other.baseline.message_id:
        return None, None
    return read.comparisons[one.message_id], read.comparisons[other.message_id]


def _has(page: Page, sha256: str) -> bool:
    try:
        return page.pictures.has(sha256)
    except PicturesAway:
        return False  # the page says what is the matter
