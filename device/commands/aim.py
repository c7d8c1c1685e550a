"""``trichoscope aim``: the live meters while the instrument is aimed and focused, and the way to a site's baseline."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from contract import place_of
from device.camera import Aim, CameraRecovering, CameraTimeout, CaptureFailed
from device.camera.live import LivePreview, Watch
from device.commands.options import settings_option
from device.guidance import GuidedAim, guided_aim
from device.instrument import Instrument, open_instrument
from device.quality.meters import Meters, Reading
from device.settings import DeviceSettings
from device.sites import CodeRefused
from groundwork.settings_file import read

_FRAME_WITHIN_S = 3.0
_BAR = 24
_TRENDS = {-1: "falling", 0: "steady", 1: "rising"}


@click.command()
@click.option("--frames", type=click.IntRange(min=1), help="End after so many; by default with Ctrl-C.")
@click.option("--patient", metavar="CODE", help="Whose site is aimed at; with --site and --visit.")
@click.option("--site", metavar="SITE", help="Guide to the site's baseline: how far to move and turn the camera.")
@click.option("--visit", "visit_number", type=click.IntRange(1, 9999), help="Number of the visit that is taken.")
@settings_option
def aim(
    *, frames: int | None, patient: str | None, site: str | None, visit_number: int | None, settings_file: Path
) -> None:
    """Show focus (with its peak), exposure and glare of the preview, frame by frame.

    With --patient, --site and --visit it says too how far to move and turn the camera to the place of the baseline.
    """
    settings = read(DeviceSettings, settings_file)
    held_to = _held_to(settings, patient, site, visit_number)
    with (
        open_instrument(settings) as instrument,
        instrument.lights.lit(settings.capture.light),
        LivePreview(instrument.camera, held_to) as preview,
        preview.watch() as watch,
    ):
        guided = None if held_to is None else guided_aim(settings, instrument.store, held_to)
        try:
            with Live(console=Console(highlight=False), auto_refresh=False) as line:
                for shown in _readings(instrument, watch, frames, guided):
                    line.update(shown, refresh=True)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None


def _held_to(settings: DeviceSettings, patient: str | None, site: str | None, visit_number: int | None) -> Aim | None:
    """Return what the camera is held to; None where nothing is said of it."""
    if patient is None and site is None and visit_number is None:
        return None
    if patient is None or site is None or visit_number is None:
        raise click.UsageError("A place is named by all three: --patient CODE --site SITE --visit NUMBER.")
    try:
        place_of(site)
        return Aim(settings.patients.codes.accept(patient), site, visit_number)
    except CodeRefused as refused:
        raise click.BadParameter(str(refused), param_hint="--patient") from refused
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--site") from error


def _readings(instrument: Instrument, watch: Watch, frames: int | None, guided: GuidedAim | None) -> Iterator[str]:
    """Give the lines for each frame; while no frames come, why."""
    meters: Meters | None = None
    count = 0
    while frames is None or count < frames:
        try:
            frame = watch.next(_FRAME_WITHIN_S)
        except (CameraTimeout, CaptureFailed, CameraRecovering) as error:
            if frames is not None:
                raise
            yield str(error)
            continue
        if meters is None:
            meters = Meters(um_per_px := instrument.preview_um_per_px(frame.picture.shape[1]))
        count += 1
        line = _line(meters.read(frame.picture))
        yield line if guided is None else f"{line}\n{guided.words(guided.look(frame.picture, um_per_px))}"


def _line(reading: Reading) -> str:
    filled = round(_BAR * min(1.0, reading.focus))
    peak = min(_BAR - 1, round(_BAR * min(1.0, reading.focus_peak)))
    bar = "".join("|" if at == peak else "█" if at < filled else "·" for at in range(_BAR))
    return (
        f"focus {bar} {reading.focus:.2f} (peak {reading.focus_peak:.2f}, {_TRENDS[reading.focus_trend]})"
        f"  exposure {reading.exposure:.0%}  dark {reading.under_share:.1%}  bright {reading.over_share:.1%}"
        f"  glare {reading.glare_share:.1%}"
    )
