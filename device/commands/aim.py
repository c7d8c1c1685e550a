"""``trichoscope aim``: the live meters while the instrument is aimed and focused."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from device.camera import CameraRecovering, CameraTimeout, CaptureFailed
from device.camera.live import LivePreview, Watch
from device.commands.options import settings_option
from device.instrument import Instrument, open_instrument
from device.quality.meters import Meters, Reading
from device.settings import DeviceSettings
from groundwork.settings_file import read

_FRAME_WITHIN_S = 3.0
_BAR = 24
_TRENDS = {-1: "falling", 0: "steady", 1: "rising"}


@click.command()
@click.option("--frames", type=click.IntRange(min=1), help="End after so many; by default with Ctrl-C.")
@settings_option
def aim(frames: int | None, settings_file: Path) -> None:
    """Show focus (with its peak), exposure and glare of the preview, frame by frame."""
    settings = read(DeviceSettings, settings_file)
    with (
        open_instrument(settings) as instrument,
        instrument.lights.lit(settings.capture.light),
        LivePreview(instrument.camera) as preview,
        preview.watch() as watch,
    ):
        try:
            with Live(console=Console(highlight=False), auto_refresh=False) as line:
                for shown in _readings(instrument, watch, frames):
                    line.update(shown, refresh=True)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None


def _readings(instrument: Instrument, watch: Watch, frames: int | None) -> Iterator[str]:
    """Give a line for each frame; while no frames come, why."""
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
            meters = Meters(instrument.preview_um_per_px(frame.picture.shape[1]))
        count += 1
        yield _line(meters.read(frame.picture))


def _line(reading: Reading) -> str:
    filled = round(_BAR * min(1.0, reading.focus))
    peak = min(_BAR - 1, round(_BAR * min(1.0, reading.focus_peak)))
    bar = "".join("|" if at == peak else "█" if at < filled else "·" for at in range(_BAR))
    return (
        f"focus {bar} {reading.focus:.2f} (peak {reading.focus_peak:.2f}, {_TRENDS[reading.focus_trend]})"
        f"  exposure {reading.exposure:.0%}  dark {reading.under_share:.1%}  bright {reading.over_share:.1%}"
        f"  glare {reading.glare_share:.1%}"
    )
