"""The options that several commands share."""

from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from contract import PersonCode
from contract.measurement import MAX_UM_PER_PX

settings_option = click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    default=Path("/etc/trichoscope/device.toml"),
    show_default=True,
    help="The instrument's settings file.",
)


def check_scale(_context: click.Context, _parameter: click.Parameter, um_per_px: float | None) -> float | None:
    """Refuse a scale that cannot be; None is one that was not given."""
    if um_per_px is not None and not 0 < um_per_px <= MAX_UM_PER_PX:  # false for NaN too
        raise click.BadParameter(
            f"the scale is in micrometres per pixel, greater than 0 and at most {MAX_UM_PER_PX:g}, such as 5.3."
        )
    return um_per_px


def check_scale_sd(context: click.Context, _parameter: click.Parameter, um_per_px_sd: float | None) -> float | None:
    """Refuse an uncertainty of the scale that cannot be."""
    scale = context.params.get("um_per_px") or MAX_UM_PER_PX
    if um_per_px_sd is not None and not 0 <= um_per_px_sd < scale:
        raise click.BadParameter("the scale's standard uncertainty is from 0 to below the scale itself, such as 0.002.")
    return um_per_px_sd


def check_person(_context: click.Context, _parameter: click.Parameter, code: str | None) -> str | None:
    """Refuse what is no code of a member of the staff."""
    try:
        return code if code is None else TypeAdapter(PersonCode).validate_python(code)
    except ValidationError as error:
        raise click.BadParameter(
            "a person's code is up to 32 letters, digits, dots and hyphens, such as mk or tech-3."
        ) from error
