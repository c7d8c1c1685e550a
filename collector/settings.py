"""The collector's settings: one TOML file, every key known, nothing on unsafe defaults."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from collector.identity import issued
from collector.pictures.place import place
from contract import ClinicId, DeviceId
from groundwork.broker_settings import BrokerSettings, Host
from groundwork.credential import SecretPath

_ListeningPort = Annotated[int, Field(ge=0, le=65535)]
"""A port to listen on; 0 takes a free one, which the line ``collector ready`` names."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The names of this machine that no other machine can reach."""


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    named = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if parts.password is not None or named & {"password", "passfile", "sslpassword"}:
        raise ValueError("a password does not belong into the settings: put it into a file and name that as 'password'")
    return url


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(_Table):
    """Where figures are kept.

    Parameters
    ----------
    url
        ``postgresql://USER@HOST/NAME``, without a password; None for SQLite in the state folder.
    password
        A file that holds the database's password.
    """

    url: Annotated[str, AfterValidator(_without_password)] | None = None
    password: SecretPath | None = None


class PictureSettings(_Table):
    """Where pictures are taken in: HTTPS, for holders of a certificate of this clinic's authority only; where they go.

    Parameters
    ----------
    store
        A folder, or ``s3://BUCKET/PREFIX?endpoint=https://HOST`` (:func:`collector.pictures.place.place`); None for the
        state folder.
    store_credentials
        A file of the bucket's keys; None takes them from the environment.
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
    store: str | None = None
    store_credentials: SecretPath | None = None

    @field_validator("store")
    @classmethod
    def _is_a_place(cls, store: str | None) -> str | None:
        if store is not None:
            place(store)
        return store


class SharingSettings(_Table):
    """Where several collectors share one clinic's messages over one PostgreSQL.

    Parameters
    ----------
    group
        The same for all of them.
    member
        This one's name: each has its own, and a certificate by it.
    """

    group: ClinicId
    member: DeviceId


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
    """Where the pages are shown: on this machine, and beyond it only under TLS.

    Parameters
    ----------
    names
        The names under which browsers reach the pages, beside `host`: a request for another is refused.
    certificate, key
        Of the pages' own address; both, or neither.
    """

    host: Host = "127.0.0.1"
    port: _ListeningPort = 8080
    names: tuple[Host, ...] = ()
    certificate: Path | None = None
    key: SecretPath | None = None
    language: str = "en"

    @model_validator(mode="after")
    def _open_only_under_tls(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: name both, or neither")
        if self.host not in LOOPBACK and self.certificate is None:
            raise ValueError("beyond this machine the pages need TLS: name certificate and key, or use 127.0.0.1")
        return self


class MetricsSettings(_Table):
    """Where Prometheus asks for metrics, without TLS: on this machine, or in a network of its own."""

    host: Host = "127.0.0.1"
    port: _ListeningPort = 9464


class LogSettings(_Table):
    """How the log is written: ``plain`` lines, or ``json``, an object a line."""

    form: Literal["plain", "json"] = "plain"


class CollectorSettings(BaseSettings):
    """All settings of one clinic's collector."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="TRICHOSCOPE_COLLECTOR_", env_nested_delimiter="__"
    )

    clinic_id: ClinicId
    state_folder: Path
    store: StoreSettings = StoreSettings()
    broker: BrokerSettings
    pictures: PictureSettings
    sharing: SharingSettings | None = None
    enrolment: EnrolmentSettings | None = None
    page: PageSettings = PageSettings()
    metrics: MetricsSettings | None = None
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _share_one_database(self) -> Self:
        if self.sharing is not None and self.store.url is None:
            raise ValueError("[sharing] needs url under [store]: several collectors share one PostgreSQL")
        return self

    @model_validator(mode="after")
    def _revoked_are_not_renewed(self) -> Self:
        if self.enrolment is not None and self.pictures.revocation_list is None:
            raise ValueError(
                "[enrolment] needs revocation_list under [pictures]: else a revoked instrument could renew itself"
            )
        return self
