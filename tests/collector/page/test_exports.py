"""A patient's exports on the page: each form as an archive, for whom they are open, never without an entry."""

import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from collector.people.roles import Role
from collector.store.tables import audit_trail
from tests.collector.page_clinic import Clinic
from tests.examples import capture

HOLDS = {
    "csv": "codebook.csv",
    "parquet": "captures.parquet",
    "fhir-r4": ".json",
    "fhir-r5": ".json",
    "dicom": ".dcm",
    "pdf": ".pdf",
}


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    """Return a clinic that holds one capture with its picture, a clinician signed in."""
    clinic = Clinic(tmp_path)
    clinic.sign_in(Role.CLINICIAN)
    shown = capture()
    clinic.holds(shown, capture(patient_code="P-0043"))
    clinic.holds_picture(shown)
    return clinic


@pytest.mark.parametrize("form", sorted(HOLDS.keys() - {"dicom"}))  # the example's picture is no picture
def test_an_archive_holds_what_it_says_and_its_taking_is_noted(clinic: Clinic, form: str) -> None:
    """Breaks when an export is empty, holds another patient, or leaves no trace."""
    page = clinic.page("/patients/P-0042/exports")
    address = f"/patients/P-0042/exports/{form}.zip"
    assert f'href="{address}"' in page
    answer = clinic.client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="P-0042-{form}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        assert any(name.endswith(HOLDS[form]) for name in names), names
        assert not any(b"P-0043" in archive.read(name) for name in names)
    with clinic.store.reading() as connection:
        entries = connection.execute(select(audit_trail.c.patient_code).where(audit_trail.c.action == "exported"))
        assert list(entries.scalars()) == ["P-0042"]


@pytest.mark.parametrize("path", ["/patients/P-0042/exports", "/patients/P-0042/exports/csv.zip"])
def test_who_may_not_take_patients_away_gets_none(clinic: Clinic, path: str) -> None:
    """Breaks when a technician can take a patient's whole record home."""
    clinic.sign_in(Role.TECHNICIAN)
    assert clinic.client.get(path).status_code == 403


@pytest.mark.parametrize(
    "path", ["/patients/P-0042/exports/exe.zip", "/patients/Anna%20M/exports/csv.zip", "/patients/P-9999/exports"]
)
def test_what_is_not_there_is_said(clinic: Clinic, path: str) -> None:
    """Breaks when a slip in an address ends in a fault, or keeps what was typed."""
    assert clinic.client.get(path).status_code == 404
