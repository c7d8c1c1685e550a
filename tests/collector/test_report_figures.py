"""Every figure of a report stands in a stored message, as it stands there."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from analysis.figure_words import shown
from collector.report.change_figures import NAMES, unit_of
from contract import Site
from tests.collector.page_clinic import Clinic
from tests.collector.report_series import (
    PATIENT,
    whole_series,
)
from tests.collector.test_report import report_html


class _Cells(HTMLParser):
    """Collects the texts of elements that name a message's field, and all tables' rows."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str, str]] = []
        self.rows: list[list[str]] = []
        self._field: tuple[str, str] | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th", "span"} and "data-field" in given:
            self._field = (given["data-field"], given["data-message"])
        if tag in {"td", "th"} or (tag == "span" and self._field):
            self._text = []

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = " ".join("".join(self._text).split())
        if tag in {"td", "th"} and self.rows:
            self.rows[-1].append(text)
        if tag in {"td", "th", "span"} and self._field:
            self.fields.append((*self._field, text))
            self._field = None


def cells_of(page: str) -> _Cells:
    """Parse a report."""
    cells = _Cells()
    cells.feed(page)
    return cells


def numbers_in(text: str) -> list[float]:
    """Return the numbers of a text."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text.replace("\u2212", "-"))]


def test_every_figure_of_a_change_is_the_message_s(clinic: Clinic) -> None:
    """Breaks when a number in the report is another than the one in the JSON message it names."""
    comparisons = whole_series(clinic)
    messages = {str(one.message_id): json.loads(one.encode())["change"] for one in comparisons}
    cells = cells_of(report_html(clinic))
    seen: dict[str, set[str]] = {number: set() for number in messages}
    for field, message_id, text in cells.fields:
        stored: Any = messages[message_id][field]
        written = numbers_in(text)
        if field in NAMES:
            assert written == [pytest.approx(stored["value"], abs=0.051)]
            assert written == numbers_in(shown(stored["value"], unit_of(field)))
        elif isinstance(stored, dict):
            factor = 100 if field == "anagen_share" else 1
            assert written == [pytest.approx(factor * stored[end], abs=0.51) for end in ("value", "low", "high")]
        else:
            assert written == pytest.approx(stored if isinstance(stored, list) else [stored], abs=0.051), field
        seen[message_id].add(field)
    site, donor = (seen[str(one.message_id)] for one in comparisons)
    assert set(NAMES) | {"matched", "new", "lost", "shared_area_cm2", "anagen_share", "growth_um_per_day"} <= site
    assert set(NAMES) | {"matched", "new", "lost"} <= donor
    rows = [row for row in cells.rows if len(row) == 8][1:]
    for row, (field, name) in zip(rows, NAMES.items(), strict=True):
        assert row[0].startswith(name)
        for comparison, column in zip(comparisons, (2, 6), strict=True):
            stored = messages[str(comparison.message_id)][field]
            assert numbers_in(row[column]) == [pytest.approx(stored[end], abs=0.051) for end in ("low", "high")], field


def test_the_figures_by_visit_are_the_captures(clinic: Clinic) -> None:
    """Breaks when the table of visits or a chart shows another number than the capture it stands under."""
    whole_series(clinic)
    page = report_html(clinic)
    rows = {row[0]: row[1:] for row in cells_of(page).rows if row}
    stored = [json.loads(one.encode())["measurement"] for one in clinic.store.captures_of_site(PATIENT, Site.VERTEX)]
    for name, field, factor, accuracy in (
        ("Hair density, hairs/cm²", "hair_density_per_cm2", 1, 0.51),
        ("Mean projected diameter, µm", "mean_diameter_um", 1, 0.051),
        ("Thin-hair share (< 30 µm), %", "thin_hair_share", 100, 0.51),
        ("Cumulative hair thickness, mm/cm²", "cumulative_thickness_mm_per_cm2", 1, 0.051),
        ("Hairs per unit, hairs/unit", "hairs_per_unit", 1, 0.0051),
    ):
        for cell, measurement in zip(rows[name], stored, strict=True):
            expected = [factor * measurement[field][end] for end in ("value", "low", "high")]
            assert numbers_in(cell) == [pytest.approx(number, abs=accuracy) for number in expected], name
    for number, measurement in enumerate(stored, start=1):
        density = measurement["hair_density_per_cm2"]
        words = f"Visit {number}: {density['value']:.1f} hairs/cm² ({density['low']:.1f} to {density['high']:.1f})."
        assert f"<title>{words}</title>" in page
    assert "<title>Visit 2: +12.3 hairs/cm² (+8.2 to +16.4).</title>" in page
