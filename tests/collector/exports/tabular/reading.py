"""Reads an export by what the export says of itself: its manifest, never the code that wrote it."""

import csv
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]

Row = dict[str, Any]


def manifest(folder: Path) -> dict[str, Any]:
    """Return the data package."""
    package: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return package


def resource(folder: Path, name: str) -> dict[str, Any]:
    """Return a file's entry."""
    found: dict[str, Any] = next(one for one in manifest(folder)["resources"] if one["name"] == name)
    return found


def cells(folder: Path, table: str) -> list[list[str]]:
    """Return a CSV file's rows as they stand there, without the header."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))[1:]


def from_csv(folder: Path, table: str) -> list[Row]:
    """Return a table by its CSV file and its Table Schema."""
    fields = resource(folder, table)["schema"]["fields"]
    return [
        {field["name"]: _read(field["type"], cell) for field, cell in zip(fields, row, strict=True)}
        for row in cells(folder, table)
    ]


def from_parquet(folder: Path, table: str) -> list[Row]:
    """Return a table by its Parquet file."""
    rows: list[Row] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return rows


_READERS: dict[str, Callable[[str], object]] = {
    "string": lambda cell: cell.removeprefix("'"),
    "array": json.loads,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _read(kind: str, cell: str) -> object:
    return None if cell == "" else _READERS[kind](cell)
