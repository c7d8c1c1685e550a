"""The command line ``trichoscope``: one module a command."""

import click

from device.commands.aim import aim
from device.commands.calibrate import calibrate
from device.commands.chair import chair
from device.commands.code import code
from device.commands.compare import compare
from device.commands.demo import demo
from device.commands.enrol import enrol
from device.commands.held import refused, release
from device.commands.measure import measure
from device.commands.outbox import outbox
from device.commands.picture import picture
from device.commands.picture_key import KeyNotMade, picture_key
from device.commands.pin import pin
from device.commands.repeatability import repeatability
from device.commands.run import run
from device.commands.visit import visit
from device.demo import DemoFailed
from device.foreseen import FORESEEN
from device.identity import EnrolmentFailed
from device.study.folder import StudyUnfit

_FORESEEN = (*FORESEEN, DemoFailed, EnrolmentFailed, KeyNotMade, StudyUnfit)


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


for command in (
    *(measure, compare, repeatability, aim, chair, visit, refused, release, outbox, code),
    *(picture, picture_key, pin, run, calibrate, enrol, demo),
):
    main.add_command(command)
