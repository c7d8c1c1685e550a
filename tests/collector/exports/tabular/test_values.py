"""The tables hold what the messages hold: each value, in each file, in each reader."""

import csv
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.exports.tabular import TABLES, CaptureRow, ComparisonRow, Source, VisitRow, export_tables
from contract import Capture, Comparison, Measurement, Review, Verdict, Visit
from tests.collector.exports.tabular.examples import RECEIVED, small_clinic
from tests.collector.exports.tabular.reading import Row, cells, from_csv, from_parquet, resource
from tests.contract.strategies import MOMENTS, message
from tests.examples import capture, full_measurement


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Return the small clinic's export."""
    export_tables(tmp_path / "tables", small_clinic())
    return tmp_path / "tables"


_FIGURES = (
    "hair_density_per_cm2",
    "terminal_density_per_cm2",
    "vellus_density_per_cm2",
    "mean_diameter_um",
    "diameter_spread_um",
    "diameter_diversity",
    "terminal_share",
    "thin_hair_share",
    "unit_density_per_cm2",
    "hairs_per_unit",
    "cumulative_thickness_mm_per_cm2",
    "mean_length_mm",
    "shaft_lightness",
    "shaft_contrast",
)


def _figures(measured: Measurement) -> Row:
    given = {name: getattr(measured, name) for name in _FIGURES}
    names = ("unit_share_1_hair", "unit_share_2_hairs", "unit_share_3_hairs", "unit_share_4_or_more_hairs")
    given |= dict(zip(names, measured.unit_size_shares or (None,) * 4, strict=True))
    cells: Row = {}
    for name, figure in given.items():
        for ending, part in (("", "value"), ("_low", "low"), ("_high", "high")):
            cells[name + ending] = None if figure is None else getattr(figure, part)
    return cells


def test_a_capture_is_one_row_with_every_figure(exported: Path) -> None:
    """Breaks when a figure stands in another's column, a bound is left out, or a person's decision is lost."""
    source = small_clinic()
    first, second = from_csv(exported, "captures")
    for row, taken in zip((first, second), source.captures, strict=True):
        assert {name: row[name] for name in _figures(taken.capture.measurement)} == _figures(taken.capture.measurement)
    assert (second["site"], second["site_snomed"], second["side"]) == ("g120-l35", "43067004", "left")
    assert second["taken_at"] == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    assert (second["decision"], second["decided_by"], second["corrections"]) == ("rejected", "mk", 2)
    assert second["decision_reason"] == "=cmd|' /C calc'!A0, said twice"
    assert (first["decision"], first["reviewed_at"], first["corrections"]) == (None, None, 0)
    assert (first["verdict"], first["scale_um_per_px"], first["scale_sd_um_per_px"]) == (Verdict.PASS, 5.3, None)
    assert first["flags"] == ["blur-estimated"]


def test_corrected_figures_and_hairs_stand_beside_the_automatic_ones(exported: Path) -> None:
    """Breaks when a correction replaces what the instrument measured, or hairs of both are mixed."""
    automatic, corrected = from_csv(exported, "captures")[1], from_csv(exported, "corrected")
    assert len(corrected) == 1
    assert corrected[0]["capture_id"] == automatic["capture_id"]
    assert (automatic["hair_density_per_cm2"], corrected[0]["hair_density_per_cm2"]) == (1.2, 2.4)
    assert corrected[0]["corrected_by"] == ["mk", "ab"]
    assert corrected[0]["corrected_at"] == RECEIVED
    assert [row["hair"] for row in from_csv(exported, "corrected_hairs")] == [0, 1]
    assert [row["hair"] for row in from_csv(exported, "hairs")] == [0, 0]
    assert from_csv(exported, "hairs")[1]["core_a"] == 4.1
    assert from_csv(exported, "hairs")[0]["core_a"] is None


