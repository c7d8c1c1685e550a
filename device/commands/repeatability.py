"""``trichoscope repeatability``: how much figures differ where nothing has changed."""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis import Interval, Optics, PictureUnusable
from analysis import measure as measure_picture
from analysis.figure_words import FIGURES, shown
from analysis.noise.agreement import Limits
from analysis.noise.floor import NoiseFloor, Source
from analysis.noise.repeat_study import FigureStudy
from contract import Measurement
from device import clock, picture_file
from device.commands.options import check_scale, settings_option
from device.picture_file import PictureUnreadable
from device.settings import DeviceSettings
from device.store import Store
from device.study.figures import crossed, study
from device.study.floor_file import write_floors
from device.study.folder import Repeat, StudyUnfit, operators_of, read_measurement, repeats_in
from device.study.matched import study_matched
from device.study.visits import noise_of
from groundwork.settings_file import read

_WIDTH_IN_A_FILE = 190
_KNOWN_FROM = {
    Source.BURST: "counted, in bursts ({})",
    Source.PLACEMENT: "matched hair by hair, in pairs of placements ({})",
    Source.DONOR: "matched hair by hair, in pairs of visits ({})",
}
"""Of floors that are in no table."""


@dataclass(frozen=True, slots=True)
class _Found:
    studies: Sequence[FigureStudy]
    floors: Sequence[NoiseFloor]
    device_id: str | None
    operators: Sequence[str] = ()


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[FOLDER]")
@click.option("--visit", "of_visits", is_flag=True, help="Study this instrument's own captures instead of a FOLDER.")
@click.option(
    "--um-per-px",
    type=float,
    callback=check_scale,
    help="Micrometres per pixel of the pictures; not needed for measurements.",
)
@click.option("--linear-light", is_flag=True, help="The pictures are calibrated, as for `measure`.")
@click.option("--terminal-from-um", type=click.Choice(["30", "40"]), help="Diameter from which a hair is terminal.")
@click.option("--hair", "hair_mode", type=click.Choice(["auto", "clipped", "long"]), help="By default found (auto).")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the noise floors to this file.")
@settings_option
def repeatability(
    *,
    folder: Path | None,
    of_visits: bool,
    um_per_px: float | None,
    linear_light: bool,
    terminal_from_um: str | None,
    hair_mode: str | None,
    as_json: bool,
    out: Path | None,
    settings_file: Path,
) -> None:
    """Tell the noise floor from repeats in FOLDER, or (--visit) from this instrument's own captures.

    FOLDER holds one sub-folder a subject with its repeated pictures, or their measurements as `measure --out` writes
    them; in it one sub-folder an operator, where operators are compared; or files named SUBJECT_REPEAT, such as
    P-0042_1.jpg.
    """
    if (folder is None) is not of_visits:
        raise click.UsageError("Name a study's FOLDER, or give --visit for this instrument's own captures.")
    if folder is None:
        found = _of_visits(read(DeviceSettings, settings_file))
    else:
        given: dict[str, Any] = {
            "terminal_from_um": None if terminal_from_um is None else float(terminal_from_um),
            "hair_mode": hair_mode,
        }
        found = _of_folder(
            folder,
            None if um_per_px is None else Optics(um_per_px, linear_light=linear_light),
            {name: value for name, value in given.items() if value is not None},
        )
    if out is not None:
        _write(out, found)
    if as_json:
        printed = {
            "operators": list(found.operators),
            "studies": [one.as_dict() for one in found.studies],
            "floors": [one.as_dict() for one in found.floors],
        }
        click.echo(json.dumps(printed))
    else:
        _print(found)


def _of_visits(settings: DeviceSettings) -> _Found:
    store = Store(settings.state_folder)
    try:
        noise = noise_of(store)
    finally:
        store.close()
    return _Found(noise.studies, noise.floors, settings.device_id)


def _of_folder(folder: Path, optics: Optics | None, given: dict[str, Any]) -> _Found:
    repeats = repeats_in(folder)
    pictures = [one for one in repeats if one.is_picture]
    if pictures and optics is None:
        raise click.UsageError(f"{pictures[0].file} has still to be measured: give --um-per-px, its scale.")
    complaints = Console(stderr=True, highlight=False, soft_wrap=True)
    measured: dict[tuple[str, str | None], list[Measurement]] = defaultdict(list)
    for one in track(repeats, "Measuring", console=complaints, disable=not pictures, transient=True):
        measured[one.subject, one.operator].append(_measured(one, optics, given))
    groups: dict[str, list[Measurement]] = defaultdict(list)
    for (subject, _), measurements in measured.items():
        groups[subject].extend(measurements)
    operators = operators_of(repeats)
    by_operator = crossed(measured, operators)
    studies = study(list(groups.values()), Source.PLACEMENT, by_operator)
    if not studies:
        raise StudyUnfit(f"{folder}: no figure was measured twice on one subject. Look at the pictures' flags.")
    matched = study_matched(by_operator or list(groups.values()), Source.PLACEMENT)
    floors = [*(one.floor for one in studies), *matched]
    return _Found(studies, floors, None, operators)


