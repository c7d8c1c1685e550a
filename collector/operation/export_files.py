"""The files of an export, form by form: tables of all, and of each patient what systems take patient by patient."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection

from collector.exports import tabular
from collector.exports.dicom.files import write_folder
from collector.exports.dicom.settings import DicomSettings
from collector.exports.fhir import NothingToExport, Release, as_json, bundle
from collector.operation.progress import Progress
from collector.pictures.pictures import PictureDamaged, Pictures
from collector.report.document import NothingToReport, as_html, read_report
from collector.report.pdf import as_pdf
from collector.store import exporting
from collector.store.exporting import Chosen
from collector.store.store import Store
from groundwork.durable_file import sync_folder, write_durably


class Form(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    PARQUET = "parquet"
    FHIR_R4 = "fhir-r4"
    FHIR_R5 = "fhir-r5"
    DICOM = "dicom"
    PDF = "pdf"


_TABLES = {Form.CSV: tabular.Format.CSV, Form.PARQUET: tabular.Format.PARQUET}
_RELEASES = {Form.FHIR_R4: Release.R4, Form.FHIR_R5: Release.R5}


@dataclass(kw_only=True)
class ExportFiles:
    """What is written of one state of the store, into a folder that is not there yet.

    Parameters
    ----------
    store, pictures
        Of the clinic.
    connection
        Reads that state.
    chosen
        What is written.
    folder
        Where: it is there, empty.
    clinic_id, dicom
        For reports, and what the clinic states for DICOM.
    progress, captures
        Told how far it is, of so many captures.
    """

    store: Store
    pictures: Pictures
    connection: Connection
    chosen: Chosen
    folder: Path
    clinic_id: str
    dicom: DicomSettings
    progress: Progress
    captures: int
    left_out: dict[str, str] = field(default_factory=dict)
    """Sentences on what could not be written, by what they are of."""

    def tables(self, forms: Collection[Form], with_arms: bool) -> dict[str, int]:
        """Write the tables, and return how many rows each has."""
        formats = [_TABLES[form] for form in Form if form in forms and form in _TABLES]
        if not formats:
            return {}
        return dict(
            tabular.export_tables(
                self.folder / "tables",
                exporting.source(self.connection, self.chosen),
                formats=formats,
                with_arms=with_arms,
                progress=self._of_tables,
            )
        )

    def _of_tables(self, table: str, rows: int) -> None:
        if table == "captures":
            self.progress("tables: captures", rows, self.captures)

    def others(self, forms: Collection[Form], made_at: datetime) -> dict[str, int]:
        """Write what has files of each patient, and return how many files there are of each form."""
        wanted = [form for form in Form if form in forms and form not in _TABLES]
        for form in wanted:
            (self.folder / form).mkdir(mode=0o700)
        files = dict.fromkeys(map(str, wanted), 0)
        codes = exporting.patient_codes(self.connection, self.chosen) if wanted else iter(())
        for done, code in enumerate(codes, start=1):
            for form in wanted:
                files[form] += self._of_patient(form, code, made_at)
            self.progress("patients", done, None)
        for form in wanted:
            sync_folder(self.folder / form)
        return files

    def _of_patient(self, form: Form, code: str, made_at: datetime) -> int:
        if form in _RELEASES:
            return self._fhir(form, code)
        return self._reports(code, made_at) if form is Form.PDF else self._of_dicom(code)

    def _fhir(self, form: Form, code: str) -> int:
        try:
            made = bundle(exporting.captures_of(self.connection, code, self.chosen), _RELEASES[form])
        except NothingToExport:
            return 0
        write_durably(self.folder / form / f"{code}.json", as_json(made).encode(), mode=0o600)
        return 1

    def _of_dicom(self, code: str) -> int:
        rows = exporting.captures_of(self.connection, code, self.chosen)
        taken = [(row.capture, row.review) for row in rows]
        if not taken:
            return 0
        exported = write_folder(self.folder / Form.DICOM / code, taken, self._picture_bytes, self.dicom)
        self.left_out |= {one: why for one, why in exported.left_out.items() if one not in self.left_out}
        return len(exported.files)

    def _picture_bytes(self, sha256: str) -> bytes | None:
        try:
            file = self.pictures.open(sha256)
        except PictureDamaged as error:
            self.left_out[sha256] = f"{error}."
            return None
        if file is None:
            return None
        with file:
            return file.read()

    def _reports(self, code: str, made_at: datetime) -> int:
        written = 0
        for site in exporting.sites_of(self.connection, code, self.chosen):
            try:
                report = read_report(
                    self.store,
                    self.pictures.open,
                    clinic_id=self.clinic_id,
                    patient_code=code,
                    site=site,
                    made_at=made_at,
                )
            except NothingToReport as error:
                self.left_out[f"{code} {site}"] = str(error)
                continue
            write_durably(self.folder / Form.PDF / f"{code}-{site}.pdf", as_pdf(as_html(report)), mode=0o600)
            written += 1
        return written
