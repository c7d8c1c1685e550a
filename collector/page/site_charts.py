"""The charts of a site's page: figures over visits beside the donor control's, and changes by matched hairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from analysis.figure_words import FIGURES
from collector.page import figures
from collector.page.charts.axes import VisitPlace
from collector.page.charts.fates import Fates, fates_chart
from collector.page.charts.lines import Band, Point, Words, line_chart
from collector.page.courses import Course
from collector.page.language import Language
from collector.page.readings import between, shown_figure, signed
from collector.report.change_figures import HEADLINE, unit_of
from collector.report.document import typeset
from collector.report.floors import floor_of_change, floor_of_counted
from collector.store.series import ListedCapture
from collector.store.standings import Standings
from contract import Comparison, Interval

DENSITY, DIAMETER = "hair_density_per_cm2", "mean_diameter_um"

CHOICE = (
    DIAMETER,
    "terminal_density_per_cm2",
    "vellus_density_per_cm2",
    "terminal_share",
    "thin_hair_share",
    "diameter_diversity",
    "cumulative_thickness_mm_per_cm2",
    "unit_density_per_cm2",
    "hairs_per_unit",
    "shaft_lightness",
    "shaft_contrast",
)
"""The figures of which one is drawn beside the density."""

Read = Mapping[UUID, Comparison]
"""Comparisons by their ids, without hairs."""


@dataclass(frozen=True)
class ShownChart:
    """A chart with what must be known to read it."""

    title: str
    unit: str
    drawing: str
    has_band: bool
    has_corrected: bool = False


def axis(courses: Sequence[Course], language: Language) -> list[VisitPlace]:
    """Return the visits of some sites; where they differ in time, the first site's time holds."""
    moments = dict(pair for course in reversed(courses) for pair in course.moments.items())
    return [VisitPlace(number, moments[number], language.day(moments[number])) for number in sorted(moments)]


def figure_chart(
    field: str,
    *,
    site: Course,
    donor: Course | None,
    standings: Standings,
    latest: Comparison | None,
    changed: Mapping[int, str],
    language: Language,
) -> ShownChart | None:
    """Draw a figure over the visits, each picture by itself; None where no picture supports it.

    Parameters
    ----------
    field
        Of the figure.
    site, donor
        The site, and the donor control where that is another one.
    standings
        What stands of the captures: for corrected hairs.
    latest
        The site's newest comparison, whose noise floor is drawn.
    changed
        The visits before which the instrument changed, with a sentence.
    language
        The reader's.
    """
    own = _points(field, site, standings, language)
    if not own:
        return None
    beside = [] if donor is None else _points(field, donor, None, language)
    floor = counted_band(field, site.baseline, latest)
    title = language.words(figures.notation(field).name)
    told = language.words("{first} {last} All values are in the table of visits on this page.").format(
        first=own[0].words, last=own[-1].words if len(own) > 1 else ""
    )
    drawing = line_chart(
        axis([site] if donor is None else [site, donor], language),
        own,
        beside,
        Words(title, told, language.words("Visit"), language.number),
        band=floor,
        changed=changed,
    )
    unit = language.words(figures.notation(field).unit)
    return ShownChart(title, unit, drawing, floor is not None, any(one.corrected is not None for one in own))


def counted_band(field: str, baseline: ListedCapture | None, latest: Comparison | None) -> Band | None:
    """Return the noise floor of a figure about its value at baseline, as it is written; None where none is known."""
    start = None if baseline is None else baseline.figure(field)
    floor = None if latest is None or field not in FIGURES else floor_of_counted(latest, field)
    if start is None or floor is None:
        return None
    factor = figures.notation(field).factor
    return Band((start.value - floor.called_from) * factor, (start.value + floor.called_from) * factor)


def change_chart(
    site: Course, donor: Course | None, read: Read, changed: Mapping[int, str], language: Language
) -> ShownChart | None:
    """Draw the change in density by matched hairs since the visit of the newest comparison's baseline.

    None where nothing was compared, or nothing matched.
    """
    if site.latest is None:
        return None
    first = site.latest.baseline.visit_number
    own = _changes(site, first, read, language)
    if len(own) < 2:
        return None
    unit = unit_of(HEADLINE)
    floor = floor_of_change(read[site.latest.message_id], HEADLINE)
    title = language.words("Change in hair density since visit {first}, by matched hairs").format(first=first)
    told = language.words("{last} All changes are in the table of changes on this page.").format(last=own[-1].words)
    drawing = line_chart(
        axis([site] if donor is None else [site, donor], language),
        own,
        [] if donor is None else _changes(donor, first, read, language),
        Words(title, told, language.words("Visit"), language.number),
        band=None if floor is None else Band(-floor.called_from, floor.called_from),
        zero=True,
        changed=changed,
    )
    return ShownChart(title, language.words(typeset(unit)), drawing, floor is not None)


def hairs_chart(site: Course, read: Read, language: Language) -> ShownChart | None:
    """Draw how many hairs are new and lost at each visit; None where none could be matched."""
    found = [
        Fates(
            one.followup.visit_number,
            change.matched,
            change.new,
            change.lost,
            language.words("Visit {visit}: {kept} kept, {new} new, {lost} lost.").format(
                visit=one.followup.visit_number, kept=change.matched, new=change.new, lost=change.lost
            ),
        )
        for one in site.comparisons
        if (change := read[one.message_id].change).transform is not None
    ]
    if not found:
        return None
    title = language.words("New and lost hairs since the baseline")
    words = Words(title, found[-1].words, language.words("Visit"), language.number)
    return ShownChart(title, language.words("hairs"), fates_chart(axis([site], language), found, words), has_band=False)


def _points(field: str, course: Course, standings: Standings | None, language: Language) -> list[Point]:
    factor = figures.notation(field).factor
    points = []
    for one in course.captures:
        figure = one.figure(field)
        if figure is None:
            continue
        corrected = None if standings is None else standings.corrected_figures(one).get(field)
        points.append(
            Point(
                one.visit_number,
                figure.value * factor,
                figure.low * factor,
                figure.high * factor,
                _at_visit(one.visit_number, shown_figure(field, figure, language).words, language),
                None if corrected is None else corrected.value * factor,
            )
        )
    return points


def _changes(course: Course, first: int, read: Read, language: Language) -> list[Point]:
    """Give the changes since one visit; those since another one are of another place on the axis, and left out."""
    since = [one for one in course.comparisons if one.baseline.visit_number == first]
    if not since:
        return []
    unit = unit_of(HEADLINE)
    points = [
        Point(first, 0.0, None, None, _at_visit(first, language.words("where changes are counted from"), language))
    ]
    for one in since:
        change: Interval | None = getattr(read[one.message_id].change, HEADLINE)
        if change is not None:
            written = f"{signed(change.value, unit, language)} {language.words(typeset(unit))}"
            words = f"{written} ({between(change, unit, language)})"
            number = one.followup.visit_number
            points.append(Point(number, change.value, change.low, change.high, _at_visit(number, words, language)))
    return points


def _at_visit(number: int, words: str, language: Language) -> str:
    return language.words("Visit {visit}: {words}.").format(visit=number, words=words)
