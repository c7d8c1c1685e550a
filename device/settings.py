"""The instrument's settings: one TOML file, every key known, nothing on unsafe defaults."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract import ClinicId, DeviceId
from device.camera import CameraSettings
from device.picture_file import PictureFormat
from groundwork.broker_settings import BrokerSettings


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CalibrationSettings(_Table):
    """The scale, as long as it comes from the settings and not from a calibration target."""

    um_per_px: Annotated[float, Field(gt=0, le=100)]


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
    calibration: CalibrationSettings
    broker: BrokerSettings
    pictures: PictureServiceSettings
