"""``trichoscope picture``: a kept picture as a file of its own, opened where it lies sealed."""

from contextlib import closing
from pathlib import Path
from uuid import UUID

import click

from device.commands.options import settings_option
from device.settings import DeviceSettings
from device.store import Store
from groundwork.durable_file import write_durably
from groundwork.settings_file import read


@click.command()
@click.argument("capture_id", type=click.UUID)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dng", is_flag=True, help="What the sensor read, which keep_dng kept beside the picture.")
@settings_option
def picture(capture_id: UUID, file: Path, dng: bool, settings_file: Path) -> None:
    """Write the picture of a capture to FILE, as it travels."""
    settings = read(DeviceSettings, settings_file)
    if file.exists():
        raise click.BadParameter(f"{file} is there already. Name another.", param_hint="FILE")
    with closing(Store(settings.state_folder, settings.storage.picture_key)) as store:
        sha256 = store.capture(capture_id).picture.sha256
        content = store.pictures.read_beside(sha256, ".dng") if dng else store.read_picture(sha256)
    try:
        write_durably(file, content, mode=0o600)  # a patient's: nobody else's to read
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be written ({error.strerror}).", param_hint="FILE") from error
    click.echo(f"{file}: {len(content) / 1e6:.1f} MB. It shows a patient, and is not sealed: remove it after use.")
