"""The instrument at the chair, open: camera, lights and store, with the calibration that holds for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from device import clock
from device.calibration.in_force import InForce, in_force, latest
from device.calibration.record import CalibratedInstrument
from device.calibration.records import Records
from device.camera import Camera, StillSettings, open_camera
from device.camera.recovery import RecoveringCamera
from device.lights import Lights, open_lights
from device.settings import DeviceSettings
from device.store import Store


@dataclass(frozen=True, eq=False)
class Instrument:
    """What captures are taken with, all of it open.

    Parameters
    ----------
    settings
        The device's.
    camera, lights, store
        Open.
    records
        Of its calibrations.
    """

    settings: DeviceSettings
    camera: Camera
    lights: Lights
    store: Store
    records: Records

    def preview_um_per_px(self, width_px: int) -> float:
        """Give about the scale of a preview frame of that width, which shows the still's field."""
        usual = self.camera.usual
        still_px = width_px if usual is None else usual.size_px[0]
        return self.settings.lens.nominal_um_per_px * still_px / width_px

    def calibration(self) -> InForce:
        """Find the calibration that holds now, for the camera that is open.

        Raises
        ------
        device.calibration.records.RecordsDamaged
        """
        lens = self.settings.lens.name
        here = CalibratedInstrument.of(self.settings.device_id, self.camera.describe(), lens)
        return in_force(self.records, here, self.settings, clock.now())


@contextmanager
def open_instrument(settings: DeviceSettings) -> Iterator[Instrument]:
    """Open everything, and close it again whatever happens: the lights are dark then.

    Raises
    ------
    device.camera.CameraError, device.lights.LightsError, device.store.StoreUnusable, device.store.PictureKeyUnusable
    device.calibration.records.RecordsDamaged
    """
    records = Records(settings.state_folder)
    store = Store(settings.state_folder, settings.storage.picture_key)
    try:
        store.pictures.check_key()  # as with the camera: said now, not at the first patient
        with (
            open_lights(settings.lights) as lights,
            RecoveringCamera(open_camera(settings.camera, _calibrated_settings(records))) as camera,
        ):
            camera.describe()  # a camera that is not there says so now, not at the first patient
            yield Instrument(settings, camera, lights, store, records)
    finally:
        store.close()


def _calibrated_settings(records: Records) -> StillSettings | None:
    """Give the settings of the last calibration: the camera that it was made with is told apart once it is open."""
    record = latest(records)
    return None if record is None else record.still
