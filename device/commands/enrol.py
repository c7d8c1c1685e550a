"""``trichoscope enrol``: the instrument's own key and certificate, with a one-time code of the clinic's."""

from pathlib import Path
from typing import TextIO

import click
from pydantic import HttpUrl, TypeAdapter, ValidationError

from contract.enrolment import code_letters
from device.commands.options import settings_option
from device.settings import DeviceSettings
from groundwork.settings_file import read


def _check_url(_context: click.Context, _parameter: click.Parameter, typed: str) -> str:
    try:
        url = TypeAdapter(HttpUrl).validate_python(typed)
    except ValidationError:
        url = None
    if url is None or url.scheme != "https" or url.username or url.query or url.fragment or url.path not in (None, "/"):
        raise click.BadParameter("the address is like https://clinic.example:8444: https, a host and a port.")
    return str(url)


def _code(typed: str) -> str:
    try:
        return code_letters(typed)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


@click.command()
@click.argument("url", callback=_check_url)
@settings_option
@click.option(
    "--code-file",
    type=click.File("r"),
    help="Read the code from this file, - for standard input; left out, it is asked for.",
)
@click.option("--replace", is_flag=True, help="Replace a certificate that still holds, and its key.")
def enrol(url: str, settings_file: Path, code_file: TextIO | None, replace: bool) -> None:
    """Make this instrument known to the clinic at URL, such as https://clinic.example:8444.

    The clinic gives the one-time code: trichoscope-collector enrol DEVICE. It is never an option of this command, which
    every user of this machine could read. Broken off, the same command finishes it.
    """
    from device.identity.enrolment import enrol as enrol_instrument  # noqa: PLC0415  cryptography: only here

    settings = read(DeviceSettings, settings_file)

    def ask_code() -> str:
        if code_file is not None:
            return _code(code_file.read(100))
        letters: str = click.prompt("One-time code of the clinic", value_proc=_code)
        return letters

    certificate = enrol_instrument(settings, url, ask_code, replace=replace)
    click.echo(
        f"{settings.device_id} is enrolled at the clinic {settings.clinic_id}; its certificate holds until"
        f" {certificate.not_valid_after_utc:%Y-%m-%d} and is renewed by 'trichoscope run'."
    )
