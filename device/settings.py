"""The instrument's settings: one TOML file, every key known, nothing on unsafe defaults."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract import ClinicId, DeviceId
from device.camera import CameraSettings
from device.chair.settings import ChairSettings
from device.lights import Light, LightsSettings, Ring
from device.picture_file import PictureFormat
from device.sites.settings import PatientsSettings, VisitsSettings
from device.triggers import TriggersSettings
from groundwork.broker_settings import BrokerSettings
from groundwork.credential import SecretPath


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LensSettings(_Table):
    """The lens before the camera.

    Parameters
    ----------
    name
        What tells it from others, its serial number with it where it has one: records and captures name it, and a
        calibration holds for this lens only.
    nominal_um_per_px
        Scale of a still by the maker's words or a ruler: what a calibration target must agree with within 5 %, and the
        scale of captures as long as there is no calibration. Its uncertainty is unknown, and so is that of figures
        made with it.
    distance_mm
        From the lens' entrance pupil to the skin, for telling tilt; left out, tilt is taken out of pictures all the
        same, and not said in degrees.
    """

    name: Annotated[str, Field(min_length=1, max_length=128)]
    nominal_um_per_px: Annotated[float, Field(gt=0, le=100)]
    distance_mm: Annotated[float, Field(ge=5, le=1000)] | None = None


class CaptureSettings(_Table):
    """How a capture is taken.

    Parameters
    ----------
    light
        The ring that is lit; left out where no lights are driven by the instrument.
    stills
        1, or a burst of 3 or 5: then the capture carries how much its figures differ from still to still.
    hair
        As what hair is made ready here; left out, it is found from the picture, and long hair only warns.
    mark_expected
        Whether sites are marked with a tattooed dot, which the gate then looks for.
    keep_dng
        Whether what the sensor read is kept too, as a DNG file beside the picture on the instrument; it never travels.
        A board that makes none says so, and the capture is taken all the same.
    focus_bracket_dioptres
        Offsets of the lens from its calibrated position; the sharpest still of those is kept. Empty for none.
    """

    light: Ring | None = None
    stills: Literal[1, 3, 5] = 1
    hair: Literal["clipped", "long"] | None = None
    mark_expected: bool = False
    keep_dng: bool = False
    focus_bracket_dioptres: Annotated[tuple[Annotated[float, Field(ge=-2, le=2)], ...], Field(max_length=5)] = ()

    @property
    def lit_by(self) -> Light:
        """The ring, or the light as it is."""
        return self.light or "as-it-is"

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.stills > 1 and self.focus_bracket_dioptres:
            raise ValueError("take a burst or a focus bracket, not both: a bracket's stills differ by their focus")
        return self


class CalibrationSettings(_Table):
    """How long a calibration holds.

    Parameters
    ----------
    valid_days
        From its making.
    check_within_hours
        A check on the target is due this long after the last one that passed.
    certificates
        Folder of the targets' certificates (TOML) that the chair page offers; left out, `certificates` in the state
        folder. Files come there by the administrator alone.
    """

    valid_days: Annotated[int, Field(ge=1, le=730)] = 180
    check_within_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 30.0
    certificates: Path | None = None


class BaselineSettings(_Table):
    """The baselines that are asked from the clinic.

    Parameters
    ----------
    answer_within_s
        Longest wait for its answer; past it the site is measured without comparison.
    """

    answer_within_s: Annotated[float, Field(gt=0, le=60)] = 5.0


class ComparisonSettings(_Table):
    """What a visit's captures are held against.

    Parameters
    ----------
    noise_floors
        Files of ``trichoscope repeatability --out``; a change inside of this instrument's noise is called none.
    """

    noise_floors: Annotated[tuple[Path, ...], Field(max_length=8)] = ()


class StorageSettings(_Table):
    """What is kept on the instrument's own disk.

    Parameters
    ----------
    keep_free_mb
        Megabytes that stay free: past that no capture is taken (:mod:`device.outbox.room`).
    picture_key
        Key of `trichoscope picture-key`, with which pictures are sealed on this disk; left out, they lie there as they
        are. What was kept before stays as it was.
    """

    keep_free_mb: Annotated[int, Field(ge=50, le=1_000_000)] = 500
    picture_key: SecretPath | None = None


class PictureServiceSettings(_Table):
    """Where pictures go: the collector's HTTPS address, reached with the broker's certificate and authority."""

    url: HttpUrl

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: HttpUrl) -> HttpUrl:
        if url.scheme != "https":
            raise ValueError("pictures travel by https only")
        return url


class DeviceSettings(BaseSettings):
    """All settings of one instrument."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="TRICHOSCOPE_DEVICE_", env_nested_delimiter="__"
    )

    clinic_id: ClinicId
    device_id: DeviceId
    state_folder: Path
    picture_format: PictureFormat = "jpeg"
    camera: CameraSettings
    lens: LensSettings
    lights: LightsSettings | None = None
    triggers: TriggersSettings | None = None
    capture: CaptureSettings = CaptureSettings()
    calibration: CalibrationSettings = CalibrationSettings()
    visits: VisitsSettings = VisitsSettings()
    patients: PatientsSettings = PatientsSettings()
    baseline: BaselineSettings = BaselineSettings()
    comparison: ComparisonSettings = ComparisonSettings()
    storage: StorageSettings = StorageSettings()
    chair: ChairSettings = ChairSettings()
    broker: BrokerSettings
    pictures: PictureServiceSettings

    @model_validator(mode="after")
    def _pins_and_light_there(self) -> Self:
        rings = {} if self.lights is None else self.lights.by_ring
        if self.capture.light is not None and self.capture.light not in rings:
            raise ValueError(
                f"[capture] asks for {self.capture.light.value}-polarised light, and there is no"
                f" [lights.{self.capture.light.value}]"
            )
        button = None if self.triggers is None else self.triggers.button
        if button is not None and button.pin in {ring.pin for ring in rings.values()}:
            raise ValueError(f"[triggers.button] and a ring are on the same pin {button.pin}: give each its own")
        return self
