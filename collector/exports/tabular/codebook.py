"""The codebook: what each column of each table says; for people as Markdown and CSV, for programs as Table Schema."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from collector.exports.tabular.columns import Column, Kind
from collector.exports.tabular.tables.table import Table

HEADER = ("table", "column", "type", "unit", "definition", "allowed", "minimum", "maximum", "null")

CONVENTIONS = (
    "Units are UCUM codes (https://ucum.org); shares are 0 to 1.",
    "Each figure stands with the bounds of its 95 % interval, for the scalp around the site.",
    "Times are UTC in ISO 8601, days the clinic's calendar date, decimals have a point.",
    "CSV is UTF-8 as in RFC 4180. An empty cell is null. A text that is empty, or begins with = + - @ (blanks before"
    " left out), a tab, a line's end or an apostrophe, has one apostrophe before it, so that no spreadsheet takes it"
    " for a formula: take one apostrophe from the front of each text that has one. Lists are JSON arrays.",
    "CSV and Parquet of a table hold the same values in the same order.",
    "Patients and staff are codes. Pictures are named by the SHA-256 of their file.",
)


def as_csv(tables: Sequence[Table]) -> str:
    """Return the codebook as a table: one row a column."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(HEADER)
    for table in tables:
        rows.writerows((table.name, *_entry(column)) for column in table.columns)
    return text.getvalue()


def as_markdown(tables: Sequence[Table]) -> str:
    """Return the codebook to read."""
    lines = ["# Codebook", "", *(f"- {sentence}" for sentence in CONVENTIONS), ""]
    for table in tables:
        lines += [f"## {table.name}", "", table.about, "", f"Key: {', '.join(table.key)}.", ""]
        lines += ["| column | type | unit | definition | values | null means |", "|---|---|---|---|---|---|"]
        for column in table.columns:
            name, kind, unit, definition, allowed, low, high, null = (_cell(part) for part in _entry(column))
            values = allowed or (f"{low or '..'} to {high or '..'}" if low or high else "")
            lines.append(f"| {name} | {kind} | {unit} | {definition} | {values} | {null} |")
        lines.append("")
    return "\n".join(lines)


def table_schema(table: Table) -> dict[str, Any]:
    """Return a table's Table Schema (Frictionless), with unit and meaning of null beside it."""
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }
    if table.of:
        schema["foreignKeys"] = [
            {"fields": [name], "reference": {"resource": other, "fields": [there]}}
            for name, (other, there) in table.of.items()
        ]
    return schema


def _field(column: Column[Any]) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": column.null is None}
    if column.allowed:
        constraints["enum"] = [str(one) for one in column.allowed]
    bounds = {"minimum": column.minimum, "maximum": column.maximum}
    constraints |= {name: bound for name, bound in bounds.items() if bound is not None}
    field: dict[str, Any] = {
        "name": column.name,
        "type": column.kind.value,
        "description": column.definition,
        "constraints": constraints,
    }
    if column.unit:
        field["unit"] = column.unit
    if column.null:
        field["null"] = column.null
    if column.kind is Kind.MOMENT:
        field["format"] = "any"  # Table Schema's own format knows no fractions of a second
    return field


def _entry(column: Column[Any]) -> tuple[str, ...]:
    bounds = ("" if bound is None else f"{bound:g}" for bound in (column.minimum, column.maximum))
    allowed = " ".join(str(one) for one in column.allowed)
    return column.name, column.kind.value, column.unit, column.definition, allowed, *bounds, column.null or ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
