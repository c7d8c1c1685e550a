"""An export is whole or not there, small in memory, and says truly what it holds."""

import hashlib
import resource as limits
import stat
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from jsonschema import Draft7Validator

from collector.exports.tabular import (
    TABLES,
    CaptureRow,
    ExportCancelled,
    ExportExists,
    ExportFailed,
    Format,
    Source,
    export_tables,
    table_writing,
)
from tests.collector.exports.tabular.examples import many_captures, small_clinic
from tests.collector.exports.tabular.reading import from_csv, from_parquet, manifest


def test_the_manifest_says_what_is_there(tmp_path: Path) -> None:
    """Breaks when a file was altered and the manifest does not show it, or a file is not listed."""
    rows = export_tables(tmp_path / "tables", small_clinic())
    listed = manifest(tmp_path / "tables")["resources"]
    files = {path.name for path in (tmp_path / "tables").iterdir()}
    assert {one["path"] for one in listed} | {"datapackage.json"} == files
    for one in listed:
        content = (tmp_path / "tables" / one["path"]).read_bytes()
        assert one["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert one["bytes"] == len(content)
    for table in TABLES:
        for name in (table.name, f"{table.name}-parquet"):
            entry = next(one for one in listed if one["name"] == name)
            assert entry["rows"] == rows[table.name] == len(from_csv(tmp_path / "tables", table.name))
    assert stat.S_IMODE((tmp_path / "tables").stat().st_mode) == 0o700


_TABLE_SCHEMA = {
    "type": "object",
    "required": ["fields", "primaryKey", "missingValues"],
    "properties": {
        "missingValues": {"const": [""]},
        "fields": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "type", "description", "constraints"],
                "properties": {
                    "name": {"pattern": "^[a-z][a-z0-9_]*$"},
                    "type": {"enum": ["string", "number", "integer", "boolean", "array", "date", "datetime"]},
                    "format": {"enum": ["default", "any"]},
                    "description": {"minLength": 3},
                    "constraints": {
                        "properties": {"required": {"type": "boolean"}, "enum": {"minItems": 1}},
                        "additionalProperties": False,
                        "patternProperties": {"^(required|enum|minimum|maximum)$": True},
                    },
                },
            },
        },
    },
}
"""What of Frictionless' Table Schema the tables use."""


def test_each_table_comes_with_a_schema_that_its_rows_keep(tmp_path: Path) -> None:
    """Breaks when the schema is none, a key names no column, or a row breaks what the schema promises."""
    export_tables(tmp_path / "tables", small_clinic())
    by_name = {one["name"]: one for one in manifest(tmp_path / "tables")["resources"]}
    for table in TABLES:
        schema = by_name[table.name]["schema"]
        Draft7Validator(_TABLE_SCHEMA).validate(schema)
        names = [field["name"] for field in schema["fields"]]
        assert set(schema["primaryKey"]) <= set(names)
        for foreign in schema.get("foreignKeys", []):
            there = by_name[foreign["reference"]["resource"]]["schema"]
            assert set(foreign["reference"]["fields"]) <= {field["name"] for field in there["fields"]}
        rows = from_csv(tmp_path / "tables", table.name)
        keys = [tuple(row[name] for name in schema["primaryKey"]) for row in rows]
        assert len(set(keys)) == len(keys) > 0
        for field in schema["fields"]:
            column = [row[field["name"]] for row in rows]
            given = [cell for cell in column if cell is not None]
            promised = field["constraints"]
            assert not promised["required"] or len(given) == len(column), field["name"]
            assert "enum" not in promised or set(given) <= set(promised["enum"]), field["name"]
            assert "minimum" not in promised or all(cell >= promised["minimum"] for cell in given)
            assert "maximum" not in promised or all(cell <= promised["maximum"] for cell in given)


def test_a_long_table_is_written_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a row is lost or doubled between two pieces, or a Parquet file is one group however long it is."""
    monkeypatch.setattr(table_writing, "CELLS_AT_ONCE", 1_000)
    rows = export_tables(tmp_path / "tables", Source(captures=many_captures(45, hairs=3)))
    assert (rows["captures"], rows["hairs"]) == (45, 135)
    for read in (from_csv, from_parquet):
        assert [int(row["calibration_due"].strip(" .")) for row in read(tmp_path / "tables", "captures")] == [
            *range(45)
        ]
        assert [row["hair"] for row in read(tmp_path / "tables", "hairs")] == [0, 1, 2] * 45
    for table in ("captures", "hairs"):
        file = pq.ParquetFile(tmp_path / "tables" / f"{table}.parquet")
        assert file.num_row_groups > 2
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def _until(number: int, then: Exception) -> Iterator[CaptureRow]:
    yield from many_captures(number)
    raise then


def test_a_source_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Breaks when half an export looks like one."""
    with pytest.raises(LookupError, match="the store went away"):
        export_tables(tmp_path / "tables", Source(captures=_until(3, LookupError("the store went away"))))
    assert list(tmp_path.iterdir()) == []


def test_an_export_is_called_off_at_once(tmp_path: Path) -> None:
    """Breaks when a cancelled export goes on, or leaves files behind."""
    taken: list[CaptureRow] = []

    def watched() -> Iterator[CaptureRow]:
        for row in many_captures(1000):
            taken.append(row)
            yield row

    with pytest.raises(ExportCancelled, match="nothing is left"):
        export_tables(tmp_path / "tables", Source(captures=watched()), cancelled=lambda: len(taken) >= 5)
    assert len(taken) == 5
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """Breaks when a second export replaces the first, or a file of that name."""
    export_tables(tmp_path / "tables", Source(), formats=[Format.CSV])
    before = sorted(path.name for path in (tmp_path / "tables").iterdir())
    with pytest.raises(ExportExists, match="choose another name"):
        export_tables(tmp_path / "tables", small_clinic())
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == before
    assert not any(name.endswith("parquet") for name in before)


@pytest.mark.parametrize("form", list(Format))
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, form: Format) -> None:
    """Breaks when a disk that takes no more leaves half an export, or an error that says nothing."""
    soft, hard = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(ExportFailed, match="free space or choose another folder"):
            export_tables(tmp_path / "tables", Source(captures=many_captures(400)), formats=[form])
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Breaks when a mistyped path ends in a traceback."""
    with pytest.raises(ExportFailed, match="No such file"):
        export_tables(tmp_path / "nowhere" / "tables", Source())


def test_memory_does_not_grow_with_the_clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when rows are kept: a clinic's export would then need the memory of its whole history."""
    monkeypatch.setattr(table_writing, "CELLS_AT_ONCE", 25_000)  # that the smaller export fills it in each table
    peaks, told = {}, []
    for number in (500, 5_000):  # captures of three hairs: 2,000 and 20,000 rows
        tracemalloc.start()
        export_tables(
            tmp_path / str(number),
            Source(captures=many_captures(number, hairs=3)),
            progress=lambda *at: told.append(at),
        )
        peaks[number] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[5_000] < 1.2 * peaks[500], f"{peaks} bytes"
    of_captures = [rows for table, rows in told if table == "captures"]
    assert of_captures[-1] == 5_000
    assert len(of_captures) > 10, "told as it goes"
