"""Writes one table: cells are gathered from rows, and passed on to its files piece by piece."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from collector.exports.tabular.columns import Cell
from collector.exports.tabular.csv_file import CsvFile
from collector.exports.tabular.parquet_file import ParquetFile
from collector.exports.tabular.tables import Table

CELLS_AT_ONCE = 200_000
"""Cells of one table held before they are written as a row group: about 20 MB, however long the export."""


class Format(StrEnum):
    """How a table is written; the value is the file's ending."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass
class TableWriting:
    """One table that is being written: its cells so far, and its files.

    Parameters
    ----------
    table
        Which.
    folder
        Where.
    formats
        In which files.
    progress
        Told the table's name and its rows after each piece that is written.
    """

    table: Table
    folder: Path
    formats: Collection[Format]
    progress: Callable[[str, int], None]
    rows: int = 0

    def __post_init__(self) -> None:
        self._files = [_opened(self.folder, self.table, one) for one in Format if one in self.formats]
        self._cells: list[list[Cell]] = [[] for _ in self.table.columns]

    def add(self, rows: Sequence[object]) -> None:
        """Read the cells of some rows, and write what is held once it is much."""
        for column, cells in zip(self.table.columns, self._cells, strict=True):
            read = column.read
            cells.extend([read(row) for row in rows])
        if len(self._cells[0]) * len(self._cells) >= CELLS_AT_ONCE:
            self._pass_on()

    def finish(self) -> None:
        """Write what is held, and force the files to the disk."""
        self._pass_on()
        for file in self._files:
            file.close()

    def close(self) -> None:
        """Close the files, finished or not."""
        for file in self._files:
            file.abandon()

    def _pass_on(self) -> None:
        if self._cells[0]:
            for file in self._files:
                file.write(self._cells)
        self.rows += len(self._cells[0])
        self._cells = [[] for _ in self.table.columns]
        self.progress(self.table.name, self.rows)


def _opened(folder: Path, table: Table, form: Format) -> CsvFile | ParquetFile:
    path = folder / f"{table.name}.{form}"
    return CsvFile(path, table) if form is Format.CSV else ParquetFile(path, table)
