"""``trichoscope-collector report``."""

from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import TypeAdapter

from collector.commands.options import Fault, Identifier, settings_option
from collector.report import command as report_command
from collector.settings import CollectorSettings
from contract import PatientCode, Site, SiteKey
from groundwork.settings_file import SettingsFileError, read

_PATIENT = Identifier(
    "patient", "patient code", TypeAdapter(PatientCode), "give capital letters, a hyphen and digits, such as P-0042"
)
_SITE = Identifier(
    "site", "site", TypeAdapter(SiteKey), f"give one of {', '.join(Site)}, or a landmark place such as g120-l35"
)


@click.command()
@click.argument("patient", type=_PATIENT)
@click.argument("site", type=_SITE)
@settings_option
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write: FILE.html or FILE.pdf.",
)
def report(*, patient: str, site: str, settings: Path, out: Path) -> None:
    """Write the report of a PATIENT's SITE: its series, with the change by matched hairs first."""
    if out.suffix.lower() not in {".html", ".pdf"}:
        raise Fault(f"{out} is neither HTML nor PDF: let its name end in .html or .pdf.")
    try:
        report_command.write(read(CollectorSettings, settings), patient, site, out, datetime.now(UTC))
    except (SettingsFileError, report_command.CannotReport) as error:
        raise Fault(str(error)) from error
    click.echo(f"wrote {out}")
