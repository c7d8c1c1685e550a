"""All visits' figures as a table: one column a visit, in as many tables as the page's width asks for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collector.page import figures, words
from collector.report.series import SiteSeries
from contract import Capture, Visit, instrument_changes

_MOST_COLUMNS = 4


@dataclass(frozen=True)
class Column:
    """One visit at the head of the table."""

    capture: Capture
    day: str
    is_baseline: bool


@dataclass(frozen=True)
class Row:
    """One figure or fact over the visits; a cell is its value and its interval, both empty where there is none."""

    about: str
    name: str
    unit: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class VisitTable:
    """Some of the visits, with their rows."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def visit_tables(site: SiteSeries, visits: Sequence[Visit]) -> list[VisitTable]:
    """Return the tables of a site's series.

    Parameters
    ----------
    site
        Its series.
    visits
        What instruments said of the patient's visits: for the raters' grades.
    """
    baseline = site.baseline
    parts = [site.captures[at : at + _MOST_COLUMNS] for at in range(0, len(site.captures), _MOST_COLUMNS)]
    return [
        VisitTable(
            tuple(Column(one, figures.day(one.taken_at), one is baseline) for one in part),
            (*_figure_rows(part), *_fact_rows(part, site, visits)),
            tuple(_notes(part)),
        )
        for part in parts
    ]


def _figure_rows(captures: Sequence[Capture]) -> list[Row]:
    columns = [{figure.name: figure for figure in figures.figures(one.measurement)} for one in captures]
    names = dict.fromkeys(name for column in columns for name in column)
    rows = []
    for name in names:
        like = next(column[name] for column in columns if name in column)
        cells = ((one.value or "", one.interval or "") if (one := column.get(name)) else ("", "") for column in columns)
        rows.append(Row(like.about, name, like.unit, tuple(cells)))
    return rows


def _fact_rows(captures: Sequence[Capture], site: SiteSeries, visits: Sequence[Visit]) -> list[Row]:
    rated = _ratings(visits)
    facts = {
        "Hairs counted": [
            f"{len(one.measurement.hairs)} in {one.measurement.area_cm2:.2f} cm\u00b2" for one in captures
        ],
        "Quality": [_quality(one) for one in captures],
        "Scale": [figures.scale(one.calibration) for one in captures],
        "Scale from": [_source(one) for one in captures],
        "Device": [one.device_id for one in captures],
        "Instrument": [_instrument(one, site) for one in captures],
        "Raters' grades": ["; ".join(rated[one.visit_number]) for one in captures],
    }
    return [
        Row("The picture", name, "", tuple((cell, "") for cell in cells)) for name, cells in facts.items() if any(cells)
    ]


def _quality(capture: Capture) -> str:
    word = words.VERDICTS[capture.quality.verdict].word
    return f"{word}; let count by {capture.quality.forced.by}" if capture.quality.forced else word


def _source(capture: Capture) -> str:
    calibration = capture.calibration
    made = f", {figures.day(calibration.made_at)}" if calibration.made_at else ""
    certificate = f", certificate {calibration.certificate_id}" if calibration.certificate_id else ""
    return f"{words.SOURCES[calibration.source][0].upper()}{words.SOURCES[calibration.source][1:]}{made}{certificate}"


def _instrument(capture: Capture, site: SiteSeries) -> str:
    at = site.captures.index(capture)
    if at == 0:
        return ""
    changed = instrument_changes(site.captures[at - 1], capture)
    return "Another " + ", ".join(words.INSTRUMENT_CHANGES[one] for one in changed) if changed else "As before"


def _ratings(visits: Iterable[Visit]) -> dict[int, list[str]]:
    rated: dict[int, list[str]] = defaultdict(list)
    for visit in visits:
        for one in visit.ratings:
            rated[visit.visit_number].append(f"{one.scale.replace('-', ' ').title()} {one.grade} ({one.rater})")
    return rated


def _notes(captures: Sequence[Capture]) -> list[str]:
    said: dict[str, list[int]] = defaultdict(list)
    for capture in captures:
        for note in (*capture.quality.reasons, *(words.flag(flag) for flag in capture.measurement.flags)):
            said[note].append(capture.visit_number)
    return [
        f"Visit {', '.join(str(number) for number in dict.fromkeys(numbers))}: {note}" for note, numbers in said.items()
    ]
