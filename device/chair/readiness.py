"""Whether a picture that were taken now could be kept, and how the scale stands: what the capture screen says first."""

from __future__ import annotations

from dataclasses import dataclass

from device.calibration.records import RecordsDamaged
from device.camera import CameraError
from device.chair.chair import Chair
from device.outbox import NoRoom, Outbox, refuse_without_room
from device.quality import CalibrationState
from device.store import PictureKeyUnusable, StoreUnusable


@dataclass(frozen=True)
class Readiness:
    """How the instrument stands for a capture, camera and light apart.

    Parameters
    ----------
    calibration
        In a word; None while the camera does not say which one it is.
    due
        Why it should be calibrated or checked, in a sentence; None when nothing speaks against the scale.
    refusal
        Why no picture can be kept, in a sentence; None if one can.
    """

    calibration: CalibrationState | None
    due: str | None
    refusal: str | None


def readiness(chair: Chair) -> Readiness:
    """Look at store, disk and calibration; some milliseconds, on any thread."""
    calibration, due, damaged = _calibration(chair)
    return Readiness(calibration, due, damaged or _refusal(chair))


def _calibration(chair: Chair) -> tuple[CalibrationState | None, str | None, str | None]:
    try:
        holds = chair.instrument.calibration()
    except RecordsDamaged as error:
        return None, str(error), str(error)  # no capture is taken with records that cannot be read
    except CameraError as error:
        return None, str(error), None
    return holds.state, holds.due, None


def _refusal(chair: Chair) -> str | None:
    settings = chair.settings
    try:
        with chair.store() as store:
            refuse_without_room(Outbox(store), settings.state_folder, settings.storage.keep_free_mb)
    except (NoRoom, StoreUnusable, PictureKeyUnusable) as error:
        return str(error)
    return None
