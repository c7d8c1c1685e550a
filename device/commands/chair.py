"""``trichoscope chair``: the page that a technician works with."""

import os
import signal
import sys
from functools import partial
from pathlib import Path

import click

from contract import PATIENT_CODE
from device.commands.options import settings_option
from device.page.serving import Serving
from groundwork.log_file import stop_logging_to_file
from groundwork.log_privacy import log_without_codes


@click.command()
@settings_option
def chair(settings_file: Path) -> None:
    """Serve the chair page until stopped. Captures are delivered by `trichoscope run`, beside it.

    While the settings cannot be used the page says why, and shows the line; it goes on by itself once they can.
    """
    log_without_codes("%(levelname)s %(message)s", PATIENT_CODE)
    os.umask(0o077)  # pictures of patients: nobody else's to read
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leaves all contexts: a capture that runs is kept
    try:
        Serving(settings_file, partial(click.echo)).run()
    finally:
        stop_logging_to_file()