def test_a_change_stands_with_its_interval_its_floor_and_what_is_said_of_it(exported: Path) -> None:
    """Breaks when a change is given without its noise floor, or pictures of two places count as no hair lost."""
    matched, apart = from_csv(exported, "changes")
    name = "density_change_per_cm2"
    assert (matched[name], matched[f"{name}_low"], matched[f"{name}_high"]) == (14.1, 9.0, 19.2)
    assert matched[f"{name}_floor"] == pytest.approx(1.96 * 2.0, rel=0.3)
    assert matched[f"{name}_floor"] > 1.96 * 2.0, "the bound of the noise, not its estimate"
    assert (matched[f"{name}_floor_source"], matched[f"{name}_call"]) == ("donor", "increase")
    assert (matched["matched"], matched["new"], matched["lost"]) == (90, 14, 4)
    assert (matched["baseline_density_per_cm2"], matched["followup_density_per_cm2"]) == (132.4, 146.5)
    assert (apart["matched"], apart["lost"], apart[name], apart[f"{name}_floor"]) == (None, None, None, None)
    assert apart[f"{name}_call"] == "cannot-tell"
    captures = [row["capture_id"] for row in from_csv(exported, "captures")]
    assert [matched["baseline_capture_id"], matched["followup_capture_id"]] == captures


def test_a_visit_says_what_is_missing_and_why(exported: Path) -> None:
    """Breaks when a site that was left out on purpose counts as missing, or a rater's opinion is lost."""
    visit = from_csv(exported, "visits")[0]
    counts = (visit["protocol_sites"], visit["taken_sites"], visit["left_out_sites"], visit["missing_sites"])
    assert counts == (3, 1, 1, ["occipital"])
    assert visit["visit_date"] == date(2026, 3, 4)
    assert [
        (row["site"], row["in_protocol"], row["fate"], row["reason"]) for row in from_csv(exported, "visit_sites")
    ] == [
        ("frontal", True, "taken", None),
        ("vertex", True, "left-out", "-wound"),
        ("occipital", True, "missing", None),
        ("g120-l35", False, "taken", None),
    ]
    assert [(row["scale"], row["grade"], row["rater"]) for row in from_csv(exported, "ratings")] == [
        ("ludwig", "I-2", "mk"),
        ("sinclair", "2", "ab"),
    ]


def test_arms_are_written_only_where_the_study_was_unlocked(exported: Path, tmp_path: Path) -> None:
    """Breaks when an export unblinds a study."""
    assert from_csv(exported, "visits")[0]["treatment_arm"] is None
    export_tables(tmp_path / "unlocked", small_clinic(), with_arms=True)
    assert from_csv(tmp_path / "unlocked", "visits")[0]["treatment_arm"] == "A"


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_parquet_is_read_by_pandas_and_duckdb_as_the_codebook_says(exported: Path, table: str) -> None:
    """Breaks when a reader sees another type than the codebook's, or another value than in the CSV."""
    with (exported / "codebook.csv").open(encoding="utf-8", newline="") as file:
        types = {row["column"]: row["type"] for row in csv.DictReader(file) if row["table"] == table}
    path = exported / f"{table}.parquet"
    frame = pd.read_parquet(path, dtype_backend="pyarrow")
    assert {name: _pandas_type(dtype) for name, dtype in frame.dtypes.items()} == types
    with duckdb.connect() as database:
        described = database.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()
        rows = database.sql("select * from read_parquet(?)", params=[str(path)]).to_arrow_table().to_pylist()
    assert {row[0]: _DUCKDB_TYPES[row[1]] for row in described} == types
    expected = from_csv(exported, table)
    assert expected, "an empty table shows nothing"
    assert rows == expected
    assert pa.Table.from_pandas(frame, preserve_index=False).to_pylist() == expected


_DUCKDB_TYPES = {
    "VARCHAR": "string",
    "VARCHAR[]": "array",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "DATE": "date",
}


