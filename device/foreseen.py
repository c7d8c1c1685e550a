"""The errors that a person can mend: each message is one sentence with its cause and its cure."""

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
from device.chair.refusals import ChairRefused
from device.hardware_error import HardwareError
from device.outbox import NoRoom
from device.picture_file import PictureUnreadable
from device.sites import CodeRefused
from device.store import NoSuchMessage, PictureDamaged, PictureKeyUnusable, StoreUnusable
from device.study.floor_file import FloorUnreadable
from groundwork.settings_file import SettingsFileError

FORESEEN = (
    CalibrationStopped,
    CertificateExpired,
    CertificateUnreadable,
    ChairRefused,
    CodeRefused,
    FloorUnreadable,
    GeometryUnfit,
    HardwareError,
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
    TargetRefused,
)
"""What the command line and the chair page say in the same words."""
