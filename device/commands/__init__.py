"""The command line ``trichoscope``: one module a command."""

import click

from analysis import PictureUnusable
from device.camera import CameraError
from device.capture import PictureTooLarge
from device.commands.demo import demo
from device.commands.measure import measure
from device.commands.run import run
from device.commands.visit import visit
from device.demo import DemoFailed
from device.picture_file import PictureUnreadable
from device.store import StoreUnusable
from groundwork.settings_file import SettingsFileError

_FORESEEN = (
    CameraError,
    DemoFailed,
    PictureTooLarge,
    PictureUnreadable,
    PictureUnusable,
    SettingsFileError,
    StoreUnusable,
)


class _Refusal(click.ClickException):
    """What a person can mend: one sentence, exit code 2."""

    exit_code = 2


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except _FORESEEN as error:
            raise _Refusal(str(error)) from error


@click.group(cls=_Commands)
@click.version_option(package_name="trichoscope")
def main() -> None:
    """Take, measure and deliver calibrated pictures of the scalp. Not a diagnosis."""


for command in (measure, visit, run, demo):
    main.add_command(command)
