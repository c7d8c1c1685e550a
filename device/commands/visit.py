"""``trichoscope visit``: the sites of one visit, one after another."""

import os
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from contract import PROTOCOL, Capture, PatientCode, Site
from device.camera import Aim, open_camera
from device.capture import take
from device.commands.options import settings_option
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read


def _code(_context: click.Context, _parameter: click.Parameter, code: str) -> str:
    try:
        return TypeAdapter(PatientCode).validate_python(code)
    except ValidationError as error:
        raise click.BadParameter(
            "a patient code is one to four capital letters, a hyphen and digits, such as P-0042; never a name."
        ) from error


@click.command()
@click.argument("patient", callback=_code)
@click.option(
    "--visit", "visit_number", type=click.IntRange(1, 9999), required=True, help="The visit's number, from 1."
)
@click.option("--site", "sites", type=click.Choice([str(site) for site in Site]), multiple=True, help="Only this site.")
@click.option("--no-wait", is_flag=True, help="Take the sites at once, without waiting for Enter at each.")
@settings_option
def visit(patient: str, visit_number: int, sites: tuple[str, ...], no_wait: bool, settings_file: Path) -> None:
    """Take the sites of a visit of PATIENT, measure them and keep them for delivery."""
    settings = read(DeviceSettings, settings_file)
    os.umask(0o077)  # pictures of patients: nobody else's to read
    store = Store(settings.state_folder)
    try:
        with open_camera(settings.camera) as camera:
            for site in [Site(site) for site in sites] or PROTOCOL:
                if not no_wait:
                    click.pause(f"Place the camera on the {site} site, then press Enter.")
                click.echo(_sentence(take(camera, store, settings, Aim(patient, site, visit_number))))
    finally:
        store.close()


def _sentence(capture: Capture) -> str:
    density, quality = capture.measurement.hair_density_per_cm2, capture.quality
    return (
        f"{capture.site}: {density.value:.0f} hairs/cm2 ({density.low:.0f}-{density.high:.0f}),"
        f" quality {quality.verdict}" + "".join(f" - {reason}" for reason in quality.reasons)
    )
