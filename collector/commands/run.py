"""``trichoscope-collector run``."""

from pathlib import Path

import click

from collector import service
from collector.commands.options import Fault, settings_option
from collector.operation.log import log_to_standard_error
from collector.settings import CollectorSettings
from contract import PATIENT_CODE
from groundwork.log_privacy import log_without_codes
from groundwork.settings_file import SettingsFileError, read


@click.command()
@settings_option
def run(settings: Path) -> None:
    """Serve until SIGTERM or Ctrl-C; one line on the standard output says when it is ready."""
    log_without_codes("%(asctime)s %(levelname)s %(name)s: %(message)s", PATIENT_CODE)
    try:
        known = read(CollectorSettings, settings)
        log_to_standard_error(known.log.form)
        ended_by_signal = service.run(known)
    except (SettingsFileError, service.CannotStart) as error:
        raise Fault(str(error)) from error
    if not ended_by_signal:
        raise SystemExit(1)
