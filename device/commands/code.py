"""``trichoscope code``: patient codes as the clinic's settings make them."""

from pathlib import Path

import click

from device.commands.options import settings_option
from device.settings import DeviceSettings
from groundwork.settings_file import read


@click.group()
def code() -> None:
    """Check a patient code, or make one with its check digit."""


@code.command()
@click.argument("patient")
@settings_option
def check(patient: str, settings_file: Path) -> None:
    """Say whether PATIENT is a code of this clinic."""
    read(DeviceSettings, settings_file).patients.codes.accept(patient)
    click.echo(f"{patient} is a patient code of this clinic.")


@code.command()
@click.argument("stem")
@settings_option
def digit(stem: str, settings_file: Path) -> None:
    """Put the check digit behind STEM, a code without its last digit, and print the code."""
    click.echo(read(DeviceSettings, settings_file).patients.codes.with_check_digit(stem))
