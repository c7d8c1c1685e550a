"""``trichoscope chair``: the page that a technician works with."""

import os
from pathlib import Path

import click

from contract import PATIENT_CODE
from device.chair.chair import open_chair
from device.commands.options import settings_option
from device.page.app import create_app
from device.page.server import listen, server, url
from device.settings import DeviceSettings
from groundwork.log_privacy import log_without_codes
from groundwork.settings_file import read


@click.command()
@settings_option
def chair(settings_file: Path) -> None:
    """Serve the chair page until stopped. Captures are delivered by `trichoscope run`, beside it."""
    log_without_codes("%(levelname)s %(message)s", PATIENT_CODE)
    settings = read(DeviceSettings, settings_file)
    os.umask(0o077)  # pictures of patients: nobody else's to read
    with listen(settings.chair) as listening, open_chair(settings, settings_file) as opened:
        click.echo(f"chair page: {url(settings.chair, listening)}")
        server(create_app(opened), settings.chair).run(sockets=[listening])
