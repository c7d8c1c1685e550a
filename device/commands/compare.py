"""``trichoscope compare``: two pictures of one place in, what changed out."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from analysis import Interval, Measurement, Optics, PictureUnusable, measure, measurement_file
from analysis.comparison import compare as compare_measurements
from analysis.comparison.change import Change, Fate, Thickness
from analysis.comparison.drawing import draw_change
from analysis.comparison.words import sentence
from analysis.figure_words import FIGURES
from analysis.noise.floor import CHANGES, NoiseFloor, describe_change, floor_in_force
from device import picture_file
from device.commands.options import check_scale, check_scale_sd
from device.picture_file import PICTURE_SUFFIXES
from device.study.floor_file import read_floors
from device.study.folder import read_measurement
from groundwork.durable_file import write_durably

_WIDTH_IN_A_FILE = 120
_MOST_DAYS = 36_500


def _check_days(_context: click.Context, _parameter: click.Parameter, days: float | None) -> float | None:
    if days is not None and not 0 <= days <= _MOST_DAYS:  # false for NaN too
        raise click.BadParameter(f"the days between the pictures are 0 to {_MOST_DAYS}, such as 182.")
    return days


@click.command()
@click.argument("baseline", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("followup", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--um-per-px", type=float, callback=check_scale, help="Micrometres per pixel of pictures; measurements know theirs."
)
@click.option(
    "--followup-um-per-px", type=float, callback=check_scale, help="Of the follow-up, where it has another scale."
)
@click.option("--um-per-px-sd", type=float, callback=check_scale_sd, help="Standard uncertainty of the scale.")
@click.option("--linear-light", is_flag=True, help="The pictures are calibrated, as for `measure`.")
@click.option("--days", type=float, callback=_check_days, help="Between the pictures: a few days apart, hair grows.")
@click.option(
    "--noise-floor",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of `repeatability --out`: no change inside of it is called one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the change as JSON.")
@click.option(
    "--overlay", type=click.Path(path_type=Path, dir_okay=False), help="Write both pictures with each hair marked."
)
def compare(
    *,
    baseline: Path,
    followup: Path,
    um_per_px: float | None,
    followup_um_per_px: float | None,
    um_per_px_sd: float | None,
    linear_light: bool,
    days: float | None,
    noise_floor: Path | None,
    as_json: bool,
    overlay: Path | None,
) -> None:
    """Compare FOLLOWUP with BASELINE, hair by hair; each is a picture, or what `measure --out` wrote of one."""
    if overlay is not None and not (_is_picture(baseline) and _is_picture(followup)):
        raise click.UsageError("--overlay draws on pictures: name two pictures.")
    scales = (um_per_px, followup_um_per_px or um_per_px)
    pictures: list[NDArray[np.generic] | None] = []
    measured: list[Measurement] = []
    for file, scale in zip((baseline, followup), scales, strict=True):
        if not _is_picture(file):
            pictures.append(None)
            measured.append(measurement_file.read(read_measurement(file).model_dump(mode="json")))
            continue
        if scale is None:
            raise click.UsageError(f"{file} is a picture: give its scale by --um-per-px.")
        pixels = picture_file.read(file)
        try:
            measured.append(measure(pixels, Optics(scale, um_per_px_sd=um_per_px_sd, linear_light=linear_light)))
        except PictureUnusable as error:
            raise PictureUnusable(f"{file}: {error}") from error
        pictures.append(pixels)
    floors = [] if noise_floor is None else read_floors(noise_floor)
    change = compare_measurements(measured[0], measured[1], days=days)
    was, now = pictures
    if overlay is not None and was is not None and now is not None:
        _write(overlay, draw_change(was, now, change))
    if as_json:
        click.echo(json.dumps(change.as_dict()))
    else:
        _print(change, floors)


def _write(overlay: Path, drawn: NDArray[np.uint8]) -> None:
    try:
        write_durably(overlay, picture_file.encode(drawn, "png" if overlay.suffix.lower() == ".png" else "jpeg"))
    except OSError as error:
        raise click.UsageError(
            f"{overlay} cannot be written ({error.strerror}). Name another file for --overlay."
        ) from error


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in PICTURE_SUFFIXES


def _print(change: Change, floors: Sequence[NoiseFloor]) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_IN_A_FILE, soft_wrap=True)
    console.print(f"Same place: {change.same_place:.0%} likely.")
    if change.transform is not None:
        right, down = change.transform.shift_mm
        console.print(
            f"The follow-up lies {right:+.2f} mm right, {down:+.2f} mm down, turned by {change.transform.turn_deg:+.1f}"
            f" degrees clockwise; shared: {change.shared_area_cm2:.2f} cm2."
        )
        console.print(_hairs_table(change))
        for name, (figure, difference) in CHANGES.items():
            interval: Interval | None = getattr(change, name)
            notation = FIGURES[figure]
            floor = floor_in_force(floors, figure, difference)
            how = "matched hair by hair" if difference == "matched" else "counted separately"
            what = f"{notation.words.capitalize()} ({how})"
            console.print(describe_change(interval, floor, what, notation.unit).sentence, markup=False)
        if change.anagen_share is not None:
            console.print(f"Grew in {change.days:g} days: {_share(change.anagen_share)} of kept hairs.")
        if change.growth_um_per_day is not None:
            rate = change.growth_um_per_day
            console.print(f"Growth: {rate.value:.0f} um/day ({rate.low:.0f} to {rate.high:.0f}).")
    for flag in change.flags:
        console.print(sentence(flag), markup=False, style="yellow")


def _hairs_table(change: Change) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    shown = {
        "kept": change.count(Fate.KEPT),
        "new": change.count(Fate.NEW),
        "lost": change.count(Fate.LOST),
        "thicker": change.count(Thickness.THICKER),
        "thinner": change.count(Thickness.THINNER),
        "vellus to terminal": change.vellus_to_terminal,
        "terminal to vellus": change.terminal_to_vellus,
    }
    for heading in shown:
        table.add_column(heading, justify="right")
    table.add_row(*map(str, shown.values()))
    return table


def _share(interval: Interval) -> str:
    return f"{interval.value:.0%} ({interval.low:.0%} to {interval.high:.0%})"