def _measured(repeat: Repeat, optics: Optics | None, given: dict[str, Any]) -> Measurement:
    """Read or take a measurement; a study without one of its pictures would be another study."""
    if not repeat.is_picture or optics is None:
        return read_measurement(repeat.file)
    try:
        measurement = measure_picture(picture_file.read(repeat.file), optics, **given)
    except (PictureUnreadable, PictureUnusable) as error:
        named = str(error) if str(repeat.file) in str(error) else f"{repeat.file}: {error}"
        raise StudyUnfit(named) from error
    return Measurement.model_validate(measurement.as_dict())


def _write(out: Path, found: _Found) -> None:
    try:
        write_floors(out, found.floors, device_id=found.device_id, made_at=clock.now())
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written ({error.strerror}). Name another file for --out.") from error


def _print(found: _Found) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_IN_A_FILE)
    console.print(_table(found))
    studied = {(one.floor.figure, one.floor.source, one.floor.difference) for one in found.studies}
    for floor in found.floors:
        if (floor.figure, floor.source, floor.difference) not in studied:
            unit = FIGURES[floor.figure].unit
            words = f"{FIGURES[floor.figure].words}, {_KNOWN_FROM[floor.source].format(floor.subjects)}"
            smallest, called_from = shown(floor.smallest_detectable_change, unit), shown(floor.called_from, unit)
            console.print(f"{words}: smallest detectable change {smallest} {unit}, called from {called_from} {unit}.")
    known = {floor.figure for floor in found.floors}
    if unknown := [figure.words for name, figure in FIGURES.items() if name not in known]:
        console.print(f"No floor, not measured twice or with all repeats alike: {', '.join(unknown)}.")
    if any(one.icc is None for one in found.studies):
        console.print("ICC -: asks for two subjects at least, each measured twice at least, that are not all alike.")
    if any(one.limits is None for one in found.studies):
        console.print("Limits -: ask for three subjects at least.")
    if found.operators:
        console.print(f"Limits and the second ICC are between operators: {', '.join(found.operators)}.")
    console.print(
        "A change is called one from 'called from' on: the smallest detectable change by the SD's upper bound."
    )


def _table(found: _Found) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("figure", no_wrap=True)
    for heading in ("from", "n", "mean", "SD (95 %)", "ICC (95 %)"):
        table.add_column(heading, justify="right", no_wrap=True)
    if found.operators:
        table.add_column("ICC, operators", justify="right", no_wrap=True)
    for heading in ("bias", "limits of agreement", "smallest detectable", "of mean", "called from"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found.studies:
        table.add_row(*_row(one, with_operators=bool(found.operators)))
    return table


def _row(one: FigureStudy, *, with_operators: bool) -> list[str]:
    figure = FIGURES[one.floor.figure]
    unit = figure.unit
    bias, limits = _agreement(one.limits, unit)
    return [
        f"{figure.words}, {unit}",
        str(one.floor.source),
        f"{one.subjects} x {one.measurements / one.subjects:.3g}",
        shown(one.mean, unit),
        f"{shown(one.sd.value, unit)} ({shown(one.sd.low, unit)}-{shown(one.sd.high, unit)})",
        _correlation(one.icc),
        *([_correlation(one.icc_operators)] if with_operators else []),
        bias,
        limits,
        shown(one.floor.smallest_detectable_change, unit),
        "-" if one.share_of_mean is None else f"{one.share_of_mean:.1%}",
        shown(one.floor.called_from, unit),
    ]


def _agreement(limits: Limits | None, unit: str) -> tuple[str, str]:
    if limits is None:
        return "-", "-"
    low, high = (shown(limit.value, unit, signed=True) for limit in (limits.low, limits.high))
    return shown(limits.bias.value, unit, signed=True), f"{low} to {high}"


def _correlation(icc: Interval | None) -> str:
    return "-" if icc is None else f"{icc.value:.2f} ({icc.low:.2f} to {icc.high:.2f})"
