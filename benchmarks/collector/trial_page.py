"""A study's results as people read them: taken out of the tables of its page, and nothing worked out again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

_NUMBER = r"([+\N{MINUS SIGN}-]?\d+(?:\.\d+)?)"
_CHANGE = re.compile(rf"^{_NUMBER} \({_NUMBER} to {_NUMBER}\)$")


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure with its 95 % interval, hairs/cm2, to the decimal that the page shows."""

    value: float
    low: float
    high: float

    def holds(self, truth: float) -> bool:
        """Whether the interval contains a truth."""
        return self.low <= truth <= self.high

    def __str__(self) -> str:
        return f"{self.value:+.1f} ({self.low:+.1f} to {self.high:+.1f})"


@dataclass(frozen=True)
class ShownArm:
    """An arm's row: patients and changes of treated site and donor control."""

    allocated: int
    dropped_out: int
    analysed: int
    change: Shown
    donor: Shown


@dataclass(frozen=True)
class ShownResults:
    """What the page says came of a study: arms and differences against the reference arm, by the arms' codes.

    ``differences`` by method: "Adjusted (ANCOVA)", which is the answer, "Not adjusted", "Mixed model". ``donor`` is the
    control's change over all arms.
    """

    arms: dict[str, ShownArm]
    differences: dict[str, dict[str, Shown]]
    donor: Shown


ANSWER = "Adjusted (ANCOVA)"


def results_of(page: str) -> ShownResults:
    """Read the results on an unlocked study's page."""
    tables = tables_of(page)
    of_arms, against = _headed(tables, "Analysed"), _headed(tables, ANSWER)
    donors = {row[0].split()[0]: row[-1] for row in _headed(tables, "Donor control", "Treated sites").rows}
    arms = {}
    for row in of_arms.rows:
        cells = dict(zip(of_arms.heads, row, strict=True))
        code = row[0].split()[0]
        change = cells["Change (95 % interval)"]
        allocated, left, analysed = (int(cells[name]) for name in ("Allocated", "Dropped out", "Analysed"))
        arms[code] = ShownArm(allocated, left, analysed, _shown(change), _shown(donors[code]))
    methods = (ANSWER, "Not adjusted", "Mixed model")
    differences = {
        row[0].split()[0]: {name: _shown(row[against.heads.index(name)]) for name in methods} for row in against.rows
    }
    said = re.search(rf"not treated, changed by {_NUMBER} \({_NUMBER} to {_NUMBER}\)", text_of(page))
    if said is None:
        raise ValueError("the page does not say how the donor control changed")
    return ShownResults(arms, differences, _shown_of(said))


def text_of(page: str) -> str:
    """Return what a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


@dataclass
class Table:
    """A table's heads and rows, as text."""

    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def tables_of(page: str) -> list[Table]:
    """Return all tables of a page."""
    reader = _Tables()
    reader.feed(page)
    return reader.tables


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self._cell: list[str] | None = None
        self._in_head = False

    def handle_starttag(self, tag: str, _attributes: Sequence[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append(Table())
        elif tag in {"thead", "tbody"}:
            self._in_head = tag == "thead"
        elif tag == "tr" and self.tables and not self._in_head:
            self.tables[-1].rows.append([])
        elif tag in {"td", "th"}:
            self._cell = []

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cell is not None:
            text = " ".join("".join(self._cell).split())
            (self.tables[-1].heads if self._in_head else self.tables[-1].rows[-1]).append(text)
            self._cell = None


def _headed(tables: Sequence[Table], *heads: str) -> Table:
    for table in tables:
        if set(heads) <= set(table.heads):
            return table
    raise ValueError(f"the page has no table with {', '.join(heads)}")


def _shown(text: str) -> Shown:
    found = _CHANGE.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no change with its interval")
    return _shown_of(found)


def _shown_of(found: re.Match[str]) -> Shown:
    return Shown(*(float(part.replace("\N{MINUS SIGN}", "-")) for part in found.groups()))
