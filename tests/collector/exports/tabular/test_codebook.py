"""The codebook: one declaration a column, so that header, type and meaning cannot differ."""

import csv
import io
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from pydantic import BaseModel

from collector.exports.tabular import TABLES, Source, Table, codebook, export_tables
from contract import Calibration, Capture, Change, Comparison, Hair, Measurement, Quality, Rating, Repeatability, Visit
from tests.collector.exports.ucum import is_ucum


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_header_schema_and_codebook_name_the_same_columns(table: Table, tmp_path: Path) -> None:
    """Breaks when a column stands in a file and not in the codebook, or in another order."""
    export_tables(tmp_path / "tables", Source())
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    with (tmp_path / "tables" / f"{table.name}.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == names
    schema = pq.read_schema(tmp_path / "tables" / f"{table.name}.parquet")
    assert schema.names == names
    book = [row for row in csv.DictReader(io.StringIO(codebook.as_csv(TABLES))) if row["table"] == table.name]
    assert [row["column"] for row in book] == names
    for row, field in zip(book, schema, strict=True):
        said = {name.decode(): text.decode() for name, text in field.metadata.items()}
        assert said["definition"] == row["definition"]
        assert (said.get("unit", ""), said.get("null", "")) == (row["unit"], row["null"])
        assert field.nullable == bool(row["null"]), "what a null means is said where there may be one, and only there"
    markdown = codebook.as_markdown(TABLES)
    assert all(f"| {name} | " in markdown for name in names)


def test_units_of_columns_are_ucum_and_numbers_have_one() -> None:
    """Breaks when a column's unit is no UCUM code, or a number has none."""
    for table in TABLES:
        for column in table.columns:
            assert not column.unit or is_ucum(column.unit), column.name
            if column.kind.value == "number":
                assert column.unit, f"{table.name}.{column.name}"


_SHOWN_OTHERWISE = {
    # of a message's way here: nothing of the patient
    "schema_version",
    "boot_id",
    "sequence",
    # parts, whose own fields are looked at
    *(
        "calibration",
        "quality",
        "picture",
        "measurement",
        "repeatability",
        "baseline",
        "followup",
        "change",
        "transform",
    ),
    # lists, which are tables of their own or are counted
    *("hairs", "protocol", "taken", "skipped", "ratings", "noise_floors", "checks", "forced", "reasons"),
    # under another name, by what else the table holds
    *("message_id", "created_at", "um_per_px_sd", "um_per_px", "standard_uncertainty_um_per_px", "source", "record_id"),
    *("made_at", "certificate_id", "due", "media_type", "size_bytes", "sha256", "unit_size_shares", "picture_px"),
    *("root_px", "tip_px", "core_lab", "unit", "density_per_cm2", "stills", "mean_diameter_sd_um", "noise_share"),
    "hair_density_sd_per_cm2",
}
_LEFT_OUT = {
    # geometry in pixels, which only a picture gives a sense
    *("frame_px", "uncounted", "uncounted_cells", "mark_px", "course_px"),
    # with which the picture can be measured again, by the instrument's software alone
    *("blur_sigma_px", "linear_light"),
}


@pytest.mark.parametrize(
    "model", [Capture, Calibration, Quality, Repeatability, Measurement, Hair, Comparison, Change, Visit, Rating]
)
def test_no_field_of_the_contract_is_left_out_unseen(model: type[BaseModel]) -> None:
    """Breaks when the contract gains a field that no table holds and nobody decided to leave out."""
    columns = {column.name for table in TABLES for column in table.columns}
    unseen = {name for name in model.model_fields if name not in columns | _SHOWN_OTHERWISE | _LEFT_OUT}
    assert unseen <= {"clock_trusted"} - columns
