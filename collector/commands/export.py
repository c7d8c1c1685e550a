"""``trichoscope-collector export``."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import click
from pydantic import TypeAdapter

from collector.commands.long_work import shown_progress, whoever_asks
from collector.commands.options import Fault, Identifier, settings_option
from collector.opening import CannotOpen, open_pictures, open_store
from collector.operation.exporting import Asked, Exported, Form, NotExported
from collector.operation.exporting import export as export_files
from collector.pictures.pictures import PicturesAway
from collector.settings import CollectorSettings
from collector.store.stored import StoreFailed
from collector.studies.study import StudyRefused
from contract import PatientCode
from groundwork.settings_file import SettingsFileError, read

PATIENT = Identifier(
    "patient", "patient code", TypeAdapter(PatientCode), "give capital letters, a hyphen and digits, such as P-0042"
)
_DAY = click.DateTime(["%Y-%m-%d"])
_MOST_NAMED = 20


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write; it must not be there yet.",
)
@click.option("--patient", "patients", multiple=True, type=PATIENT, help="Whose; may be given again. Left out: all.")
@click.option("--study", help="The patients of this study. Arms are written only once it is unlocked.")
@click.option("--since", type=_DAY, help="From this day on (YYYY-MM-DD).")
@click.option("--until", type=_DAY, help="Up to this day, included.")
@click.option(
    "--format",
    "forms",
    multiple=True,
    type=click.Choice([form.value for form in Form]),
    default=(Form.CSV.value, Form.PARQUET.value),
    show_default=True,
    help="As what; may be given again. A PDF shows all of a site's series.",
)
@settings_option
def export(
    *,
    out: Path,
    patients: tuple[str, ...],
    study: str | None,
    since: datetime | None,
    until: datetime | None,
    forms: tuple[str, ...],
    settings: Path,
) -> None:
    """Write what is held of patients as files: tables, FHIR, DICOM, reports. The service may run meanwhile.

    The folder appears when all is written, for its owner only. The audit trail says of each patient that they were
    exported. Who takes the folder away answers for it.
    """
    first_day, last_day = (None if one is None else one.date() for one in (since, until))
    if first_day is not None and last_day is not None and first_day > last_day:
        raise Fault(f"{first_day} comes after {last_day}: turn --since and --until round.")
    asked = Asked(frozenset(map(Form, forms)), patients, study, first_day, last_day)
    try:
        known = read(CollectorSettings, settings)
        pictures = open_pictures(known)
        with closing(open_store(known)) as store, shown_progress() as progress:
            done = export_files(
                store, pictures, out.absolute(), asked, whoever_asks(), clinic_id=known.clinic_id, progress=progress
            )
    except (SettingsFileError, CannotOpen, NotExported, StudyRefused) as error:
        raise Fault(str(error)) from error
    except (StoreFailed, PicturesAway) as error:
        raise Fault(f"Nothing was exported: {error}. Mend that, and give the same command again.") from error
    _tell(out, done)


def _tell(out: Path, done: Exported) -> None:
    written = [f"{rows} rows of {table}" for table, rows in done.rows.items() if rows]
    written += [f"{number} files of {form}" for form, number in done.files.items()]
    click.echo(f"wrote {out}: {done.patients} patients, {done.captures} captures; {', '.join(written)}")
    for subject, why in list(done.left_out.items())[:_MOST_NAMED]:
        click.echo(f"left out: {subject}: {why}", err=True)
    if len(done.left_out) > _MOST_NAMED:
        click.echo(f"left out: {len(done.left_out) - _MOST_NAMED} more; export.json names them all", err=True)
