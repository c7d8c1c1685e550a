"""The collector's settings: one TOML file, every key known, nothing on unsafe defaults."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from collector.identity import issued
from contract import ClinicId
from groundwork.broker_settings import BrokerSettings, Host
from groundwork.credential import SecretPath

_ListeningPort = Annotated[int, Field(ge=0, le=65535)]
"""A port to listen on; 0 takes a free one, which the line ``collector ready`` names."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The names of this machine that no other machine can reach."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PictureSettings(_Table):
    """Where pictures are taken in: HTTPS, for holders of a certificate of this clinic's authority only.

    Parameters
    ----------
    keep_free_mb
        No picture is taken in that would leave less free on the disk of the state folder: figures and their receipts
        need some. 0 takes them until the disk is full.
    """

    host: Host
    port: _ListeningPort = 8443
    certificate: Path
    key: SecretPath
    authority: Path
    revocation_list: Path | None = None
    keep_free_mb: Annotated[int, Field(ge=0)] = 1024


class EnrolmentSettings(_Table):
    """Where instruments without a certificate enrol, with the certificate of ``[pictures]``; and what signs theirs.

    What is signed is recorded beside the authority's certificate, where ``trichoscope-collector revoke`` looks.
    """

    host: Host
    port: _ListeningPort = 8444
    authority: Path
    authority_key: SecretPath

    @property
    def issued_folder(self) -> Path:
        """Where certificates are recorded that were issued."""
        return self.authority.parent / issued.FOLDER


class PageSettings(_Table):
    """Where the page is shown: on this machine only."""

    host: str = "127.0.0.1"
    port: _ListeningPort = 8080

    @field_validator("host")
    @classmethod
    def _loopback(cls, host: str) -> str:
        if host not in LOOPBACK:
            raise ValueError("the page has no accounts yet, so it is shown on this machine only: use 127.0.0.1")
        return host


class CollectorSettings(BaseSettings):
    """All settings of one clinic's collector."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="TRICHOSCOPE_COLLECTOR_", env_nested_delimiter="__"
    )

    clinic_id: ClinicId
    state_folder: Path
    broker: BrokerSettings
    pictures: PictureSettings
    enrolment: EnrolmentSettings | None = None
    page: PageSettings = PageSettings()

    @model_validator(mode="after")
    def _revoked_are_not_renewed(self) -> Self:
        if self.enrolment is not None and self.pictures.revocation_list is None:
            raise ValueError(
                "[enrolment] needs revocation_list under [pictures]: else a revoked instrument could renew itself"
            )
        return self
