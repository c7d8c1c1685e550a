"""An instrument's calibration: one record with everything that was measured, and the daily checks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import UUID7, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from contract import DeviceId, PersonCode, Sha256
from device.calibration.blur import Blur
from device.calibration.certificate import Certificate
from device.calibration.colour import Colour, WhiteGains
from device.calibration.dark import DarkFrame
from device.calibration.exposure import Exposure
from device.calibration.flat_field import FlatField
from device.calibration.focus import Focus
from device.calibration.geometry import Geometry
from device.calibration.response import Response
from device.calibration.step_names import StepName
from device.camera import CameraDescription, StillSettings
from device.lights import Light


class _Recorded(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CalibratedInstrument(_Recorded):
    """What was calibrated: a calibration holds for this camera and this lens together."""

    device_id: DeviceId
    camera_model: str
    camera_identity: str
    simulated: bool
    lens: str

    @classmethod
    def of(cls, device_id: str, camera: CameraDescription, lens: str) -> CalibratedInstrument:
        """Describe an open camera behind a lens."""
        return cls(
            device_id=device_id,
            camera_model=camera.model,
            camera_identity=camera.identity,
            simulated=camera.simulated,
            lens=lens,
        )


class Input(_Recorded):
    """One picture that something was calibrated from.

    ``pixels_sha256`` is the digest of its pixels' bytes; those that are worth looking at again lie as PNG files of that
    name in ``calibration/pictures`` of the state folder.
    """

    step: StepName
    pixels_sha256: Sha256
    kept: bool
    light: Light
    exposure_us: int | None
    analogue_gain: float | None
    lens_position_dioptres: float | None


class Reference(_Recorded):
    """What the scale target looked like to the calibrated instrument, for the daily check to compare with.

    ``edge_sigma_um`` is None for a stage micrometer, whose marks are too fine to show it.
    """

    certificate_id: str
    um_per_px: float
    edge_sigma_um: float | None
    white_light: float


class Results(_Recorded):
    """What the steps gave; None for what was not done.

    ``flat_fields`` holds one for each light.
    """

    focus: Focus | None = None
    exposure: Exposure | None = None
    white_gains: WhiteGains | None = None
    dark: DarkFrame | None = None
    response: Response | None = None
    flat_fields: dict[Light, FlatField] = {}
    colour: Colour | None = None
    geometry: Geometry | None = None
    reference: Reference | None = None
    blur: Blur | None = None

    def asked(self, usual: StillSettings | None) -> StillSettings | None:
        """Give the settings of stills from here on: the camera's usual, with what was found."""
        if usual is None:
            return None
        focus, exposure, white = self.focus, self.exposure, self.white_gains
        return replace(
            usual,
            colour_gains=usual.colour_gains if white is None else (white.red, white.blue),
            lens_position_dioptres=usual.lens_position_dioptres if focus is None else focus.position_dioptres,
            exposure_us=usual.exposure_us if exposure is None else exposure.exposure_us,
        )


class Skipped(_Recorded):
    """A step that was not done, and why."""

    step: StepName
    reason: Annotated[str, Field(min_length=1, max_length=300)]


class CalibrationRecord(_Recorded):
    """One calibration, whole.

    Parameters
    ----------
    record_id
        Captures name it.
    previous_sha256
        Digest of the record or check before it; None for the first.
    made_at, clock_trusted, made_by, software_version
        When, by whom, with what.
    valid_until
        Its last moment.
    instrument
        What it holds for.
    still
        Settings that stills are taken with; None for a camera that takes no settings.
    light
        That captures are taken in.
    certificates
        Of the targets that were used.
    results
        Of the steps, all inputs, and what was left out.
    """

    record_id: UUID7
    previous_sha256: Sha256 | None
    made_at: AwareDatetime
    clock_trusted: bool
    made_by: PersonCode
    software_version: str
    valid_until: AwareDatetime
    instrument: CalibratedInstrument
    still: StillSettings | None
    light: Light
    certificates: tuple[Certificate, ...]
    results: Results
    inputs: tuple[Input, ...]
    skipped: tuple[Skipped, ...]

    @model_validator(mode="after")
    def _has_a_scale(self) -> Self:
        if self.results.geometry is None:
            raise ValueError("a calibration without a scale is none")
        return self

    @property
    def geometry(self) -> Geometry:
        """Scale, tilt and distortion: what no calibration is without."""
        assert self.results.geometry is not None  # noqa: S101  for mypy: the validator has seen to it
        return self.results.geometry

    @property
    def scale_certificate_id(self) -> str | None:
        """Certificate of the target that the scale came from."""
        return None if self.results.reference is None else self.results.reference.certificate_id


class Finding(_Recorded):
    """One thing that a check compared: its value now, at the calibration, and how far it may be off."""

    name: Literal["scale", "blur", "light"]
    unit: str
    now: float
    then: float
    tolerance: float
    within: bool
    sentence: str


class TargetCheck(_Recorded):
    """A daily check: one picture of the target against the calibration."""

    previous_sha256: Sha256 | None
    record_id: UUID7
    made_at: AwareDatetime
    clock_trusted: bool
    made_by: PersonCode
    certificate_id: str
    pixels_sha256: Sha256
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was within its tolerance."""
        return all(finding.within for finding in self.findings)


def in_time(record: CalibrationRecord, now: datetime) -> bool:
    """Whether a record's validity has not ended."""
    return now <= record.valid_until
