"""``trichoscope measure``: picture files in, figures out."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from analysis import Flag, Interval, Measurement, Optics, PictureUnusable, draw_overlay
from analysis import measure as measure_picture
from device import picture_file
from device.commands.options import check_scale, check_scale_sd
from device.picture_file import PICTURE_SUFFIXES, PictureUnreadable
from groundwork.durable_file import write_durably

_WIDTH_IN_A_FILE = 160
_TERMINAL_FROM_UM = ("30", "40")


def _blur(_context: click.Context, _parameter: click.Parameter, blur_sigma_px: float | None) -> float | None:
    if blur_sigma_px is not None and not 0 < blur_sigma_px <= 100:
        raise click.BadParameter("the blur is the sigma of the optics in pixels, greater than 0, such as 0.9.")
    return blur_sigma_px


@click.command()
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PICTURE...")
@click.option(
    "--um-per-px", type=float, required=True, callback=check_scale, help="Micrometres per pixel of the pictures."
)
@click.option(
    "--blur-sigma-px", type=float, callback=_blur, help="Calibrated blur in pixels; else read from the shafts' edges."
)
@click.option(
    "--um-per-px-sd",
    type=float,
    callback=check_scale_sd,
    help="Standard uncertainty of the scale; the intervals then hold it.",
)
@click.option(
    "--linear-light", is_flag=True, help="The pictures are calibrated: sRGB-coded light, in which diameters are fitted."
)
@click.option(
    "--terminal-from-um",
    type=click.Choice(_TERMINAL_FROM_UM),
    help="Diameter from which a hair is terminal: 40 (TrichoScan, the default) or 30 (drug trials).",
)
@click.option("--hair", "hair_mode", type=click.Choice(["auto", "clipped", "long"]), help="By default found (auto).")
@click.option("--thin-recall", is_flag=True, help="Find out how many thin hairs are missed, by drawing some in.")
@click.option("--json", "as_json", is_flag=True, help="Print the measurements as JSON, one line a picture.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write FOLDER/NAME.json for each picture."
)
@click.option("--overlay", is_flag=True, help="Write FOLDER/NAME.overlay.jpg too, with what was counted drawn in.")
def measure(
    *,
    pictures: tuple[Path, ...],
    um_per_px: float,
    blur_sigma_px: float | None,
    um_per_px_sd: float | None,
    linear_light: bool,
    terminal_from_um: str | None,
    hair_mode: str | None,
    thin_recall: bool,
    as_json: bool,
    out: Path | None,
    overlay: bool,
) -> None:
    """Count and measure the hairs of each PICTURE (a file, or a folder of them)."""
    settings: dict[str, Any] = {
        "terminal_from_um": None if terminal_from_um is None else float(terminal_from_um),
        "hair_mode": hair_mode,
        "thin_recall": thin_recall or None,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    optics = Optics(um_per_px, um_per_px_sd=um_per_px_sd, blur_sigma_px=blur_sigma_px, linear_light=linear_light)
    files = _files(pictures)
    if overlay and out is None:
        raise click.UsageError("--overlay needs --out FOLDER to write into.")
    if out is not None:
        _refuse_same_names(files)
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.UsageError(
                f"{out} cannot be made ({error.strerror}). Name another folder for --out."
            ) from error
    complaints = Console(stderr=True, highlight=False, soft_wrap=True)
    table = _table()
    failed = 0
    for file in track(files, "Measuring", console=complaints, disable=len(files) == 1, transient=True):
        try:
            pixels = picture_file.read(file)
            measurement = measure_picture(pixels, optics, **given)
            text = json.dumps(measurement.as_dict())
            if out is not None:
                write_durably(out / f"{file.stem}.json", text.encode())
                if overlay:
                    drawn = picture_file.encode(draw_overlay(pixels, measurement), "jpeg")
                    write_durably(out / f"{file.stem}.overlay.jpg", drawn)
        except (PictureUnreadable, PictureUnusable, OSError) as error:
            failed += 1
            complaints.print(f"Error: {error if str(file) in str(error) else f'{file}: {error}'}", markup=False)
            continue
        if as_json:
            click.echo(text)
        else:
            table.add_row(*_row(file, measurement))
    if table.row_count:
        Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_IN_A_FILE).print(table)
    if failed:
        raise click.exceptions.Exit(2)


def _files(given: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in given:
        try:
            if not path.is_dir():
                files.append(path)
                continue
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
        except OSError as error:
            raise PictureUnreadable(
                f"{path}: cannot be read ({error.strerror}). Name pictures, or a folder."
            ) from error
        if not inside:
            raise PictureUnreadable(f"{path}: a folder without pictures. Name pictures, or a folder that holds some.")
        files.extend(inside)
    return files


def _refuse_same_names(files: list[Path]) -> None:
    stem, times = Counter(file.stem for file in files).most_common(1)[0]
    if times > 1:
        raise click.UsageError(
            f"{times} pictures are called {stem}: each would be written to {stem}.json. Measure them one folder at a"
            " time."
        )


def _table() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("picture", overflow="fold")
    for heading in ("hairs/cm2 (95 %)", "mean um (95 %)", "terminal", "hairs", "cm2"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("flags", min_width=len(max(Flag, key=len)) + 1)
    return table


def _row(file: Path, measurement: Measurement) -> tuple[str, ...]:
    terminal = measurement.terminal_share
    return (
        escape(file.name),
        _figure(measurement.hair_density_per_cm2),
        _figure(measurement.mean_diameter_um),
        f"{terminal.value:.0%}" if terminal else "-",
        str(len(measurement.hairs)),
        f"{measurement.area_cm2:.3f}",
        ", ".join(measurement.flags),
    )


def _figure(interval: Interval | None) -> str:
    return f"{interval.value:.0f} ({interval.low:.0f}-{interval.high:.0f})" if interval else "-"
