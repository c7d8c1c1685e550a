"""``trichoscope calibrate``: the steps that make pixels into micrometres, one after another."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from device import clock
from device.calibration.bench import StepRefused
from device.calibration.certificate import Certificate, read_certificate
from device.calibration.check import check as check_target
from device.calibration.focus import curve_svg, sparkline
from device.calibration.plane_fit import GeometryUnfit
from device.calibration.record import CalibrationRecord, TargetCheck
from device.calibration.session import Equipment, Session
from device.calibration.step_names import StepName
from device.calibration.steps import STEPS, Step
from device.calibration.targets.refusals import TargetRefused
from device.camera import CameraError
from device.commands.options import settings_option
from device.instrument import Instrument, open_instrument
from device.lights import LightsError
from device.settings import DeviceSettings
from groundwork.durable_file import write_durably
from groundwork.settings_file import read

_REFUSED = (GeometryUnfit, StepRefused, TargetRefused, CameraError, LightsError)

by_option = click.option("--by", required=True, metavar="CODE", help="Code of the person who does it, such as mk.")
no_wait_option = click.option("--no-wait", is_flag=True, help="Take the steps at once, without waiting for Enter.")


skip_option = click.option(
    "--skip",
    "skips",
    multiple=True,
    metavar="STEP=REASON",
    help="Leave a step out and say why: --skip 'colour=no chart here'.",
)


@click.group()
def calibrate() -> None:
    """Calibrate this instrument, check it, or see how its calibration stands."""


@calibrate.command()
@by_option
@click.option(
    "--target",
    "targets",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Certificate of a target at hand (TOML); once for each.",
)
@skip_option
@no_wait_option
@settings_option
def run(*, by: str, targets: tuple[Path, ...], skips: tuple[str, ...], no_wait: bool, settings_file: Path) -> None:
    """Begin a calibration and take its steps. Ctrl-C stops it: what is in force stays so."""
    left_out = [_left_out(one) for one in skips]
    certificates: tuple[Certificate, ...] = tuple(read_certificate(target) for target in targets)
    with _session(settings_file) as (_, session):
        session.begin(by, certificates)
        _take_steps(session, left_out, no_wait=no_wait)


@calibrate.command()
@skip_option
@no_wait_option
@settings_option
def resume(*, skips: tuple[str, ...], no_wait: bool, settings_file: Path) -> None:
    """Go on with a calibration that was stopped between two steps."""
    left_out = [_left_out(one) for one in skips]
    with _session(settings_file) as (_, session):
        _take_steps(session, left_out, no_wait=no_wait)


@calibrate.command()
@settings_option
def abort(*, settings_file: Path) -> None:
    """End a calibration that is on its way; what is in force stays so."""
    with _session(settings_file) as (_, session):
        session.abort()
    click.echo("The calibration on its way is ended. What was in force stays in force.")


@calibrate.command()
@by_option
@no_wait_option
@settings_option
def check(*, by: str, no_wait: bool, settings_file: Path) -> None:
    """Compare one picture of the scale target with the calibration. Exit code 1 when something is out of tolerance."""
    with _session(settings_file) as (instrument, session):
        record = instrument.calibration().record
        if record is None:
            raise StepRefused("There is no calibration to check. Calibrate with `trichoscope calibrate run`.")
        if not no_wait:
            click.pause("Lay the scale target face up, so that it fills the picture, then press Enter.")
        found = check_target(session.bench(StepName.SCALE, click.echo), record, by, instrument.records)
    for finding in found.findings:
        word = "ok" if finding.within else "out of tolerance"
        click.echo(f"{finding.name}: {finding.now:.4g} {finding.unit}, was {finding.then:.4g}: {word}")
        if finding.sentence:
            click.echo(f"  {finding.sentence}")
    if not found.passed:
        click.echo("The instrument is due for calibration, and every capture will say so.")
        raise click.exceptions.Exit(1)


@calibrate.command()
@click.option("--focus-curve", type=click.Path(path_type=Path), help="Write the focus curve as an SVG picture.")
@settings_option
def status(*, focus_curve: Path | None, settings_file: Path) -> None:
    """Say which calibration is in force, what it found, and whether it holds."""
    with open_instrument(read(DeviceSettings, settings_file)) as instrument:
        calibration = instrument.calibration()
        entries = instrument.records.all()
    if calibration.record is not None:
        Console(highlight=False).print(_table(calibration.record, entries))
        if (focus := calibration.record.results.focus) is not None:
            click.echo(f"focus curve: {sparkline(focus)}")
            if focus_curve is not None:
                _write(focus_curve, curve_svg(focus))
    click.echo(calibration.due or "The calibration is in date.")


@contextmanager
def _session(settings_file: Path) -> Iterator[tuple[Instrument, Session]]:
    settings = read(DeviceSettings, settings_file)
    with open_instrument(settings) as instrument:
        session = Session(Equipment(settings, instrument.camera, instrument.lights))
        signal.signal(signal.SIGTERM, lambda *_: session.stop.set())
        with session.alone():
            yield instrument, session


def _write(file: Path, text: str) -> None:
    try:
        write_durably(file, text.encode())
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written ({error.strerror}). Name another file.") from error


def _left_out(text: str) -> tuple[StepName, str]:
    name, _, reason = text.partition("=")
    try:
        step = StepName(name.strip())
    except ValueError as error:
        raise click.BadParameter(f"{name!r} is no step: name one of {', '.join(StepName)}.") from error
    if not reason.strip():
        raise click.BadParameter(f"say why the {step} step is left out: --skip '{step}=the reason'.")
    return step, reason.strip()


def _take_steps(session: Session, left_out: list[tuple[StepName, str]], *, no_wait: bool) -> None:
    for name, reason in left_out:
        session.skip(name, reason)
        click.echo(f"{STEPS[name].title}: left out ({reason}).")
    try:
        for step in session.steps():
            _take(session, step, no_wait=no_wait)
    except KeyboardInterrupt:
        click.echo("Stopped. Go on with `trichoscope calibrate resume`; what was in force stays in force.", err=True)
        raise click.exceptions.Exit(130) from None
    record = session.finish()
    click.echo(f"Calibrated: record {record.record_id}, in force until {record.valid_until:%Y-%m-%d}.")


def _take(session: Session, step: Step, *, no_wait: bool) -> None:
    """Take one step, again for as long as the person wants to; without a person a refusal ends it."""
    while True:
        if not no_wait:
            click.pause(f"{step.title}. {step.instruction} Then press Enter.")
        try:
            click.echo(f"{step.title}: {session.run(step.name, lambda line: click.echo(f'  {line}', err=True))}")
        except _REFUSED as refusal:
            if no_wait:
                raise
            click.echo(f"{step.title}: {refusal}", err=True)
            if not click.confirm("Take this step again?", default=True):
                raise
        else:
            return


def _blur(record: CalibrationRecord) -> str:
    """Say how soft edges are over the field, and the detail that is left in the middle."""
    blur = record.results.blur
    if blur is None:
        return "not measured"
    sigma_um = blur.grid() * blur.um_per_px
    sharp = [cell.mtf50_lp_per_mm for cell in blur.cells if cell.mtf50_lp_per_mm is not None]
    detail = f", MTF50 {min(sharp):.0f} to {max(sharp):.0f} lp/mm" if sharp else ""
    return f"{sigma_um.min():.1f} to {sigma_um.max():.1f} um (sigma){detail}"


def _table(record: CalibrationRecord, entries: list[CalibrationRecord | TargetCheck]) -> Table:
    geometry = record.geometry
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    checks = [one for one in entries if isinstance(one, TargetCheck) and one.record_id == record.record_id]
    rows = {
        "record": str(record.record_id),
        "made": f"{record.made_at:%Y-%m-%d %H:%M} UTC by {record.made_by}, valid until {record.valid_until:%Y-%m-%d}",
        "camera": f"{record.instrument.camera_model} ({record.instrument.camera_identity})",
        "lens": record.instrument.lens,
        "certificates": ", ".join(certificate.certificate_id for certificate in record.certificates),
        "scale": f"{geometry.um_per_px:.4f} +- {geometry.um_per_px_sd:.4f} um/px (standard uncertainty)",
        "distortion": "not measured" if geometry.scale_only else f"{geometry.k1:+.2%} at the corners",
        "tilt": "not known" if geometry.tilt is None else f"{geometry.tilt.total_deg:.2f} degrees",
        "residual": f"{geometry.residual_rms_um:.2f} um",
        "blur": _blur(record),
        "left out": ", ".join(f"{one.step} ({one.reason})" for one in record.skipped) or "nothing",
        "last check": f"{checks[-1].made_at:%Y-%m-%d %H:%M} UTC, {'passed' if checks[-1].passed else 'failed'}"
        if checks
        else "none since the calibration",
        "age": f"{(clock.now() - record.made_at).days} days",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table
