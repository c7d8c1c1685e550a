"""``trichoscope measure``: picture files in, figures out."""

import json
import sys
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from analysis import Measurement, PictureUnusable, draw_overlay
from analysis import measure as measure_picture
from contract.measurement import MAX_UM_PER_PX
from device import picture_file
from device.picture_file import PICTURE_SUFFIXES, PictureUnreadable
from groundwork.durable_file import write_durably

_WIDTH_IN_A_FILE = 160


def _scale(_context: click.Context, _parameter: click.Parameter, um_per_px: float) -> float:
    if not 0 < um_per_px <= MAX_UM_PER_PX:  # false for NaN too
        raise click.BadParameter(
            f"the scale is in micrometres per pixel, greater than 0 and at most {MAX_UM_PER_PX:g}, such as 5.3."
        )
    return um_per_px


@click.command()
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PICTURE...")
@click.option("--um-per-px", type=float, required=True, callback=_scale, help="Micrometres per pixel of the pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print the measurements as JSON, one line a picture.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write FOLDER/NAME.json for each picture."
)
@click.option("--overlay", is_flag=True, help="Write FOLDER/NAME.overlay.jpg too, with what was counted drawn in.")
def measure(pictures: tuple[Path, ...], um_per_px: float, as_json: bool, out: Path | None, overlay: bool) -> None:
    """Count and measure the hairs of each PICTURE (a file, or a folder of them)."""
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
    headings = ("picture", "hairs/cm2 (95 %)", "mean um (95 %)", "hairs", "cm2", "flags")
    table = Table(*headings, box=None, padding=(0, 2, 0, 0))
    failed = 0
    for file in track(files, "Measuring", console=complaints, disable=len(files) == 1, transient=True):
        try:
            pixels = picture_file.read(file)
            measurement = measure_picture(pixels, um_per_px)
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


def _row(file: Path, measurement: Measurement) -> tuple[str, ...]:
    density, diameter = measurement.hair_density_per_cm2, measurement.mean_diameter_um
    return (
        escape(file.name),
        f"{density.value:.0f} ({density.low:.0f}-{density.high:.0f})",
        f"{diameter.value:.0f} ({diameter.low:.0f}-{diameter.high:.0f})" if diameter else "-",
        str(len(measurement.hairs)),
        f"{measurement.area_cm2:.3f}",
        ", ".join(measurement.flags),
    )
