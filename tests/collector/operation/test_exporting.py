"""Exports from the store: what was asked for, once, of the words that stand; whole, or not there."""

import csv
import json
from contextlib import closing
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Connection, select

from collector.operation.exporting import Asked, Form, NotExported, export
from collector.pictures.folder import PicturesInFolder
from collector.store import database, exporting, studies
from collector.store.exporting import Chosen
from collector.store.store import Store
from collector.store.tables import audit_trail
from tests.collector.examples import CLINIC, NOW
from tests.collector.operation.clinic import CODES, accepted, fill
from tests.collector.studies.examples import CODE as STUDY
from tests.collector.studies.examples import allocated, plan
from tests.examples import capture, visit
from tests.postgresql import PostgreSQL

TABLES = frozenset({Form.CSV, Form.PARQUET})


def written(store: Store, pictures: PicturesInFolder, out: Path, **asked: object) -> Path:
    """Export, as the command line does, and return the folder."""
    export(store, pictures, out, Asked(**({"forms": TABLES} | asked)), "mk", clinic_id=CLINIC)  # type: ignore[arg-type]
    return out


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a table's CSV."""
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_capture_is_there_once_with_the_word_that_stands(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a piece's end loses or doubles a row, or what was said or compared before is taken."""
    taken = fill(store, pictures)
    more = [capture(patient_code="P-0002", sequence=20 + number) for number in range(7)]
    store.store_batch([accepted(one) for one in more], NOW)
    monkeypatch.setattr(exporting, "_AT_ONCE", 3)
    out = written(store, pictures, tmp_path / "out")
    rows = table(out, "captures")
    assert sorted(row["capture_id"] for row in rows) == sorted(str(one.message_id) for one in (*taken, *more))
    assert [row["patient_code"] for row in rows] == sorted(row["patient_code"] for row in rows)
    assert {row["decision"] for row in rows if row["visit_number"] == "2"} == {"accepted"}
    assert {row["decision"] for row in rows if row["visit_number"] == "1"} == {""}
    assert len(table(out, "corrected")) == len(table(out, "changes")) == len(table(out, "visits")) == len(CODES)
    assert pq.read_table(out / "tables" / "captures.parquet").num_rows == len(taken) + len(more)
    manifest = json.loads((out / "export.json").read_text())
    assert (manifest["patients"], manifest["captures"], manifest["with_arms"]) == (3, 13, False)
    assert out.stat().st_mode & 0o777 == 0o700


def test_an_export_may_take_longer_than_a_page(
    postgresql_cluster: PostgreSQL, pictures: PicturesInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a large clinic's export ends where a page would have to."""
    monkeypatch.setattr(database, "_READ_TIMEOUT_MS", 250)
    how_many = exporting.how_many

    def slow(connection: Connection, chosen: Chosen) -> int:
        connection.exec_driver_sql("SELECT pg_sleep(0.5)")
        return how_many(connection, chosen)

    monkeypatch.setattr(exporting, "how_many", slow)
    with closing(Store(postgresql_cluster.fresh())) as store:
        fill(store, pictures)
        assert len(table(written(store, pictures, tmp_path / "out"), "captures")) == 2 * len(CODES)


def test_patients_and_days_bound_what_is_written(store: Store, pictures: PicturesInFolder, tmp_path: Path) -> None:
    """Breaks when a file holds more of a patient, or others, than was asked for."""
    fill(store, pictures)
    out = written(store, pictures, tmp_path / "a", patient_codes=("P-0003", "P-0001"), last_day=date(2026, 3, 4))
    assert [(row["patient_code"], row["visit_number"]) for row in table(out, "captures")] == [
        ("P-0001", "1"),
        ("P-0003", "1"),
    ]
    assert (len(table(out, "visits")), table(out, "changes")) == (2, [])
    later = written(store, pictures, tmp_path / "b", first_day=date(2026, 3, 5))
    assert {row["visit_number"] for row in table(later, "captures")} == {"2"}
    assert (len(table(later, "changes")), table(later, "visits")) == (3, [])


def test_a_patient_of_whom_only_a_visit_came_is_exported(
    store: Store, pictures: PicturesInFolder, tmp_path: Path
) -> None:
    """Breaks when patients are listed by their captures alone, and a visit without one is lost."""
    fill(store, pictures)
    store.store_batch([accepted(visit(patient_code="A-0009"))], NOW)
    with store.reading() as connection:
        assert list(exporting.patient_codes(connection, Chosen())) == ["A-0009", *CODES]
    rows = table(written(store, pictures, tmp_path / "out"), "visits")
    assert rows[0]["patient_code"] == "A-0009"


def test_the_trail_says_of_each_patient_that_they_were_exported(
    store: Store, pictures: PicturesInFolder, tmp_path: Path
) -> None:
    """Breaks when a patient asks who took their figures away, and nobody can say."""
    fill(store, pictures)
    written(store, pictures, tmp_path / "out", patient_codes=("P-0002",), first_day=date(2026, 1, 1))
    with store.reading() as connection:
        (entry,) = connection.execute(select(audit_trail)).all()
    assert (entry.by, entry.action, entry.patient_code) == ("mk", "exported", "P-0002")
    assert entry.detail == "csv, parquet; from 2026-01-01"


def test_arms_are_written_only_where_no_study_of_these_patients_is_blinded(
    store: Store, pictures: PicturesInFolder, tmp_path: Path
) -> None:
    """Breaks when an export unblinds a study: its own, or another one with the same patient."""
    fill(store, pictures)
    with store.writing() as connection:
        studies.add(connection, plan(), "mk", NOW)
        studies.add(connection, plan(study_code="OTHER-1"), "mk", NOW)
        studies.add_patients(connection, STUDY, allocated(2))
        studies.add_patients(connection, "OTHER-1", allocated(1))

    def arms(name: str, **asked: object) -> tuple[set[str], bool]:
        out = written(store, pictures, tmp_path / name, **asked)
        return {row["treatment_arm"] for row in table(out, "visits")}, (out / "arms.csv").is_file()

    assert arms("blinded", study_code=STUDY) == ({""}, False)
    with store.writing() as connection:
        studies.unlock(connection, STUDY, "mk", NOW)
    assert arms("shared", study_code=STUDY) == ({""}, False)
    with store.writing() as connection:
        studies.unlock(connection, "OTHER-1", "mk", NOW)
    assert arms("unlocked", study_code=STUDY) == ({"R"}, True)
    assert (tmp_path / "unlocked" / "arms.csv").read_text() == "patient_code,arm\nP-0001,R\nP-0002,S\n"
    written(store, pictures, tmp_path / "one", study_code=STUDY, patient_codes=("P-0002",))
    assert (tmp_path / "one" / "arms.csv").read_text() == "patient_code,arm\nP-0002,S\n"
    assert arms("everybody") == ({""}, False)


def test_other_forms_are_files_of_each_patient(store: Store, pictures: PicturesInFolder, tmp_path: Path) -> None:
    """Breaks when a bundle, a report or a DICOM folder of a patient is missing, or what is left out goes unsaid."""
    away, damaged, *_ = fill(store, pictures, CODES[:2])
    pictures.delete(away.picture.sha256)
    (tmp_path / "pictures" / damaged.picture.sha256).write_bytes(b"not what its name says")
    forms = frozenset({Form.FHIR_R4, Form.FHIR_R5, Form.DICOM, Form.PDF})
    out = written(store, pictures, tmp_path / "out", forms=forms)
    for form in ("fhir-r4", "fhir-r5"):
        bundles = {path.name: json.loads(path.read_text()) for path in (out / form).iterdir()}
        assert set(bundles) == {"P-0001.json", "P-0002.json"}
        assert {one["resourceType"] for one in bundles.values()} == {"Bundle"}
    assert len(list((out / "dicom" / "P-0001").rglob("*-report.dcm"))) == 2
    assert {path.name for path in (out / "pdf").iterdir()} == {"P-0001-frontal.pdf", "P-0002-frontal.pdf"}
    assert (out / "pdf" / "P-0001-frontal.pdf").read_bytes().startswith(b"%PDF")
    left_out = json.loads((out / "export.json").read_text())["left_out"]
    assert set(left_out) == {str(away.message_id), str(damaged.message_id), damaged.picture.sha256}
    assert "restore it from a backup" in left_out[damaged.picture.sha256]
    assert len(list((out / "dicom").rglob("*-picture.dcm"))) == 2


def test_interrupted_nothing_is_left(store: Store, pictures: PicturesInFolder, tmp_path: Path) -> None:
    """Breaks when Ctrl-C leaves half an export, which somebody takes for a whole one."""
    fill(store, pictures)

    def interrupted(_what: str, _done: int, _of: int | None) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "exports"
    folder.mkdir()
    with pytest.raises(KeyboardInterrupt):
        export(store, pictures, folder / "out", Asked(TABLES), "mk", clinic_id=CLINIC, progress=interrupted)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("asked", [{"patient_codes": ("P-9999",)}, {"study_code": STUDY, "patient_codes": ("P-0003",)}])
def test_what_is_not_held_is_said_and_nothing_is_written(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, asked: dict[str, object]
) -> None:
    """Breaks when a mistyped code makes an empty export that looks like an answer."""
    fill(store, pictures)
    with store.writing() as connection:
        studies.add(connection, plan(), "mk", NOW)
        studies.add_patients(connection, STUDY, allocated(2))
    with pytest.raises(NotExported, match="Nothing was exported"):
        written(store, pictures, tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()