def _pandas_type(dtype: pd.ArrowDtype) -> str:
    kind = dtype.pyarrow_dtype
    checks = {
        "string": pa.types.is_string,
        "array": pa.types.is_list,
        "integer": pa.types.is_int64,
        "number": pa.types.is_float64,
        "boolean": pa.types.is_boolean,
        "datetime": lambda one: pa.types.is_timestamp(one) and one.tz == "UTC",
        "date": pa.types.is_date,
    }
    return next(name for name, fits in checks.items() if fits(kind))


_HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\uff1d1",
    "'",
    "''x",
    "",
    "plain",
    'a "quote"',
    "a,b\r\nc",
    "\u00e9\u4e2d",
]


def test_no_text_is_a_formula_and_each_comes_back(tmp_path: Path) -> None:
    """Breaks when opening an export in a spreadsheet runs what somebody wrote, or the defence alters a text."""
    captures = [CaptureRow(capture(camera=text, lens=text, light=text[:32]), RECEIVED) for text in _HOSTILE]
    export_tables(tmp_path / "tables", Source(captures=captures))
    kinds = [field["type"] for field in resource(tmp_path / "tables", "captures")["schema"]["fields"]]
    for row in cells(tmp_path / "tables", "captures"):
        for kind, cell in zip(kinds, row, strict=True):
            if kind == "string":
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")), cell
                assert not cell.startswith(("\t", "\r", "\n"))
    for reader in (from_csv, from_parquet):
        rows = reader(tmp_path / "tables", "captures")
        assert [row["camera"] for row in rows] == _HOSTILE
        assert [row["lens"] for row in rows] == _HOSTILE, "an empty text is not null"
        assert {row["camera_identity"] for row in rows} == {None}


def _words(shown: Capture) -> st.SearchStrategy[Review | None]:
    about = {"capture_id": shown.message_id, "patient_code": shown.patient_code}
    drawn: st.SearchStrategy[Any] = message(Review)
    return st.none() | drawn.map(lambda word: word.model_copy(update=about))


_CAPTURES: st.SearchStrategy[CaptureRow] = message(Capture).flatmap(
    lambda shown: st.builds(CaptureRow, st.just(shown), MOMENTS, _words(shown))
)


@given(
    captures=st.lists(_CAPTURES, max_size=2),
    comparisons=st.lists(st.builds(ComparisonRow, message(Comparison), MOMENTS), max_size=1),
    visits=st.lists(st.builds(VisitRow, message(Visit), MOMENTS), max_size=1),
)
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def test_whatever_the_contract_allows_comes_back(
    captures: list[CaptureRow], comparisons: list[ComparisonRow], visits: list[VisitRow]
) -> None:
    """Breaks when some text, number or time that a device may send is written so that it is read as another."""
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "tables"
        rows = export_tables(tables, Source(captures, comparisons, visits))
        assert (rows["captures"], rows["changes"], rows["visits"]) == (len(captures), len(comparisons), len(visits))
        for table in TABLES:
            assert from_csv(tables, table.name) == from_parquet(tables, table.name)
        read = from_csv(tables, "captures")
        for row, given_row in zip(read, captures, strict=True):
            shown = given_row.capture
            assert {name: row[name] for name in _figures(shown.measurement)} == _figures(shown.measurement)
            assert (row["camera"], row["flags"]) == (shown.camera, list(shown.measurement.flags))
            assert row["calibration_due"] == shown.calibration.due
        hairs = from_csv(tables, "hairs")
        assert [row["length_mm"] for row in hairs] == [
            hair.length_mm for given_row in captures for hair in given_row.capture.measurement.hairs
        ]


def test_shares_are_the_contracts_own_numbers(tmp_path: Path) -> None:
    """Breaks when tables give per cent where the codebook says 1, or the other way round."""
    export_tables(tmp_path / "tables", Source(captures=[CaptureRow(capture(measurement=full_measurement()), RECEIVED)]))
    fields = {field["name"]: field for field in resource(tmp_path / "tables", "captures")["schema"]["fields"]}
    assert fields["thin_hair_share"]["unit"] == "1"
    assert from_csv(tmp_path / "tables", "captures")[0]["thin_hair_share"] == 0.09
