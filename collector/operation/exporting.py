"""An export: what is chosen of the store as files of every form that is asked for, in a folder that appears whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from collector.exports import tabular
from collector.exports.dicom.files import FolderNotWritten
from collector.exports.dicom.settings import DicomSettings
from collector.exports.tabular.whole_folder import FolderExists, whole_folder
from collector.operation.export_files import ExportFiles, Form
from collector.operation.progress import Progress, silent
from collector.people import audit
from collector.pictures.pictures import Pictures
from collector.report.pdf import PdfUnavailable
from collector.store import copying, exporting, studies
from collector.store.exporting import Chosen
from collector.store.store import Store
from groundwork.durable_file import write_durably

__all__ = ["MANIFEST", "Asked", "Exported", "Form", "NotExported", "export"]

MANIFEST = "export.json"
_ENTRIES_AT_ONCE = 500
"""Entries of the audit trail in one transaction: ingestion waits for it."""


class NotExported(Exception):
    """Nothing was exported; the message says why and what to do."""


@dataclass(frozen=True)
class Asked:
    """What is to be exported, and as what.

    Parameters
    ----------
    forms
        As what.
    patient_codes
        Whose; empty for all.
    study_code
        Whose, by a study; None for all.
    first_day, last_day
        As :class:`collector.store.exporting.Chosen` takes them. A report shows all of a site's series.
    """

    forms: frozenset[Form]
    patient_codes: tuple[str, ...] = ()
    study_code: str | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Exported:
    """What a folder holds.

    Parameters
    ----------
    patients, captures
        How many.
    rows
        Of each table.
    files
        Of each other form.
    with_arms
        Whether treatment arms stand in it.
    left_out
        Sentences on what could not be written, by what they are of.
    """

    patients: int
    captures: int
    rows: dict[str, int]
    files: dict[str, int]
    with_arms: bool
    left_out: dict[str, str]


def export(
    store: Store,
    pictures: Pictures,
    folder: Path,
    asked: Asked,
    by: str,
    *,
    clinic_id: str,
    dicom: DicomSettings | None = None,
    progress: Progress = silent,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Exported:
    """Write an export. Tables, FHIR and DICOM are of one state of the store; reports are of when each is made.

    The audit trail says of each patient that they were exported, before anything is written. Arms are written only of a
    study that was unlocked, none of whose patients is in another that was not.

    Parameters
    ----------
    store, pictures
        Of the clinic.
    folder
        Where; it must not be there yet, the folder that holds it must. Interrupted, nothing is left of it.
    asked
        What.
    by
        Who asks, for the audit trail.
    clinic_id
        For the reports.
    dicom
        What the clinic states for DICOM.
    progress
        Told how far it is.
    now
        The clock.

    Raises
    ------
    NotExported
        If there is nothing of that, or the disk cannot take it.
    collector.studies.study.StudyRefused
        If there is no such study.
    collector.store.stored.StoreFailed
        If the store fails, or this release cannot read what is in it.
    collector.pictures.pictures.PicturesAway
        If the place of pictures cannot be reached.
    """
    try:
        with copying.snapshot(store.database) as connection:  # which takes longer than a page may
            chosen, with_arms = _chosen(connection, asked)
            captures = exporting.how_many(connection, chosen)
            with whole_folder(folder) as partial:
                patients = _note(store, connection, chosen, asked, by)
                writing = ExportFiles(
                    store=store,
                    pictures=pictures,
                    connection=connection,
                    chosen=chosen,
                    folder=partial,
                    clinic_id=clinic_id,
                    dicom=dicom or DicomSettings(),
                    progress=progress,
                    captures=captures,
                )
                rows = writing.tables(asked.forms, with_arms)
                files = writing.others(asked.forms, now())
                done = Exported(patients, captures, rows, files, with_arms, writing.left_out)
                if with_arms and asked.study_code is not None:
                    _write_arms(connection, asked.study_code, chosen, partial)
                _write_manifest(partial, asked, done, now())
    except FolderExists as error:
        raise NotExported(f"{error}.") from error
    except PdfUnavailable as error:
        raise NotExported(str(error)) from error
    except (tabular.ExportFailed, FolderNotWritten) as error:
        raise NotExported(f"The export could not be written: {error}") from error
    except OSError as error:
        raise NotExported(
            f"The export could not be written to {folder} ({error.strerror or error}). Free space or name another"
            " folder; nothing is left of it."
        ) from error
    return done


def _chosen(connection: Connection, asked: Asked) -> tuple[Chosen, bool]:
    """Return what is chosen, and whether arms may be written."""
    codes: tuple[str, ...] | None = tuple(sorted(set(asked.patient_codes))) or None
    with_arms = False
    if codes is not None and (unknown := exporting.unknown_codes(connection, codes)):
        raise NotExported(f"Nothing is held of {', '.join(unknown[:5])}: check the code. Nothing was exported.")
    if asked.study_code is not None:
        study = studies.of_code(connection, asked.study_code)
        of_study = studies.patients(connection, asked.study_code)
        if codes is not None and (others := sorted(set(codes) - set(of_study))):
            raise NotExported(f"Not in the study {asked.study_code}: {', '.join(others[:5])}. Nothing was exported.")
        codes = codes or tuple(of_study)
        with_arms = not study.is_blinded and not exporting.in_a_blinded_study(connection, asked.study_code)
    return Chosen(codes, asked.first_day, asked.last_day), with_arms


def _note(store: Store, connection: Connection, chosen: Chosen, asked: Asked, by: str) -> int:
    """Write of each patient that they are exported, and return how many patients that are."""
    forms = ", ".join(sorted(asked.forms))
    bounds = [f"{word} {day}" for word, day in (("from", asked.first_day), ("to", asked.last_day)) if day is not None]
    detail = "; ".join([forms, *bounds])
    codes = exporting.patient_codes(connection, chosen)
    patients = 0
    while some := list(islice(codes, _ENTRIES_AT_ONCE)):
        with store.writing() as writing:
            for code in some:
                audit.write(
                    writing,
                    by,
                    audit.Action.EXPORTED,
                    patient_code=code,
                    subject=asked.study_code,
                    detail=detail,
                )
        patients += len(some)
    if patients == 0:
        raise NotExported("There is nothing to export: the store, or the study, holds no patient. Nothing was written.")
    return patients


def _write_arms(connection: Connection, study_code: str, chosen: Chosen, folder: Path) -> None:
    arms = studies.arms(connection, study_code)
    # Codes both: neither can hold a comma, a quote, or what a spreadsheet takes for a formula.
    lines = [f"{code},{arms[code]}" for code in exporting.patient_codes(connection, chosen)]
    content = "".join(f"{line}\r\n" for line in ("patient_code,arm", *lines))
    write_durably(folder / "arms.csv", content.encode(), mode=0o600)


def _write_manifest(folder: Path, asked: Asked, done: Exported, made_at: datetime) -> None:
    manifest = {
        "made_at": made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "release": version("trichoscope"),
        "forms": sorted(asked.forms),
        "patient_codes": list(asked.patient_codes),
        "study": asked.study_code,
        "first_day": None if asked.first_day is None else asked.first_day.isoformat(),
        "last_day": None if asked.last_day is None else asked.last_day.isoformat(),
        **asdict(done),
    }
    write_durably(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode(), mode=0o600)
