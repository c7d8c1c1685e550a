"""A table as Parquet: row groups written as they come, units and definitions in the schema."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from collector.exports.tabular.columns import Cell, Column, Kind
from collector.exports.tabular.tables.table import Table

_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.TEXTS: pa.list_(pa.field("element", pa.string(), nullable=False)),
    Kind.WHOLE: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.TRUTH: pa.bool_(),
    Kind.MOMENT: pa.timestamp("us", tz="UTC"),
    Kind.DAY: pa.date32(),
}


def arrow_schema(table: Table) -> pa.Schema:
    """Return a table's Arrow schema; what the codebook says of a column is its field's metadata."""
    fields = [
        pa.field(column.name, _TYPES[column.kind], nullable=column.null is not None, metadata=_metadata(column))
        for column in table.columns
    ]
    return pa.schema(fields, metadata={"table": table.name, "about": table.about, "key": json.dumps(table.key)})


def _metadata(column: Column[object]) -> dict[str, str]:
    said = {"definition": column.definition, "unit": column.unit, "null": column.null or ""}
    if column.allowed:
        said["allowed"] = json.dumps([str(one) for one in column.allowed])
    return {name: text for name, text in said.items() if text}


class ParquetFile:
    """A Parquet file that is being written, one row group a call."""

    def __init__(self, path: Path, table: Table) -> None:
        self._schema = arrow_schema(table)
        self._file = path.open("wb")
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd")

    def write(self, columns: Sequence[Sequence[Cell]]) -> None:
        """Write some rows, given by column."""
        arrays = [pa.array(cells, field.type) for cells, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write what a reader begins with, force all to the disk, and close it."""
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Close it as it is."""
        with suppress(OSError, pa.ArrowException):  # the end of a file that nobody will read
            self._writer.close()
        self._file.close()
