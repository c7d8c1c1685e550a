"""One capture: stills taken, corrected, judged, measured and kept."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

import contract
from analysis import Measurement, measure
from analysis.measurement import HairMode
from contract import MAX_PICTURE_BYTES, Capture, MarkKind, Picture, Repeatability, Verdict, new_message_id
from device import SOFTWARE_VERSION, clock, picture_file
from device.calibration.focus import sharpness_of
from device.calibration.in_force import InForce
from device.camera import Aim, CameraError, Still, StillSettings
from device.instrument import Instrument
from device.outbox import Outbox, refuse_without_room
from device.quality import judge
from device.repeatability import repeatability
from device.store import PictureKeyUnusable

_log = logging.getLogger(__name__)


class PictureTooLarge(RuntimeError):
    """The picture's file is larger than may travel; the message says what to do."""


class Phase(StrEnum):
    """What of a capture is under way."""

    TAKING = "taking"
    MEASURING = "measuring"
    KEEPING = "keeping"


def take(instrument: Instrument, aim: Aim, began: Callable[[Phase], None] = lambda _phase: None) -> Capture:
    """Take, correct, judge, measure and keep one picture.

    What is measured is the picture as it is decoded from the file that travels, so that the clinic can measure the very
    same pixels again. A picture that the gate refuses is kept, and held until a person releases it.

    Parameters
    ----------
    instrument
        Open; its store was opened by the calling thread.
    aim
        What the camera is held to.
    began
        Told of each phase as it begins: from the second on the patient may move.

    Returns
    -------
    Capture
        The message, already in the store; in the outbox unless the gate refused it.

    Raises
    ------
    device.outbox.NoRoom
        If the disk takes none more.
    PictureTooLarge
        If the file is larger than may travel.
    device.camera.CameraError, device.lights.LightsError
        If no believable still was had in time.
    device.calibration.in_force.StillUnfit, device.calibration.records.RecordsDamaged
        If the calibration cannot be used.
    analysis.PictureUnusable
        If nothing can be measured on it.
    device.store.StoreUnusable, device.store.PictureKeyUnusable
        If it cannot be kept.
    """
    settings, calibration = instrument.settings, instrument.calibration()
    refuse_without_room(Outbox(instrument.store), settings.state_folder, settings.storage.keep_free_mb)
    began(Phase.TAKING)
    stills, dng = _stills(instrument, aim)
    taken_at, clock_trusted = clock.now(), clock.is_trusted()
    began(Phase.MEASURING)
    still = stills[0]
    content = picture_file.encode(calibration.picture(still.picture), settings.picture_format)
    if len(content) > MAX_PICTURE_BYTES:
        raise PictureTooLarge(
            f"The picture has {len(content) / 1e6:.0f} MB and {MAX_PICTURE_BYTES / 1e6:.0f} MB may travel. Set"
            ' picture_format = "jpeg", or a smaller still.'
        )
    pixels = picture_file.decode(content, "the still").astype(np.uint8, copy=False)
    hair = settings.capture.hair
    measured = measure(pixels, calibration.optics(), hair_mode=hair or "auto", mark=settings.capture.mark_expected)
    repeated = _repeatability(stills, measured, calibration, hair) if len(stills) > 1 else None
    quality = judge(
        pixels,
        calibration.optics(),
        measurement=measured,
        calibration_state=calibration.state,
        mark_expected=settings.capture.mark_expected,
        hair=hair,
        tilt_deg=calibration.tilt_deg,
        repeatability=repeated,
    )
    picture = Picture(
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=picture_file.MEDIA_TYPES[settings.picture_format],
        size_bytes=len(content),
    )
    description = instrument.camera.describe()

    def compose(sequence: int) -> Capture:
        return Capture(
            message_id=new_message_id(),
            clinic_id=settings.clinic_id,
            device_id=settings.device_id,
            boot_id=clock.boot_id(),
            sequence=sequence,
            created_at=clock.now(),
            clock_trusted=clock_trusted,
            patient_code=aim.patient_code,
            visit_number=aim.visit_number,
            site=aim.site,
            taken_at=taken_at,
            software_version=SOFTWARE_VERSION,
            camera=description.model,
            camera_identity=description.identity,
            simulated=description.simulated,
            lens=settings.lens.name,
            mark=MarkKind.TATTOOED_DOT if settings.capture.mark_expected else MarkKind.NONE,
            light=settings.capture.light,
            exposure_us=still.metadata.exposure_us,
            analogue_gain=still.metadata.analogue_gain,
            repeatability=repeated,
            calibration=calibration.message(),
            quality=quality,
            picture=picture,
            measurement=contract.Measurement.model_validate(measured.as_dict()),
        )

    began(Phase.KEEPING)
    kept = instrument.store.keep(picture, content, compose, held=quality.verdict is Verdict.REFUSE)
    if dng is not None:
        _keep_dng(instrument, dng, picture)
    return kept


def _stills(instrument: Instrument, aim: Aim) -> tuple[Sequence[Still], bytes | None]:
    """Take one still, a burst, or the sharpest of a bracket; and what the sensor reads, while nobody has moved."""
    settings, camera = instrument.settings.capture, instrument.camera
    usual = camera.usual
    stills: Sequence[Still]
    with instrument.lights.lit(settings.light):
        if usual is None:  # pictures that exist already: the next one is no repeat of this one
            stills = [camera.still(aim)]
        elif settings.focus_bracket_dioptres:
            bracket = camera.burst(aim, _bracketed(usual, settings.focus_bracket_dioptres))
            stills = [max(bracket, key=lambda still: sharpness_of(still.picture))]
        else:
            stills = camera.burst(aim, [usual] * settings.stills)
        return stills, _dng(instrument, aim) if settings.keep_dng else None


def _dng(instrument: Instrument, aim: Aim) -> bytes | None:
    """Take what the sensor reads. Without it the capture is whole: what goes wrong is only told."""
    try:
        return instrument.camera.dng(aim)
    except CameraError as error:
        _log.warning("The capture is kept without its DNG file: %s", error)
        return None


def _keep_dng(instrument: Instrument, content: bytes, picture: Picture) -> None:
    try:
        instrument.store.pictures.keep(picture.sha256, content, suffix=".dng")
    except (PictureKeyUnusable, OSError) as error:
        _log.warning("The capture is kept without its DNG file: %s", error)


def _bracketed(usual: StillSettings, offsets_dioptres: Sequence[float]) -> list[StillSettings]:
    if usual.lens_position_dioptres is None:
        return [usual]
    position = usual.lens_position_dioptres
    return [replace(usual, lens_position_dioptres=max(0.0, position + offset)) for offset in offsets_dioptres]


def _repeatability(
    stills: Sequence[Still], first: Measurement, calibration: InForce, hair: HairMode | None
) -> Repeatability:
    others: list[NDArray[np.uint8]] = [still.picture for still in stills[1:]]
    pictures = (calibration.picture(picture) for picture in others)
    optics = calibration.optics()
    measured = [first, *(measure(picture, optics, hair_mode=hair or "auto") for picture in pictures)]
    return repeatability([stills[0].picture, *others], measured)
