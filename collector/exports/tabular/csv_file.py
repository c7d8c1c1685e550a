"""A table as CSV: UTF-8, RFC 4180, so written that every value can be read back exactly and no cell is a formula.

An empty cell is null. A text that is empty, or that begins (blanks left out) with a sign by which a spreadsheet knows a
formula, or with an apostrophe, has one apostrophe put before it; a reader takes one apostrophe from the front of each
text that has one. Why: OWASP's CSV injection; and a null must stay apart from an empty text.
"""

import csv
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from collector.exports.tabular.columns import Cell, Kind
from collector.exports.tabular.tables.table import Table

APOSTROPHE = "'"

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula; the wide forms of the same signs too, which some spreadsheets fold into them."""

_BLANK_FIRST = ("\t", "\r", "\n")
"""Spreadsheets drop these from a cell's front, and with them the protection of a quoted cell."""


class CsvFile:
    """A CSV file that is being written; row by row on the disk, not in memory."""

    def __init__(self, path: Path, table: Table) -> None:
        self._kinds = [column.kind for column in table.columns]
        self._file = path.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\r\n")
        self._rows.writerow(column.name for column in table.columns)

    def write(self, columns: Sequence[Sequence[Cell]]) -> None:
        """Write some rows, given by column."""
        written = [[cell_text(kind, cell) for cell in cells] for kind, cells in zip(self._kinds, columns, strict=True)]
        self._rows.writerows(zip(*written, strict=True))

    def close(self) -> None:
        """Force it to the disk and close it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Close it as it is."""
        self._file.close()


def cell_text(kind: Kind, cell: Cell) -> str:
    """Return a cell as it stands in the file, before quoting."""
    if cell is None:
        return ""
    return _TEXTS[kind](cell)


def _list(texts: Sequence[str]) -> str:
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _protected(text: str) -> str:
    first = text.lstrip()[:1]
    if not text or text.startswith((APOSTROPHE, *_BLANK_FIRST)) or first in _FORMULA:
        return APOSTROPHE + text
    return text


_TEXTS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _protected,
    Kind.TEXTS: _list,
    Kind.WHOLE: repr,
    Kind.NUMBER: repr,  # the shortest decimal that is read back as the same number
    Kind.TRUTH: lambda truth: "true" if truth else "false",
    Kind.MOMENT: _moment,
    Kind.DAY: date.isoformat,
}
