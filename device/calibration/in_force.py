"""The calibration that a capture is taken with: which record, whether it still holds, and what it makes of a still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

import contract
from analysis import Optics
from device.calibration.correction import Correction, correction_of
from device.calibration.record import CalibratedInstrument, CalibrationRecord, TargetCheck, in_time
from device.calibration.records import Records, RecordsDamaged
from device.lights import Light
from device.quality import CalibrationState
from device.settings import DeviceSettings

Picture = NDArray[np.uint8]


class StillUnfit(Exception):
    """A still is not of the size that was calibrated; the message says what to do."""


@dataclass(frozen=True, eq=False)
class InForce:
    """What holds for a capture now.

    Parameters
    ----------
    record
        The calibration; None while there is none for this camera and lens.
    due
        Why the instrument should be calibrated or checked, in a sentence; None when nothing speaks against it.
    nominal_um_per_px
        The scale without a calibration.
    light
        That captures are taken in now: its flat field evens them.
    """

    record: CalibrationRecord | None
    due: str | None
    nominal_um_per_px: float
    light: Light

    @property
    def state(self) -> CalibrationState:
        """In a word."""
        if self.record is None:
            return CalibrationState.NONE
        return CalibrationState.IN_DATE if self.due is None else CalibrationState.DUE

    def picture(self, still: Picture) -> Picture:
        """Turn a still into the picture that is measured: corrected where that was calibrated.

        Raises
        ------
        StillUnfit
            When the still has another size than those that were calibrated.
        """
        if self.record is None:
            return still
        size_px = still.shape[1], still.shape[0]
        calibrated_px = self.record.geometry.size_px
        if size_px != calibrated_px:
            raise StillUnfit(
                f"Stills have {size_px[0]} x {size_px[1]} px now and had {calibrated_px[0]} x"
                f" {calibrated_px[1]} at the calibration. Set the size back under [camera], or calibrate anew."
            )
        return self._correction.apply(still)

    def optics(self) -> float | Optics:
        """Say what is known of that picture's optics: a bare scale without a calibration."""
        if self.record is None:
            return self.nominal_um_per_px
        results, correction = self.record.results, self._correction
        return Optics(
            correction.um_per_px,
            um_per_px_sd=self.record.geometry.um_per_px_sd,
            blur_sigma_px=None if results.blur is None else results.blur.grid(),
            linear_light=True,
            true_colours=results.colour is not None,
        )

    @property
    def tilt_deg(self) -> float | None:
        """Tilt of the plane of contact, where it is known."""
        tilt = None if self.record is None else self.record.geometry.tilt
        return None if tilt is None else tilt.total_deg

    def message(self) -> contract.Calibration:
        """Say it as it travels."""
        if self.record is None:
            return contract.Calibration(um_per_px=self.nominal_um_per_px, source="settings", due=self.due)
        blur = self.record.results.blur
        return contract.Calibration(
            um_per_px=self._correction.um_per_px,
            standard_uncertainty_um_per_px=self.record.geometry.um_per_px_sd,
            source="target",
            record_id=self.record.record_id,
            made_at=self.record.made_at,
            certificate_id=self.record.scale_certificate_id,
            due=self.due,
            blur_sigma_px=None if blur is None else tuple(tuple(round(v, 4) for v in row) for row in blur.grid()),
            linear_light=True,
            true_colours=self.record.results.colour is not None,
        )

    @cached_property
    def _correction(self) -> Correction:
        assert self.record is not None  # noqa: S101  asked only then
        return correction_of(self.record.results, self.light)


def latest(records: Records) -> CalibrationRecord | None:
    """Return the newest record, whatever it is of."""
    return next((one for one in reversed(records.all()) if isinstance(one, CalibrationRecord)), None)


def in_force(records: Records, instrument: CalibratedInstrument, settings: DeviceSettings, now: datetime) -> InForce:
    """Find what holds for an instrument.

    Parameters
    ----------
    records
        Of the device.
    instrument
        Camera and lens that are there now.
    settings
        The device's.
    now
        The time.

    Raises
    ------
    device.calibration.records.RecordsDamaged
    """
    nominal, light = settings.lens.nominal_um_per_px, settings.capture.lit_by
    entries = records.all()
    of_all = [one for one in entries if isinstance(one, CalibrationRecord)]
    record = next((one for one in reversed(of_all) if one.instrument == instrument), None)
    if record is None:
        other = " for this camera and lens: one of them was changed" if of_all else ""
        return InForce(None, f"There is no calibration{other}. Calibrate before the next patient.", nominal, light)
    return InForce(record, _due(record, _checks_of(record, entries), settings, now), nominal, light)


@dataclass(frozen=True)
class Standing:
    """How the calibration stands by what is written: when it was made, and why it is due; None where neither is."""

    made_at: datetime | None
    due: str | None


def standing_of(settings: DeviceSettings, now: datetime) -> Standing:
    """Say how the calibration of this lens stands, without the camera: for the health message."""
    try:
        entries = Records(settings.state_folder).all()
    except RecordsDamaged as error:
        return Standing(None, str(error)[:300])
    of_lens = [
        one for one in entries if isinstance(one, CalibrationRecord) and one.instrument.lens == settings.lens.name
    ]
    if not of_lens:
        return Standing(None, "There is no calibration of this lens. Calibrate before the next patient.")
    return Standing(of_lens[-1].made_at, _due(of_lens[-1], _checks_of(of_lens[-1], entries), settings, now))


def _checks_of(record: CalibrationRecord, entries: Sequence[CalibrationRecord | TargetCheck]) -> list[TargetCheck]:
    return [one for one in entries if isinstance(one, TargetCheck) and one.record_id == record.record_id]


def _due(record: CalibrationRecord, checks: list[TargetCheck], settings: DeviceSettings, now: datetime) -> str | None:
    wanted = settings.capture.lit_by
    if record.light != wanted:
        return (
            f"The calibration is for the light {record.light!s}, and captures are taken in {wanted!s}: calibrate anew."
        )
    if not in_time(record, now):
        return f"The calibration ended on {record.valid_until:%Y-%m-%d}: calibrate anew."
    if checks and not checks[-1].passed:
        return next(finding.sentence for finding in checks[-1].findings if not finding.within)
    last = checks[-1].made_at if checks else record.made_at
    limit = timedelta(hours=settings.calibration.check_within_hours)
    if now - last > limit:
        days = (now - last) / timedelta(days=1)
        return f"The last check on the target is {days:.1f} days old: check before the next patient."
    return None
