"""The options that several commands share."""

from pathlib import Path

import click

settings_option = click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    default=Path("/etc/trichoscope/device.toml"),
    show_default=True,
    help="The instrument's settings file.",
)
