"""One capture: a still, judged, measured and kept."""

import hashlib

import numpy as np

from analysis import measure
from contract import MAX_PICTURE_BYTES, Calibration, Capture, Measurement, Picture, new_message_id
from device import SOFTWARE_VERSION, clock, picture_file
from device.camera import Aim, Camera
from device.quality import judge
from device.settings import DeviceSettings
from device.store import Store


class PictureTooLarge(RuntimeError):
    """The picture's file is larger than may travel; the message says what to do."""


def take(camera: Camera, store: Store, settings: DeviceSettings, aim: Aim) -> Capture:
    """Take, judge, measure and keep one picture.

    What is measured is the picture as it is decoded from the file that travels, so that the clinic can measure the very
    same pixels again.

    Returns
    -------
    Capture
        The message, already in the store and the outbox.

    Raises
    ------
    PictureTooLarge
        If the file is larger than may travel.
    device.camera.CameraError
        If no believable still was had in time.
    analysis.PictureUnusable
        If nothing can be measured on it.
    device.store.StoreUnusable
        If it cannot be kept.
    """
    still = camera.still(aim)
    taken_at, clock_trusted = clock.now(), clock.is_trusted()
    content = picture_file.encode(still.picture, settings.picture_format)
    if len(content) > MAX_PICTURE_BYTES:
        raise PictureTooLarge(
            f"The picture has {len(content) / 1e6:.0f} MB and {MAX_PICTURE_BYTES / 1e6:.0f} MB may travel. Set"
            ' picture_format = "jpeg", or a smaller still.'
        )
    pixels = picture_file.decode(content, "the still").astype(np.uint8, copy=False)
    um_per_px = settings.calibration.um_per_px
    measurement = Measurement.model_validate(measure(pixels, um_per_px).as_dict())
    quality = judge(pixels, um_per_px)
    picture = Picture(
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=picture_file.MEDIA_TYPES[settings.picture_format],
        size_bytes=len(content),
    )

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
            camera=camera.describe().model,
            simulated=camera.describe().simulated,
            exposure_us=still.metadata.exposure_us,
            analogue_gain=still.metadata.analogue_gain,
            calibration=Calibration(um_per_px=um_per_px, source="settings"),
            quality=quality,
            picture=picture,
            measurement=measurement,
        )

    return store.keep(picture, content, compose)
