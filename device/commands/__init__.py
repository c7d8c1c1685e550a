"""The command line ``trichoscope``: one module a command."""

import click

from analysis import PictureUnusable
from analysis.measurement_file import MeasurementUnreadable
from device.calibration.bench import CalibrationStopped, StepRefused
from device.calibration.certificate import CertificateExpired, CertificateUnreadable
from device.calibration.in_force import StillUnfit
from device.calibration.plane_fit import GeometryUnfit
from device.calibration.records import RecordsDamaged, RecordsUnwritable
from device.calibration.session import SessionUnfit
from device.calibration.targets.refusals import TargetRefused
from device.capture import PictureTooLarge
from device.commands.aim import aim
from device.commands.calibrate import calibrate
from device.commands.code import code
from device.commands.compare import compare
from device.commands.demo import demo
from device.commands.enrol import enrol
from device.commands.held import refused, release
from device.commands.measure import measure
from device.commands.outbox import outbox
from device.commands.picture import picture
from device.commands.picture_key import KeyNotMade, picture_key
from device.commands.repeatability import repeatability
from device.commands.run import run
from device.commands.visit import visit
from device.demo import DemoFailed
from device.hardware_error import HardwareError
from device.identity import EnrolmentFailed
from device.outbox import NoRoom
from device.picture_file import PictureUnreadable
from device.sites import CodeRefused
from device.store import NoSuchMessage, PictureDamaged, PictureKeyUnusable, StoreUnusable
from device.study.floor_file import FloorUnreadable
from device.study.folder import StudyUnfit
from groundwork.settings_file import SettingsFileError

_FORESEEN = (
    CalibrationStopped,
    CertificateExpired,
    CertificateUnreadable,
    CodeRefused,
    DemoFailed,
    EnrolmentFailed,
    FloorUnreadable,
    GeometryUnfit,
    HardwareError,
    KeyNotMade,
    MeasurementUnreadable,
    NoRoom,
    NoSuchMessage,
    PictureDamaged,
    PictureKeyUnusable,
    PictureTooLarge,
    PictureUnreadable,
    PictureUnusable,
    RecordsDamaged,
    RecordsUnwritable,
    SessionUnfit,
    SettingsFileError,
    StepRefused,
    StillUnfit,
    StoreUnusable,
    StudyUnfit,
    TargetRefused,
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


for command in (
    *(measure, compare, repeatability, aim, visit, refused, release, outbox, code),
    *(picture, picture_key, run, calibrate, enrol, demo),
):
    main.add_command(command)
